"""What a CRL is made from, and what is recorded of it: entries in serial order, numbers, records, requests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, case, func, insert, or_, select, text, update

from store.authorities import issuer_of
from store.bounds import octets, utc, word
from store.columns import MICROSECONDS, microseconds
from store.database import Transaction
from store.errors import RecordRefused
from store.legible import REQUEST_LEGIBLE
from store.list_tables import CRL, CRL_NUMBER, PUBLICATION_REQUEST
from store.rows import insertion
from store.status import NAMES, Compromise, Status, under
from store.tables import CERTIFICATE, GOOD, STATUS

_ROWS_AT_A_TIME = 10_000
_MOST_NUMBER = 1 << 63


class Entry(NamedTuple):
    """One entry of a CRL (RFC 5280 section 5.3).

    ``serial`` is the fewest big-endian octets; ``revoked_at`` and ``invalidity_at`` are whole seconds since 1970 UTC;
    ``reason`` None means unspecified, which a list leaves out, and 6 is certificateHold.
    """

    serial: bytes
    revoked_at: int
    reason: int | None
    invalidity_at: int | None


@dataclass(frozen=True, slots=True)
class CRLRecord:
    """A list that passed the gate: ``sha256`` of its DER, ``size`` in octets, number of ``entries``.

    ``distribution_point`` is the DER of the DistributionPointName that it is scoped to, empty where it names none.
    """

    authority: str
    issuer: str
    partition: str
    distribution_point: bytes
    number: int
    this_update: datetime
    next_update: datetime
    sha256: bytes
    size: int
    entries: int

    def __post_init__(self) -> None:
        for field in ("authority", "issuer", "partition"):
            word(field, getattr(self, field))
        if not 0 < self.number < _MOST_NUMBER:
            raise RecordRefused("number", "it must be positive and below 2^63")
        utc("this_update", self.this_update)
        utc("next_update", self.next_update)
        octets("distribution_point", self.distribution_point, 0, 4096)
        octets("sha256", self.sha256, 32, 32)


@dataclass(frozen=True, slots=True)
class PublicationRequest:
    """Somebody asks for the lists of an issuer now: one ``partition``, or all of them (None)."""

    id: UUID
    issuer: str
    partition: str | None
    requested_by: str
    requested_at: datetime
    answered_at: datetime | None = None
    answer: str | None = None

    def __post_init__(self) -> None:
        word("issuer", self.issuer)
        word("requested_by", self.requested_by)
        if self.partition is not None:
            word("partition", self.partition)
        utc("requested_at", self.requested_at)


def entries(
    tx: Transaction,
    issuer: str,
    partition: str,
    not_listed_past: datetime | None,
    compromised: Sequence[Compromise] = (),
) -> Iterator[Entry]:
    """Stream the entries of a list in the order of their serials' octets, in flat memory.

    Listed is every serial revoked, abandoned or on hold whose certificate had not ended before ``not_listed_past``, the
    thisUpdate of the previous list (None: no previous list): so each stands once in a list dated past its end. Of an
    authority of the issuer that was ``compromised`` every serial is listed so, as `store.status.under` says.
    """
    if theirs := _of_issuer(compromised, issuer):
        yield from _entries_under(tx, issuer, partition, not_listed_past, theirs)
        return
    options = {"stream_results": True, "yield_per": _ROWS_AT_A_TIME}
    statement, values = _listed(tx, _ENTRIES + " ORDER BY serial", issuer, partition, not_listed_past)
    with tx.exec_driver_sql(statement, values, execution_options=options) as rows:
        yield from map(Entry._make, rows)


def count_entries(
    tx: Transaction,
    issuer: str,
    partition: str,
    not_listed_past: datetime | None,
    compromised: Sequence[Compromise] = (),
) -> int:
    """Count what `entries` streams."""
    if theirs := _of_issuer(compromised, issuer):
        listed = _listed_under(issuer, partition, not_listed_past, theirs)
        return int(tx.execute(select(func.count()).select_from(listed.subquery())).scalar_one())
    statement, values = _listed(tx, _COUNT, issuer, partition, not_listed_past)
    return int(tx.exec_driver_sql(statement, values).scalar_one())


def next_number(tx: Transaction, issuer: str, partition: str, above: int = 0) -> int:
    """Give the next CRL number of a partition, over all generations of its issuer.

    Its row is locked until the transaction ends. The number is also greater than ``above``: the number of the newest
    list in the place of publication, which a restored database may not know.
    """
    first = insertion(tx, CRL_NUMBER).values(issuer=issuer, partition=partition, number=above + 1)
    higher = case((CRL_NUMBER.c.number < above, above), else_=CRL_NUMBER.c.number) + 1
    statement = first.on_conflict_do_update(index_elements=["issuer", "partition"], set_={"number": higher})
    return int(tx.execute(statement.returning(CRL_NUMBER.c.number)).scalar_one())


def record_crl(tx: Transaction, record: CRLRecord) -> None:
    """Record a list for ever."""
    tx.execute(insert(CRL), asdict(record))


def latest_crl(tx: Transaction, authority: str, partition: str) -> CRLRecord | None:
    """Give the record of the authority's newest list for a partition, or None."""
    row = tx.execute(_lists_of(authority, partition).order_by(CRL.c.number.desc())).one_or_none()
    return None if row is None else CRLRecord(*row)


def first_crl_after(tx: Transaction, authority: str, partition: str, at: datetime) -> CRLRecord | None:
    """Give the record of the authority's first list for a partition with a thisUpdate after a moment, or None."""
    later = _lists_of(authority, partition).where(CRL.c.this_update > at)
    row = tx.execute(later.order_by(CRL.c.number)).one_or_none()
    return None if row is None else CRLRecord(*row)


def request_publication(tx: Transaction, request: PublicationRequest) -> None:
    """Ask the signer for lists; it looks each second."""
    tx.execute(insert(PUBLICATION_REQUEST), {name: getattr(request, name) for name in _REQUEST[:-2]})


def open_requests(tx: Transaction) -> tuple[PublicationRequest, ...]:
    """Give the requests nobody answered yet, oldest first. A row that is no request, whoever wrote it, is left out."""
    columns = [PUBLICATION_REQUEST.c[name] for name in _REQUEST]
    statement = select(*columns).where(text("answered_at IS NULL"), REQUEST_LEGIBLE)
    return tuple(PublicationRequest(*row) for row in tx.execute(statement.order_by(PUBLICATION_REQUEST.c.id)))


def publication_request(tx: Transaction, id: UUID) -> PublicationRequest | None:
    """Give one request, with its answer once there is one."""
    columns = [PUBLICATION_REQUEST.c[name] for name in _REQUEST]
    row = tx.execute(select(*columns).where(PUBLICATION_REQUEST.c.id == id)).one_or_none()
    return None if row is None else PublicationRequest(*row)


def answer_request(tx: Transaction, id: UUID, answer: str, at: datetime) -> None:
    """Answer a request with one word: "published", or the code of the error."""
    word("answer", answer)
    utc("at", at)
    tx.execute(update(PUBLICATION_REQUEST).where(PUBLICATION_REQUEST.c.id == id).values(answer=answer, answered_at=at))


def _lists_of(authority: str, partition: str) -> Select[Any]:
    """Whichever of the authority's lists for a partition comes first in the caller's order."""
    here = (CRL.c.issuer == issuer_of(authority), CRL.c.partition == partition, CRL.c.authority == authority)
    return select(*[CRL.c[name] for name in CRLRecord.__slots__]).where(*here).limit(1)


def _of_issuer(compromised: Sequence[Compromise], issuer: str) -> Mapping[str, Compromise]:
    """The compromises of the issuer's own generations, by authority."""
    return {one.authority: one for one in compromised if issuer_of(one.authority) == issuer}


def _entries_under(
    tx: Transaction,
    issuer: str,
    partition: str,
    not_listed_past: datetime | None,
    compromised: Mapping[str, Compromise],
) -> Iterator[Entry]:
    """The entries where a generation was compromised: the partition's certificates are read, not the listed alone."""
    statement = _listed_under(issuer, partition, not_listed_past, compromised).order_by(CERTIFICATE.c.serial)
    for row in tx.execute(statement.execution_options(yield_per=_ROWS_AT_A_TIME)):
        status = Status(NAMES[row.state], row.revoked_at, row.reason, row.invalidity_at, row.not_after)
        if row.authority in compromised:
            status = under(status, compromised[row.authority])
        revoked_at = microseconds(status.revoked_at or _ALWAYS) // MICROSECONDS
        since = None if status.invalidity_at is None else microseconds(status.invalidity_at) // MICROSECONDS
        yield Entry(row.serial, revoked_at, status.reason, since)


def _listed_under(
    issuer: str, partition: str, not_listed_past: datetime | None, compromised: Mapping[str, Compromise]
) -> Select[Any]:
    same = and_(STATUS.c.issuer == CERTIFICATE.c.issuer, STATUS.c.serial == CERTIFICATE.c.serial)
    said = [STATUS.c[name] for name in ("state", "revoked_at", "reason", "invalidity_at", "not_after")]
    return (
        select(CERTIFICATE.c.serial, CERTIFICATE.c.authority, *said)
        .join(STATUS, same)
        .where(CERTIFICATE.c.issuer == issuer, CERTIFICATE.c.partition == partition)
        .where(STATUS.c.not_after >= (not_listed_past or _ALWAYS))
        .where(or_(STATUS.c.state != GOOD, CERTIFICATE.c.authority.in_(compromised)))
    )


_REQUEST = PublicationRequest.__slots__

# Written for the driver. The first condition makes the partial index `status_listed` usable, so it stands in the text;
# SQLite, which keeps no statistics of its own, is told to use that index: it would read every certificate otherwise.
_LISTED = (
    "FROM status {hint} WHERE state <> 0 "
    "AND status.issuer = {mark} AND status.partition = {mark} AND status.not_after >= {mark}"
)
_ENTRIES = f"SELECT serial, revoked_at / {MICROSECONDS}, reason, invalidity_at / {MICROSECONDS} {_LISTED}"
_COUNT = f"SELECT count(*) {_LISTED}"
_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


def _listed(
    tx: Transaction, statement: str, issuer: str, partition: str, not_listed_past: datetime | None
) -> tuple[str, tuple[str, str, int]]:
    """Give a statement about what a list holds, and its values, as this engine's driver takes them."""
    sqlite = tx.dialect.name == "sqlite"
    written = statement.format(hint="INDEXED BY status_listed" if sqlite else "", mark="?" if sqlite else "%s")
    return written, (issuer, partition, microseconds(not_listed_past or _ALWAYS))
