"""What life events do to which certificates, and when verifiers will see it: the table behind pages 11 and 12.

Use in a template:  {% import "certs/effects.html" as effects %}{{ effects.table(view) }}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import get_locale, gettext

from policies.life_events import Effect, LifeEvent
from ra.languages import mark
from ra.standing import kind_name
from store.crls import CRLRecord, latest_crl
from store.database import Transaction

__all__ = ["ACTS", "Column", "EffectsView", "Row", "effects_view", "next_list"]

ACTS: Final[Mapping[str, tuple[str, str]]] = {
    "revoke": ("bad", mark("is revoked")),
    "hold": ("hold", mark("is suspended")),
    "release": ("good", mark("becomes valid again")),
    "nothing": ("", mark("stays as it is")),
}
"""What an event does to a certificate: its sign, and a message id."""

_REASON_NAMES: Final[Mapping[int, str]] = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    9: "privilegeWithdrawn",
}
"""CRLReason (RFC 5280 section 5.3.1), as it stands small beside the words."""


@dataclass(frozen=True, slots=True)
class Column:
    """A certificate of the table; `list_at` is when its next revocation list is made, None when none was made yet."""

    kind: str
    serial: str
    list_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What an event does to a certificate: a sign, words, and the reason's name in the standard ("" for none)."""

    sign: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """An event, its name in the language of this request, and what it does to each certificate."""

    code: str
    event: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class EffectsView:
    """The whole table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def effects_view(
    tx: Transaction, events: Sequence[LifeEvent], certificates: Sequence[tuple[str, str, str, str]], now: datetime
) -> EffectsView:
    """The effects of these events on certificates, each given as (kind, serial in hex, authority, partition)."""
    columns = tuple(
        Column(kind_name(kind), serial, next_list(latest_crl(tx, authority, partition), now))
        for kind, serial, authority, partition in certificates
    )
    kinds = [kind for kind, _, _, _ in certificates]
    return EffectsView(
        columns,
        tuple(
            Row(event.name, _name(event), tuple(_cell(event.effects[kind]) for kind in kinds if kind in event.effects))
            for event in events
        ),
    )


def next_list(newest: CRLRecord | None, now: datetime) -> datetime | None:
    """When the next list is made at the latest: the signer renews a list that has lived half its life."""
    if newest is None:
        return None
    return max(now, newest.this_update + (newest.next_update - newest.this_update) / 2)


def _cell(effect: Effect) -> Cell:
    sign, words = ACTS[effect.act]
    return Cell(sign, gettext(words), "" if effect.reason is None else _REASON_NAMES.get(effect.reason, ""))


def _name(event: LifeEvent) -> str:
    return event.ja if str(get_locale()) == "ja" else event.en
