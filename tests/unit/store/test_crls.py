"""What a list is made from: entries, numbers, records, requests."""

import resource
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import Engine, Uuid, bindparam, event, func, select, text

from store.certificates import CertificateRecord
from store.crls import (
    CRLRecord,
    Entry,
    PublicationRequest,
    answer_request,
    count_entries,
    entries,
    latest_crl,
    next_number,
    open_requests,
    publication_request,
    record_crl,
    request_publication,
)
from store.database import Database
from store.errors import RecordRefused
from store.reservations import record_many, reserve_many
from store.revocations import hold, release, revoke
from store.rows import insert_all
from store.status import Compromise
from store.tables import REVOKED, STATUS
from tests.fixtures.records import abandon, reserve

Make = Callable[..., CertificateRecord]
ISSUER, PARTITION = "jpki-sign", "13101"


def issue(database: Database, now: datetime, *made: CertificateRecord) -> None:
    """Reserve and record certificates."""
    with database.transaction() as tx:
        assert reserve_many(tx, made) == {}
        record_many(tx, [(one.issuer, one.serial, b"signed") for one in made], now)


def serials(database: Database, past: datetime | None = None) -> list[int]:
    """Give the serials a list would hold."""
    with database.snapshot() as tx:
        return [int.from_bytes(entry.serial) for entry in entries(tx, ISSUER, PARTITION, past)]


def test_a_compromised_generation_is_listed_whole(database: Database, certificate: Make, now: datetime) -> None:
    """RFC 5280 section 5.3.1: all of it is revoked by cACompromise, but what was revoked before; nothing is written."""
    ends = now + timedelta(days=1)
    issue(database, now, *(certificate(number) for number in range(1, 6)), certificate(6, not_after=ends))
    issue(database, now, certificate(7, generation=2), certificate(8, generation=2), certificate(9, partition="13102"))
    since, known = now + timedelta(hours=2), now + timedelta(hours=1)
    with database.transaction() as tx:
        revoke(tx, ISSUER, 2, 4, now, None, None)
        revoke(tx, ISSUER, 3, 4, since + timedelta(hours=1), None, None)
        hold(tx, ISSUER, 4, now, None)
        hold(tx, ISSUER, 5, now, None)
        release(tx, ISSUER, 5, now, None)
        revoke(tx, ISSUER, 8, 4, now, None, None)
        before = tx.execute(select(func.count()).select_from(STATUS).where(STATUS.c.state != 0)).scalar()
    compromise = (Compromise("jpki-sign-g1", since, known), Compromise("jpki-auth-g1", now, None))
    held, at, invalid = int(now.timestamp()), int(since.timestamp()), int(known.timestamp())
    with database.snapshot() as tx:
        listed = list(entries(tx, ISSUER, PARTITION, None, compromise))
        assert listed == [
            Entry(b"\x01", at, 2, invalid),
            Entry(b"\x02", held, 4, None),
            Entry(b"\x03", at, 2, invalid),
            Entry(b"\x04", held, 2, invalid),
            Entry(b"\x05", at, 2, invalid),
            Entry(b"\x06", at, 2, invalid),
            Entry(b"\x08", held, 4, None),
        ]
        assert count_entries(tx, ISSUER, PARTITION, None, compromise) == len(listed)
        later = list(entries(tx, ISSUER, PARTITION, ends + timedelta(seconds=1), compromise))
        assert [one.serial for one in later] == [bytes((n,)) for n in (1, 2, 3, 4, 5, 8)]
        assert tx.execute(select(func.count()).select_from(STATUS).where(STATUS.c.state != 0)).scalar() == before


def test_entry_holds_seconds_reason_and_invalidity(database: Database, certificate: Make, now: datetime) -> None:
    """RFC 5280 section 5.3: times as whole seconds, the reason, the invalidity date."""
    issue(database, now, certificate(7))
    with database.transaction() as tx:
        revoke(tx, ISSUER, 7, 4, now + timedelta(microseconds=999_999), now - timedelta(days=1), None)
        assert list(entries(tx, ISSUER, PARTITION, None)) == [
            Entry(b"\x07", int(now.timestamp()), 4, int(now.timestamp()) - 86_400)
        ]


def test_list_holds_what_is_revoked_held_or_abandoned_in_its_partition(
    database: Database, certificate: Make, now: datetime
) -> None:
    """CRL-3: neither good nor released nor reserved serials, nor those of other partitions and issuers."""
    issue(database, now, *[certificate(serial) for serial in range(1, 6)])
    issue(database, now, certificate(9, partition="27100", distribution_point=b"Osaka"))
    issue(database, now, certificate(1, issuer="jpki-auth", holder="other", key="other"))
    with database.transaction() as tx:
        reserve(tx, certificate(6))
        reserve(tx, certificate(7))
        abandon(tx, ISSUER, 7, now)
        revoke(tx, ISSUER, 1, None, now, None, None)
        revoke(tx, ISSUER, 9, None, now, None, None)
        revoke(tx, "jpki-auth", 1, None, now, None, None)
        hold(tx, ISSUER, 2, now, None)
        hold(tx, ISSUER, 3, now, None)
        release(tx, ISSUER, 3, now, None)
    assert serials(database) == [1, 2, 7]


def test_generations_share_one_list(database: Database, certificate: Make, now: datetime) -> None:
    """Design section 7: a partition's entries cover all generations of the issuer."""
    from dataclasses import replace

    issue(database, now, certificate(1), replace(certificate(2), authority="jpki-sign-g2"))
    with database.transaction() as tx:
        revoke(tx, ISSUER, 1, None, now, None, None)
        revoke(tx, ISSUER, 2, None, now, None, None)
    assert serials(database) == [1, 2]


def test_entry_stands_once_in_a_list_dated_past_its_end(database: Database, certificate: Make, now: datetime) -> None:
    """RFC 5280 section 3.3: an entry leaves only after one list issued after the certificate's end held it."""
    end = now + timedelta(days=10)
    issue(database, now, certificate(7, not_after=end))
    with database.transaction() as tx:
        revoke(tx, ISSUER, 7, None, now, None, None)
    day = timedelta(days=1)
    assert serials(database, past=end - day) == [7]  # the list before was dated before the end: this one is past it
    assert serials(database, past=end) == [7]  # the end is inclusive
    assert serials(database, past=end + timedelta(seconds=1)) == []


def test_count_is_that_of_the_stream(database: Database, certificate: Make, now: datetime) -> None:
    """The gate compares what was streamed with a count of its own."""
    issue(database, now, *[certificate(serial) for serial in range(1, 31)])
    with database.transaction() as tx:
        for serial in range(1, 31, 2):
            revoke(tx, ISSUER, serial, None, now, None, None)
        assert count_entries(tx, ISSUER, PARTITION, None) == len(list(entries(tx, ISSUER, PARTITION, None))) == 15


def test_stream_is_in_serial_order_without_repetition(database: Database, certificate: Make, now: datetime) -> None:
    """CRL-3: serials of any length come in the order of their octets, each once."""
    wanted = [1, 255, 256, 65_535, 1 << 64, (1 << 127) + 3, (1 << 158) + 9]
    issue(database, now, *[certificate(serial) for serial in wanted])
    with database.transaction() as tx:
        for serial in wanted:
            revoke(tx, ISSUER, serial, None, now, None, None)
        octets = [entry.serial for entry in entries(tx, ISSUER, PARTITION, None)]
    assert all(one < other for one, other in pairwise(octets))
    assert sorted(int.from_bytes(one) for one in octets) == wanted


def test_long_list_streams_in_flat_memory(database: Database, now: datetime) -> None:
    """CRL-6: 200,000 entries raise the process's memory by less than 32 MiB, and reading stops where one stops."""
    rows = [
        {
            "issuer": ISSUER,
            "serial": (serial * 0x9E3779B97F4A7C15 % (1 << 64)).to_bytes(8).lstrip(b"\0"),
            "partition": PARTITION,
            "state": REVOKED,
            "revoked_at": now,
            "not_after": now,
        }
        for serial in range(1, 200_001)
    ]
    with database.transaction() as tx:
        for start in range(0, len(rows), 20_000):
            insert_all(tx, STATUS, rows[start : start + 20_000])
    with database.snapshot() as tx:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert sum(1 for _ in entries(tx, ISSUER, PARTITION, None)) == 200_000
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
        stream = entries(tx, ISSUER, PARTITION, None)
        next(stream)
        stream.close()


def test_scan_reads_the_covering_index_alone(sqlite_url: str, now: datetime) -> None:
    """Performance section 6: the scan for a list never touches the status table."""
    database = Database(sqlite_url, "owner")
    asked: list[tuple[str, Sequence[object]]] = []

    def note(connection: object, cursor: object, statement: str, values: Sequence[object], *_: object) -> None:
        asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with database.snapshot() as tx:
            assert list(entries(tx, ISSUER, PARTITION, now)) == []
            statement, values = asked[-1]
            plan = [row.detail for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))]
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        database.close()
    assert plan
    assert all("USING COVERING INDEX status_listed" in line for line in plan)


def test_numbers_rise_by_issuer_and_partition(database: Database) -> None:
    """CRL-1: each (issuer, partition) counts for itself, from 1."""
    with database.transaction() as tx:
        assert [next_number(tx, ISSUER, PARTITION) for _ in range(3)] == [1, 2, 3]
        assert next_number(tx, ISSUER, "27100") == 1
        assert next_number(tx, "jpki-auth", PARTITION) == 1


def test_number_passes_what_is_published(database: Database) -> None:
    """CRL-1: a restored database does not repeat a number that was published after its backup."""
    with database.transaction() as tx:
        next_number(tx, ISSUER, PARTITION)
        assert next_number(tx, ISSUER, PARTITION, above=41) == 42
        assert next_number(tx, ISSUER, PARTITION, above=7) == 43


def test_racing_generators_never_share_a_number(database: Database) -> None:
    """DBC-2: the number's row is locked, so four writers get forty different numbers without a gap."""

    def work(_: int) -> list[int]:
        numbers = []
        for _ in range(10):
            with database.transaction() as tx:
                numbers.append(next_number(tx, ISSUER, PARTITION))
        return numbers

    with ThreadPoolExecutor(4) as pool:
        assert sorted(number for part in pool.map(work, range(4)) for number in part) == list(range(1, 41))


def listed(number: int, now: datetime, authority: str = "jpki-sign-g1") -> CRLRecord:
    """Make the record of a list."""
    return CRLRecord(authority, ISSUER, PARTITION, b"point", number, now, now + timedelta(hours=48), bytes(32), 400, 3)


def test_newest_list_of_an_authority_is_found(database: Database, now: datetime) -> None:
    """Each generation has its own newest list."""
    with database.transaction() as tx:
        assert latest_crl(tx, "jpki-sign-g1", PARTITION) is None
        for number in (1, 2, 10):
            record_crl(tx, listed(number, now))
        record_crl(tx, listed(11, now, "jpki-sign-g2"))
        assert latest_crl(tx, "jpki-sign-g1", PARTITION) == listed(10, now)


@pytest.mark.parametrize("number", [0, -1, 1 << 63])
def test_number_out_of_bounds_is_refused(now: datetime, number: int) -> None:
    """RFC 5280 section 5.2.3: a number is positive; ours fits 64 bits."""
    with pytest.raises(RecordRefused):
        listed(number, now)


def test_request_waits_until_it_is_answered(database: Database, now: datetime) -> None:
    """`crl publish` asks the signer and reads its answer."""
    first = PublicationRequest(UUID(int=1), ISSUER, PARTITION, "admin-1", now)
    second = PublicationRequest(UUID(int=2), ISSUER, None, "admin-1", now)
    with database.transaction() as tx:
        request_publication(tx, second)
        request_publication(tx, first)
        assert open_requests(tx) == (first, second)
        answer_request(tx, first.id, "published", now)
        assert open_requests(tx) == (second,)
        answered = publication_request(tx, first.id)
    assert answered is not None
    assert (answered.answer, answered.answered_at) == ("published", now)


@pytest.mark.parametrize(
    ("column", "value"), [("issuer", "見本"), ("partition", ""), ("requested_by", "x" * 129), ("requested_at", 1 << 62)]
)
def test_a_row_that_is_no_request_holds_nobody_up(
    database: Database, now: datetime, column: str, value: object
) -> None:
    """CRL-2: whoever holds the front end writes rows of any content; who asks for a list is answered."""
    row = {"id": UUID(int=1), "issuer": ISSUER, "partition": PARTITION, "requested_by": "head", "requested_at": 0}
    statement = text(
        "INSERT INTO publication_request (id, issuer, partition, requested_by, requested_at) "
        "VALUES (:id, :issuer, :partition, :requested_by, :requested_at)"
    )
    asked = PublicationRequest(UUID(int=2), ISSUER, None, "head-minato", now)
    with database.transaction() as tx:
        tx.execute(statement.bindparams(bindparam("id", type_=Uuid)), {**row, column: value})
        request_publication(tx, asked)
        assert open_requests(tx) == (asked,)
