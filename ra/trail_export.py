"""The audit trail as a file with its proof: lines of JSON from which anybody can work the chains out again.

Of what is another branch's, the file holds the place and the hashes and withholds the rest, so every chain stays whole.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ra.office import Office
from ra.scope import Scope
from store.audit import Head, Link, heads
from store.trail import visible, written

__all__ = ["MOST_ENTRIES", "export"]

MOST_ENTRIES: Final = 20_000
"""Entries of one file at most."""

_HOW: Final = (
    "hash = SHA-256(frame + facts). frame: RFC 8785 JSON of at, deployment, event, instance, previous, program, "
    "sequence; facts: the text of that member. The first previous of a chain is SHA-256 of deployment, instance, "
    "program as RFC 8785 JSON. Within an instance each previous is the hash before it. Anchors hold hashes."
)


def export(office: Office, scope: Scope, since: datetime, before: datetime) -> str:
    """The trail of a span of time: a line that says what it is, then a line for each entry."""
    with office.database.snapshot() as tx:
        links = written(tx, since, before, MOST_ENTRIES)
        shown = visible(tx, scope.branches, links)
        newest = heads(tx)
    first = {
        "schema": "ninsho.trail-export.v1",
        "deployment": office.deployment,
        "made_at": office.clock().isoformat(),
        "made_by": scope.person,
        "since": since.isoformat(),
        "before": before.isoformat(),
        "entries": len(links),
        "complete": len(links) < MOST_ENTRIES,
        "heads": [_head(each) for each in newest],
        "how": _HOW,
    }
    return "".join(f"{line}\n" for line in (json.dumps(first), *_lines(links, shown)))


def _lines(links: tuple[Link, ...], shown: frozenset[tuple[str, int]]) -> Iterator[str]:
    for link in links:
        place: dict[str, object] = {"instance": link.instance, "sequence": link.sequence}
        hashes = {"previous": link.previous.hex(), "hash": link.hash.hex()}
        if (link.instance, link.sequence) in shown:
            at = link.at.isoformat(timespec="microseconds")
            yield json.dumps(
                place | {"program": link.program, "at": at, "event": link.event, "facts": link.facts} | hashes
            )
        else:
            yield json.dumps(place | {"withheld": True} | hashes)


def _head(head: Head) -> dict[str, object]:
    return {"instance": head.instance, "program": head.program, "sequence": head.sequence, "hash": head.hash.hex()}
