"""Whom cases and applications are about, as a search finds them: by the beginning of a name, by birth date, by card.

An entry is no evidence and no part of a certificate: it may be corrected. Keys are folded by `policies.folding`; a page
goes on after the id of its last hit, so that no name stands in an address.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Column, ColumnElement, literal, select, tuple_

from store.applications import RECORD, ApplicationRecord
from store.bounds import octets, word
from store.counter_tables import PERSON_ENTRY
from store.database import Transaction
from store.errors import RecordRefused
from store.rows import among, insert_new, update_all
from store.scope import Branches, page, within
from store.tables import APPLICATION

Subject: TypeAlias = Literal["case", "application"]

MOST_CHARACTERS = 200
_CORRECTED = ("id", "name", "name_key", "kana_key", "birth_date", "card", "case_id")
_LAST = "\U0010ffff"  # sorts after every character of a key


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One person of one case or application: ``id`` is that one's.

    ``name`` is as the register writes it; ``name_key`` and ``kana_key`` are folded; ``birth_date`` is "YYYY-MM-DD" with
    zeros for what is unknown; ``card`` is a keyed hash (32 octets) of the card's number, never the number.
    """

    id: UUID
    subject: Subject
    branch: str
    name: str
    name_key: str
    kana_key: str | None = None
    birth_date: str | None = None
    card: bytes | None = None
    case_id: UUID | None = None

    def __post_init__(self) -> None:
        word("subject", self.subject)
        word("branch", self.branch)
        for field in ("name", "name_key", "kana_key"):
            if len(getattr(self, field) or "") > MOST_CHARACTERS:
                raise RecordRefused(field, f"it must have at most {MOST_CHARACTERS} characters")
        if self.birth_date is not None:
            word("birth_date", self.birth_date)
        if self.card is not None:
            octets("card", self.card, 32, 32)


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """Whom to find. ``name_key`` and ``kana_key`` are beginnings; at least one thing is asked for."""

    name_key: str | None = None
    kana_key: str | None = None
    birth_date: str | None = None
    card: bytes | None = None

    def __post_init__(self) -> None:
        if not (self.name_key or self.kana_key or self.birth_date or self.card):
            raise RecordRefused("search", "it must name somebody: nobody leafs through everybody")

    @property
    def order(self) -> str:
        """The key whose order a page follows: of what is read, the one that was asked for."""
        return "kana_key" if self.kana_key and not self.name_key else "name_key"


def enter_people(tx: Transaction, entries: Sequence[PersonEntry]) -> None:
    """Enter people, or correct what was entered of the same case or application."""
    rows = [{name: getattr(entry, name) for name in PersonEntry.__slots__} for entry in entries]
    new = insert_new(tx, PERSON_ENTRY, rows, ("id",))
    corrected = [{name: row[name] for name in _CORRECTED} for row in rows if (row["id"],) not in new]
    update_all(tx, PERSON_ENTRY, corrected, ("id",))


def search_people(
    tx: Transaction,
    branches: Branches,
    wanted: PersonFilter,
    *,
    subject: Subject,
    after: UUID | None = None,
    limit: int = 50,
) -> tuple[PersonEntry, ...]:
    """Give people in the order of their keys, at most ``limit``; the next page begins ``after`` the last one's id."""
    key = PERSON_ENTRY.c[wanted.order]
    conditions = [PERSON_ENTRY.c.subject == literal(subject), *person_conditions(wanted)]
    if after is not None:
        here = PERSON_ENTRY.c.id == after, within(tx, PERSON_ENTRY.c.branch, branches)
        last = tx.execute(select(key).where(*here)).scalar()
        if last is None:
            return ()
        conditions.append(
            tuple_(key, PERSON_ENTRY.c.id) > tuple_(literal(last), literal(after, PERSON_ENTRY.c.id.type))
        )
    statement = select(*[PERSON_ENTRY.c[name] for name in PersonEntry.__slots__]).where(*conditions)
    found = page(tx, statement, PERSON_ENTRY.c.branch, branches, [wanted.order, "id"], limit)
    return tuple(PersonEntry(*row) for row in tx.execute(found))


def people_of(tx: Transaction, branches: Branches, ids: Collection[UUID]) -> Mapping[UUID, PersonEntry]:
    """Give whom cases or applications are about, by their ids; absent is what has no entry in these branches."""
    columns = [PERSON_ENTRY.c[name] for name in PersonEntry.__slots__]
    here = among(tx, PERSON_ENTRY.c.id, list(ids)), within(tx, PERSON_ENTRY.c.branch, branches)
    return {row.id: PersonEntry(*row) for row in tx.execute(select(*columns).where(*here))}


def nobody_entered(tx: Transaction, *, after: UUID | None, limit: int = 1000) -> tuple[ApplicationRecord, ...]:
    """Give applications for a certificate without an entry, oldest first: those of an older release's time."""
    statement = (
        select(*RECORD)
        .outerjoin(PERSON_ENTRY, PERSON_ENTRY.c.id == APPLICATION.c.id)
        .where(APPLICATION.c.action == "issue", PERSON_ENTRY.c.id.is_(None))
        .order_by(APPLICATION.c.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(APPLICATION.c.id > after)
    return tuple(ApplicationRecord(*row) for row in tx.execute(statement))


def person_conditions(wanted: PersonFilter) -> list[ColumnElement[bool]]:
    """Say what is wanted of an entry, branch and subject aside."""
    conditions: list[ColumnElement[bool]] = []
    for field in ("name_key", "kana_key"):
        if beginning := getattr(wanted, field):
            conditions += _begins(PERSON_ENTRY.c[field], beginning)
    if wanted.birth_date:
        conditions.append(PERSON_ENTRY.c.birth_date == wanted.birth_date)
    if wanted.card:
        conditions.append(PERSON_ENTRY.c.card == wanted.card)
    return conditions


def _begins(column: Column[Any], beginning: str) -> list[ColumnElement[bool]]:
    """Say that ``column`` begins so, as a range that an index serves whatever the engine knows of LIKE."""
    return [column >= beginning, column < beginning + _LAST]
