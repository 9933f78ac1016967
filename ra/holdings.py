"""What a holder has now: the one valid certificate of each kind, and whether it is suspended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from policies.life_events import holder_kinds
from ra.office import Office
from store.certificates import certificate, live, pending
from store.database import Transaction
from store.status import statuses

__all__ = ["Holding", "State", "awaited_by", "held_by"]


State: TypeAlias = Literal["good", "held", "pending"]
"""Valid, suspended, or issued and not handed over yet."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A certificate that a holder can use, has suspended, or is waiting for."""

    issuer: str
    serial: int
    authority: str
    profile: str
    kind: str
    not_after: datetime
    state: State


def held_by(office: Office, holder: bytes) -> Mapping[str, Holding]:
    """The holder's certificates that are neither revoked nor expired, by kind; `holder` is the salted name."""
    with office.database.snapshot() as tx:
        keys = {kind: live(tx, holder, kind) for kind in holder_kinds()}
        return _holdings(tx, keys, office.clock(), pending=False)


def awaited_by(office: Office, holder: bytes) -> Mapping[str, Holding]:
    """The holder's certificates that were issued and not handed over, by kind."""
    with office.database.snapshot() as tx:
        keys = {kind: pending(tx, holder, kind) for kind in holder_kinds()}
        return _holdings(tx, keys, office.clock(), pending=True)


def _holdings(
    tx: Transaction, keys: Mapping[str, tuple[str, int] | None], now: datetime, *, pending: bool
) -> Mapping[str, Holding]:
    found = {}
    for kind, key in keys.items():
        if key is None:
            continue
        row = certificate(tx, *key)
        status = statuses(tx, key[0], [key[1]]).get(key[1])
        if row.not_after > now and status is not None and status.state != "revoked":
            state: State = "pending" if pending else "held" if status.state == "held" else "good"
            found[kind] = Holding(*key, row.authority, row.profile, kind, row.not_after, state)
    return found
