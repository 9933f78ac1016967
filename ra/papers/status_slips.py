"""失効, 一時停止, 解除: what happened to a holder's certificates, and when those who check them see it."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Moment, Serial
from policies.life_events import life_events
from ra.papers.hand_over import LossDesk
from ra.papers.sheet import Counter, Form, Name, Number
from ra.papers.words import CertificateKind, State, Words

__all__ = ["Affected", "Event", "ReleaseSlip", "RevocationProof", "RevocationSlip", "SuspensionSlip", "Visible"]


def _known(event: str) -> str:
    if event not in life_events():
        raise ValueError("no such life event is known")
    return event


Event = Annotated[str, Field(max_length=64), AfterValidator(_known)]
"""A life event of the table in `policies`."""


@dataclass(frozen=True, slots=True, config=CONFIG)
class Affected:
    """One of the holder's certificates: what happens to it, and in which state it was before.

    The siblings to which nothing happens are among them, so that the paper says so.
    """

    kind: CertificateKind
    serial: Serial
    act: Literal["revoke", "hold", "release", "nothing"]
    before: State


@dataclass(frozen=True, slots=True, config=CONFIG)
class Visible:
    """Until when it is seen at the latest by those who ask (OCSP), and by those who fetch the list (CRL)."""

    ocsp: Moment
    crl: Moment


Certificates = Annotated[tuple[Affected, ...], Field(min_length=1, max_length=8)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class RevocationSlip:
    """A revocation was asked for at `at`; the authority has not carried it out yet."""

    form: ClassVar[Form] = Form(
        "revocation-slip", Words("失効受付票", "Revocation request slip"), "a4", 2, handed_out=True
    )
    done_at: ClassVar[datetime | None] = None

    counter: Counter
    receipt: Number
    at: Moment
    name: Name
    event: Event
    certificates: Certificates
    visible: Visible


@dataclass(frozen=True, slots=True, config=CONFIG)
class RevocationProof:
    """Certificates were revoked at `done_at`, which is for ever."""

    form: ClassVar[Form] = Form(
        "revocation-proof", Words("失効証明書", "Proof of revocation"), "a4", 2, handed_out=True
    )

    counter: Counter
    receipt: Number
    at: Moment
    name: Name
    event: Event
    certificates: Certificates
    visible: Visible
    done_at: Moment


@dataclass(frozen=True, slots=True, config=CONFIG)
class SuspensionSlip:
    """Certificates are suspended since `done_at`, or will be where that is None; `loss` answers at any hour."""

    form: ClassVar[Form] = Form("suspension-slip", Words("一時停止受付票", "Suspension slip"), "a4", 2, handed_out=True)

    counter: Counter
    receipt: Number
    at: Moment
    name: Name
    event: Event
    certificates: Certificates
    visible: Visible
    done_at: Moment | None
    loss: LossDesk


@dataclass(frozen=True, slots=True, config=CONFIG)
class ReleaseSlip:
    """A suspension was lifted at `done_at`, or will be where that is None."""

    form: ClassVar[Form] = Form("release-slip", Words("一時停止解除票", "Release slip"), "a4", 2, handed_out=True)

    counter: Counter
    receipt: Number
    at: Moment
    name: Name
    event: Event
    certificates: Certificates
    visible: Visible
    done_at: Moment | None
