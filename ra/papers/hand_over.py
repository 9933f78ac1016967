"""受領書 and 交付書(写し): what the holder signs for, and what the holder takes home."""

from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Moment, Serial
from ra.papers.sheet import Counter, Form, Name, Number, Short
from ra.papers.words import CertificateKind, Thing, Visitor, Words

__all__ = ["HandOverReceipt", "HandOverSheet", "Issued", "LossDesk", "Substitute"]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Issued:
    """A certificate that is handed over: until when, and why until then, as `policies.validity.Validity` says it."""

    kind: CertificateKind
    serial: Serial
    not_after: Moment
    reason_ja: Name
    reason_en: Name


@dataclass(frozen=True, slots=True, config=CONFIG)
class Substitute:
    """A character of the register, as it is `written` there, and what is `shown` in the certificate (both bounded)."""

    written: Annotated[str, Field(min_length=1, max_length=8)]
    shown: Annotated[str, Field(min_length=1, max_length=1)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class LossDesk:
    """Who stops a lost card's certificates: a telephone, and its hours in both languages."""

    telephone: Annotated[str, Field(pattern=r"\A[0-9+() -]{3,24}\z")]
    hours_ja: Short
    hours_en: Short


@dataclass(frozen=True, slots=True, config=CONFIG)
class HandOverReceipt:
    """What was handed over, to be signed by whoever takes it, and kept by the branch. `fee` in yen."""

    form: ClassVar[Form] = Form(
        "hand-over-receipt", Words("受領書", "Hand-over receipt"), "a5 landscape", 1, handed_out=False
    )

    counter: Counter
    receipt: Number
    at: Moment
    visitor: Visitor
    certificates: Annotated[tuple[Issued, ...], Field(max_length=4)]
    things: Annotated[tuple[Thing, ...], Field(max_length=3)]
    fee: Annotated[int, Field(ge=0, le=1_000_000)]
    officer: Name


@dataclass(frozen=True, slots=True, config=CONFIG)
class HandOverSheet:
    """What the holder takes home: the certificates, their ends and why, substitutes, and what to do about a loss."""

    form: ClassVar[Form] = Form(
        "hand-over-sheet", Words("交付書(写し)", "Hand-over sheet (copy)"), "a4", 2, handed_out=True
    )

    counter: Counter
    receipt: Number
    at: Moment
    name: Name
    certificates: Annotated[tuple[Issued, ...], Field(min_length=1, max_length=4)]
    substitutes: Annotated[tuple[Substitute, ...], Field(max_length=24)]
    loss: LossDesk
