"""Acceptance of self-checks (自己点検): kept for ever, each in its branch's sight alone."""

from datetime import datetime
from uuid import UUID

import pytest

from store.database import Database
from store.errors import RecordRefused
from store.self_checks import SelfCheck, add_self_check, self_checks

OURS = frozenset({"13101"})


def check(number: int, branch: str, now: datetime) -> SelfCheck:
    """A self-check of one answer."""
    return SelfCheck(UUID(int=number), branch, "head-1", now, {"ledger": {"answer": "yes", "remark": f"第{number}回"}})


def test_checks_of_own_branches_are_listed_newest_first(database: Database, now: datetime) -> None:
    """Another branch's is as if it did not exist."""
    with database.transaction() as tx:
        for number, branch in enumerate(["13101", "13103", "13101"], 1):
            add_self_check(tx, frozenset({branch}), check(number, branch, now))
        assert self_checks(tx, OURS) == (check(3, "13101", now), check(1, "13101", now))
        assert self_checks(tx, OURS, before=UUID(int=3), limit=1) == (check(1, "13101", now),)


def test_nobody_answers_for_another_branch(database: Database, now: datetime) -> None:
    """The branch is checked where it is written, not only on the page."""
    with database.transaction() as tx, pytest.raises(RecordRefused):
        add_self_check(tx, OURS, check(1, "13103", now))


def test_answers_are_bounded(now: datetime) -> None:
    """A remark cannot fill the database."""
    with pytest.raises(RecordRefused):
        SelfCheck(UUID(int=1), "13101", "head-1", now, {"ledger": {"remark": "長" * 20_000}})
