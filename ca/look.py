"""One certificate as this installation knows it: its record, its status, its history, and what may be done next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from ca.application import parse
from ca.retirement import Retired
from policies.profile import CertificateProfile
from store.applications import application
from store.authorities import authorities
from store.certificate_errors import UnknownCertificate
from store.certificates import CertificateRecord, certificate, pending
from store.database import Transaction
from store.status import Act, Status, acts, statuses, under

__all__ = ["Look", "State", "by_serial", "event_of", "handed_over", "look_at", "state_of"]

State: TypeAlias = Literal["good", "revoked", "held", "expired", "reserved", "abandoned"]


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of one certificate at one moment; `event` is the life event that revoked it, if one was named.

    `handed_over` is None for kinds that are not handed over. `profile` is None when no file of that name is here.
    """

    record: CertificateRecord
    state: State
    status: Status | None
    history: tuple[Act, ...]
    event: str | None
    handed_over: bool | None
    profile: CertificateProfile | None

    @property
    def since(self) -> datetime | None:
        """When it came into its state: the revocation, the hold, the end; None for a good one."""
        if self.state == "expired":
            return self.record.not_after
        return None if self.status is None else self.status.revoked_at

    @property
    def reason(self) -> int | None:
        """The CRLReason code (RFC 5280 section 5.3.1) of a revocation or a hold; None: none was stated."""
        return None if self.status is None or self.state == "expired" else self.status.reason


def look_at(
    tx: Transaction,
    record: CertificateRecord,
    profiles: Mapping[str, CertificateProfile],
    retired: Retired,
    now: datetime,
) -> Look:
    """Gather what is known of a certificate at `now`; every one of a compromised authority is revoked."""
    status = statuses(tx, record.issuer, [record.serial]).get(record.serial)
    for compromise in retired.compromises():
        if status is not None and compromise.authority == record.authority:
            status = under(status, compromise)
    history = acts(tx, record.issuer, [record.serial])[record.serial]
    return Look(
        record=record,
        state=state_of(record, status, now),
        status=status,
        history=history,
        event=event_of(tx, history),
        handed_over=handed_over(tx, record),
        profile=profiles.get(record.profile),
    )


def state_of(record: CertificateRecord, status: Status | None, now: datetime) -> State:
    """The state in one word. Revoked is for ever; a certificate past its end is expired, whether good or held."""
    if record.state != "issued":
        return record.state
    if status is not None and status.state == "revoked":
        return "revoked"
    if record.not_after < now:
        return "expired"
    return "good" if status is None else status.state


def event_of(tx: Transaction, history: Sequence[Act]) -> str | None:
    """The life event that the newest revocation's application names."""
    ended = [act for act in history if act.act == "revoke" and act.application_id is not None]
    if not ended or ended[-1].application_id is None:
        return None
    return parse(application(tx, ended[-1].application_id).canonical).event


def handed_over(tx: Transaction, record: CertificateRecord) -> bool | None:
    """Whether the holder has it; None for a kind of which a holder may have any number."""
    if record.kind is None:
        return None
    return pending(tx, record.holder, record.kind) != (record.issuer, record.serial)


def by_serial(tx: Transaction, serial: int) -> tuple[CertificateRecord, ...]:
    """The certificates of a serial number, of whichever issuer: one, since numbers are drawn at random, or none."""
    found = []
    for issuer in sorted({record.issuer for record in authorities(tx)}):
        try:
            found.append(certificate(tx, issuer, serial))
        except UnknownCertificate:
            continue
    return tuple(found)
