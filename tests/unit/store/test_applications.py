"""Applications: saved once, claimed by one signer at a time, fenced, carried out once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, text

from store.application_errors import ApplicationExists, ApplicationUsed, ClaimLost, EvidenceExists, UnknownApplication
from store.applications import (
    ApplicationFilter,
    ApplicationRecord,
    Evidence,
    Role,
    Use,
    add_applications,
    evidence,
    evidence_of,
    find_applications,
    use,
    use_many,
)
from store.applications import application as read_application
from store.claims import claim, fence, fence_many, finish, finish_many, give_back, put_off
from store.database import Database, Program
from store.errors import Immutable, RecordRefused
from store.tables import APPLICATION, EVIDENCE
from tests.fixtures.records import add_application, add_evidence

Make = Callable[..., tuple[ApplicationRecord, Evidence]]
Sign = Callable[[UUID, Role, str], Evidence]
LEASE = timedelta(minutes=5)
FIRST, SECOND = b"first signer's..", b"second signer's."


def save(database: Database, make: Make, *numbers: int, examinations: int = 0, approvals: int = 0) -> list[UUID]:
    """Save applications that need so many examinations and approvals."""
    pairs = [make(number, examinations=examinations, approvals=approvals) for number in numbers]
    with database.transaction() as tx:
        add_applications(tx, pairs)
    return [record.id for record, _ in pairs]


def take(database: Database, token: bytes, now: datetime, limit: int = 10) -> list[UUID]:
    """Claim for the signer of this token and give the ids."""
    with database.transaction() as tx:
        return [record.id for record in claim(tx, f"signer-{token.hex()}", token, now, LEASE, limit)]


def test_application_reads_back_as_written(database: Database, application: Make) -> None:
    """The record and its submission come back field by field."""
    record, submission = application(1)
    with database.transaction() as tx:
        add_application(tx, record, submission)
    with database.snapshot() as tx:
        assert read_application(tx, record.id) == record
        assert evidence(tx, record.id) == (submission,)


def test_repeated_id_is_refused_and_changes_nothing(database: Database, application: Make) -> None:
    """ISS-3: the same application again is a clear error; the first one stays."""
    record, submission = application(1)
    with database.transaction() as tx:
        add_application(tx, record, submission)
    with pytest.raises(ApplicationExists), database.transaction() as tx:
        add_application(tx, replace(record, branch="27100"), submission)
    with database.snapshot() as tx:
        assert read_application(tx, record.id).branch == record.branch


def test_unknown_application_is_a_lookup_error(database: Database) -> None:
    """Asking for what is not there is UnknownApplication, a LookupError."""
    with pytest.raises(UnknownApplication), database.snapshot() as tx:
        read_application(tx, UUID(int=9))


def test_person_signs_once_in_each_role(database: Database, application: Make, signature: Sign) -> None:
    """ROL-2: one person's second approval is refused, so it cannot count as another's."""
    (id,) = save(database, application, 1)
    with database.transaction() as tx:
        add_evidence(tx, signature(id, "approval", "head-1"))
        add_evidence(tx, signature(id, "examination", "head-1"))
    with pytest.raises(EvidenceExists), database.transaction() as tx:
        add_evidence(tx, signature(id, "approval", "head-1"))


def test_evidence_of_many_comes_in_one_answer(database: Database, application: Make, signature: Sign) -> None:
    """Every asked id stands in the answer, with all its signatures or none."""
    first, second = save(database, application, 1, 2)
    with database.transaction() as tx:
        add_evidence(tx, signature(second, "approval", "head-1"))
    with database.snapshot() as tx:
        found = evidence_of(tx, [first, second, UUID(int=9)])
    assert {id: len(many) for id, many in found.items()} == {first: 1, second: 2, UUID(int=9): 0}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requester", "Yamada Taro"),
        ("branch", ""),
        ("holder", b"short"),
        ("canonical", b"x" * (64 * 1024 + 1)),
        ("digest", b""),
        ("examinations_required", 17),
        ("approvals_required", 17),
        ("created_at", datetime(2026, 11, 23)),  # noqa: DTZ001 - the point of this row
    ],
)
def test_field_out_of_bounds_is_refused_before_the_database(application: Make, field: str, value: object) -> None:
    """INP-1: sizes and words are checked when a record is made; the error names the field, never the value."""
    record, _ = application(1)
    with pytest.raises(RecordRefused) as refused:
        replace(record, **{field: value})
    assert refused.value.field == field


def test_only_approved_open_and_unexpired_applications_are_claimed(
    database: Database, application: Make, signature: Sign, now: datetime
) -> None:
    """Design section 3: a claim takes what has enough approval rows, oldest first, and nothing that has expired."""
    ready, half, waiting = save(database, application, 3, 1, 2, approvals=2)
    late = application(4, approvals=0, expires_at=now)
    with database.transaction() as tx:
        add_application(tx, *late)
        for person in ("head-1", "head-2"):
            add_evidence(tx, signature(ready, "approval", person))
        add_evidence(tx, signature(half, "approval", "head-1"))
        add_evidence(tx, signature(waiting, "examination", "head-1"))
        add_evidence(tx, signature(waiting, "examination", "head-2"))
    assert take(database, FIRST, now) == [ready]


def test_an_application_is_claimed_once_it_is_both_examined_and_approved(
    database: Database, application: Make, signature: Sign, now: datetime
) -> None:
    """Design section 4: examinations and approvals are counted apart, so neither stands in for the other."""
    approved, examined = save(database, application, 1, 2, examinations=1, approvals=1)
    with database.transaction() as tx:
        add_evidence(tx, signature(approved, "approval", "head-1"))
        add_evidence(tx, signature(approved, "approval", "head-2"))
        add_evidence(tx, signature(examined, "examination", "clerk-2"))
        add_evidence(tx, signature(examined, "examination", "clerk-3"))
    assert take(database, FIRST, now) == []
    with database.transaction() as tx:
        add_evidence(tx, signature(approved, "examination", "clerk-2"))
        add_evidence(tx, signature(examined, "approval", "head-1"))
    assert take(database, FIRST, now) == [approved, examined]


def test_claimed_application_is_not_claimed_again_until_its_lease_ends(
    database: Database, application: Make, now: datetime
) -> None:
    """Design section 3: only an expired lease may be taken over, and that counts as an attempt."""
    (id,) = save(database, application, 1)
    assert take(database, FIRST, now) == [id]
    assert take(database, SECOND, now + LEASE - timedelta(microseconds=1)) == []
    with database.transaction() as tx:
        (taken,) = claim(tx, "successor", SECOND, now + LEASE, LEASE, 10)
    assert taken.attempts == 1


def test_what_a_signer_left_itself_is_free_to_it_at_once(database: Database, application: Make, now: datetime) -> None:
    """Design section 3: its own turn ended when the database went away; that is no failure of the application."""
    ids = save(database, application, 1, 2)
    for number in range(5):
        with database.transaction() as tx:
            taken = claim(tx, "signer", bytes([number]) * 16, now, LEASE, 10)
        assert [(one.id, one.attempts) for one in taken] == [(id, 0) for id in ids]
    with pytest.raises(ClaimLost), database.transaction() as tx:
        fence(tx, ids[0], bytes([3]) * 16)


def test_what_was_there_when_two_signers_vanished_is_taken_alone(
    database: Database, application: Make, now: datetime
) -> None:
    """Design section 4: the third takeover is charged to the one application that was claimed, not to a batch."""
    ids = save(database, application, 1, 2, 3)
    taken = []
    for number, limit in enumerate((2, 2, 10, 10, 10)):
        with database.transaction() as tx:
            taken.append(claim(tx, f"signer-{number}", bytes([number]) * 16, now + number * LEASE, LEASE, limit))
    assert [[(ids.index(one.id), one.attempts) for one in each] for each in taken] == [
        [(0, 0), (1, 0)],
        [(0, 1), (1, 1)],
        [(0, 2)],
        [(0, 3)],
        [(0, 4)],
    ]


def test_a_suspect_holds_nobody_else_up(database: Database, application: Make, now: datetime) -> None:
    """While its lease runs, the others are claimed: first the other suspects one by one, then what is new together."""
    ids = save(database, application, 1, 2, 3, 4)
    taken = []
    for number, limit in enumerate((2, 2, 10, 10, 10)):
        with database.transaction() as tx:
            at = now + min(number, 2) * LEASE
            taken.append(claim(tx, f"signer-{number}", bytes([number]) * 16, at, LEASE, limit))
    assert [[ids.index(one.id) for one in each] for each in taken] == [[0, 1], [0, 1], [0], [1], [2, 3]]


def write_copy(database: Database, table: str, key: UUID, column: str, value: object) -> None:
    """Write a copy of the one row of a table, past this package, under the id ``key`` and with that value."""
    model = {"application": APPLICATION, "evidence": EVIDENCE}[table]
    names = [each.name for each in model.columns if each.name not in ("outcome", "claimed_by", "claim_token")]
    replaced = {"id": ":key", "application_id": ":key", column: ":value"}
    copied = ", ".join(replaced.get(name, name) for name in names)
    statement = text(f"INSERT INTO {table} ({', '.join(names)}) SELECT {copied} FROM {table}")  # noqa: S608 - the models' names
    with database.transaction() as tx:
        tx.execute(statement.bindparams(bindparam("key", key, Uuid), bindparam("value", value)))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("holder", b"short"),
        ("canonical", b"{" * 65_537),
        ("digest", b""),
        ("action", "issue\n"),
        ("kind", "見本"),
        ("branch", ""),
        ("requester", "x" * 129),
        ("created_at", 1 << 62),
        ("expires_at", 1 << 62),
        ("approvals_required", -1),
    ],
)
def test_a_row_that_is_no_application_holds_nobody_up(
    database: Database, application: Make, now: datetime, column: str, value: object
) -> None:
    """Design section 3: whoever holds the front end writes rows of any content; the others are claimed."""
    (id,) = save(database, application, 2)
    write_copy(database, "application", UUID(int=1), column, value)
    assert take(database, FIRST, now) == [id]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("signature", b""),
        ("signature", bytes(16_385)),
        ("digest", b"x"),
        ("credential", "見本"),
        ("signed_at", 1 << 62),
    ],
)
def test_a_row_that_is_no_evidence_is_none(database: Database, application: Make, column: str, value: object) -> None:
    """Design section 3: it counts for nothing, and what is evidence is read all the same."""
    (id,) = save(database, application, 2)
    write_copy(database, "evidence", UUID(int=1), column, value)
    with database.snapshot() as tx:
        found = evidence_of(tx, [id, UUID(int=1)])
    assert [len(found[each]) for each in (id, UUID(int=1))] == [1, 0]


def test_an_application_may_be_put_off(database: Database, application: Make, now: datetime) -> None:
    """Evidence of a clock ahead of ours: the application waits for that moment, and nobody failed."""
    (id,) = save(database, application, 1)
    take(database, FIRST, now)
    with database.transaction() as tx:
        assert put_off(tx, id, FIRST, now + 3 * LEASE) == {id}
    assert take(database, SECOND, now + 2 * LEASE) == []
    with database.transaction() as tx:
        (taken,) = claim(tx, "successor", SECOND, now + 3 * LEASE, LEASE, 10)
    assert (taken.id, taken.attempts) == (id, 0)


def test_who_lost_the_claim_cannot_record(database: Database, application: Make, now: datetime) -> None:
    """Design section 3: after a takeover the first signer's fence and finish hit no row."""
    (id,) = save(database, application, 1)
    take(database, FIRST, now)
    take(database, SECOND, now + LEASE)
    with pytest.raises(ClaimLost), database.transaction() as tx:
        fence(tx, id, FIRST)
    with pytest.raises(ClaimLost), database.transaction() as tx:
        finish(tx, id, FIRST, "done", "issued", now)
    with database.transaction() as tx:
        assert fence_many(tx, [id], SECOND) == {id}
        finish(tx, id, SECOND, "done", "issued", now)


def test_finished_application_is_never_claimed_or_changed_again(
    database: Database, application: Make, now: datetime
) -> None:
    """What is finished stays so, with its outcome."""
    (id,) = save(database, application, 1)
    take(database, FIRST, now)
    with database.transaction() as tx:
        assert finish_many(tx, [id], FIRST, "refused", "key.too-short", now) == {id}
    assert take(database, SECOND, now + LEASE) == []
    with database.transaction() as tx:
        assert finish_many(tx, [id], FIRST, "done", "issued", now) == frozenset()
        record = read_application(tx, id)
    assert (record.state, record.outcome) == ("refused", "key.too-short")


def test_given_back_application_is_free_at_once(database: Database, application: Make, now: datetime) -> None:
    """A signer that cannot go on gives its work back; only a failure counts as an attempt."""
    (id,) = save(database, application, 1)
    take(database, FIRST, now)
    with database.transaction() as tx:
        give_back(tx, [id], FIRST, failed=True)
    take(database, SECOND, now)
    with database.transaction() as tx:
        give_back(tx, [id], SECOND, failed=False)
        assert read_application(tx, id).attempts == 1


def test_application_is_used_once(database: Database, application: Make, now: datetime) -> None:
    """Design section 3: one application leads to one act, whoever asks again."""
    first, second = save(database, application, 1, 2)
    with database.transaction() as tx:
        use(tx, first, now, "jpki-sign", 7)
    with pytest.raises(ApplicationUsed), database.transaction() as tx:
        use(tx, first, now, "jpki-sign", 8)
    with database.transaction() as tx:
        assert use_many(tx, [Use(first, now, "jpki-sign", 9), Use(second, now, "jpki-sign", 9)]) == {second}


def test_failed_transaction_gives_the_claim_back(database: Database, application: Make, now: datetime) -> None:
    """A claim that was never committed leaves the application free."""
    (id,) = save(database, application, 1)

    def fail_after_claiming() -> None:
        with database.transaction() as tx:
            claim(tx, "signer", FIRST, now, LEASE, 10)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_claiming()
    assert take(database, SECOND, now) == [id]


def test_racing_signers_never_share_an_application(
    postgres_url: str, open_as: Callable[[str, Program], Database], application: Make, now: datetime
) -> None:
    """DBC-2: four signers claim 40 applications at once; each goes to exactly one of them."""
    save(open_as(postgres_url, "owner"), application, *range(1, 41))
    signers = [open_as(postgres_url, "signer") for _ in range(4)]
    together = Barrier(4)

    def work(number: int) -> list[UUID]:
        together.wait()
        taken: list[UUID] = []
        while part := take(signers[number], bytes([number, len(taken)]) * 8, now, limit=3):
            taken.extend(part)
        return taken

    with ThreadPoolExecutor(4) as pool:
        claimed = [id for part in pool.map(work, range(4)) for id in part]
    assert sorted(claimed) == [UUID(int=number) for number in range(1, 41)]


def test_signers_pass_by_what_another_is_just_claiming(
    postgres_url: str, open_as: Callable[[str, Program], Database], application: Make, now: datetime
) -> None:
    """Design section 3: SKIP LOCKED, so a slow signer's open transaction holds nobody up."""
    database = open_as(postgres_url, "owner")
    first, second = save(database, application, 1, 2)
    with database.transaction() as slow:
        assert [one.id for one in claim(slow, "slow", FIRST, now, LEASE, 1)] == [first]
        assert take(database, SECOND, now) == [second]


def test_applications_are_found_by_branch_newest_first_page_by_page(database: Database, application: Make) -> None:
    """ROL-3: a branch's list holds its own cases only, in pages that neither repeat nor skip one."""
    save(database, application, *range(1, 6))
    with database.transaction() as tx:
        add_application(tx, *application(6, branch="27100"))
        wanted = ApplicationFilter(branch="13101")
        first = find_applications(tx, wanted, limit=3)
        rest = find_applications(tx, wanted, before=first[-1].id, limit=3)
    assert [record.id.int for record in (*first, *rest)] == [5, 4, 3, 2, 1]


def test_approval_after_the_end_changes_nothing(
    database: Database, application: Make, signature: Sign, now: datetime
) -> None:
    """A late approval is kept as evidence and does not touch the finished application."""
    (id,) = save(database, application, 1)
    take(database, FIRST, now)
    with database.transaction() as tx:
        finish(tx, id, FIRST, "done", "issued", now)
        add_evidence(tx, signature(id, "approval", "head-1"))
        assert len(evidence(tx, id)) == 2
        assert read_application(tx, id).state == "done"


def test_canonical_form_cannot_be_edited(database: Database, application: Make) -> None:
    """ROL-2: what was signed cannot be exchanged under the signatures."""
    from sqlalchemy import text

    save(database, application, 1)
    with pytest.raises(Immutable), database.transaction() as tx:
        tx.execute(text("UPDATE application SET canonical = digest"))
