"""Self-checks of branches (自己点検): what was answered to which question, by whom and when. Written once, for ever."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from store.bounds import octets, utc, word
from store.counter_tables import SELF_CHECK
from store.database import Transaction
from store.errors import RecordRefused
from store.scope import Branches, page

MOST_ANSWERS_OCTETS = 32 * 1024


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """One self-check of a branch. ``answers``: question's code -> what was answered and remarked, at most 32 KiB."""

    id: UUID
    branch: str
    person: str
    at: datetime
    answers: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        word("branch", self.branch)
        word("person", self.person)
        utc("at", self.at)
        octets("answers", _written(self.answers).encode(), 2, MOST_ANSWERS_OCTETS)


def add_self_check(tx: Transaction, branches: Branches, check: SelfCheck) -> None:
    """Keep a self-check. RecordRefused for one of a branch that is not among these."""
    if check.branch not in branches:
        raise RecordRefused("branch", "it is not one of this officer's")
    values = {name: getattr(check, name) for name in SelfCheck.__slots__}
    tx.execute(insert(SELF_CHECK), {**values, "answers": _written(check.answers)})


def self_checks(
    tx: Transaction, branches: Branches, *, before: UUID | None = None, limit: int = 20
) -> tuple[SelfCheck, ...]:
    """Give the self-checks of these branches, newest first; the next page begins ``before`` the last id of this one."""
    columns = [SELF_CHECK.c[name] for name in SelfCheck.__slots__]
    older = [] if before is None else [SELF_CHECK.c.id < before]
    statement = select(*columns).where(*older)
    newest = page(tx, statement, SELF_CHECK.c.branch, branches, ["id"], limit, descending=True)
    return tuple(_read(row) for row in tx.execute(newest))


def _read(row: Row[Any]) -> SelfCheck:
    return SelfCheck(row.id, row.branch, row.person, row.at, json.loads(row.answers))


def _written(answers: Mapping[str, Mapping[str, str]]) -> str:
    return json.dumps({code: dict(each) for code, each in answers.items()}, ensure_ascii=False, sort_keys=True)
