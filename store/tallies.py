"""How many: what ends when and what stands how, counted by the database for a page."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, case, func, select, type_coerce

from store.bounds import utc
from store.columns import MICROSECONDS, microseconds
from store.counter_tables import CERTIFICATE_BRANCH
from store.database import Transaction
from store.errors import RecordRefused
from store.scope import Branches, within
from store.status import NAMES, State

MOST_WEEKS = 600
_DAY = 86_400 * MICROSECONDS


@dataclass(frozen=True, slots=True)
class Ending:
    """How many certificates of a kind and state end in the week that begins then."""

    week: datetime
    kind: str
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How many certificates of a kind are in a state; ``ended`` are those past their notAfter."""

    kind: str
    state: State
    ended: bool
    count: int


def endings(tx: Transaction, branches: Branches, first: datetime, weeks: int) -> tuple[Ending, ...]:
    """Count by week what ends in ``weeks`` weeks (1 to 600) from ``first`` on; a week without any is absent."""
    utc("first", first)
    if not 1 <= weeks <= MOST_WEEKS:
        raise RecordRefused("weeks", f"it must be 1 to {MOST_WEEKS}")
    ends = CERTIFICATE_BRANCH.c.not_after
    week = _part(ends, first, 7 * _DAY).label("week")
    keys = [week, CERTIFICATE_BRANCH.c.kind, CERTIFICATE_BRANCH.c.state]
    here = (
        within(tx, CERTIFICATE_BRANCH.c.branch, branches),
        ends >= first,
        ends < first + weeks * timedelta(weeks=1),
    )
    rows = tx.execute(select(*keys, func.count().label("found")).where(*here).group_by(*keys).order_by(*keys))
    return tuple(Ending(first + row.week * timedelta(weeks=1), row.kind, NAMES[row.state], row.found) for row in rows)


def standings(tx: Transaction, branches: Branches, now: datetime) -> tuple[Standing, ...]:
    """Count every certificate by kind, state, and whether it has ended.

    Counted branch by branch in the order of an index, and added up here: the database sorts nothing.
    """
    utc("now", now)
    branch, kind, state = (CERTIFICATE_BRANCH.c[name] for name in ("branch", "kind", "state"))
    ended = func.sum(case((CERTIFICATE_BRANCH.c.not_after <= now, 1), else_=0))
    counted = select(kind, state, func.count().label("found"), ended.label("ended"))
    here = within(tx, branch, branches)
    total: Counter[tuple[str, int, bool]] = Counter()
    for row in tx.execute(counted.where(here).group_by(branch, kind, state)):
        total[row.kind, row.state, True] += row.ended
        total[row.kind, row.state, False] += row.found - row.ended
    return tuple(
        Standing(kind, NAMES[state], is_over, found) for (kind, state, is_over), found in sorted(total.items()) if found
    )


def _part(column: Column[Any], first: datetime, length: int) -> ColumnElement[int]:
    """The number of the part of time, ``length`` microseconds long from ``first`` on, that a time lies in."""
    return (type_coerce(column, BigInteger) - microseconds(first)) // length
