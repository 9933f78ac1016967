"""The acts on a certificate's status: revoke, hold, release.

Every act changes the status row, adds a journal row and raises the counter in the caller's one transaction.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from store.bounds import serial_octets, serial_of, utc
from store.certificate_errors import AlreadyHeld, AlreadyRevoked, CertificateError, NotHeld, UnknownCertificate
from store.database import Transaction
from store.errors import RecordRefused
from store.journal import Change, block_keys, enter, leave_places
from store.rows import among
from store.status import CERTIFICATE_HOLD, KEY_COMPROMISE, Key
from store.tables import GOOD, HELD, REVOKED, STATUS

_REASONS = frozenset({1, 3, 4, 5, 9})  # those a revocation of ours may carry; 0 is left out, 2 and 10 name CA duties
_CA_REASONS = frozenset({2, 10})


@dataclass(frozen=True, slots=True)
class Revocation:
    """A revocation to carry out. ``reason`` None means unspecified; certificateHold is no revocation."""

    issuer: str
    serial: int
    reason: int | None
    invalidity_at: datetime | None
    application_id: UUID | None

    def __post_init__(self) -> None:
        if self.reason is not None and self.reason not in _REASONS | _CA_REASONS:
            raise RecordRefused("reason", "it must be a reason of RFC 5280 section 5.3.1 other than 0, 6 and 8")
        if self.invalidity_at is not None:
            utc("invalidity_at", self.invalidity_at)


def revoke(
    tx: Transaction,
    issuer: str,
    serial: int,
    reason: int | None,
    at: datetime,
    invalidity_at: datetime | None,
    application_id: UUID | None,
) -> None:
    """Revoke one certificate for ever; see `revoke_many`. Raises AlreadyRevoked or UnknownCertificate."""
    _only(revoke_many(tx, [Revocation(issuer, serial, reason, invalidity_at, application_id)], at))


def revoke_many(tx: Transaction, many: Sequence[Revocation], at: datetime) -> Mapping[Key, CertificateError]:
    """Revoke many certificates at ``at`` and give what was refused, by (issuer, serial); nothing was done for those.

    A certificate on hold keeps the time of its hold as its revocation time (X.509 section 8.5.2.2). A revoked one takes
    only one change: its reason to keyCompromise. A revoked certificate leaves its holder's place, and a compromised key
    is blocked for ever.
    """
    utc("at", at)
    rows = _locked(tx, [(one.issuer, one.serial) for one in many])
    refused: dict[Key, CertificateError] = {}
    entered: dict[Key, Change] = {}
    for one in many:
        key = (one.issuer, one.serial)
        row = rows.get(key)
        if row is None:
            refused[key] = UnknownCertificate(*key)
        elif key in entered or (
            row.state == REVOKED and (one.reason != KEY_COMPROMISE or row.reason == KEY_COMPROMISE)
        ):
            refused[key] = AlreadyRevoked(*key)
        else:
            since = row.revoked_at or at
            entered[key] = Change(
                one.issuer,
                row.serial,
                row.step + 1,
                "revoke",
                REVOKED,
                since,
                one.reason,
                one.invalidity_at or row.invalidity_at,
                one.application_id,
            )
    enter(tx, list(entered.values()), at)
    leave_places(tx, [(one.issuer, one.octets) for one in entered.values()])
    block_keys(tx, [(one.issuer, one.octets) for one in entered.values() if one.reason == KEY_COMPROMISE], at)
    return refused


def hold(tx: Transaction, issuer: str, serial: int, at: datetime, application_id: UUID | None) -> None:
    """Put a good certificate on hold. AlreadyRevoked, AlreadyHeld or UnknownCertificate."""
    utc("at", at)
    row = _one_locked(tx, issuer, serial)
    if row.state == REVOKED:
        raise AlreadyRevoked(issuer, serial)
    if row.state == HELD:
        raise AlreadyHeld(issuer, serial)
    entered = Change(issuer, row.serial, row.step + 1, "hold", HELD, at, CERTIFICATE_HOLD, None, application_id)
    enter(tx, [entered], at)


def release(tx: Transaction, issuer: str, serial: int, at: datetime, application_id: UUID | None) -> None:
    """Make a certificate on hold good again. NotHeld for any other (revoked is for ever), or UnknownCertificate."""
    utc("at", at)
    row = _one_locked(tx, issuer, serial)
    if row.state != HELD:
        raise NotHeld(issuer, serial)
    enter(tx, [Change(issuer, row.serial, row.step + 1, "release", GOOD, None, None, None, application_id)], at)


def _locked(tx: Transaction, keys: Sequence[Key]) -> dict[Key, Row[Any]]:
    """Hold many status rows until the transaction ends, in the order of their keys so that none wait in a ring."""
    by_issuer: dict[str, list[bytes]] = defaultdict(list)
    for issuer, serial in keys:
        by_issuer[issuer].append(serial_octets(serial))
    rows: dict[Key, Row[Any]] = {}
    for issuer, serials in sorted(by_issuer.items()):
        statement = (
            select(STATUS)
            .where(STATUS.c.issuer == issuer, among(tx, STATUS.c.serial, serials))
            .order_by(STATUS.c.serial)
            .with_for_update()
        )
        rows.update({(issuer, serial_of(row.serial)): row for row in tx.execute(statement)})
    return rows


def _one_locked(tx: Transaction, issuer: str, serial: int) -> Row[Any]:
    row = _locked(tx, [(issuer, serial)]).get((issuer, serial))
    if row is None:
        raise UnknownCertificate(issuer, serial)
    return row


def _only(refused: Mapping[Key, CertificateError]) -> None:
    for error in refused.values():
        raise error
