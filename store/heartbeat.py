"""Whether a program works: it says so now and then, and who reads the time judges by its age."""

from datetime import datetime

from sqlalchemy import select

from store.bounds import utc, word
from store.counter_tables import HEARTBEAT
from store.database import Transaction
from store.rows import insertion


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
