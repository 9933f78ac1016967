"""Which life event does what to which certificate: the packaged table `data/life_events.toml` and its strict reader."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, TypeAdapter

from policies.errors import LifeEventRefused
from policies.strict import STRICT, Fault, as_dataclass, read_toml

__all__ = ["Effect", "HolderKind", "LifeEvent", "effect_of", "holder_kinds", "life_events", "load_life_events"]

Act: TypeAlias = Literal["revoke", "hold", "release", "nothing"]
"""What is done to a certificate."""

# RFC 5280 5.3.1, as far as JPKI uses them for revocation (fact sheet b.5); certificateHold is the act of holding.
_REASONS: Mapping[str, int] = {
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
}
_HOLD_REASON = 6


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event does to a certificate; `reason` is the CRLReason code of a revocation or a hold, else None."""

    act: Act
    reason: int | None


@dataclass(frozen=True, slots=True)
class HolderKind:
    """A kind of certificate a holder has, and whether it may be held and released at all (fact sheet c.4)."""

    name: str
    ja: str
    hold: bool
    release: bool


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """An event, who reports it, and its effect on each kind of certificate, by the kind's name."""

    name: str
    en: str
    ja: str
    reported_by: Literal["holder", "register", "officer", "authority"]
    effects: Mapping[str, Effect]


def effect_of(event: str, kind: str) -> Effect:
    """Say what an event does to a certificate of a kind, by the packaged table. Raises LifeEventRefused for others."""
    found = life_events().get(event)
    if found is None:
        raise LifeEventRefused(event[:64], "no such event is known")
    if kind not in found.effects:
        raise LifeEventRefused(kind[:64], "no such kind of certificate is known")
    return found.effects[kind]


def life_events() -> Mapping[str, LifeEvent]:
    """The events of the packaged table by name, in its order."""
    return _shipped()[1]


def holder_kinds() -> Mapping[str, HolderKind]:
    """The kinds of certificates of the packaged table by name, in its order."""
    return _shipped()[0]


def load_life_events(path: Path) -> tuple[Mapping[str, HolderKind], Mapping[str, LifeEvent]]:
    """Read a table of kinds and events.

    Raises LifeEventRefused for unknown keys, effects and kinds, for an event that does not name every kind exactly
    once, for two events of one name, and for a hold or release of a kind that allows none.
    """
    try:
        written = as_dataclass(_TABLE, read_toml(path)[0])
        kinds = {name: HolderKind(name, kind.ja, kind.hold, kind.release) for name, kind in written.kinds.items()}
        events: dict[str, LifeEvent] = {}
        for event in written.events:
            if event.name in events:
                raise Fault(f"events.{event.name}", "an event of this name stands above")
            events[event.name] = _event(event, kinds)
    except Fault as fault:
        raise LifeEventRefused(f"{path.name} {fault.key}", fault.reason) from None
    return kinds, events


@dataclass(frozen=True, slots=True)
class _KindAsWritten:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    ja: str
    hold: bool
    release: bool


@dataclass(frozen=True, slots=True)
class _EventAsWritten:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: str
    en: str
    ja: str
    reported_by: Literal["holder", "register", "officer", "authority"]
    effects: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _TableAsWritten:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kinds: dict[str, _KindAsWritten]
    events: tuple[_EventAsWritten, ...]


_TABLE = TypeAdapter(_TableAsWritten)


@cache
def _shipped() -> tuple[Mapping[str, HolderKind], Mapping[str, LifeEvent]]:
    with as_file(files("policies").joinpath("data/life_events.toml")) as path:
        return load_life_events(path)


def _event(written: _EventAsWritten, kinds: Mapping[str, HolderKind]) -> LifeEvent:
    """Turn the lists of kinds behind each effect into one effect for each kind."""
    place = f"events.{written.name}.effects"
    named = Counter(kind for behind in written.effects.values() for kind in behind)
    if named != dict.fromkeys(kinds, 1):
        raise Fault(place, "every kind must stand there once, and no other")
    effects: dict[str, Effect] = {}
    for word, behind in written.effects.items():
        effect = _effect(f"{place}.{word}", word)
        for kind in behind:
            _check_allowed(f"{place}.{word}", effect.act, kinds[kind])
            effects[kind] = effect
    in_order = {kind: effects[kind] for kind in kinds}
    return LifeEvent(written.name, written.en, written.ja, written.reported_by, in_order)


def _effect(place: str, word: str) -> Effect:
    match word:
        case "nothing" | "release":
            return Effect(word, None)
        case "hold":
            return Effect(word, _HOLD_REASON)
        case _ if word in _REASONS:
            return Effect("revoke", _REASONS[word])
        case _:
            raise Fault(place, "no such effect is known")


def _check_allowed(place: str, act: Act, kind: HolderKind) -> None:
    if (act == "hold" and not kind.hold) or (act == "release" and not kind.release):
        raise Fault(place, f"the kind {kind.name} allows no {act}")
