"""Status: revoked for ever, only a hold released, the worse of table and journal, the counter of changes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import text

from store.certificate_errors import AlreadyHeld, AlreadyRevoked, NotHeld, UnknownCertificate
from store.certificates import CertificateRecord
from store.crls import entries
from store.database import Database
from store.errors import RecordRefused, StoreError
from store.reservations import record_many, reserve_many
from store.revocations import Revocation, hold, release, revoke, revoke_many
from store.status import acts, change_counter, conflicts, statuses
from tests.fixtures.records import abandon, record, reserve

Make = Callable[..., CertificateRecord]
ISSUER = "jpki-sign"
CASE = UUID(int=1)


@pytest.fixture
def issued(database: Database, certificate: Make, now: datetime) -> Database:
    """Give a database with the good certificates 1 to 9."""
    with database.transaction() as tx:
        reserve_many(tx, [certificate(serial) for serial in range(1, 10)])
        record_many(tx, [(ISSUER, serial, b"signed") for serial in range(1, 10)], now)
    return database


def test_revocation_is_seen_with_its_reason_and_times(issued: Database, now: datetime) -> None:
    """REV-2: state, time, reason and invalidity date are there from the revoking transaction on."""
    known = now - timedelta(days=2)
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, known, CASE)
    with issued.snapshot() as tx:
        status = statuses(tx, ISSUER, [1])[1]
        (act,) = acts(tx, ISSUER, [1])[1]
    assert (status.state, status.revoked_at, status.reason, status.invalidity_at) == ("revoked", now, 4, known)
    assert (act.step, act.act, act.at, act.reason, act.application_id) == (1, "revoke", now, 4, CASE)


def test_several_serials_are_answered_together_and_unknown_ones_are_absent(issued: Database, now: datetime) -> None:
    """OCSP-1: a serial that was never issued is absent, never good; another issuer's serial too."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 2, None, now, None, None)
        hold(tx, ISSUER, 3, now, None)
        found = statuses(tx, ISSUER, [1, 2, 3, 4711])
        assert {serial: status.state for serial, status in found.items()} == {1: "good", 2: "revoked", 3: "held"}
        assert statuses(tx, "jpki-auth", [1]) == {}
        assert statuses(tx, ISSUER, []) == {}


def test_revoked_is_for_ever(issued: Database, now: datetime) -> None:
    """REV-1: neither a release nor a hold nor a second revocation changes a revoked certificate."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, None, None)
    with pytest.raises(NotHeld), issued.transaction() as tx:
        release(tx, ISSUER, 1, now, None)
    with pytest.raises(AlreadyRevoked), issued.transaction() as tx:
        hold(tx, ISSUER, 1, now, None)
    with pytest.raises(AlreadyRevoked), issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 3, now, None, None)
    with issued.snapshot() as tx:
        assert statuses(tx, ISSUER, [1])[1].reason == 4


def test_reason_of_a_revoked_certificate_changes_to_key_compromise_only(issued: Database, now: datetime) -> None:
    """REV-3: a later finding of keyCompromise is recorded; the revocation time stays."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, None, None)
        revoke(tx, ISSUER, 1, 1, now + timedelta(days=1), None, None)
        status = statuses(tx, ISSUER, [1])[1]
    assert (status.reason, status.revoked_at) == (1, now)


@pytest.mark.parametrize("reason", [0, 6, 7, 8, 11])
def test_reasons_a_revocation_cannot_carry_are_refused(reason: int) -> None:
    """RFC 5280 section 5.3.1: unspecified is left out, hold is no revocation, removeFromCRL is for delta lists."""
    with pytest.raises(RecordRefused):
        Revocation(ISSUER, 1, reason, None, None)


def test_hold_is_released_and_both_are_recorded(issued: Database, now: datetime) -> None:
    """REV-1: released and re-held are both in the journal."""
    with issued.transaction() as tx:
        hold(tx, ISSUER, 1, now, CASE)
        release(tx, ISSUER, 1, now, CASE)
        assert statuses(tx, ISSUER, [1])[1].state == "good"
        hold(tx, ISSUER, 1, now + timedelta(days=1), CASE)
        assert [act.act for act in acts(tx, ISSUER, [1])[1]] == ["hold", "release", "hold"]
        assert statuses(tx, ISSUER, [1])[1].reason == 6


def test_certificate_is_held_once(issued: Database, now: datetime) -> None:
    """A second hold is refused, and so is releasing what is good."""
    with issued.transaction() as tx:
        hold(tx, ISSUER, 1, now, None)
    with pytest.raises(AlreadyHeld), issued.transaction() as tx:
        hold(tx, ISSUER, 1, now, None)
    with pytest.raises(NotHeld), issued.transaction() as tx:
        release(tx, ISSUER, 2, now, None)


def test_revoking_a_held_certificate_keeps_the_time_of_the_hold(issued: Database, now: datetime) -> None:
    """X.509 section 8.5.2.2: the revocation time of a held certificate is that of its hold."""
    with issued.transaction() as tx:
        hold(tx, ISSUER, 1, now, None)
        revoke(tx, ISSUER, 1, 4, now + timedelta(days=3), None, None)
        status = statuses(tx, ISSUER, [1])[1]
    assert (status.state, status.revoked_at, status.reason) == ("revoked", now, 4)


def test_unknown_serial_is_refused_and_changes_nothing(database: Database, certificate: Make, now: datetime) -> None:
    """REV-4: a serial that was never issued, or waits for its signature, cannot be revoked or held."""
    with database.transaction() as tx:
        reserve(tx, certificate(1))
    for serial in (1, 4711):
        with pytest.raises(UnknownCertificate), database.transaction() as tx:
            revoke(tx, ISSUER, serial, 4, now, None, None)
        with pytest.raises(UnknownCertificate), database.transaction() as tx:
            hold(tx, ISSUER, serial, now, None)
    with database.snapshot() as tx:
        assert change_counter(tx) == 0


def test_mass_revocation_refuses_one_by_one(issued: Database, now: datetime) -> None:
    """REV-4: of many revocations those that cannot be done are named, and the others are done."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, None, None)
        many = [Revocation(ISSUER, serial, 1, None, None) for serial in (2, 3, 2, 99)]
        refused = revoke_many(tx, many, now)
        found = statuses(tx, ISSUER, [2, 3])
    assert {key[1]: type(error) for key, error in refused.items()} == {2: AlreadyRevoked, 99: UnknownCertificate}
    assert [status.state for status in found.values()] == ["revoked", "revoked"]


def test_every_change_raises_the_counter_in_its_own_transaction(issued: Database, now: datetime) -> None:
    """Design section 7: a cached answer is dated by the counter, so no change is without a rise."""
    seen = [0]
    for change in (
        lambda tx: hold(tx, ISSUER, 1, now, None),
        lambda tx: release(tx, ISSUER, 1, now, None),
        lambda tx: revoke(tx, ISSUER, 1, 4, now, None, None),
    ):
        with issued.transaction() as tx:
            change(tx)
        with issued.snapshot() as tx:
            seen.append(change_counter(tx))
    assert seen == [0, 1, 2, 3]


def test_failed_revocation_raises_nothing(issued: Database, now: datetime) -> None:
    """Status, journal and counter are one: an error after them undoes all three."""

    def fail_after_revoking() -> None:
        with issued.transaction() as tx:
            revoke(tx, ISSUER, 1, 4, now, None, None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_revoking()
    with issued.snapshot() as tx:
        assert (change_counter(tx), statuses(tx, ISSUER, [1])[1].state, acts(tx, ISSUER, [1])[1]) == (0, "good", ())


def open_the_guards(database: Database) -> None:
    """Do what only the owner of the database can: take the guards of the status table away."""
    with database.transaction() as tx:
        for name in ("status_update", "status_delete"):
            tx.execute(text(f"DROP TRIGGER {name}{' ON status' if database.dialect == 'postgresql' else ''}"))


@pytest.mark.parametrize(
    "tampering", ["UPDATE status SET state = 0, revoked_at = NULL, reason = NULL", "DELETE FROM status"]
)
def test_status_row_changed_behind_our_back_never_turns_good(issued: Database, now: datetime, tampering: str) -> None:
    """DBC-4: the journal is worse than the table, so the certificate stays revoked or held, and the row is named."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, None, None)
        hold(tx, ISSUER, 2, now, None)
    open_the_guards(issued)
    with issued.transaction() as tx:
        tx.execute(text(tampering + " WHERE serial IN (:one, :two)"), {"one": b"\x01", "two": b"\x02"})
        found = statuses(tx, ISSUER, [1, 2])
        assert (found[1].state, found[1].revoked_at, found[1].reason) == ("revoked", now, 4)
        assert (found[2].state, found[2].revoked_at, found[2].reason) == ("held", now, 6)
        assert sorted(conflicts(tx, ISSUER)) == [1, 2]


def test_revocation_moved_to_a_later_time_is_named_and_not_believed(issued: Database, now: datetime) -> None:
    """DBC-4: what was signed between the act and the later time is not made valid; the act's own time is said."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, None, None)
        hold(tx, ISSUER, 2, now, None)
    open_the_guards(issued)
    with issued.transaction() as tx:
        tx.execute(text("UPDATE status SET revoked_at = revoked_at + 1 WHERE serial = :one"), {"one": b"\x01"})
        tx.execute(text("UPDATE status SET revoked_at = revoked_at - 1 WHERE serial = :two"), {"two": b"\x02"})
        assert statuses(tx, ISSUER, [1])[1].revoked_at == now
        assert sorted(conflicts(tx, ISSUER)) == [1, 2]


def test_revocation_keeps_the_time_of_its_hold_though_the_clock_went_back(issued: Database, now: datetime) -> None:
    """X.509 section 8.5.2.2; a clock may be up to five minutes behind the newest act (decision 0013)."""
    with issued.transaction() as tx:
        hold(tx, ISSUER, 1, now, None)
        revoke(tx, ISSUER, 1, 4, now - timedelta(minutes=4), None, None)
        hold(tx, ISSUER, 2, now, None)
        revoke(tx, ISSUER, 2, 4, now + timedelta(hours=1), None, None)
        assert [each.revoked_at for each in statuses(tx, ISSUER, [1, 2]).values()] == [now, now]
        assert list(conflicts(tx, ISSUER)) == []


def test_untouched_status_has_no_conflicts(issued: Database, now: datetime) -> None:
    """DBC-4: nothing is named while table and journal agree."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, None, None)
        hold(tx, ISSUER, 2, now, None)
        hold(tx, ISSUER, 3, now, None)
        release(tx, ISSUER, 3, now, None)
        assert list(conflicts(tx, ISSUER)) == []


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE status SET partition = 'ca' WHERE serial = :one",
        "UPDATE status SET not_after = not_after - 1 WHERE serial = :one",
        "UPDATE status SET not_after = not_after + 1 WHERE serial = :one",
    ],
)
def test_status_row_that_does_not_fit_its_certificate_is_named(issued: Database, now: datetime, edit: str) -> None:
    """DBC-4: a revoked serial moved to another list, or made to end early, is a row changed behind our back."""
    with issued.transaction() as tx:
        revoke(tx, ISSUER, 1, 4, now, None, None)
    open_the_guards(issued)
    with issued.transaction() as tx:
        tx.execute(text(edit), {"one": b"\x01"})
        assert list(conflicts(tx, ISSUER)) == [1]


def test_abandoned_serials_have_no_conflicts(database: Database, certificate: Make, now: datetime) -> None:
    """Decision 0005: an abandoned serial never ends, whatever end its certificate would have had."""
    with database.transaction() as tx:
        reserve(tx, certificate(1))
        abandon(tx, ISSUER, 1, now)
        assert list(conflicts(tx, ISSUER)) == []


NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STEPS = strategies.lists(
    strategies.tuples(strategies.sampled_from(["hold", "release", "revoke"]), strategies.integers(1, 3)), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_path_leads_from_revoked_to_good(sqlite_url: str, certificate: Make, steps: list[tuple[str, int]]) -> None:
    """REV-1, OCSP-7: over any sequence of acts, status and list follow the model, and revoked is never left."""
    database = Database(sqlite_url, "owner")
    model = dict.fromkeys((1, 2, 3), "good")
    undo = RuntimeError("undo")
    try:
        with database.transaction() as tx:
            for serial in model:
                reserve(tx, certificate(serial))
                record(tx, ISSUER, serial, b"signed", NOW)
            for act, serial in steps:
                _carry_out(tx, act, serial, model)
                found = {key: status.state for key, status in statuses(tx, ISSUER, list(model)).items()}
                listed = {int.from_bytes(entry.serial) for entry in entries(tx, ISSUER, "13101", None)}
                assert found == model
                assert listed == {key for key, state in model.items() if state != "good"}
            raise undo
    except RuntimeError as error:
        assert error is undo  # noqa: PT017 - the transaction is undone, so that each example starts from nothing
    finally:
        database.close()


def _carry_out(tx: object, act: str, serial: int, model: dict[int, str]) -> None:
    allowed = {"hold": {"good": "held"}, "release": {"held": "good"}, "revoke": {"good": "revoked", "held": "revoked"}}
    try:
        if act == "revoke":
            revoke(tx, ISSUER, serial, 4, NOW, None, None)  # type: ignore[arg-type]
        else:
            {"hold": hold, "release": release}[act](tx, ISSUER, serial, NOW, None)  # type: ignore[arg-type]
    except StoreError:
        assert model[serial] not in allowed[act]
    else:
        model[serial] = allowed[act][model[serial]]
