"""Reading the whole audit trail against itself and against its anchors: what was changed, and where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal, TypeAlias

from store.anchors import Anchor
from store.audit import Head, Link, genesis, hash_of, heads, links, links_from
from store.database import Transaction

Defect: TypeAlias = Literal["changed", "removed", "unlinked", "rewritten", "inserted", "truncated", "head-differs"]
SLACK = timedelta(minutes=10)  # how long an act may take from its time to its commit before it counts as back-dated


@dataclass(frozen=True, slots=True)
class Break:
    """One defect at one place: the entry ``sequence`` of the chain ``instance``.

    "changed": the entry is not what its hash says. "removed": it is missing. "unlinked": it does not follow from the
    one before it. "rewritten": an anchor holds another hash for it. "inserted": it is dated before an anchor that does
    not know it. "truncated": an anchor knows it and the chain ends before it. "head-differs": the head row is not the
    last entry.
    """

    instance: str
    sequence: int
    defect: Defect


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome: the ``breaks`` found, how many ``entries`` were read, and how far the anchors vouch for them.

    The blind window: the ``unanchored`` entries, written after ``anchored_at`` (None: there is no anchor), are chained
    but not yet anchored, so who owns the database could still cut or rewrite them unseen.
    """

    breaks: tuple[Break, ...]
    entries: int
    anchored_at: datetime | None
    unanchored: int

    @property
    def blind_window(self) -> str:
        """Say in one sentence what the anchors do not cover."""
        if self.anchored_at is None:
            return f"No anchor vouches for any of the {self.entries} entries."
        when = self.anchored_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"No anchor vouches yet for the {self.unanchored} entries written after the anchor of {when}."


def verify(tx: Transaction, deployment: str, anchors: Sequence[Anchor]) -> Verification:
    """Read every entry of every chain and report each defect with its place.

    ``anchors`` are those `store.anchors.verify_anchors` believed, oldest first; the newest alone finds every defect up
    to itself, the older ones narrow the place. Runs in flat memory inside one snapshot.
    """
    anchored = _Anchored.of(anchors)
    breaks: list[Break] = []
    lasts: dict[str, tuple[int, bytes | None]] = {}
    entries = unanchored = 0
    for instance, rows in groupby(links(tx), key=lambda each: each.instance):
        walk = _Walk(deployment, instance, anchored)
        for row in rows:
            breaks.extend(walk.step(row))
        entries += walk.count
        unanchored += walk.unanchored
        lasts[instance] = walk.sequence, walk.expected
    breaks.extend(_ends(heads(tx), lasts, anchored))
    return Verification(tuple(breaks), entries, anchored.at, unanchored)


@dataclass(frozen=True, slots=True)
class Recent:
    """The outcome of reading the newest links: the ``breaks`` found, how many ``entries`` were read of how ``many``."""

    breaks: tuple[Break, ...]
    entries: int
    many: int


def verify_newest(tx: Transaction, deployment: str, most: int) -> Recent:
    """Read the newest links of every chain, about ``most`` in all, and report each defect with its place.

    Its cost is bounded, however long the trail; what lies before, and whether an anchor vouches, `verify` says.
    """
    found = heads(tx)
    breaks: list[Break] = []
    entries = 0
    for head in found:
        first = max(1, head.sequence - most // len(found))
        walk = _Walk(deployment, head.instance, _Anchored.of(()), sequence=first - 1)
        for row in links_from(tx, head.instance, first):
            if walk.expected is None and first > 1:
                walk.expected = row.previous
            breaks.extend(walk.step(row))
        entries += walk.count
        breaks.extend(_ends([head], {head.instance: (walk.sequence, walk.expected)}, _Anchored.of(())))
    return Recent(tuple(breaks), entries, sum(head.sequence for head in found))


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What the anchors say: each anchored link's hash, and each chain's newest anchored sequence."""

    at: datetime | None
    hashes: Mapping[tuple[str, int], bytes]
    newest: Mapping[str, int]

    @classmethod
    def of(cls, anchors: Sequence[Anchor]) -> "_Anchored":
        hashes = {(head.instance, head.sequence): head.hash for anchor in anchors for head in anchor.heads}
        newest: dict[str, int] = {}
        for instance, sequence in hashes:
            newest[instance] = max(sequence, newest.get(instance, 0))
        return cls(anchors[-1].at if anchors else None, hashes, newest)


@dataclass(slots=True)
class _Walk:
    """One chain, read from its start."""

    deployment: str
    instance: str
    anchored: _Anchored
    sequence: int = 0
    expected: bytes | None = None
    count: int = 0
    unanchored: int = 0
    _limit: datetime | None = field(init=False)
    _newest: int = field(init=False)

    def __post_init__(self) -> None:
        self._limit = None if self.anchored.at is None else self.anchored.at - SLACK
        self._newest = self.anchored.newest.get(self.instance, 0)

    def step(self, row: Link) -> Iterator[Break]:
        """Check one entry against the one before it, against itself, and against the anchors."""
        start = self.expected is None
        expected = genesis(self.deployment, self.instance, row.program) if start else self.expected
        if row.sequence != self.sequence + 1:
            yield self._break(self.sequence + 1, "removed")
        elif row.previous != expected:
            yield self._break(row.sequence, "unlinked")
        made = hash_of(
            self.deployment,
            row.instance,
            row.program,
            row.sequence,
            row.at,
            row.event,
            row.facts.encode(),
            row.previous,
        )
        if made != row.hash:
            yield self._break(row.sequence, "changed")
        if self.anchored.hashes.get((self.instance, row.sequence), row.hash) != row.hash:
            yield self._break(row.sequence, "rewritten")
        if row.sequence > self._newest:
            self.unanchored += 1
            if self._limit is not None and row.at < self._limit:
                yield self._break(row.sequence, "inserted")
        self.sequence, self.expected = row.sequence, row.hash
        self.count += 1

    def _break(self, sequence: int, defect: Defect) -> Break:
        return Break(self.instance, sequence, defect)


def _ends(found: Sequence[Head], lasts: Mapping[str, tuple[int, bytes | None]], anchored: _Anchored) -> Iterator[Break]:
    """Compare the end of each chain with what the anchors know and with its head row."""
    by_instance = {head.instance: head for head in found}
    for instance in sorted({*lasts, *by_instance, *anchored.newest}):
        last, last_hash = lasts.get(instance, (0, None))
        if last < anchored.newest.get(instance, 0):
            yield Break(instance, last + 1, "truncated")
        head = by_instance.get(instance)
        if head is None or head.sequence != last or (last and head.hash != last_hash):
            yield Break(instance, last, "head-differs")
