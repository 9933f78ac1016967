"""Whether the centre works is read from its last beat."""

from datetime import datetime, timedelta

from store.database import Database
from store.heartbeat import beat, last_beat


def test_last_beat_is_the_latest(database: Database, now: datetime) -> None:
    """Of several programs of one name the latest beat counts, in whatever order they are entered; others are apart."""
    with database.transaction() as tx:
        assert last_beat(tx, "signer") is None
        beat(tx, "signer", now)
        beat(tx, "signer", now + timedelta(seconds=15))
        beat(tx, "signer", now + timedelta(seconds=5))
        assert last_beat(tx, "signer") == now + timedelta(seconds=15)
        assert last_beat(tx, "ocsp") is None
