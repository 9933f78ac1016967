"""Acceptance of the audit trail's page: of own records alone, newest first, at a bounded cost, checked to a bound."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from store import trail as trail_module
from store.applications import ApplicationRecord, Evidence
from store.audit import AuditChain, heads, links
from store.certificates import CertificateRecord
from store.database import Database
from store.trail import TrailFilter, trail, visible
from store.verification import verify_newest
from tests.fixtures.records import add_application, record, reserve

MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]
MakeCertificate = Callable[..., CertificateRecord]
OURS = frozenset({"13101"})


@pytest.fixture
def audited(database: Database, application: MakeApplication, certificate: MakeCertificate, now: datetime) -> Database:
    """Two branches' applications and certificates, and what two programs wrote of them and of the centre."""
    signer, desk = AuditChain("signer-1", "signer", "test"), AuditChain("ra-1", "ra", "test")
    with database.transaction() as tx:
        signer.append(tx, "signer.started", {"authorities": "jpki-sign-g1"}, now)
        for number, branch in ((1, "13101"), (2, "13103")):
            add_application(tx, *application(number, branch=branch))
            reserve(tx, certificate(number, application_id=UUID(int=number)))
            record(tx, "jpki-sign", number, b"signed", now)
            at = now + timedelta(minutes=number)
            facts = {"application": str(UUID(int=number)), "approval": f"approver-{number}"}
            signer.append(tx, "certificate.issued", {**facts, "issuer": "jpki-sign", "serial": f"{number:02x}"}, at)
            revoked = {"issuer": "jpki-sign", "serial": f"{number:02x}", "reason": 4}
            signer.append(tx, "certificate.revoked", revoked, at + timedelta(hours=1))
            desk.append(tx, "case.opened", {"branch": branch}, at + timedelta(hours=2))
        signer.append(tx, "application.refused", {"application": str(UUID(int=77))}, now + timedelta(days=1))
    return database


def events(database: Database, wanted: TrailFilter, branches: frozenset[str] = OURS) -> list[str]:
    """The events of the first page."""
    with database.snapshot() as tx:
        return [one.link.event for one in trail(tx, branches, wanted).entries]


def test_entries_of_own_records_and_of_the_centre_are_read_newest_first(audited: Database) -> None:
    """By application, by certificate or by branch; an entry about a record that nobody has is nobody's."""
    assert events(audited, TrailFilter()) == [
        "case.opened",
        "certificate.revoked",
        "certificate.issued",
        "signer.started",
    ]
    with audited.snapshot() as tx:
        assert {one.branch for one in trail(tx, OURS, TrailFilter()).entries} == {"13101", None}


def test_auditor_of_no_branch_reads_the_centre_alone(audited: Database) -> None:
    """Scope is by branch for everybody."""
    assert events(audited, TrailFilter(), frozenset()) == ["signer.started"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TrailFilter(program="ra"), ["case.opened"]),
        (TrailFilter(event="certificate"), ["certificate.revoked", "certificate.issued"]),
        (TrailFilter(event="certificate.issued"), ["certificate.issued"]),
        (TrailFilter(event="cert"), []),
        (TrailFilter(record="01"), ["certificate.revoked", "certificate.issued"]),
        (TrailFilter(record=str(UUID(int=1))), ["certificate.issued"]),
        (TrailFilter(record="02"), []),
        (TrailFilter(person="approver-1"), ["certificate.issued"]),
    ],
)
def test_filters_narrow(audited: Database, wanted: TrailFilter, found: list[str]) -> None:
    """By program, event or family of events, record and person."""
    assert events(audited, wanted) == found


def test_span_of_time_narrows(audited: Database, now: datetime) -> None:
    """From the first moment, which counts, to the last, which does not."""
    wanted = TrailFilter(since=now + timedelta(minutes=1), before=now + timedelta(minutes=61))
    assert events(audited, wanted) == ["certificate.issued"]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_run_through_the_trail_once(audited: Database, limit: int) -> None:
    """The next page begins where the one before ended, however few fit in one."""
    found, place = [], None
    with audited.snapshot() as tx:
        while True:
            page = trail(tx, OURS, TrailFilter(), before=place, limit=limit)
            found += [one.link.event for one in page.entries]
            if (place := page.read_to) is None:
                break
    assert found == events(audited, TrailFilter())


def test_page_reads_a_bounded_number_of_entries(
    audited: Database, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    """A filter that hits nothing ends early and says how far it came, so no question takes the database's day."""
    monkeypatch.setattr(trail_module, "MOST_READ", 2)
    monkeypatch.setattr(trail_module, "_AT_ONCE", 1)
    with audited.snapshot() as tx:
        page = trail(tx, OURS, TrailFilter(program="nobody"))
    assert page.entries == ()
    assert page.read_to is not None
    assert page.read_to.at > now


def test_export_withholds_the_facts_of_others(audited: Database) -> None:
    """What an officer may read of a list of entries that must stay whole."""
    with audited.snapshot() as tx:
        every = list(links(tx))
        shown = visible(tx, OURS, every)
    hidden = [(one.event, one.facts) for one in every if (one.instance, one.sequence) not in shown]
    assert sorted(event for event, _ in hidden) == [
        "application.refused",
        "case.opened",
        "certificate.issued",
        "certificate.revoked",
    ]


@pytest.mark.parametrize(("most", "read"), [(2, 4), (100, 8)])
def test_newest_links_verify_to_a_bound(audited: Database, most: int, read: int) -> None:
    """The page's check costs what it is told, and says of how many it read how many."""
    with audited.snapshot() as tx:
        found = verify_newest(tx, "test", most)
        assert found.many == sum(head.sequence for head in heads(tx))
    assert (found.breaks, found.entries) == ((), read)


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        ("UPDATE audit_entry SET facts = '{}' WHERE instance = 'signer-1' AND sequence = 5", "changed"),
        ("DELETE FROM audit_entry WHERE instance = 'signer-1' AND sequence = 5", "removed"),
        ("DELETE FROM audit_entry WHERE instance = 'signer-1' AND sequence = 6", "head-differs"),
        ("DELETE FROM audit_entry WHERE instance = 'signer-1' AND sequence > 3", "head-differs"),
    ],
)
def test_newest_links_that_were_changed_are_found(audited: Database, change: str, defect: str) -> None:
    """Who owns the database can drop the guards; the chain still tells."""
    with audited.transaction() as tx:
        guards = "DROP TRIGGER audit_entry_{0}" + (" ON audit_entry" if audited.dialect == "postgresql" else "")
        for act in ("update", "delete"):
            tx.execute(text(guards.format(act)))
        tx.execute(text(change))
        assert defect in {one.defect for one in verify_newest(tx, "test", 6).breaks}
