"""The audit trail: one hash chain per process instance, each link written in the transaction of the act it describes.

A link's hash covers the canonical JSON (RFC 8785) of its frame (deployment, instance, program, sequence, time, event,
the hash before it) followed by that of its facts. If the link cannot be written, the act fails with it. Facts are small
machine-made words and numbers, so neither a name nor an address, neither a line break nor a control code can enter.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeAlias

from sqlalchemy import select, tuple_, update

from store.bounds import utc, word
from store.database import Transaction
from store.errors import FactRefused
from store.rows import insert_all, insert_new
from store.tables import AUDIT_ENTRY, AUDIT_HEAD

Fact: TypeAlias = str | int | bool | None

_EVENT = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+){0,3}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SMALL = re.compile(r"[\x21-\x7e]{0,256}")  # visible ASCII without spaces
_MOST_FACTS = 32
_ROWS_AT_A_TIME = 2000
_PLACES_AT_A_TIME = 500
_MOST_EVENT = 64
_MOST_NUMBER = (1 << 53) - 1  # RFC 8785 section 3.2.2.3: beyond this, numbers are not exact


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of one chain: its sequence (1 and up) and SHA-256."""

    instance: str
    program: str
    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a chain; ``facts`` is their canonical JSON, ``hash`` and ``previous`` are SHA-256."""

    instance: str
    sequence: int
    program: str
    at: datetime
    event: str
    facts: str
    previous: bytes
    hash: bytes


class AuditChain:
    """Writes the chain of one process instance.

    ``instance`` names the process and stays its name over restarts ("signer-1"); ``program`` is what the database lets
    it write as; ``deployment`` binds the chain to one installation.
    """

    def __init__(self, instance: str, program: str, deployment: str) -> None:
        word("instance", instance)
        word("program", program)
        word("deployment", deployment)
        self.instance, self.program, self.deployment = instance, program, deployment

    def append(self, tx: Transaction, event: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Add one entry in the act's own transaction. FactRefused for a fact that is not small and machine-made."""
        self.append_many(tx, [(event, facts)], at)

    def append_many(self, tx: Transaction, acts: Sequence[tuple[str, Mapping[str, Fact]]], at: datetime) -> None:
        """Add many entries (event, facts) of one time, in order, in one INSERT; other writers of this chain wait."""
        utc("at", at)
        if not acts:
            return
        sequence, previous = self._locked_head(tx)
        rows = []
        for event, facts in acts:
            sequence += 1
            written = _canonical_facts(event, facts)
            link_hash = hash_of(self.deployment, self.instance, self.program, sequence, at, event, written, previous)
            link_row = (self.instance, sequence, self.program, at, event, written.decode(), previous, link_hash)
            rows.append(dict(zip(Link.__slots__, link_row, strict=True)))
            previous = link_hash
        insert_all(tx, AUDIT_ENTRY, rows)
        mine = AUDIT_HEAD.c.instance == self.instance
        tx.execute(update(AUDIT_HEAD).where(mine).values(sequence=sequence, hash=previous))

    def _locked_head(self, tx: Transaction) -> tuple[int, bytes]:
        """Hold the head of this chain until the transaction ends, starting the chain when it is new."""
        mine = (AUDIT_HEAD.c.instance == self.instance) & (AUDIT_HEAD.c.program == self.program)
        statement = select(AUDIT_HEAD.c.sequence, AUDIT_HEAD.c.hash).where(mine).with_for_update()
        row = tx.execute(statement).one_or_none()
        if row is None:
            start = genesis(self.deployment, self.instance, self.program)
            head = {"instance": self.instance, "program": self.program, "sequence": 0, "hash": start}
            insert_new(tx, AUDIT_HEAD, [head], ("instance",))
            row = tx.execute(statement).one_or_none()
        if row is None:
            raise FactRefused("instance", "the chain of this instance belongs to another program")
        return row.sequence, row.hash


def genesis(deployment: str, instance: str, program: str) -> bytes:
    """Give the hash a chain starts from."""
    return sha256(_canonical({"deployment": deployment, "instance": instance, "program": program})).digest()


def hash_of(
    deployment: str,
    instance: str,
    program: str,
    sequence: int,
    at: datetime,
    event: str,
    facts: bytes,
    previous: bytes,
) -> bytes:
    """Give the SHA-256 of a link: the canonical JSON of its frame, then its ``facts``, which are canonical already."""
    frame = _canonical(
        {
            "at": at.isoformat(timespec="microseconds"),
            "deployment": deployment,
            "event": event,
            "instance": instance,
            "previous": previous.hex(),
            "program": program,
            "sequence": sequence,
        }
    )
    digest = sha256(frame)
    digest.update(facts)
    return digest.digest()


def heads(tx: Transaction) -> tuple[Head, ...]:
    """Give the head of every chain, in order of instance."""
    columns = [AUDIT_HEAD.c[name] for name in Head.__slots__]
    return tuple(sorted((Head(*row) for row in tx.execute(select(*columns))), key=lambda head: head.instance))


def link(tx: Transaction, instance: str, sequence: int) -> Link | None:
    """Give one entry, or None."""
    columns = [AUDIT_ENTRY.c[name] for name in Link.__slots__]
    here = (AUDIT_ENTRY.c.instance == instance) & (AUDIT_ENTRY.c.sequence == sequence)
    row = tx.execute(select(*columns).where(here)).one_or_none()
    return None if row is None else Link(*row)


def hashes_at(tx: Transaction, places: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], bytes]:
    """Give the hash of each of many entries, by instance and sequence; those that are not there are left out."""
    place = tuple_(AUDIT_ENTRY.c.instance, AUDIT_ENTRY.c.sequence)
    wanted = select(AUDIT_ENTRY.c.instance, AUDIT_ENTRY.c.sequence, AUDIT_ENTRY.c.hash)
    found: dict[tuple[str, int], bytes] = {}
    for at in range(0, len(places), _PLACES_AT_A_TIME):
        rows = tx.execute(wanted.where(place.in_(places[at : at + _PLACES_AT_A_TIME])))
        found |= {(row.instance, row.sequence): row.hash for row in rows}
    return found


def links(tx: Transaction) -> Iterator[Link]:
    """Give every entry, chain after chain in sequence, streamed in flat memory."""
    columns = [AUDIT_ENTRY.c[name] for name in Link.__slots__]
    statement = select(*columns).order_by(AUDIT_ENTRY.c.instance, AUDIT_ENTRY.c.sequence)
    for row in tx.execute(statement.execution_options(yield_per=_ROWS_AT_A_TIME)):
        yield Link(*row)


def links_from(tx: Transaction, instance: str, first: int) -> Iterator[Link]:
    """Give the entries of one chain from the ``first`` sequence on, streamed in flat memory."""
    columns = [AUDIT_ENTRY.c[name] for name in Link.__slots__]
    here = (AUDIT_ENTRY.c.instance == instance) & (AUDIT_ENTRY.c.sequence >= first)
    statement = select(*columns).where(here).order_by(AUDIT_ENTRY.c.sequence)
    for row in tx.execute(statement.execution_options(yield_per=_ROWS_AT_A_TIME)):
        yield Link(*row)


def _canonical_facts(event: str, facts: Mapping[str, Fact]) -> bytes:
    if len(event) > _MOST_EVENT or not _EVENT.fullmatch(event):
        raise FactRefused("event", "an event is a dotted word of lower-case letters")
    if len(facts) > _MOST_FACTS:
        raise FactRefused("facts", f"an entry has at most {_MOST_FACTS} facts")
    for name, fact in facts.items():
        _check(name, fact)
    return _canonical(facts)


def _canonical(members: Mapping[str, Fact]) -> bytes:
    """Write canonical JSON (RFC 8785) of small facts.

    For ASCII words, whole numbers, truth values and null that is sorted JSON without spaces; the test holds it to the
    rfc8785 package, which takes thirty times as long.
    """
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def _check(name: str, fact: object) -> None:
    if not _NAME.fullmatch(name):
        raise FactRefused("name", "a fact's name is a lower-case word")
    if isinstance(fact, str):
        if not _SMALL.fullmatch(fact):
            raise FactRefused(name, "a text is at most 256 visible ASCII characters without spaces")
    elif isinstance(fact, int):
        if abs(fact) > _MOST_NUMBER:
            raise FactRefused(name, "a number is at most 2^53 - 1")
    elif fact is not None:
        raise FactRefused(name, "a fact is a text, a whole number, a truth value or nothing")
