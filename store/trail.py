"""The audit trail as officers read it: newest first, filtered, and of their own branches' records alone.

An entry belongs to the branch of the application or certificate that it names. One that names neither is the centre's
(a list published, a program started), holds nothing of anybody, and is everybody's. A page reads a bounded number of
entries, however long the trail; it says how far it came.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import literal, select, tuple_

from store.audit import Fact, Link
from store.bounds import utc
from store.counter_tables import CERTIFICATE_BRANCH
from store.database import Transaction
from store.rows import among
from store.scope import Branches, check_branches
from store.tables import APPLICATION, AUDIT_ENTRY

MOST_READ = 20_000
"""Entries that one page reads at most."""

_AT_ONCE = 500


class TrailPlace(NamedTuple):
    """Where a page ended: the next one begins with what was written before."""

    at: datetime
    instance: str
    sequence: int


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which entries to find; None does not restrict.

    ``event`` is an event or how it begins ("certificate"); ``record`` an application's id or a serial in hexadecimal;
    ``person`` the code of whoever signed. From ``since`` (inclusive) until ``before`` (exclusive).
    """

    program: str | None = None
    event: str | None = None
    record: str | None = None
    person: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    def fits(self, one: "Entry") -> bool:
        """Whether an entry is what is looked for, but for its time."""
        said = set(map(str, one.facts.values()))
        event = one.link.event
        return (
            self.program in (None, one.link.program)
            and (self.event is None or event == self.event or event.startswith(f"{self.event}."))
            and (self.record is None or self.record in said)
            and (self.person is None or self.person in said)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the trail with its facts read; ``branch`` is whose record it is about, None for the centre's."""

    link: Link
    facts: Mapping[str, Fact]
    branch: str | None


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Some entries, newest first; ``read_to``: how far this page came, None when there is nothing older."""

    entries: tuple[Entry, ...]
    read_to: TrailPlace | None


def trail(
    tx: Transaction, branches: Branches, wanted: TrailFilter, *, before: TrailPlace | None = None, limit: int = 100
) -> TrailPage:
    """Give the newest entries that fit, at most ``limit``; the next page begins ``before`` where this one came to."""
    found: list[Entry] = []
    read, place = 0, before
    while read < MOST_READ:
        links = _links(tx, wanted, place)
        for one in _visible(tx, branches, links):
            place = TrailPlace(one.link.at, one.link.instance, one.link.sequence)
            if wanted.fits(one):
                found.append(one)
                if len(found) == limit:
                    return TrailPage(tuple(found), place)
        if len(links) < _AT_ONCE:
            return TrailPage(tuple(found), None)
        read += len(links)
        place = TrailPlace(links[-1].at, links[-1].instance, links[-1].sequence)
    return TrailPage(tuple(found), place)


def written(tx: Transaction, since: datetime, before: datetime, most: int) -> tuple[Link, ...]:
    """Give every entry of a span of time, of all branches, in order, at most ``most``: for an export that stays whole.

    What an officer may read of it `visible` tells; of the rest they get no more than its place and hashes.
    """
    utc("since", since)
    utc("before", before)
    table = AUDIT_ENTRY
    statement = select(*[table.c[name] for name in Link.__slots__]).where(table.c.at >= since, table.c.at < before)
    ordered = statement.order_by(table.c.at, table.c.instance, table.c.sequence).limit(most)
    return tuple(Link(*row) for row in tx.execute(ordered))


def visible(tx: Transaction, branches: Branches, links: Sequence[Link]) -> frozenset[tuple[str, int]]:
    """Tell which of these entries an officer of these branches may read, by instance and sequence."""
    return frozenset((one.link.instance, one.link.sequence) for one in _visible(tx, branches, links))


def _links(tx: Transaction, wanted: TrailFilter, before: TrailPlace | None) -> list[Link]:
    table = AUDIT_ENTRY
    order = (table.c.at, table.c.instance, table.c.sequence)
    statement = select(*[table.c[name] for name in Link.__slots__])
    if wanted.since is not None:
        utc("since", wanted.since)
        statement = statement.where(table.c.at >= wanted.since)
    if wanted.before is not None:
        utc("before", wanted.before)
        statement = statement.where(table.c.at < wanted.before)
    if before is not None:
        last = [literal(value, column.type) for value, column in zip(before, order, strict=True)]
        statement = statement.where(tuple_(*order) < tuple_(*last))
    newest = statement.order_by(*[column.desc() for column in order]).limit(_AT_ONCE)
    return [Link(*row) for row in tx.execute(newest)]


def _visible(tx: Transaction, branches: Branches, links: Sequence[Link]) -> Iterator[Entry]:
    """The entries of these branches and of the centre. One about a record nobody has any more is nobody's."""
    check_branches(branches)
    read = [(link, _facts(link)) for link in links]
    ids = {id for _, facts in read if (id := _application(facts)) is not None}
    serials = {serial for _, facts in read if (serial := _serial(facts)) is not None}
    of_application = _application_branches(tx, ids)
    of_certificate = _certificate_branches(tx, serials)
    for link, facts in read:
        named: list[str | None] = []
        if (id := _application(facts)) is not None:
            named.append(of_application.get(id))
        if (serial := _serial(facts)) is not None and (str(facts.get("issuer")), serial) in of_certificate:
            named.append(of_certificate[str(facts["issuer"]), serial])
        if "branch" in facts:
            named.append(str(facts["branch"]))
        if all(each in branches for each in named):
            yield Entry(link, facts, named[0] if named else None)


def _facts(link: Link) -> Mapping[str, Fact]:
    """The facts of an entry; none where somebody changed them into something else, which the chain's check reports."""
    try:
        facts = json.loads(link.facts)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _application(facts: Mapping[str, Fact]) -> UUID | None:
    try:
        return UUID(str(facts["application"]))
    except (KeyError, ValueError):
        return None


def _serial(facts: Mapping[str, Fact]) -> bytes | None:
    try:
        return bytes.fromhex(str(facts["serial"]))
    except (KeyError, ValueError):
        return None


def _application_branches(tx: Transaction, ids: Collection[UUID]) -> Mapping[UUID, str]:
    here = among(tx, APPLICATION.c.id, list(ids))
    return {row.id: row.branch for row in tx.execute(select(APPLICATION.c.id, APPLICATION.c.branch).where(here))}


def _certificate_branches(tx: Transaction, serials: Collection[bytes]) -> Mapping[tuple[str, bytes], str]:
    table = CERTIFICATE_BRANCH
    columns = [table.c[name] for name in ("issuer", "serial", "branch")]
    rows = tx.execute(select(*columns).where(among(tx, table.c.serial, list(serials))))
    return {(row.issuer, row.serial): row.branch for row in rows}
