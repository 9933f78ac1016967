"""Whether the centre works is read from its last beat."""

from datetime import datetime, timedelta

import pytest

from store.database import Database
from store.heartbeat import Pulse, beat, last_beat, pulse


def test_last_beat_is_the_latest(database: Database, now: datetime) -> None:
    """Of several programs of one name the latest beat counts, in whatever order they are entered; others are apart."""
    with database.transaction() as tx:
        assert last_beat(tx, "signer") is None
        beat(tx, "signer", now)
        beat(tx, "signer", now + timedelta(seconds=15))
        beat(tx, "signer", now + timedelta(seconds=5))
        assert last_beat(tx, "signer") == now + timedelta(seconds=15)
        assert last_beat(tx, "ocsp") is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "stopped"),
        (0, "working"),
        (44, "working"),
        (45, "late"),
        (179, "late"),
        (180, "stopped"),
        (-5, "working"),
    ],
)
def test_age_of_the_last_beat_says_how_the_program_is(now: datetime, seconds: int | None, said: Pulse) -> None:
    """稼働中 below 45 s, 遅延 below 180 s, 停止 beyond; a clock a little ahead of ours is no fault."""
    assert pulse(None if seconds is None else now - timedelta(seconds=seconds), now) == said
