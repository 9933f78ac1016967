"""What the counter home shows: what waits for this officer, and what the day has brought to their branches."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ra.dates import JST, midnight
from ra.office import Office
from ra.scope import DECIDERS, Scope
from store.cases import CaseRecord
from store.ledgers import count_entered
from store.queues import CaseFilter, count_cases, count_waiting, find_cases

__all__ = ["MOST_SHOWN", "Today", "today"]

MOST_SHOWN: Final = 8
"""Open cases of an officer's own on the page; the tile counts them all."""


@dataclass(frozen=True, slots=True)
class Today:
    """The tiles, each a number (counting stops at 10,001), and the officer's newest open cases.

    `approvals` is None for who decides nothing.
    """

    mine: int
    cases: tuple[CaseRecord, ...]
    open: int
    approvals: int | None
    deferred: int
    received: int
    handed_over: int


def today(office: Office, scope: Scope) -> Today:
    """Count for the officer's branches, in one unmoving state of the database."""
    now = office.clock()
    day = now.astimezone(JST).date()
    since = midnight(day)
    own = CaseFilter(opened_by=scope.person, open=True)
    with office.database.snapshot() as tx:
        return Today(
            mine=count_cases(tx, scope.branches, own),
            cases=find_cases(tx, scope.branches, own, limit=MOST_SHOWN),
            open=count_cases(tx, scope.branches, CaseFilter(open=True)),
            approvals=count_waiting(tx, scope.branches, now) if scope.may(*DECIDERS) else None,
            deferred=count_cases(tx, scope.branches, CaseFilter(deferred=True)),
            received=count_cases(tx, scope.branches, CaseFilter(day=day)),
            handed_over=count_entered(tx, scope.branches, "hand-over", since, since + timedelta(days=1)),
        )
