"""Sample cases at the demo's counter: whoever opens it finds work in every queue, and a card that waits for writing."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa

from ca.application import Proof
from ca.holder import holder_name
from ca.notification import notify
from ca.request import possession_challenge, prove_possession
from ca.roster import Role
from ca.statement import PrivateKey, key_octets
from cli.demo.people import WINDOW, branch_of
from cli.errors import TimedOut
from hsm.generation import KeyAlgorithm
from hsm.soft_card import SoftReader
from ra.case_file import CaseFile, load_case
from ra.dates import JST
from ra.events import enter
from ra.holdings import Holding, held_by
from ra.office import Office, Party
from ra.outcome import settled
from ra.reception import Comparison, compare, identify, receive
from ra.records import (
    CardKey,
    Deferral,
    Draft,
    Identification,
    Notification,
    Particulars,
    Reception,
    Slot,
    Withdrawal,
    Written,
)
from ra.register import Entry
from ra.scope import Scope
from ra.selection import choices, choose
from ra.submission import Desk
from store.cases import CaseKind, CaseRecord, Step

__all__ = ["SampleCounter", "sample_cases"]

PINS: Final[Mapping[Slot, str]] = {"auth": "4829", "sign": "ABC12345"}
"""The PINs of the sample card that waits for writing; they protect nothing."""

WAIT_SECONDS: Final = 60.0
SECRET: Final = bytes(32)
"""Seals offers between two lines of this module."""

FEE: Final = 200
"""Yen for a card's certificates."""

FREE: Final[tuple[Step, ...]] = ("write", "approve", "examine", "confirm", "hand-over", "keys", "closed")
"""Where the new issues of residents without certificates stop, one each, as far as there are such residents."""


REVOKED: Final[tuple[Step, ...]] = ("approve", "select")
"""Where the revocations stop."""


@dataclass(frozen=True, slots=True)
class Window:
    """A branch's window in the demo: its terminal's code and key."""

    branch: str
    terminal: str
    key: PrivateKey


@dataclass(frozen=True, slots=True)
class SampleCounter:
    """The officers of one branch at work. `reader` has the cards of the window."""

    office: Office
    window: Window
    reader: SoftReader

    def scope(self, person: str, role: Role, party: Party = "working") -> Scope:
        """An officer of this branch at the site where they work."""
        branch = self.window.branch
        return Scope(person, person, frozenset({role}), frozenset({branch}), branch, f"{party}-{person}", party)

    @property
    def desk(self) -> Scope:
        """The reception officer."""
        return self.scope("reception-1", Role.RECEPTION)

    def opened(self, kind: CaseKind, wishes: Sequence[Slot] = ()) -> CaseRecord:
        """A case that was just received."""
        reception = Reception(visitor="self", wishes=tuple(wishes))
        return receive(self.office, self.desk, kind, WINDOW, reception, uuid4())

    def file(self, case: CaseRecord) -> CaseFile:
        """The case as it stands."""
        return load_case(self.office.database, frozenset({self.window.branch}), case.receipt)

    def walk(self, case: CaseRecord, entry: Entry, event: str = "request") -> Iterator[Step]:
        """Take a case of this person to its end; gives each step before it is taken, so whoever asks can stop there.

        `event` is the life event of a case that revokes, holds or releases.
        """
        steps: Mapping[Step, Callable[[CaseRecord], object]] = {
            "identify": self.identified,
            "register": lambda case: compare(self.office, self.desk, self.file(case), Comparison(entry, ())),
            "keys": self.make_keys,
            "select": lambda case: self.select(case, entry, event),
            "confirm": self.submit,
            "examine": self.examine,
            "approve": self.approve,
            "issue": self.await_issue,
            "write": self.write,
            "hand-over": self.hand_over,
        }
        while (step := self.file(case).record.step) != "closed":
            yield step
            steps[step](case)
        yield "closed"

    def until(self, step: Step, case: CaseRecord, entry: Entry) -> None:
        """Take a case of this person to the step that is next."""
        for at in self.walk(case, entry):
            if at == step:
                return

    def identified(self, case: CaseRecord) -> None:
        """The visitor showed their card."""
        identify(self.office, self.desk, self.file(case), Identification(documents=("number-card",)))

    def make_keys(self, case: CaseRecord) -> None:
        """The card makes its keys, or takes new PINs, and the terminal says so."""
        file = self.file(case)
        particulars = file.particulars
        card = self.reader.numbers()[0] if particulars is None else particulars.card
        drafts = () if particulars is None else particulars.drafts
        keys = tuple(self.card_key(card, draft) for draft in drafts)
        self.enter(file, Notification(terminal=self.window.terminal, window=WINDOW, card=card, keys=keys))

    def card_key(self, card: str, draft: Draft) -> CardKey:
        """A new key with its proofs: in the card where the window has it, else of no card that exists."""
        slot, salt = draft.slot or "auth", bytes.fromhex(draft.salt)
        if card in self.reader.numbers():
            subject_key, proof = self.in_card(card, slot, draft)
        else:
            key = rsa.generate_private_key(65537, 2048)
            subject_key = key_octets(key.public_key())
            proof = prove_possession(key, self.office.deployment, draft.application, salt)
        told = notify(
            self.window.key,
            self.window.terminal,
            proof,
            deployment=self.office.deployment,
            application_id=draft.application,
            salt=salt,
            subject_key=subject_key,
            window=WINDOW,
        )
        return CardKey(
            slot=slot,
            application=draft.application,
            subject_key=subject_key.hex(),
            proof=proof.value.hex(),
            terminal_signature=(told.terminal_signature or b"").hex(),
        )

    def in_card(self, number: str, slot: Slot, draft: Draft) -> tuple[bytes, Proof]:
        """A key that the card lying on the reader makes, and its proof; the card stays there."""
        self.reader.put(number)
        card = self.reader.card()
        if card is None:
            raise LookupError(number)
        card.set_pin(slot, PINS[slot])
        subject_key = key_octets(card.make_key(slot, KeyAlgorithm.RSA_2048, PINS[slot]))
        asked = possession_challenge(self.office.deployment, draft.application, bytes.fromhex(draft.salt), subject_key)
        return subject_key, Proof("challenge", card.prove(slot, asked, PINS[slot]))

    def submit(self, case: CaseRecord) -> None:
        """The reception officer's software passkey signs."""
        desk = Desk(self.office, self.desk, self.file(case), SECRET)
        desk.submit({"offer": desk.offer("submission").token, "by_software": "1"})

    def examine(self, case: CaseRecord) -> None:
        """The examiner's software passkey signs."""
        desk = Desk(self.office, self.scope("examiner-1", Role.EXAMINE), self.file(case), SECRET)
        desk.examine({"offer": desk.offer("examination").token, "by_software": "1"})

    def approve(self, case: CaseRecord) -> None:
        """The approver's software passkey signs, on the other site."""
        desk = Desk(self.office, self.scope("approver-1", Role.APPROVE, "approval"), self.file(case), SECRET)
        desk.approve({"offer": desk.offer("approval").token, "by_software": "1"})

    def await_issue(self, case: CaseRecord) -> None:
        """Wait for the signer; raises `TimedOut`."""
        deadline = time.monotonic() + WAIT_SECONDS
        while settled(self.office, self.desk, case.receipt).record.step == "issue":
            if time.monotonic() > deadline:
                raise TimedOut("A sample case", WAIT_SECONDS)
            time.sleep(0.2)

    def write(self, case: CaseRecord) -> None:
        """What a terminal reports after writing, for a card that the window does not have."""
        file = self.file(case)
        slots = {draft.profile: draft.slot or "auth" for draft in file.needed(Particulars).drafts}
        read_back = {
            slots[each.profile]: hashlib.sha256(each.certificate or b"").hexdigest() for each in file.certificates
        }
        card = file.needed(Particulars).card
        self.enter(file, Written(terminal=self.window.terminal, card=card, read_back=read_back))

    def select(self, case: CaseRecord, entry: Entry, event: str) -> None:
        """All that is offered, as it is ticked: the event decides what it is about."""
        codes = [each.code for each in choices(self.office, case.kind, self.holder(entry))]
        choose(self.office, self.desk, self.file(case), entry, codes, event)

    def hand_over(self, case: CaseRecord) -> None:
        """The visitor signed the receipt, and so does the reception officer's software passkey."""
        desk = Desk(self.office, self.desk, self.file(case), SECRET)
        offer = desk.hand_over_offer()
        desk.hand_over({"offer": "" if offer is None else offer.token, "received": "1", "by_software": "1"}, FEE)

    def stopped(self, case: CaseRecord, how: Deferral | Withdrawal) -> None:
        """Take the case in for later, or withdraw it."""
        file, now = self.file(case), self.office.clock()
        with self.office.database.transaction() as tx:
            waits = isinstance(how, Deferral)
            enter(tx, self.desk, file.record, how, now, to=file.record.step if waits else "closed", deferred=waits)

    def enter(self, file: CaseFile, said: Notification | Written) -> None:
        """What the terminal reports."""
        scope = replace(self.desk, person=self.window.terminal)
        with self.office.database.transaction() as tx:
            enter(tx, scope, file.record, said, self.office.clock())

    def holder(self, entry: Entry) -> bytes:
        """The salted name of a person of the register."""
        return holder_name(self.office.salt, entry.reference)

    def held(self, entry: Entry) -> tuple[Holding, ...]:
        """The person's certificates on their card."""
        return tuple(each for kind, each in held_by(self.office, self.holder(entry)).items() if kind in PINS)


def sample_cases(counter: SampleCounter, people: Sequence[Entry]) -> int:
    """Open a sample case at every step that there is a resident for; how many. `people` are the branch's residents."""
    free = [(one, wishes) for one in people if (wishes := wishes_of(counter, one))]
    for (one, wishes), until in zip(free, FREE, strict=False):
        counter.until(until, counter.opened("issue", wishes), one)
    counter.opened("issue", ("auth", "sign"))
    counter.identified(counter.opened("renew", ("auth", "sign")))
    counter.identified(counter.opened("pin-reset", ("auth",)))
    revocable = [one for one in people if any(each.state == "good" for each in counter.held(one))]
    for one, until in zip(revocable, REVOKED, strict=False):
        counter.until(until, counter.opened("revoke"), one)
    told = Deferral(consent=True, until=tomorrow(counter.office), told="認証局の復旧後に電話します")
    counter.stopped(counter.opened("renew", ("auth", "sign")), told)
    counter.stopped(counter.opened("issue", ("sign",)), Withdrawal(reason="書類を取りに戻るとのこと"))
    return min(len(free), len(FREE)) + min(len(revocable), 2) + 5


def wishes_of(counter: SampleCounter, entry: Entry) -> tuple[Slot, ...]:
    """The certificates of a card that this person can have anew: those of kinds that they have none of now."""
    held = {each.kind for each in counter.held(entry)}
    today = counter.office.clock().date()
    of_age = int(entry.birth_date[:4]) + 16 <= today.year
    wanted: tuple[Slot, ...] = ("auth", "sign") if of_age else ("auth",)
    return tuple(slot for slot in wanted if slot not in held) if not held else ()


def of_branch(people: Iterator[Entry], branch: str) -> list[Entry]:
    """The residents whom a branch serves."""
    return [one for one in people if branch_of(one.municipality) == branch]


def tomorrow(office: Office) -> date:
    """The day after today in Japan."""
    return office.clock().astimezone(JST).date() + timedelta(days=1)
