"""The confirmations in a transcript, read again: by whoever resumes a ceremony and by whoever audits it.

A line that was rewritten with all that follow it still chains, but no person signed what it now says.
"""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from ca.ceremony.entry import RESUMED, Entry
from ca.ceremony.errors import CeremonyChanged, ConfirmationRefused, TranscriptBroken
from ca.ceremony.presence import Confirmation, check
from ca.ceremony.script import Credential, Person, Script
from ca.ceremony.steps import Step, steps
from ca.errors import KeyUnusable

__all__ = ["check_confirmations", "done_steps"]


def done_steps(entries: Iterable[Entry]) -> dict[str, Mapping[str, JsonValue]]:
    """What each step gave that counts as done, by the step's code, in order.

    People sign everything written before their confirmation, so what was written after the last one is vouched for by
    nobody once the program that wrote it has ended: a step whose end stands there counts as done until a sitting
    begins, and is then taken again.
    """
    done: dict[str, Mapping[str, JsonValue]] = {}
    unsigned: str | None = None
    for entry in entries:
        if entry.event == "step.confirmed":
            unsigned = None
        elif entry.event == "step.done" and entry.step is not None:
            unsigned, done[entry.step] = entry.step, entry.facts
        elif entry.event == RESUMED and unsigned is not None:
            del done[unsigned]
            unsigned = None
    return done


def check_confirmations(script: Script, entries: Sequence[Entry], *, open: bool = False) -> None:
    """See that the steps were done in the script's order, each after the confirmations it needs, in their order.

    With `open`, the last steps may be missing. Raises CeremonyChanged for the transcript of another script,
    TranscriptBroken with the line where the order breaks, ConfirmationRefused for a signature that is not the person's.
    """
    if entries[0].facts.get("script") != script.digest.hex():
        raise CeremonyChanged("the script", "the transcript names another digest")
    people = _signing_people(script, entries[0])
    listed = {each.code: each for each in steps(script)}
    order = list(listed)
    confirmed: list[tuple[str | None, str]] = []
    for line, entry in enumerate(entries, 1):
        if entry.event == "step.begun":
            confirmed = []
        elif entry.event == "step.confirmed":
            _check_confirmation(script, people, entry)
            confirmed.append((entry.step, entry.actor))
        elif entry.event == "step.done":
            before = done_steps(entries[: line - 1])
            _check_done(listed, order[len(before) :], entry, confirmed, line)
    missing = order[len(done_steps(entries)) :]
    if missing and not open:
        raise TranscriptBroken(len(entries), f"step {missing[0]} was never done")


def _signing_people(script: Script, opening: Entry) -> Mapping[str, Person]:
    """The people with the keys they confirm with: the script's, or a rehearsal's throw-away ones in its opening."""
    people = {each.code: each for each in script.people}
    if not opening.rehearsal:
        return people
    named = opening.facts.get("people")
    keys = named if isinstance(named, dict) else {}
    return {code: _with_key(person, keys.get(code)) for code, person in people.items()}


def _with_key(person: Person, opened: JsonValue) -> Person:
    """The person with the key that the opening names. Raises ConfirmationRefused where it names none."""
    spki = opened.get("spki") if isinstance(opened, dict) else None
    try:
        return person.model_copy(update={"credential": Credential.of(bytes.fromhex(str(spki)))})
    except (ValueError, KeyUnusable):
        raise ConfirmationRefused(person.code, "any", "the transcript's opening names no key of this person") from None


def _check_confirmation(script: Script, people: Mapping[str, Person], entry: Entry) -> None:
    confirmation = Confirmation.from_facts(entry.facts, str(entry.step))
    if entry.actor not in people:
        raise ConfirmationRefused(entry.actor, str(entry.step), "the script has nobody of this code")
    person = people[entry.actor]
    check(confirmation, person, script_digest=script.digest, step=str(entry.step), head=entry.previous)


def _check_done(
    listed: Mapping[str, Step], waiting: Sequence[str], entry: Entry, confirmed: list[tuple[str | None, str]], line: int
) -> None:
    if not waiting or entry.step != waiting[0]:
        raise TranscriptBroken(line, f"step {entry.step} was done out of the script's order")
    if confirmed != [(entry.step, person) for person in listed[waiting[0]].confirm]:
        raise TranscriptBroken(line, f"step {entry.step} was done without the confirmations it needs")
