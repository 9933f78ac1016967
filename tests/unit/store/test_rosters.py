"""Rosters: versions only rise, and the newest one is given."""

from datetime import datetime

import pytest

from store.database import Database
from store.errors import RecordRefused, RosterExists
from store.rosters import DocumentSignature, RosterRecord, add_roster, newest_roster


def made(now: datetime, version: int) -> RosterRecord:
    """Make a roster."""
    return RosterRecord(version, b"roster %d" % version, (DocumentSignature("admin-1-key", b"\0\xff"),), now)


def test_newest_roster_is_given_as_written(database: Database, now: datetime) -> None:
    """The document and its signatures come back byte for byte."""
    with database.transaction() as tx:
        assert newest_roster(tx) is None
        add_roster(tx, made(now, 1))
        add_roster(tx, made(now, 10))
        assert newest_roster(tx) == made(now, 10)


@pytest.mark.parametrize("version", [9, 10])
def test_version_that_does_not_rise_is_refused(database: Database, now: datetime, version: int) -> None:
    """Design section 3: a lower or equal version never replaces the newest."""
    with database.transaction() as tx:
        add_roster(tx, made(now, 10))
    with pytest.raises(RosterExists), database.transaction() as tx:
        add_roster(tx, made(now, version))


def test_oversized_parts_are_refused(now: datetime) -> None:
    """INP-1: sizes are bounded before anything is written."""
    with pytest.raises(RecordRefused):
        RosterRecord(1, bytes(4 * 1024 * 1024 + 1), (), now)
    with pytest.raises(RecordRefused):
        DocumentSignature("admin-1-key", bytes(16 * 1024 + 1))
