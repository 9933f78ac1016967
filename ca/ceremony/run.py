"""Holding a ceremony: its steps in order, each confirmed by its people, done, and written down before the next.

The transcript is the only memory: what it says was done, and people have signed since, is done; what it says was begun
and not done, or was done and nobody has signed since, is settled by its act when the ceremony is resumed. `checkpoint`
is passed at named points, where tests stop the process.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from ca.ceremony import certificate_acts, link_acts, record_acts, retirement_acts, token_acts
from ca.ceremony.confirmations import check_confirmations, done_steps
from ca.ceremony.errors import CeremonyChanged, TranscriptClosed
from ca.ceremony.presence import check, check_against_roster
from ca.ceremony.room import Act, Attempt, CeremonyToken, Facts, Room
from ca.ceremony.script import TokenPlan
from ca.ceremony.steps import Step, steps
from ca.ceremony.transcript import CLOSED, OPENED, PROGRAM, RESUMED, Entry, Transcript
from ca.ceremony.words import digest_words
from ca.issuance import Checkpoint, passed
from ca.roster import Roster, roster_document

__all__ = ["POINTS", "Run"]

POINTS: Final = ("begun", "confirmed", "acted", "done")
"""The named points of every step, passed in this order as "S03.begun" and so on.

An act passes points of its own in between: one for each event that it notes ("S03.shares.kept") and one wherever it
has changed something outside the transcript ("S05.generated"); `OPENED` is passed before the first step.
"""


_UNCHANGED: Final = MappingProxyType(
    {"script": "The script", "software": "The program", "certificates": "A certificate", "profiles": "A profile"}
)
"""The facts of the opening that are the same in the rehearsal and every sitting, and what differs where one is not."""


class Run:
    """One sitting of a ceremony, which begins here: `seconds` is a monotonic clock that the transcript counts by."""

    def __init__(
        self, room: Room, transcript: Transcript, seconds: Callable[[], float], checkpoint: Checkpoint = passed
    ) -> None:
        self.room = room
        self.transcript = transcript
        self.seconds = seconds
        self.started = seconds()
        self.checkpoint = checkpoint
        self.steps = steps(room.script)

    def hold(self) -> bytes:
        """Take every step that is not done yet and close the transcript; returns its root.

        Raises CeremonyRefused and what the acts raise; the transcript then ends with why, and `hold` goes on from there
        in another sitting. Raises CeremonyChanged when the transcript was opened for another script, program, profile
        or certificate, or something else was rehearsed, or a token is not as the transcript says; TranscriptBroken and
        ConfirmationRefused when people did not confirm what it says.
        """
        with self.room.closed_at_the_end():
            resumed = bool(self.transcript.entries)
            if resumed:
                self._refuse_change()
                self._write(RESUMED, {"root": self.transcript.root.hex()})
            else:
                self._refuse_unrehearsed()
                self._write(OPENED, self._opening())
                self.checkpoint(OPENED)
            self._check_roster()
            for step in self.steps:
                if self._done(step) is None:
                    self._take(step)
                elif resumed:
                    self._reopen(step)
            self.room.people.tell(" ".join(digest_words(self.transcript.root)))
            self._write(CLOSED, {"steps": len(self.steps)})
        return self.transcript.root

    def _take(self, step: Step) -> None:
        earlier = self._entries(step)
        with self._stopping(step):
            if earlier:
                self._write("step.deviation", {"reason": self.room.people.reason(step)}, step)
            self._write("step.begun", {"action": step.action, **step.facts}, step)
            self.checkpoint(f"{step.code}.begun")
            self.room.people.announce(step)
            for code in step.confirm:
                self._confirm(step, code)
            self.checkpoint(f"{step.code}.confirmed")
            facts = _ACTS[step.action](self.room, self._attempt(step, earlier))
            self.checkpoint(f"{step.code}.acted")
        self._write("step.done", facts, step)
        self.room.people.done(step, facts)
        self.checkpoint(f"{step.code}.done")

    def _attempt(self, step: Step, earlier: tuple[Entry, ...]) -> Attempt:
        def note(event: str, facts: Facts) -> None:
            self._write(event, facts, step)
            self.checkpoint(f"{step.code}.{event}")

        return Attempt(step, earlier, note, lambda point: self.checkpoint(f"{step.code}.{point}"))

    @contextmanager
    def _stopping(self, step: Step) -> Iterator[None]:
        """Write down that a step stopped, and why, before whatever stopped it goes on its way."""
        try:
            yield
        except TranscriptClosed:
            raise
        except BaseException as error:
            with suppress(TranscriptClosed):  # the disk that refused an entry refuses this one too
                self._write("step.stopped", {"code": getattr(error, "code", type(error).__name__)}, step)
            raise

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
        with self._stopping(step):
            opened = token_acts.reopen(self.room, token)
            self._write("token.opened-again", {"token": token.name, "serial": opened.serial}, step)
            self._check_unchanged(step, opened)

    def _check_unchanged(self, step: Step, token: CeremonyToken) -> None:
        """The token is the one that the step opened, its keys those that were read aloud, and what ended is gone."""
        name = step.facts["token"]
        opened = self._done(step)
        if opened is not None and token.serial != opened["serial"]:
            raise CeremonyChanged(f"Token {name}", "its serial number was another one")
        for each in self.steps:
            made = self._done(each) if each.action == "key.generate" and each.facts["token"] == name else None
            if made is not None:
                label = each.facts["label"]
                if token_acts.key_facts(token.signing_key(label).public_key())["key"] != made["key"]:
                    raise CeremonyChanged(f"The key {label}", "it is not the one that was made")
        ended = [each for each in self.steps if each.action == "key.destroy" and each.facts["token"] == name]
        gone = {each.facts["label"] for each in ended if self._done(each) is not None}
        for left in token.objects():
            if left.label in gone:
                raise CeremonyChanged(f"The key {left.label}", "it is there, and the transcript says it was destroyed")

    def _closed(self, token: TokenPlan) -> bool:
        closing = [each for each in self.steps if each.action == "token.close" and each.facts["token"] == token.name]
        return any(self._done(each) is not None for each in closing)

    def _entries(self, step: Step) -> tuple[Entry, ...]:
        return tuple(each for each in self.transcript.entries if each.step == step.code)

    def _done(self, step: Step) -> Facts | None:
        """What a step gave that is done, as far as people vouch for it."""
        return done_steps(self.transcript.entries).get(step.code)

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
            "certificates": {name: digest.hex() for name, digest in self.room.expected.items()},
            "profiles": self._profiles(),
            "rehearsal": self.room.rehearsed[-1].hash.hex() if self.room.rehearsed else None,
        }

    def _profiles(self) -> dict[str, JsonValue]:
        """The digests of the profiles that records will authorise, as far as they are here."""
        named = {name for plan in self.room.script.authorities for name in plan.issues}
        return {name: self.room.profiles[name].digest.hex() for name in sorted(named & self.room.profiles.keys())}

    def _refuse_unrehearsed(self) -> None:
        """What was rehearsed is this: each certificate is compared with the review when it is made, and that here."""
        if self.room.rehearsed:
            if not self.room.rehearsed[0].rehearsal:
                raise CeremonyChanged("The rehearsal", "its transcript is that of a ceremony in earnest")
            self._compare(self.room.rehearsed[0].facts, "rehearsed")

    def _refuse_change(self) -> None:
        self._compare(self.transcript.entries[0].facts, "opened")
        check_confirmations(self.room.script, self.transcript.entries, open=True)

    def _compare(self, earlier: Facts, when: str) -> None:
        now = self._opening()
        for fact, what in _UNCHANGED.items():
            if earlier.get(fact) != now[fact]:
                raise CeremonyChanged(what, f"its digest is another one than when the ceremony was {when}")

    def _check_roster(self) -> None:
        """The people are of the roster that was believed when they came, not of one that they sign themselves."""
        roster = self.room.roster()
        if roster is not None and not self._signed_here(roster):
            check_against_roster(self.room.script.people, roster, at=self.room.clock())

    def _signed_here(self, roster: Roster) -> bool:
        """Whether an earlier sitting, whose people the older roster had, went as far as to sign this one."""
        signing = [step for step in self.steps if step.action == "roster.sign"]
        confirmed = [step for step in signing if any(each.event == "step.confirmed" for each in self._entries(step))]
        return _digest(roster) in {step.facts["sha256"] for step in confirmed}

    def _write(self, event: str, facts: Facts, step: Step | None = None, actor: str = PROGRAM) -> None:
        self.transcript.append(
            event,
            facts,
            step=step.code if step else None,
            actor=actor,
            at=self.room.clock(),
            elapsed=self.seconds() - self.started,
        )


def _verify_software(room: Room, attempt: Attempt) -> Facts:
    """The running program is the one the script names; a draft names none, and the transcript says so."""
    if room.script.software is not None and room.script.software != room.software.hex():
        raise CeremonyChanged("the program", "its digest is not the one in the script")
    return {"software": room.software.hex(), "named": room.script.software is not None}


def _come(room: Room, attempt: Attempt) -> Facts:
    """Everybody confirmed that they are there; the roster that they are of, if one is believed, is written down."""
    roster = room.roster()
    if roster is None:
        return {**_present(room, attempt), "roster": None}
    check_against_roster(room.script.people, roster, at=room.clock())
    return {**_present(room, attempt), "roster": {"version": roster.version, "sha256": _digest(roster)}}


def _present(room: Room, attempt: Attempt) -> Facts:
    """Everybody confirmed, which is all there is to do."""
    return {"people": [each.code for each in room.script.people]}


def _digest(roster: Roster) -> str:
    return sha256(roster_document(roster)).hexdigest()


_ACTS: Final[Mapping[str, Act]] = MappingProxyType(
    {
        "software.verify": _verify_software,
        "people.present": _come,
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
        "responder.end": record_acts.end_responder,
        "roster.sign": record_acts.sign_roster_document,
        "link.certify": link_acts.certify_link,
        "cross.certify": link_acts.certify_peer,
        "list.sign": retirement_acts.sign_lists,
        "retirement.sign": retirement_acts.sign_retirement_statement,
        "ceremony.close": _present,
    }
)
