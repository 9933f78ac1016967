"""Holding a ceremony: its steps in order, each confirmed by its people, done, and written down before the next.

The transcript is the only memory: what it says was done is done, what it says was begun and not done is settled by
its act when the ceremony is resumed. `checkpoint` is passed at named points, where tests stop the process.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from ca.ceremony import certificate_acts, record_acts, token_acts
from ca.ceremony.errors import CeremonyChanged, TranscriptClosed
from ca.ceremony.presence import check, check_against_roster
from ca.ceremony.room import Act, Attempt, Facts, Room
from ca.ceremony.script import TokenPlan
from ca.ceremony.steps import Step, steps
from ca.ceremony.transcript import CLOSED, OPENED, PROGRAM, Transcript
from ca.ceremony.words import digest_words
from ca.issuance import Checkpoint, passed

__all__ = ["POINTS", "Run"]

POINTS: Final = ("begun", "confirmed", "acted", "done")
"""The named points of every step, passed in this order as "S03.begun" and so on."""


class Run:
    """One sitting of a ceremony. `elapsed` gives the seconds of a monotonic clock since the program started."""

    def __init__(
        self, room: Room, transcript: Transcript, elapsed: Callable[[], float], checkpoint: Checkpoint = passed
    ) -> None:
        self.room = room
        self.transcript = transcript
        self.elapsed = elapsed
        self.checkpoint = checkpoint
        self.steps = steps(room.script)

    def hold(self) -> bytes:
        """Take every step that is not done yet and close the transcript; returns its root.

        Raises CeremonyRefused and what the acts raise; the transcript then ends with why, and `hold` goes on from there
        in another sitting. Raises CeremonyChanged when the transcript was opened for another script or program.
        """
        with self.room.closed_at_the_end():
            resumed = bool(self.transcript.entries)
            if resumed:
                self._refuse_change()
                self._write("ceremony.resumed", {"root": self.transcript.root.hex()})
            else:
                self._write(OPENED, self._opening())
            self._check_roster()
            for step in self.steps:
                if "done" not in self._events(step):
                    self._take(step)
                elif resumed:
                    self._reopen(step)
            self.room.people.tell(" ".join(digest_words(self.transcript.root)))
            self._write(CLOSED, {"steps": len(self.steps)})
        return self.transcript.root

    def _take(self, step: Step) -> None:
        again = "begun" in self._events(step)
        if again:
            self._write("step.deviation", {"reason": self.room.people.reason(step)}, step)
        self._write("step.begun", {"action": step.action, **step.facts}, step)
        self.checkpoint(f"{step.code}.begun")
        try:
            self.room.people.announce(step)
            for code in step.confirm:
                self._confirm(step, code)
            self.checkpoint(f"{step.code}.confirmed")
            attempt = Attempt(step, again, lambda event, facts: self._write(event, facts, step))
            facts = _ACTS[step.action](self.room, attempt)
        except TranscriptClosed:
            raise
        except BaseException as error:
            with suppress(TranscriptClosed):  # the disk that refused an entry refuses this one too
                self._write("step.stopped", {"code": getattr(error, "code", type(error).__name__)}, step)
            raise
        self.checkpoint(f"{step.code}.acted")
        self._write("step.done", facts, step)
        self.room.people.done(step, facts)
        self.checkpoint(f"{step.code}.done")

    def _confirm(self, step: Step, code: str) -> None:
        person = self.room.script.person(code)
        head = self.transcript.root
        confirmation = self.room.people.confirm(step, person, head)
        check(confirmation, person, script_digest=self.room.script.digest, step=step.code, head=head)
        self._write("step.confirmed", confirmation.facts, step, actor=code)

    def _reopen(self, step: Step) -> None:
        """Open a token again that an earlier sitting had open and a later step still needs."""
        if step.action not in ("token.initialise", "token.open"):
            return
        token = self.room.script.token(step.facts["token"])
        if self._closed(token):
            return
        opened = token_acts.reopen(self.room, token)
        self._write("token.opened-again", {"token": token.name, "serial": opened.serial}, step)

    def _closed(self, token: TokenPlan) -> bool:
        closing = [each for each in self.steps if each.action == "token.close" and each.facts["token"] == token.name]
        return any("done" in self._events(each) for each in closing)

    def _events(self, step: Step) -> set[str]:
        """The stages of a step that the transcript has: "begun", "confirmed", "done"."""
        return {each.event.removeprefix("step.") for each in self.transcript.entries if each.step == step.code}

    def _opening(self) -> Facts:
        script = self.room.script
        return {
            "id": script.id,
            "kind": script.kind.value,
            "script": script.digest.hex(),
            "software": self.room.software.hex(),
            "people": {
                each.code: {"name": each.name, "role": each.role.value, "spki": each.credential.spki.hex()}
                for each in script.people
            },
            "steps": len(self.steps),
        }

    def _refuse_change(self) -> None:
        opened = self.transcript.entries[0].facts
        for what, now in (("script", self.room.script.digest), ("software", self.room.software)):
            if opened.get(what) != now.hex():
                raise CeremonyChanged(f"the {what}", "its digest is another one than when the ceremony was opened")

    def _check_roster(self) -> None:
        roster = self.room.roster()
        if roster is not None:
            check_against_roster(self.room.script.people, roster, at=self.room.clock())

    def _write(self, event: str, facts: Facts, step: Step | None = None, actor: str = PROGRAM) -> None:
        self.transcript.append(
            event,
            facts,
            step=step.code if step else None,
            actor=actor,
            at=self.room.clock(),
            elapsed=self.elapsed(),
        )


def _verify_software(room: Room, attempt: Attempt) -> Facts:
    """The running program is the one the script names; a draft names none, and the transcript says so."""
    if room.script.software is not None and room.script.software != room.software.hex():
        raise CeremonyChanged("the program", "its digest is not the one in the script")
    return {"software": room.software.hex(), "named": room.script.software is not None}


def _present(room: Room, attempt: Attempt) -> Facts:
    """Everybody confirmed, which is all there is to do."""
    return {"people": [each.code for each in room.script.people]}


def _sign_lists(room: Room, attempt: Attempt) -> Facts:
    """Sign an authority's lists, which the publisher holds against the database before they leave."""
    plan = room.script.authority(attempt.fact("authority"))
    authority = certificate_acts.active_authority(room, plan)
    days = plan.list.days if plan.list else None
    signed = room.lists.sign(authority, days)
    return {"lists": {each.name: each.sha256.hex() for each in signed}}


_ACTS: Final[Mapping[str, Act]] = MappingProxyType(
    {
        "software.verify": _verify_software,
        "people.present": _present,
        "token.initialise": token_acts.initialise_token,
        "token.open": token_acts.open_token,
        "token.backup": token_acts.back_up_token,
        "token.restore": token_acts.restore_token,
        "token.close": token_acts.close_token,
        "key.generate": token_acts.generate_key,
        "key.destroy": token_acts.destroy_key,
        "authority.certify": certificate_acts.certify_authority,
        "authority.record": record_acts.record_authority,
        "responder.certify": certificate_acts.certify_responder,
        "roster.sign": record_acts.sign_roster_document,
        "list.sign": _sign_lists,
        "ceremony.close": _present,
    }
)
