"""Holding what the audit trail says was done against what status table and journal say now.

The chains show that the trail is whole; this shows that the database still says what the trail says. So a revocation
whose journal row was deleted and whose status row was made good is found, and an application carried out twice.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

from sqlalchemy import select

from store.audit import links
from store.bounds import serial_of
from store.database import Transaction
from store.status import State, acts, statuses
from store.tables import STATUS

Discrepancy: TypeAlias = Literal["status-differs", "journal-differs", "not-in-trail"]

_AT_ONCE = 5000
_ACTS: Mapping[str, tuple[int, int, int]] = {  # what an event adds: acts in the journal, revocations, holds
    "certificate.issued": (0, 0, 0),
    "certificate.revoked": (1, 1, 0),
    "certificate.abandoned": (1, 1, 0),
    "certificate.held": (1, 0, 1),
    "certificate.released": (1, 0, -1),
}
_ONCE = (*_ACTS, "certificate.handed-over")


@dataclass(frozen=True, slots=True)
class Difference:
    """A serial of which the trail says another state than the database; None: it says nothing of it.

    "status-differs": another state. "journal-differs": the same state, and another number of acts in the journal.
    "not-in-trail": a status that no entry accounts for.
    """

    issuer: str
    serial: int
    trail: State | None
    database: State | None
    defect: Discrepancy


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found, at most as many of each as was asked for: differences, and applications done twice."""

    differences: tuple[Difference, ...]
    repeated: tuple[str, ...]


def replay(tx: Transaction, most: int = 1000) -> Replayed:
    """Replay the whole trail and compare; ``most`` bounds how many of each defect are reported.

    Runs inside one snapshot; what it remembers of each serial is in a temporary file, so the memory is flat. An entry
    whose facts cannot be read counts for nothing here, `store.verification` reports it as changed.
    """
    with closing(sqlite3.connect("")) as memory:  # an empty name: a temporary file that goes with the connection
        memory.executescript(_TABLES)
        memory.executemany(_USE, _uses(tx))
        memory.executemany(_ACT, _events(tx))
        found = tuple(islice(_differences(tx, memory), most))
        twice = memory.execute("SELECT DISTINCT application FROM used WHERE times > 1 ORDER BY 1 LIMIT ?", (most,))
        return Replayed(found, tuple(application for (application,) in twice))


_TABLES = """
CREATE TABLE said (issuer TEXT, serial BLOB, acts INT, revoked INT, held INT, PRIMARY KEY (issuer, serial))
WITHOUT ROWID;
CREATE TABLE used (application TEXT, event TEXT, times INT, PRIMARY KEY (application, event)) WITHOUT ROWID;
"""
_ACT = """
INSERT INTO said VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
acts = acts + excluded.acts, revoked = revoked + excluded.revoked, held = held + excluded.held
"""
_USE = "INSERT INTO used VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"


def _facts(tx: Transaction, events: Mapping[str, object] | tuple[str, ...]) -> Iterator[tuple[str, dict[str, object]]]:
    """The events of these kinds with their facts."""
    for link in links(tx):
        if link.event in events:
            try:
                facts = json.loads(link.facts)
            except ValueError:
                continue
            if isinstance(facts, dict):
                yield link.event, facts


def _events(tx: Transaction) -> Iterator[tuple[str, bytes, int, int, int]]:
    for event, facts in _facts(tx, _ACTS):
        try:
            serial = bytes.fromhex(str(facts.get("serial")))
        except ValueError:
            continue
        yield str(facts.get("issuer")), serial, *_ACTS[event]


def _uses(tx: Transaction) -> Iterator[tuple[str, str]]:
    """Each application with what was done for it. An abandoned serial is no use: another may be issued for it."""
    for event, facts in _facts(tx, _ONCE):
        application = facts.get("application")
        if event != "certificate.abandoned" and isinstance(application, str):
            yield application, event


def _differences(tx: Transaction, memory: sqlite3.Connection) -> Iterator[Difference]:
    rows = memory.execute("SELECT * FROM said ORDER BY issuer, serial")
    while some := rows.fetchmany(_AT_ONCE):
        for issuer in sorted({row[0] for row in some}):
            yield from _compared(tx, issuer, {serial_of(row[1]): row[2:] for row in some if row[0] == issuer})
    for issuer, serial in _recorded(tx):
        known = memory.execute("SELECT 1 FROM said WHERE issuer = ? AND serial = ?", (issuer, serial)).fetchone()
        if known is None:
            number = serial_of(serial)
            yield Difference(issuer, number, None, statuses(tx, issuer, [number])[number].state, "not-in-trail")


def _compared(tx: Transaction, issuer: str, said: Mapping[int, tuple[int, int, int]]) -> Iterator[Difference]:
    found = statuses(tx, issuer, said)
    journal = acts(tx, issuer, said)
    for serial, (count, revoked, held) in said.items():
        trail: State = "revoked" if revoked else "held" if held > 0 else "good"
        status = found.get(serial)
        state = None if status is None else status.state
        if state != trail:
            yield Difference(issuer, serial, trail, state, "status-differs")
        elif len(journal[serial]) != count:
            yield Difference(issuer, serial, trail, state, "journal-differs")


def _recorded(tx: Transaction) -> Iterator[tuple[str, bytes]]:
    """Every serial that has a status, in order, some at a time."""
    after: tuple[str, bytes] = ("", b"")
    columns = select(STATUS.c.issuer, STATUS.c.serial).order_by(STATUS.c.issuer, STATUS.c.serial).limit(_AT_ONCE)
    while True:
        issuer, serial = after
        later = (STATUS.c.issuer > issuer) | ((STATUS.c.issuer == issuer) & (STATUS.c.serial > serial))
        some = [(row.issuer, row.serial) for row in tx.execute(columns.where(later))]
        if not some:
            return
        yield from some
        after = some[-1]
