"""Section 4.2, pages 10, 11 and 15: certificates by serial, holder, kind, state, end and person, in one's branches."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.applications import ApplicationRecord, Evidence
from store.certificate_errors import UnknownCertificate
from store.certificate_search import (
    CertificateHit,
    CertificateSearch,
    certificate_hit,
    certificates_of,
    count_certificates,
    first_list,
    search_certificates,
    siblings,
)
from store.certificates import CertificateRecord
from store.counter_tables import CERTIFICATE_BRANCH
from store.crls import CRLRecord, record_crl
from store.database import Database, Transaction
from store.people import PersonEntry, PersonFilter, enter_people
from store.reservations import record_many, reserve_many
from store.revocations import hold, release, revoke
from store.status import Status, statuses
from tests.fixtures.records import abandon, add_application

MakeCertificate = Callable[..., CertificateRecord]
MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]

BRANCHES = ("13101", "13103")
OURS = frozenset({"13103"})
NAMES = ("佐藤", "佐藤花子", "山田")
CERTIFICATES = 60
DAY = timedelta(days=1)

scopes = st.frozensets(st.sampled_from([*BRANCHES, "27100"]))
people = st.builds(
    PersonFilter,
    name_key=st.sampled_from([None, "佐", "佐藤", "山"]),
    kana_key=st.just("サ"),
    birth_date=st.sampled_from([None, "1980-01-01"]),
)


def searches(now: datetime) -> st.SearchStrategy[CertificateSearch]:
    """Every combination of what a page can ask for."""
    times = st.none() | st.integers(-1, 11).map(lambda days: now + days * DAY)
    return st.builds(
        CertificateSearch,
        serial=st.none() | st.integers(1, CERTIFICATES + 1),
        holder=st.none(),
        kind=st.sampled_from([None, "sign", "resident-sign", "auth"]),
        state=st.sampled_from([None, "good", "revoked", "held"]),
        ends_from=times,
        ends_before=times,
        person=st.none() | people,
    )


def issued(
    tx: Transaction, certificate: MakeCertificate, application: MakeApplication, number: int, **said: object
) -> CertificateRecord:
    """Issue the certificate of serial ``number`` on an application of the same number, with its person."""
    branch = BRANCHES[number % 2]
    id = UUID(int=number)
    add_application(tx, *application(number, branch=branch))
    record = certificate(number, application_id=id, kind=None if number % 3 else "sign", **said)
    assert not reserve_many(tx, [record])
    record_many(tx, [(record.issuer, number, b"signed")], record.reserved_at)
    name = NAMES[number % 3]
    born = "1980-01-01" if number % 4 else None
    enter_people(tx, [PersonEntry(id, "application", branch, name, name, "サトウ" if "佐" in name else None, born)])
    return record


def many(
    tx: Transaction, certificate: MakeCertificate, application: MakeApplication, now: datetime
) -> list[CertificateRecord]:
    """Issue certificates that end on ten days, and revoke, hold and release some."""
    made = []
    for number in range(1, CERTIFICATES + 1):
        made.append(issued(tx, certificate, application, number, not_after=now + number % 10 * DAY))
        if number % 5 == 0:
            revoke(tx, "jpki-sign", number, 4, now, None, None)
        if number % 7 == 0 and number % 5:
            hold(tx, "jpki-sign", number, now, None)
        if number % 14 == 0 and number % 5:
            release(tx, "jpki-sign", number, now, None)
    return made


def test_lists_hold_what_was_asked_and_counts_equal_them(
    database: Database, certificate: MakeCertificate, application: MakeApplication, now: datetime
) -> None:
    """For every search and scope: the pages together are those certificates in order, and the count is theirs."""
    with database.transaction() as tx:
        made = many(tx, certificate, application, now)
        truth = statuses(tx, "jpki-sign", [one.serial for one in made])

    def fits(one: CertificateRecord, wanted: CertificateSearch, branches: frozenset[str]) -> bool:
        name, person = NAMES[one.serial % 3], wanted.person
        return (
            BRANCHES[one.serial % 2] in branches
            and wanted.serial in (None, one.serial)
            and wanted.kind in (None, one.kind or one.profile)
            and wanted.state in (None, truth[one.serial].state)
            and (wanted.ends_from is None or one.not_after >= wanted.ends_from)
            and (wanted.ends_before is None or one.not_after < wanted.ends_before)
            and (person is None or name.startswith(person.name_key or ""))
            and (person is None or person.kana_key is None or "佐" in name)
            and (person is None or person.birth_date is None or one.serial % 4 != 0)
        )

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(wanted=searches(now), branches=scopes, limit=st.integers(1, 40))
    def holds(wanted: CertificateSearch, branches: frozenset[str], limit: int) -> None:
        found: list[CertificateHit] = []
        with database.snapshot() as tx:
            while part := search_certificates(
                tx, branches, wanted, after=found[-1].key if found else None, limit=limit
            ):
                found += part
            assert count_certificates(tx, branches, wanted) == len(found)
        expected = [one for one in made if fits(one, wanted, branches)]
        person = wanted.person
        if person is None:
            expected.sort(key=lambda one: (one.not_after, one.serial))
        else:
            expected.sort(key=lambda one: (NAMES[one.serial % 3] if person.name_key else "", one.serial))
        assert [one.serial for one in found] == [one.serial for one in expected]
        assert all(one.status == truth[one.serial] for one in found)

    holds()


def test_one_certificate_is_given_to_its_branch(
    database: Database, certificate: MakeCertificate, application: MakeApplication, now: datetime
) -> None:
    """What another branch applied for, and what was never issued, is unknown alike."""
    with database.transaction() as tx:
        record = issued(tx, certificate, application, 7)
    with database.snapshot() as tx:
        assert certificate_hit(tx, OURS, "jpki-sign", 7) == CertificateHit(
            "jpki-sign",
            7,
            "jpki-sign-g1",
            "13103",
            "resident-sign",
            record.not_after,
            now,
            record.holder,
            UUID(int=7),
            Status("good", None, None, None, record.not_after),
        )
        for branches, serial in ((frozenset({"13101"}), 7), (OURS, 8), (frozenset(), 7)):
            with pytest.raises(UnknownCertificate):
                certificate_hit(tx, branches, "jpki-sign", serial)


def test_what_no_branch_applied_for_is_not_found(
    database: Database, certificate: MakeCertificate, application: MakeApplication, now: datetime
) -> None:
    """A reserved serial, an abandoned one and a ceremony's certificate are nobody's at the counter."""
    with database.transaction() as tx:
        for number in (1, 3):
            add_application(tx, *application(number, branch="13103"))
        reserve_many(tx, [certificate(number, application_id=UUID(int=number)) for number in (1, 3)])
        abandon(tx, "jpki-sign", 3, now)
        reserve_many(tx, [certificate(5)])
        record_many(tx, [("jpki-sign", 5, b"signed")], now)
        assert search_certificates(tx, OURS, CertificateSearch()) == ()
        assert count_certificates(tx, OURS, CertificateSearch()) == 0


def test_holder_has_siblings_in_the_branch(
    database: Database, certificate: MakeCertificate, application: MakeApplication, now: datetime
) -> None:
    """Page 12: a revocation shows the other certificates of the same holder, newest first, of one's own branches."""
    with database.transaction() as tx:
        for number in (1, 3, 4, 5):
            issued(tx, certificate, application, number, holder="one", key="one", reserved_at=now + number * DAY)
        issued(tx, certificate, application, 7)
        first = certificate_hit(tx, OURS, "jpki-sign", 1)
        assert [one.serial for one in siblings(tx, OURS, first)] == [5, 3]
        assert [one.serial for one in siblings(tx, frozenset(BRANCHES), first)] == [5, 4, 3]
        by_holder = search_certificates(tx, OURS, CertificateSearch(holder=sha256(b"one").digest()))
        assert {one.serial for one in by_holder} == {1, 3, 5}


def test_applications_lead_to_their_certificates(
    database: Database, certificate: MakeCertificate, application: MakeApplication
) -> None:
    """A case shows what its applications led to, in their order."""
    with database.transaction() as tx:
        for number in (1, 3, 4):
            issued(tx, certificate, application, number)
        found = certificates_of(tx, OURS, [UUID(int=number) for number in (4, 3, 1, 9)])
    assert [one.serial for one in found] == [1, 3]


def test_first_list_dated_after_the_revocation_holds_it(
    database: Database, certificate: MakeCertificate, application: MakeApplication, now: datetime
) -> None:
    """Page 11: "in CRL number …" is the first list of the certificate's own authority and partition made since."""

    def listed(number: int, at: datetime, *, generation: int = 1, partition: str = "13101") -> CRLRecord:
        name = f"jpki-sign-g{generation}"
        return CRLRecord(name, "jpki-sign", partition, b"", number, at, at + DAY, bytes(32), 1, 1)

    with database.transaction() as tx:
        issued(tx, certificate, application, 1)
        assert first_list(tx, certificate_hit(tx, OURS, "jpki-sign", 1), "13101") is None
        revoke(tx, "jpki-sign", 1, 4, now, None, None)
        hit = certificate_hit(tx, OURS, "jpki-sign", 1)
        for other in (listed(1, now - DAY), listed(2, now), listed(3, now + DAY, generation=2)):
            record_crl(tx, other)
        record_crl(tx, listed(3, now + DAY, partition="13103"))
        assert first_list(tx, hit, "13101") is None
        for number in (4, 5):
            record_crl(tx, listed(number, now + number * DAY))
        assert first_list(tx, hit, "13101") == listed(4, now + 4 * DAY)


def test_search_never_tells_a_state_by_its_own_table(
    database: Database, certificate: MakeCertificate, application: MakeApplication
) -> None:
    """Design section 7: what is told is the worse of status table and journal, whatever the narrow table says."""
    with database.transaction() as tx:
        issued(tx, certificate, application, 1)
        tx.execute(CERTIFICATE_BRANCH.update().values(state=1))
        assert certificate_hit(tx, OURS, "jpki-sign", 1).status.state == "good"
