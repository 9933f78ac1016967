"""Officers' sessions: found by the hash of their secret, ended for ever, and who was seen when."""

from datetime import datetime, timedelta

import pytest

from store.counter_errors import SessionExists
from store.database import Database
from store.errors import RecordRefused
from store.sessions import OfficerSession, Party, end, last_counter, last_use, open_session, session, touch

MINUTE = timedelta(minutes=1)


def opened(number: int, at: datetime, *, person: str = "reception-1", party: Party = "working") -> OfficerSession:
    """A session just opened."""
    return OfficerSession(bytes([number]) * 32, person, f"{person}-key", party, number, at, at)


def test_session_is_found_by_its_hash(database: Database, now: datetime) -> None:
    """What was opened is given back; another hash gives nothing."""
    with database.transaction() as tx:
        open_session(tx, opened(1, now, party="approval"))
    with database.snapshot() as tx:
        assert session(tx, bytes([1]) * 32) == opened(1, now, party="approval")
        assert session(tx, bytes(32)) is None


def test_secret_opens_one_session(database: Database, now: datetime) -> None:
    """The same secret is refused the second time, so no session takes another's place."""
    with database.transaction() as tx:
        open_session(tx, opened(1, now))
    with pytest.raises(SessionExists), database.transaction() as tx:
        open_session(tx, opened(1, now, person="approver-1"))


def test_touch_moves_forward_only(database: Database, now: datetime) -> None:
    """Two requests at once leave the later time."""
    with database.transaction() as tx:
        open_session(tx, opened(1, now))
        touch(tx, bytes([1]) * 32, now + 2 * MINUTE)
        touch(tx, bytes([1]) * 32, now + MINUTE)
        found = session(tx, bytes([1]) * 32)
    assert found is not None
    assert found.seen_at == now + 2 * MINUTE


def test_ended_session_stays_ended(database: Database, now: datetime) -> None:
    """Neither a use nor a second end changes what has ended."""
    with database.transaction() as tx:
        open_session(tx, opened(1, now))
        end(tx, bytes([1]) * 32, now + MINUTE)
        touch(tx, bytes([1]) * 32, now + 2 * MINUTE)
        end(tx, bytes([1]) * 32, now + 2 * MINUTE)
        found = session(tx, bytes([1]) * 32)
    assert found is not None
    assert (found.seen_at, found.ended_at) == (now, now + MINUTE)


def test_last_use_is_that_of_any_session(database: Database, now: datetime) -> None:
    """Page 18: when each officer was last seen; who never came is absent."""
    with database.transaction() as tx:
        open_session(tx, opened(1, now))
        open_session(tx, opened(2, now + MINUTE))
        open_session(tx, opened(3, now, person="approver-1"))
        seen = last_use(tx, ["reception-1", "approver-1", "head-1"])
    assert seen == {"reception-1": now + MINUTE, "approver-1": now}


def test_highest_counter_of_a_credential_is_remembered(database: Database, now: datetime) -> None:
    """WebAuthn section 6.1.1: a counter below the highest one seen hints at a clone."""
    with database.transaction() as tx:
        assert last_counter(tx, "reception-1-key") is None
        open_session(tx, opened(7, now))
        open_session(tx, opened(5, now))
        assert last_counter(tx, "reception-1-key") == 7


def test_hash_of_another_length_is_refused(now: datetime) -> None:
    """Only a SHA-256 stands in the table, never the secret itself."""
    with pytest.raises(RecordRefused, match="id_hash"):
        OfficerSession(b"secret", "reception-1", "key", "working", 0, now, now)
    with pytest.raises(RecordRefused, match="counter"):
        OfficerSession(bytes(32), "reception-1", "key", "working", 1 << 32, now, now)
