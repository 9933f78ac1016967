"""Whether a program works: it says so now and then, and who reads the time judges by its age."""

from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import select

from store.bounds import utc, word
from store.counter_tables import HEARTBEAT
from store.database import Transaction
from store.rows import insertion

Pulse: TypeAlias = Literal["working", "late", "stopped"]

BEAT_SECONDS = 15
"""How often a program says that it works."""

_WORKING_SECONDS = 3 * BEAT_SECONDS
_LATE_SECONDS = 180


def beat(tx: Transaction, program: str, at: datetime) -> None:
    """Enter that a program works; of several of one name the latest counts."""
    word("program", program)
    utc("at", at)
    first = insertion(tx, HEARTBEAT).values(program=program, at=at)
    later = first.on_conflict_do_update(
        index_elements=["program"], set_={"at": first.excluded.at}, where=HEARTBEAT.c.at < first.excluded.at
    )
    tx.execute(later)


def last_beat(tx: Transaction, program: str) -> datetime | None:
    """Give when a program last said that it works; None when it never did."""
    found: datetime | None = tx.execute(select(HEARTBEAT.c.at).where(HEARTBEAT.c.program == program)).scalar()
    return found


def pulse(last: datetime | None, now: datetime) -> Pulse:
    """Judge a program by its last beat: working below 45 seconds, late below three minutes, stopped otherwise."""
    if last is None:
        return "stopped"
    age = (now - last).total_seconds()
    return "working" if age < _WORKING_SECONDS else "late" if age < _LATE_SECONDS else "stopped"
