"""The narrow status table, the insert-only revocation journal, and the counter of changes.

Whoever reads gets the worse of table and journal, so a status row changed behind our back never turns a certificate
good. The acts themselves are `store.revocations`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, literal, not_, or_, select

from store.bounds import serial_octets, serial_of
from store.columns import instant
from store.database import Transaction
from store.journal import NEVER, ActKind
from store.rows import among
from store.tables import CERTIFICATE, CHANGE_COUNTER, GOOD, HELD, JOURNAL, REVOKED, STATUS

State: TypeAlias = Literal["good", "revoked", "held"]
Key: TypeAlias = tuple[str, int]

KEY_COMPROMISE = 1  # RFC 5280 section 5.3.1
CA_COMPROMISE = 2
CERTIFICATE_HOLD = 6
NAMES: Mapping[int, State] = {GOOD: "good", REVOKED: "revoked", HELD: "held"}


@dataclass(frozen=True, slots=True)
class Status:
    """What is to be said of one issued serial.

    ``revoked_at``, ``reason`` (RFC 5280 section 5.3.1, None: unspecified, left out) and ``invalidity_at`` stand for
    "revoked" and "held" only. ``not_after`` is None when only the journal knows the serial.
    """

    state: State
    revoked_at: datetime | None
    reason: int | None
    invalidity_at: datetime | None
    not_after: datetime | None


class Compromise(NamedTuple):
    """That an authority's key was compromised, known since ``at``: all its certificates count as revoked from then."""

    authority: str
    at: datetime
    invalidity_at: datetime | None


def under(status: Status, compromise: Compromise) -> Status:
    """Give the status of a certificate whose authority was compromised: the worse of its own and cACompromise.

    What was revoked before stays as it is; everything else is revoked since the compromise, or since its hold if that
    is older (X.509 section 8.5.2.2).
    """
    if status.state == "revoked" and status.revoked_at is not None and status.revoked_at <= compromise.at:
        return status
    since = compromise.at if status.revoked_at is None else min(status.revoked_at, compromise.at)
    return Status("revoked", since, CA_COMPROMISE, compromise.invalidity_at, status.not_after)


@dataclass(frozen=True, slots=True)
class Act:
    """One journal row: the ``step``-th act on a certificate's status."""

    issuer: str
    serial: int
    step: int
    act: ActKind
    at: datetime
    reason: int | None
    invalidity_at: datetime | None
    application_id: UUID | None


def statuses(tx: Transaction, issuer: str, serials: Collection[int]) -> Mapping[int, Status]:
    """Give the status of several serials in one statement: the worse of status table and journal.

    Serials that were never issued, or are reserved and not yet signed, are absent; abandoned ones are revoked.
    """
    wanted = [serial_octets(serial) for serial in serials]
    if not wanted:
        return {}
    if tx.dialect.name == "sqlite":
        statement = _STATUSES.format(mark="?", here=f"IN ({', '.join('?' * len(wanted))})")
        rows = tx.exec_driver_sql(statement, (issuer, *wanted, issuer, *wanted))
    else:
        rows = tx.exec_driver_sql(_STATUSES.format(mark="%s", here="= ANY(%b)"), (issuer, wanted, issuer, wanted))
    found: dict[bytes, list[_Said]] = defaultdict(list)
    for said in map(_Said._make, rows):
        found[said.serial].append(said)
    return {serial_of(octets): _worse(many) for octets, many in found.items()}


def change_counter(tx: Transaction) -> int:
    """Tell how many status changes are recorded; read before a status, it dates a cached answer."""
    return int(tx.execute(_COUNTED).scalar_one())


def acts(tx: Transaction, issuer: str, serials: Collection[int]) -> Mapping[int, tuple[Act, ...]]:
    """Give the journal of several serials in order; () for one without acts."""
    found: dict[int, list[Act]] = {serial: [] for serial in serials}
    wanted = [serial_octets(serial) for serial in found]
    statement = (
        select(JOURNAL).where(JOURNAL.c.issuer == issuer, among(tx, JOURNAL.c.serial, wanted)).order_by(JOURNAL.c.step)
    )
    for row in tx.execute(statement):
        serial = serial_of(row.serial)
        found[serial].append(
            Act(row.issuer, serial, row.step, row.act, row.at, row.reason, row.invalidity_at, row.application_id)
        )
    return {serial: tuple(many) for serial, many in found.items()}


def conflicts(tx: Transaction, issuer: str) -> Iterator[int]:
    """Give every serial whose status row was changed behind our back: better than its journal, or not where it was.

    It is revoked since a time before or after all its acts, stands in another partition, or ends at another time, than
    its certificate's row says; an abandoned serial never ends, since no signed certificate shows when it would.
    """
    last, first_at, last_at = (_of_acts(one) for one in (func.max(JOURNAL.c.step), _FIRST_AT, _LAST_AT))
    joined = JOURNAL.outerjoin(
        STATUS, and_(JOURNAL.c.issuer == STATUS.c.issuer, JOURNAL.c.serial == STATUS.c.serial)
    ).outerjoin(CERTIFICATE, and_(JOURNAL.c.issuer == CERTIFICATE.c.issuer, JOURNAL.c.serial == CERTIFICATE.c.serial))
    end = case(
        (CERTIFICATE.c.state == "abandoned", literal(NEVER, STATUS.c.not_after.type)), else_=CERTIFICATE.c.not_after
    )
    better = or_(
        STATUS.c.serial.is_(None),
        and_(JOURNAL.c.act == "revoke", STATUS.c.state != REVOKED),
        and_(JOURNAL.c.act == "hold", JOURNAL.c.step == last, STATUS.c.state == GOOD),
        not_(STATUS.c.revoked_at.between(first_at, last_at)),
    )
    moved = or_(
        CERTIFICATE.c.serial.is_(None), STATUS.c.partition != CERTIFICATE.c.partition, STATUS.c.not_after != end
    )
    wrong = or_(better, moved)
    statement = select(JOURNAL.c.serial).distinct().select_from(joined).where(JOURNAL.c.issuer == issuer, wrong)
    for row in tx.execute(statement):
        yield serial_of(row.serial)


_FIRST_AT, _LAST_AT = func.min(JOURNAL.c.at), func.max(JOURNAL.c.at)


def _of_acts(found: ColumnElement[Any]) -> ScalarSelect[Any]:
    """What is asked of all acts on the serial of a status row."""
    same = (JOURNAL.c.issuer == STATUS.c.issuer, JOURNAL.c.serial == STATUS.c.serial)
    return select(found).where(*same).correlate(STATUS).scalar_subquery()


class _Said(NamedTuple):
    """What the status row (``step`` -1) or one journal row says of a serial; times are microseconds since 1970."""

    serial: bytes
    state: int | None
    at: int | None
    reason: int | None
    invalidity_at: int | None
    not_after: int | None
    step: int
    act: str | None


# Written for the driver: OCSP asks this for every answer that is not cached. {here} is where the serials stand.
_STATUSES = """
SELECT serial, state, revoked_at, reason, invalidity_at, not_after, -1, NULL
FROM status WHERE issuer = {mark} AND serial {here}
UNION ALL
SELECT serial, NULL, at, reason, invalidity_at, NULL, step, act
FROM revocation_journal WHERE issuer = {mark} AND serial {here}
"""
_COUNTED = select(func.coalesce(func.sum(CHANGE_COUNTER.c.value), 0))


def _not_after_its_acts(since: int | None, journal: Sequence[_Said]) -> int | None:
    """The time of a revocation, unless all acts were before it: then somebody has moved it."""
    acts = [one.at for one in journal if one.at is not None]
    return min(since, max(acts)) if since is not None and acts else since


def _worse(many: Sequence[_Said]) -> Status:
    """Fold one serial's status row (if it is there) and journal rows into what must be said."""
    ordered = sorted(many, key=lambda said: said.step)
    table = ordered[0] if ordered[0].step < 0 else None
    journal = ordered if table is None else ordered[1:]
    not_after = _time(table.not_after) if table is not None else None
    ended = [table] if table is not None and table.state == REVOKED else [one for one in journal if one.act == "revoke"]
    if ended:
        since = _not_after_its_acts(ended[0].at, journal)
        return Status("revoked", _time(since), ended[0].reason, _time(ended[0].invalidity_at), not_after)
    lost = table is None or (bool(journal) and journal[-1].act == "hold")  # a journal without its row is never good
    held = table if table is not None and table.state == HELD else journal[-1] if lost else None
    if held is not None:
        return Status("held", _time(held.at), CERTIFICATE_HOLD, None, not_after)
    return Status("good", None, None, None, not_after)


def _time(number: int | None) -> datetime | None:
    return None if number is None else instant(number)
