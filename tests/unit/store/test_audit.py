"""The audit trail: every defect of a chain is found and placed; no act without its entry."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import rfc8785
from hypothesis import given, strategies
from sqlalchemy import text

from store.anchors import Anchor
from store.audit import AuditChain, Fact, _canonical, heads
from store.certificate_errors import UnknownCertificate
from store.certificates import CertificateRecord
from store.certificates import certificate as read_certificate
from store.database import Database
from store.errors import DatabaseAway, DatabaseRefused, FactRefused, StoreError
from store.verification import SLACK, Break, Verification, verify
from tests.fixtures.records import reserve

SMALL = strategies.text(strategies.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30)
NAMES = strategies.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
FACTS = strategies.dictionaries(
    NAMES, SMALL | strategies.integers(-(2**53) + 1, 2**53 - 1) | strategies.booleans() | strategies.none(), max_size=8
)


def write(database: Database, now: datetime, number: int, instance: str = "signer-1") -> None:
    """Append so many entries, one second apart."""
    chain = AuditChain(instance, "signer", "test")
    with database.transaction() as tx:
        for second in range(number):
            chain.append(tx, "certificate.issued", {"serial": f"{second:02x}"}, now + timedelta(seconds=second))


def anchor(database: Database, at: datetime, number: int = 1) -> Anchor:
    """Make the anchor of this moment."""
    with database.snapshot() as tx:
        return Anchor(number, "test", at, b"", heads(tx), number)


def check(database: Database, *anchors: Anchor) -> Verification:
    """Verify the whole trail."""
    with database.snapshot() as tx:
        return verify(tx, "test", anchors)


def tamper(database: Database, *statements: str) -> None:
    """Change the trail as the owner of the database file can: without its guards."""
    with database.transaction() as tx:
        for table in ("audit_entry", "audit_head"):
            for act in ("update", "delete"):
                on = f" ON {table}" if database.dialect == "postgresql" else ""
                tx.execute(text(f"DROP TRIGGER IF EXISTS {table}_{act}{on}"))
        for statement in statements:
            tx.execute(text(statement))


@given(FACTS)
def test_canonical_form_is_that_of_rfc_8785(facts: dict[str, Fact]) -> None:
    """RFC 8785: our short form of small facts is byte for byte what the rfc8785 package writes."""
    assert _canonical(facts) == rfc8785.dumps(facts)


def test_untouched_trail_verifies(database: Database, now: datetime) -> None:
    """LOG-1: nothing is reported of chains as they were written, and every entry was read."""
    write(database, now, 5)
    write(database, now, 3, instance="ra-1")
    assert check(database).breaks == ()
    assert check(database).entries == 8


def test_many_entries_at_once_make_the_same_chain_as_one_by_one(database: Database, now: datetime) -> None:
    """A batch is a chain like any other."""
    acts: list[tuple[str, dict[str, Fact]]] = [("certificate.issued", {"serial": f"{one:02x}"}) for one in range(5)]
    with database.transaction() as tx:
        AuditChain("batch", "signer", "test").append_many(tx, acts, now)
        AuditChain("batch", "signer", "test").append_many(tx, [], now)
    assert check(database).entries == 5
    assert check(database).breaks == ()


@pytest.mark.parametrize(
    ("change", "place", "defect"),
    [
        ('UPDATE audit_entry SET facts = \'{"serial":"ff"}\' WHERE sequence = 3', 3, "changed"),
        ("UPDATE audit_entry SET event = 'certificate.abandoned' WHERE sequence = 1", 1, "changed"),
        ("UPDATE audit_entry SET at = at + 1 WHERE sequence = 5", 5, "changed"),
        ("UPDATE audit_entry SET program = 'ra' WHERE sequence = 2", 2, "changed"),
        ("DELETE FROM audit_entry WHERE sequence = 3", 3, "removed"),
        ("DELETE FROM audit_entry WHERE sequence = 1", 1, "removed"),
        ("UPDATE audit_head SET sequence = 9", 5, "head-differs"),
        ("DELETE FROM audit_entry WHERE sequence = 5", 4, "head-differs"),
    ],
)
def test_defect_is_found_and_placed(database: Database, now: datetime, change: str, place: int, defect: str) -> None:
    """LOG-1: a changed or removed entry, and a head that is not the last one, are named even without an anchor."""
    write(database, now, 5)
    tamper(database, change)
    found = check(database).breaks
    assert Break("signer-1", place, defect) in found  # type: ignore[arg-type]


def test_two_swapped_entries_are_found(database: Database, now: datetime) -> None:
    """LOG-1: reordered entries no longer fit their places."""
    write(database, now, 5)
    tamper(
        database,
        "UPDATE audit_entry SET sequence = 99 WHERE sequence = 2",
        "UPDATE audit_entry SET sequence = 2 WHERE sequence = 3",
        "UPDATE audit_entry SET sequence = 3 WHERE sequence = 99",
    )
    assert {one.sequence for one in check(database).breaks} >= {2, 3}


def test_cut_end_is_found_with_an_anchor(database: Database, now: datetime) -> None:
    """LOG-1: the last entries removed, heads set back to match: only the anchor knows, and says from where."""
    write(database, now, 5)
    known = anchor(database, now + timedelta(seconds=5))
    tamper(
        database,
        "DELETE FROM audit_entry WHERE sequence > 3",
        "UPDATE audit_head SET sequence = 3, hash = (SELECT hash FROM audit_entry WHERE sequence = 3)",
    )
    assert check(database).breaks == ()
    assert check(database, known).breaks == (Break("signer-1", 4, "truncated"),)


def test_removed_chain_is_found_with_an_anchor(database: Database, now: datetime) -> None:
    """LOG-1: a restored old copy lacks what the anchor knows."""
    write(database, now, 2)
    known = anchor(database, now)
    tamper(database, "DELETE FROM audit_entry", "DELETE FROM audit_head")
    assert Break("signer-1", 1, "truncated") in check(database, known).breaks


def test_rewritten_chain_is_found_with_an_anchor(database: Database, now: datetime) -> None:
    """LOG-1: a chain made anew, consistent in itself, does not have the anchored hash."""
    write(database, now, 4)
    known = anchor(database, now + timedelta(seconds=5))
    tamper(database, "DELETE FROM audit_entry", "DELETE FROM audit_head")
    write(database, now + timedelta(seconds=1), 4)
    assert check(database).breaks == ()
    assert check(database, known).breaks == (Break("signer-1", 4, "rewritten"),)


def test_back_dated_entry_is_found_with_an_anchor(database: Database, now: datetime) -> None:
    """LOG-1: an entry, or a whole chain, dated before an anchor that does not know it was inserted."""
    write(database, now, 2)
    known = anchor(database, now + timedelta(days=1))
    write(database, now, 1)
    write(database, now + timedelta(days=1) - SLACK, 1)  # an act may commit a little after its own time
    write(database, now, 1, instance="forged")
    assert check(database, known).breaks == (
        Break("forged", 1, "inserted"),
        Break("signer-1", 3, "inserted"),
    )


def test_blind_window_is_stated(database: Database, now: datetime) -> None:
    """Design section 6: the result says what no anchor vouches for."""
    write(database, now, 2)
    known = anchor(database, now)
    write(database, now, 3)
    result = check(database, known)
    assert (result.unanchored, result.anchored_at) == (3, now)
    assert "3 entries written after the anchor of 2026-11-23T09:00:00Z" in result.blind_window
    assert "No anchor" in check(database).blind_window


def test_act_fails_when_its_entry_cannot_be_written(
    database: Database, certificate: Callable[..., CertificateRecord], now: datetime
) -> None:
    """LOG-2: the entry and the act are one transaction; without the one the other did not happen."""
    with database.transaction() as tx:
        tx.execute(text("ALTER TABLE audit_entry RENAME TO away"))

    def reserve_with_its_entry() -> None:
        with database.transaction() as tx:
            reserve(tx, certificate(7))
            AuditChain("signer-1", "signer", "test").append(tx, "certificate.reserved", {"serial": "07"}, now)

    with pytest.raises((DatabaseAway, DatabaseRefused)):
        reserve_with_its_entry()
    with pytest.raises(UnknownCertificate), database.snapshot() as tx:
        read_certificate(tx, "jpki-sign", 7)


def test_failed_act_leaves_no_gap(database: Database, now: datetime) -> None:
    """An entry of an act that did not happen is not there, and the chain goes on without a gap."""
    write(database, now, 1)

    def append_a_good_and_a_bad_one() -> None:
        with database.transaction() as tx:
            chain = AuditChain("signer-1", "signer", "test")
            chain.append(tx, "certificate.issued", {}, now)
            chain.append(tx, "certificate.issued", {"reason": "two words"}, now)

    with pytest.raises(FactRefused):
        append_a_good_and_a_bad_one()
    write(database, now, 1)
    assert check(database).entries == 2
    assert check(database).breaks == ()


def test_writers_of_one_chain_take_turns(database: Database, now: datetime) -> None:
    """DBC-2: threads of one process share its chain; no entry is lost and none is doubled."""

    def work(_: int) -> None:
        for _ in range(5):
            write(database, now, 2)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert check(database).entries == 40
    assert check(database).breaks == ()


def test_chain_of_another_program_is_refused(database: Database, now: datetime) -> None:
    """An instance's chain belongs to the program that began it."""
    write(database, now, 1)
    with pytest.raises(StoreError), database.transaction() as tx:
        AuditChain("signer-1", "ra", "test").append(tx, "application.received", {}, now)


def test_chain_is_bound_to_its_deployment(database: Database, now: datetime) -> None:
    """A trail copied from another installation does not verify here."""
    write(database, now, 2)
    with database.snapshot() as tx:
        assert {one.defect for one in verify(tx, "elsewhere", ()).breaks} == {"unlinked", "changed"}


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "Yamada Taro"},
        {"name": "山田"},
        {"line": "a\nb"},
        {"escape": "\x1b[31m"},
        {"long": "x" * 257},
        {"Name": "x"},
        {"number": 2**53},
        {"ratio": 0.5},
        {"list": ["a"]},
        {f"fact_{number}": 1 for number in range(33)},
    ],
)
def test_fact_that_is_not_small_and_machine_made_is_refused(
    sqlite_url: str, open_as: Callable[..., Database], now: datetime, facts: dict[str, Fact]
) -> None:
    """LOG-4, LOG-5: no names, no sentences, no control codes, nothing large; and the error repeats no value."""
    with pytest.raises(FactRefused) as refused, open_as(sqlite_url, "signer").transaction() as tx:
        AuditChain("signer-1", "signer", "test").append(tx, "certificate.issued", facts, now)
    assert "Yamada" not in str(refused.value)
    assert "山田" not in str(refused.value)


def test_facts_read_back_as_json(database: Database, now: datetime) -> None:
    """An export needs no other reader than JSON's."""
    facts: dict[str, Fact] = {"serial": "07", "attempt": 2, "late": True, "event": None}
    with database.transaction() as tx:
        AuditChain("signer-1", "signer", "test").append(tx, "certificate.issued", facts, now)
        assert json.loads(tx.execute(text("SELECT facts FROM audit_entry")).scalar_one()) == facts
