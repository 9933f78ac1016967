"""What a transcript tells about a ceremony, ordered for people: each step, each deviation, each digest.

Everything comes from the script and the transcript, so whoever has both tells the same.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from ca.ceremony.confirmations import done_steps
from ca.ceremony.entry import CLOSED, RESUMED, Entry
from ca.ceremony.script import Script, Words
from ca.ceremony.steps import Step, steps
from ca.ceremony.transcript import DROPPED

__all__ = ["Account", "Deviation", "Digest", "Taken", "account"]

_TEXT: Final = 1000
"""Characters of one value that are printed; the transcript has all of them."""

_DIGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Taken:
    """A step as it went: begun and done for the last time, confirmed by whom and when, and what it gave."""

    step: Step
    attempts: int
    begun: datetime | None
    done: datetime | None
    confirmed: tuple[tuple[str, datetime], ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that the script did not foresee, with the reason that was given."""

    at: datetime
    step: str
    what: Words
    reason: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A SHA-256 value that a step gave, in hexadecimal: of a key, a certificate, a record, a list, a file."""

    step: str
    what: str
    digest: str


@dataclass(frozen=True, slots=True)
class Account:
    """A ceremony from its first entry to its last; `root` is the transcript's, `confirmations` counts by person."""

    rehearsal: bool
    opened: datetime
    ended: datetime
    closed: bool
    sittings: int
    entries: int
    root: bytes
    steps: tuple[Taken, ...]
    deviations: tuple[Deviation, ...]
    digests: tuple[Digest, ...]
    confirmations: Mapping[str, int]


_DEVIATIONS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "step.stopped": Words(ja="手順が中断した", en="the step was interrupted"),
        "step.deviation": Words(ja="手順をやり直した", en="the step was taken again"),
        RESUMED: Words(ja="セレモニーを再開した", en="the ceremony was resumed"),
        "key.discarded": Words(ja="証明書のない鍵を消去した", en="a key without a certificate was destroyed"),
        "certificate.abandoned": Words(
            ja="記録されなかった証明書の番号を失効扱いとした", en="a serial number that was not recorded was given up"
        ),
        "token.opened-again": Words(ja="トークンを再び開いた", en="a token was opened again"),
        DROPPED: Words(ja="途中で切れた記録の行を除いた", en="an incomplete line of the transcript was dropped"),
    }
)


def account(script: Script, entries: Sequence[Entry]) -> Account:
    """Tell a ceremony from its script and its entries, of which there is at least one."""
    last = entries[-1]
    return Account(
        rehearsal=entries[0].rehearsal,
        opened=entries[0].at,
        ended=last.at,
        closed=last.event == CLOSED,
        sittings=1 + sum(each.event == RESUMED for each in entries),
        entries=len(entries),
        root=last.hash,
        steps=tuple(_taken(step, [each for each in entries if each.step == step.code]) for step in steps(script)),
        deviations=tuple(_deviations(entries)),
        digests=tuple(_digests(entries, {each.code: each for each in steps(script)})),
        confirmations=MappingProxyType(Counter(each.actor for each in entries if each.event == "step.confirmed")),
    )


def _taken(step: Step, entries: Sequence[Entry]) -> Taken:
    starts = [number for number, each in enumerate(entries) if each.event == "step.begun"]
    last = entries[starts[-1] :] if starts else ()
    done = [each for each in last if each.event == "step.done"]
    return Taken(
        step=step,
        attempts=len(starts),
        begun=last[0].at if last else None,
        done=done[-1].at if done else None,
        confirmed=tuple((each.actor, each.at) for each in last if each.event == "step.confirmed"),
        facts=tuple((name, _text(value)) for each in done for name, value in _flat(each.facts)),
    )


def _deviations(entries: Sequence[Entry]) -> Iterator[Deviation]:
    for each in entries:
        if each.event in _DEVIATIONS:
            told = next((each.facts[name] for name in ("reason", "code", "label", "serial") if name in each.facts), "")
            yield Deviation(each.at, each.step or "", _DEVIATIONS[each.event], _text(told))


def _digests(entries: Sequence[Entry], known: Mapping[str, Step]) -> Iterator[Digest]:
    for code, facts in done_steps(entries).items():
        step = known.get(code)
        if step is None:
            continue
        subject = next((step.facts[name] for name in ("label", "authority", "file", "token") if name in step.facts), "")
        for name, value in _flat(facts):
            if isinstance(value, str) and len(value) == _DIGEST and _hexadecimal(value):
                yield Digest(step.code, f"{step.action} {subject} {name}", value)


def _flat(facts: Mapping[str, JsonValue], above: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Facts with tables taken apart: "attributes.sign", and a list of digests one by one."""
    for name, value in facts.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}.")
        elif isinstance(value, list) and any(isinstance(each, str) and len(each) == _DIGEST for each in value):
            yield from ((f"{path}.{number}", each) for number, each in enumerate(value, 1))
        else:
            yield path, value


def _text(value: JsonValue) -> str:
    if isinstance(value, list):
        return " ".join(map(_text, value)) or "—"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "—" if value is None else str(value)
    return text if len(text) <= _TEXT else f"{text[:_TEXT]} … ({len(text)})"


def _hexadecimal(text: str) -> bool:
    return not set(text) - set("0123456789abcdef")
