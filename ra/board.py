"""What the counter home shows: how much waits where, and the cases at hand. Every number is the length of a list."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ca.roster import Credential, Role
from ra.dates import day_in_japan, midnight
from ra.office import Office
from ra.records import HANDED_OVER
from ra.scope import DECIDERS, Scope
from store.cases import CaseRecord
from store.database import Transaction
from store.ledgers import count_entered
from store.queues import CaseFilter, count_cases, count_waiting, find_cases

__all__ = ["AT_HAND", "SOON", "Board", "board_of", "ending_credentials"]

AT_HAND: Final = 10
"""Cases that are listed on the home page itself."""

SOON: Final = timedelta(days=30)
"""So long before a credential ends its owner is told."""


@dataclass(frozen=True, slots=True)
class Board:
    """How many cases there are of each sort in the officer's branches, and which of them the officer goes on with.

    Counting stops at 10,001, that of approvals at 1,001. `sort` says which those are: the officer's own, those that
    wait for an examination or an approval, or all that are open.
    """

    mine: int
    open: int
    examine: int
    approve: int
    deferred: int
    today: int
    handed_over: int
    undone: int
    sort: str
    cases: tuple[CaseRecord, ...]


def board_of(office: Office, scope: Scope) -> Board:
    """The counter as it stands now, read in one snapshot."""
    now = office.clock()
    day = day_in_japan(now)
    since = midnight(day)
    sort, wanted = _at_hand(scope)
    with office.database.snapshot() as tx:
        return Board(
            mine=_count(tx, scope, CaseFilter(opened_by=scope.person, open=True)),
            open=_count(tx, scope, CaseFilter(open=True)),
            examine=_count(tx, scope, CaseFilter(step="examine")),
            approve=count_waiting(tx, scope.branches, now),
            deferred=_count(tx, scope, CaseFilter(deferred=True)),
            today=_count(tx, scope, CaseFilter(day=day)),
            handed_over=count_entered(tx, scope.branches, HANDED_OVER, since, since + timedelta(days=1)),
            undone=_count(tx, scope, CaseFilter(undone=True)),
            sort=sort,
            cases=find_cases(tx, scope.branches, wanted, limit=AT_HAND),
        )


def _at_hand(scope: Scope) -> tuple[str, CaseFilter]:
    if scope.may(Role.RECEPTION):
        return "mine", CaseFilter(opened_by=scope.person, open=True)
    if scope.may(Role.EXAMINE):
        return "examine", CaseFilter(step="examine")
    if scope.may(*DECIDERS):
        return "approve", CaseFilter(step="approve")
    return "open", CaseFilter(open=True)


def _count(tx: Transaction, scope: Scope, wanted: CaseFilter) -> int:
    return count_cases(tx, scope.branches, wanted)


def ending_credentials(office: Office, scope: Scope) -> tuple[Credential, ...]:
    """The officer's credentials that end within `SOON`; who has none left cannot log in to ask for another."""
    person = office.roster().person(scope.person)
    now = office.clock()
    own = () if person is None else person.credentials
    return tuple(each for each in own if each.valid(now) and each.valid_until - now <= SOON)
