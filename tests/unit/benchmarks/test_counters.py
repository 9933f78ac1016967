"""The data of the search benchmark are what the schema and the store would have made, on both engines."""

from contextlib import closing
from datetime import UTC, datetime

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from benchmarks.counters import BRANCHES, fill, visitors
from benchmarks.search import questions
from store.certificate_search import CertificateSearch, count_certificates, search_certificates
from store.counter_tables import METADATA
from store.database import Database
from store.people import PersonFilter
from store.queues import CaseFilter, count_cases, count_waiting, find_cases, waiting_approvals

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVERYWHERE = frozenset(BRANCHES)
SIZE = 300


def test_every_visitor_is_found_and_counted(database_url: str) -> None:
    """Each question has an answer, each certificate is found by its serial and card, and counts are lists."""
    fill(database_url, SIZE, NOW)
    with closing(Database(database_url, "ra")) as database, database.snapshot() as tx:
        assert count_certificates(tx, EVERYWHERE, CertificateSearch()) == SIZE
        assert len(find_cases(tx, EVERYWHERE, CaseFilter(open=True))) == count_cases(
            tx, EVERYWHERE, CaseFilter(open=True)
        )
        assert len(waiting_approvals(tx, EVERYWHERE, NOW)) == count_waiting(tx, EVERYWHERE, NOW) == 1
        for one in list(visitors(SIZE))[:: SIZE // 5]:
            ours = frozenset({one.branch})
            for wanted in (
                CertificateSearch(serial=int.from_bytes(one.serial)),
                CertificateSearch(person=PersonFilter(card=one.card)),
            ):
                (found,) = search_certificates(tx, ours, wanted)
                assert found.serial == int.from_bytes(one.serial)
            for question in questions(NOW).values():
                question(tx, one, ours)


def test_filled_tables_have_the_indexes_of_the_schema(database_url: str) -> None:
    """What is measured is the schema as it is shipped: nothing to add, remove or change after filling."""
    fill(database_url, 10, NOW)
    with closing(Database(database_url, "owner")) as database, database.snapshot() as tx:
        assert compare_metadata(MigrationContext.configure(tx), METADATA) == []
