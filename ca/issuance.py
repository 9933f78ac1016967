"""Issue: record the intent, sign once, verify, record the certificate (design: one certificate, steps 4 to 6).

The order is what survives a crash: before a key is used, serial number, exact bytes and audit entry are durable; before
anyone can have the certificate, it is. Whatever stops in between is found by `ca.recovery`. A batch takes the same
steps with one transaction for all its reservations and one for all its records.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from ca.application import Application
from ca.authority import key_hash
from ca.errors import AuthorityEnded, CAError
from ca.preparation import PreparedCertificate
from ca.refusals import RandomFailed, SignatureWrong
from ca.retirement import Retired, nothing_retired
from ca.signature import sign_certificate, verified
from ca.trail import certificate_facts
from store.application_errors import ApplicationError, ApplicationUsed, ClaimLost
from store.applications import Use, use_many
from store.audit import AuditChain
from store.certificate_errors import CertificateError, NotReserved, SerialInUse
from store.certificates import CertificateRecord
from store.claims import fence_many, finish_many, give_back
from store.database import Database, Transaction
from store.reservations import abandon_many, record_many, reserve_many
from store.used import UsedApplications, UseOnce

__all__ = ["Checkpoint", "Issued", "Ledger", "NotIssued", "finish_issue", "issue", "passed"]

Checkpoint = Callable[[str], None]
"""Called at the named points of the work, where a test may stop the process: "claimed", "reserving", "reserved",
"signed", "recording", "recorded", "resolving", "resolved", "executing", "executed"; "-ing" stands before a commit, and
"used" between the applications' being written down as used and the commit of what they asked for."""


def passed(point: str) -> None:
    """Pass every named point, as production does."""


def approved(prepared: PreparedCertificate) -> None:
    """Approve what was prepared: an application's approvals are its review."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where a signer writes: the database, its own audit chain in it, and beside it which applications were `used`.

    `token` (16 octets) marks what it claimed. In a ceremony nobody applied and nothing was claimed: both are None.
    `retired` tells which authorities' keys ended, and is asked before each batch is signed. `review` is shown what a
    ceremony is about to sign, before its serial number is reserved, and raises for what nobody reviewed.
    """

    database: Database
    audit: AuditChain
    token: bytes | None = None
    checkpoint: Checkpoint = passed
    used: UsedApplications | None = None
    retired: Callable[[], Retired] = nothing_retired
    review: Callable[[PreparedCertificate], None] = approved

    def is_used(self, application: Application) -> bool:
        """Whether the application was carried out before, as is known outside the database."""
        return self.used is not None and self.used.holds(application.id)

    def use_up(self, applications: Sequence[Application]) -> None:
        """Write down that these are carried out: the last thing before the commit. See `UsedApplications.add`."""
        if self.used is not None:
            self.used.add([UseOnce(one.id, one.expires_at) for one in applications])
            self.checkpoint("used")


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate (DER) that is recorded, so that anyone may have it."""

    prepared: PreparedCertificate
    certificate: bytes


@dataclass(frozen=True, slots=True)
class NotIssued:
    """A prepared certificate that was not issued, and why.

    SignatureWrong: its serial number is abandoned and the application may be claimed again. ClaimLost: another signer
    has the application now. ApplicationUsed: it was carried out before, and is ended. NotReserved: its serial number
    was abandoned meanwhile. A kind of AuthorityEnded: the key that would sign it ended, and nothing was reserved. Any
    other is the rule of the database that stands against the certificate.
    """

    prepared: PreparedCertificate
    error: CAError | ApplicationError | CertificateError


Outcome = Issued | NotIssued


def issue(batch: Sequence[PreparedCertificate], ledger: Ledger, now: datetime) -> tuple[Outcome, ...]:
    """Issue prepared certificates: one outcome for each, in any order.

    Raises ConnectionError when the token or the database is away: what was signed until then is recorded, and every
    other reserved serial number waits for `ca.recovery`. Raises RandomFailed when a serial number was used before: with
    128 bits of a sound generator that does not happen.
    """
    wanted, ended = _without_ended(batch, ledger.retired(), now)
    reserved, refused = _reserve(wanted, ledger, now)
    return (*ended, *refused, *finish_issue(reserved, ledger, now))


def finish_issue(reserved: Sequence[PreparedCertificate], ledger: Ledger, now: datetime) -> tuple[Outcome, ...]:
    """Sign and record certificates whose serial numbers are reserved with these very bytes. Raises ConnectionError."""
    signed: list[Issued] = []
    wrong: list[NotIssued] = []
    outcomes: tuple[Outcome, ...] = ()
    try:
        for prepared in reserved:
            try:
                signed.append(_sign(prepared))
            except SignatureWrong as error:
                wrong.append(NotIssued(prepared, error))
    finally:  # also when the token goes away between two of them
        ledger.checkpoint("signed")
        outcomes = (*_record(signed, ledger, now), *_abandon(wrong, ledger, now))
        ledger.checkpoint("recorded")
    return outcomes


def _without_ended(
    batch: Sequence[PreparedCertificate], retired: Retired, now: datetime
) -> tuple[list[PreparedCertificate], list[NotIssued]]:
    """Leave out what a key would sign that ended; a retired one still certifies its responders."""
    wanted: list[PreparedCertificate] = []
    ended: list[NotIssued] = []
    if not retired.statements:
        return list(batch), ended
    for one in batch:
        key = key_hash(one.plan.key.public_key())
        try:
            if one.plan.profile.facts == "responder":
                retired.check_signing(key, now)
            else:
                retired.check_issuing(key, now)
        except AuthorityEnded as error:
            ended.append(NotIssued(one, error))
        else:
            wanted.append(one)
    return wanted, ended


def _reserve(
    batch: Sequence[PreparedCertificate], ledger: Ledger, now: datetime
) -> tuple[list[PreparedCertificate], list[NotIssued]]:
    """Transaction 1: serial numbers, exact bytes and audit entry become durable for all that may be signed."""
    with ledger.database.transaction() as tx:
        held, lost = _still_claimed(tx, batch, ledger)
        refusals = reserve_many(tx, [_reservation(one, now) for one in held])
        if any(isinstance(error, SerialInUse) for error in refusals.values()):
            raise RandomFailed("it returned a serial number that was used before")
        reserved = [one for one in held if one.key not in refusals]
        refused = [NotIssued(one, refusals[one.key]) for one in held if one.key in refusals]
        _write(tx, ledger, "certificate.reserved", reserved, now)
        _write(tx, ledger, "claim.lost", [one.prepared for one in lost], now)
        ledger.checkpoint("reserving")
    ledger.checkpoint("reserved")
    return reserved, [*refused, *lost]


def _sign(prepared: PreparedCertificate) -> Issued:
    """One signature over the reserved bytes, verified before anyone sees it."""
    der = sign_certificate(prepared.plan.key, prepared.tbs)
    verified(der, prepared.tbs, prepared.plan.issuer_certificate)
    return Issued(prepared, der)


def _record(signed: Sequence[Issued], ledger: Ledger, now: datetime) -> tuple[Outcome, ...]:
    """Transaction 2; without those whose serial number somebody abandoned while this signer stood still."""
    if not signed:
        return ()
    try:
        return _recorded(signed, ledger, now)
    except NotReserved as error:
        gone = [one.prepared for one in signed if one.prepared.key == (error.issuer, error.serial)]
        rest = [one for one in signed if one.prepared.key != (error.issuer, error.serial)]
        if not gone:
            raise
        with ledger.database.transaction() as tx:
            _write(tx, ledger, "signature.discarded", gone, now)
        return (*_record(rest, ledger, now), *(NotIssued(one, error) for one in gone))


def _recorded(signed: Sequence[Issued], ledger: Ledger, now: datetime) -> tuple[Outcome, ...]:
    """Transaction 2, fenced: certificates, their status, the end of their applications, and audit."""
    with ledger.database.transaction() as tx:
        held, lost = _still_claimed(tx, [one.prepared for one in signed], ledger)
        again = _used_before(tx, held, ledger, now)
        used = {one.prepared.key for one in again}
        keys = {one.key for one in held} - used
        recorded = [one for one in signed if one.prepared.key in keys]
        record_many(tx, [(*one.prepared.key, one.certificate) for one in recorded], now)
        _finish(tx, ledger, [one.prepared for one in recorded], "done", "issued", now)
        _write(tx, ledger, "certificate.issued", [one.prepared for one in recorded], now)
        _write(tx, ledger, "signature.discarded", [one.prepared for one in lost], now)
        ledger.checkpoint("recording")
        ledger.use_up([one.prepared.plan.warrant.application for one in recorded if one.prepared.plan.warrant])
    return (*recorded, *lost, *again)


def _used_before(
    tx: Transaction, held: Sequence[PreparedCertificate], ledger: Ledger, now: datetime
) -> list[NotIssued]:
    """Use up the applications, once each; one used before gets no second certificate, and its serial is revoked."""
    asked = [(one, one.application_id) for one in held if one.application_id is not None]
    first = use_many(tx, [Use(id, now, *one.key) for one, id in asked])
    known = {one.key for one in held if one.plan.warrant and ledger.is_used(one.plan.warrant.application)}
    again = [NotIssued(one, ApplicationUsed(id)) for one, id in asked if id not in first or one.key in known]
    used = [one.prepared for one in again]
    abandon_many(tx, [one.key for one in used], now)
    _finish(tx, ledger, used, "refused", ApplicationUsed.code, now)
    _write(tx, ledger, "certificate.abandoned", used, now)
    return again


def _abandon(wrong: Sequence[NotIssued], ledger: Ledger, now: datetime) -> tuple[NotIssued, ...]:
    """A signature that does not verify may still be one of this key's, so the serial number is revoked for ever."""
    if not wrong:
        return ()
    with ledger.database.transaction() as tx:
        held, lost = _still_claimed(tx, [one.prepared for one in wrong], ledger)
        abandon_many(tx, [one.key for one in held], now)
        if ledger.token is not None:
            give_back(tx, _ids(held), ledger.token, failed=True)
        _write(tx, ledger, "certificate.abandoned", held, now)
        _write(tx, ledger, "signature.discarded", [one.prepared for one in lost], now)
    keys = {one.key for one in held}
    return (*(one for one in wrong if one.prepared.key in keys), *lost)


def _still_claimed(
    tx: Transaction, batch: Sequence[PreparedCertificate], ledger: Ledger
) -> tuple[list[PreparedCertificate], list[NotIssued]]:
    """Which of them are still this signer's, their rows held until the transaction ends; a ceremony claims nothing."""
    if ledger.token is None:
        return list(batch), []
    held = fence_many(tx, _ids(batch), ledger.token)
    lost = [NotIssued(one, ClaimLost(id)) for one in batch if (id := one.application_id) and id not in held]
    return [one for one in batch if one.application_id in held], lost


def _finish(
    tx: Transaction,
    ledger: Ledger,
    batch: Sequence[PreparedCertificate],
    state: Literal["done", "refused"],
    outcome: str,
    now: datetime,
) -> None:
    if ledger.token is not None:
        finish_many(tx, _ids(batch), ledger.token, state, outcome, now)


def _ids(batch: Sequence[PreparedCertificate]) -> list[UUID]:
    return [one.application_id for one in batch if one.application_id is not None]


def _reservation(prepared: PreparedCertificate, now: datetime) -> CertificateRecord:
    plan = prepared.plan
    return CertificateRecord(
        issuer=plan.issuer,
        serial=plan.serial,
        authority=plan.authority,
        profile=plan.profile.name,
        profile_digest=plan.profile.digest,
        application_id=prepared.application_id,
        holder=plan.holder,
        kind=plan.profile.holder_kind,
        partition=prepared.partition,
        distribution_point=prepared.distribution_point,
        key_hash=prepared.key_hash,
        tbs=prepared.tbs,
        certificate=None,
        state="reserved",
        not_before=prepared.validity.not_before,
        not_after=prepared.validity.not_after,
        reserved_at=now,
        issued_at=None,
    )


def _write(tx: Transaction, ledger: Ledger, event: str, batch: Sequence[PreparedCertificate], now: datetime) -> None:
    """One audit entry for each certificate of the batch."""
    ledger.audit.append_many(tx, [(event, certificate_facts(one)) for one in batch], now)
