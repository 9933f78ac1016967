"""The confirmations in a transcript, read again: by whoever resumes a ceremony and by whoever audits it.

A line that was rewritten with all that follow it still chains, but no person signed what it now says.
"""

from collections.abc import Mapping, Sequence

from ca.ceremony.entry import Entry
from ca.ceremony.errors import CeremonyChanged, ConfirmationRefused, TranscriptBroken
from ca.ceremony.presence import Confirmation, check
from ca.ceremony.script import Script
from ca.ceremony.steps import Step, steps

__all__ = ["check_confirmations"]


def check_confirmations(script: Script, entries: Sequence[Entry], *, open: bool = False) -> None:
    """See that the steps were done in the script's order, each after the confirmations it needs, in their order.

    With `open`, the last steps may be missing. Raises CeremonyChanged for the transcript of another script,
    TranscriptBroken with the line where the order breaks, ConfirmationRefused for a signature that is not the person's.
    """
    if entries[0].facts.get("script") != script.digest.hex():
        raise CeremonyChanged("the script", "the transcript names another digest")
    listed = {each.code: each for each in steps(script)}
    waiting = list(listed)
    confirmed: list[tuple[str | None, str]] = []
    for line, entry in enumerate(entries, 1):
        if entry.event == "step.begun":
            confirmed = []
        elif entry.event == "step.confirmed":
            _check_confirmation(script, entry)
            confirmed.append((entry.step, entry.actor))
        elif entry.event == "step.done":
            _check_done(listed, waiting, entry, confirmed, line)
    if waiting and not open:
        raise TranscriptBroken(len(entries), f"step {waiting[0]} was never done")


def _check_confirmation(script: Script, entry: Entry) -> None:
    confirmation = Confirmation.from_facts(entry.facts, str(entry.step))
    try:
        person = script.person(entry.actor)
    except KeyError:
        raise ConfirmationRefused(entry.actor, str(entry.step), "the script has nobody of this code") from None
    check(confirmation, person, script_digest=script.digest, step=str(entry.step), head=entry.previous)


def _check_done(
    listed: Mapping[str, Step], waiting: list[str], entry: Entry, confirmed: list[tuple[str | None, str]], line: int
) -> None:
    if not waiting or entry.step != waiting[0]:
        raise TranscriptBroken(line, f"step {entry.step} was done out of the script's order")
    if confirmed != [(entry.step, person) for person in listed[waiting.pop(0)].confirm]:
        raise TranscriptBroken(line, f"step {entry.step} was done without the confirmations it needs")
