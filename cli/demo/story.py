"""What happens to the demo's people, as applications that officers sign and the signer executes.

The story gives every partition that verifiers are shown something of each kind: good, revoked, held.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pydantic import JsonValue

from ca.application import Action
from ca.approvals import EvidenceRole
from ca.counter import Counter, Reason, new_challenge, revocation_reason
from ca.lodging import Case, save
from ca.rules import REGISTER_RULE, RULES, approvals_needed
from cli.counter import Officer, Possession, WindowTerminal, by_key, by_request, signed_case, wait_for
from cli.demo.enrolment import branch_of_terminal
from cli.demo.home import AUTHORITIES, OFFICERS, TERMINALS
from cli.demo.people import WINDOW, Post, Resident, branch_of
from cli.errors import Disagreement
from cli.wiring import private_key_file
from policies.life_events import effect_of, life_events
from policies.profile import CertificateProfile
from store.authorities import AuthorityRecord
from store.certificates import CertificateFilter, CertificateRecord, find
from store.database import Database

Expected = Literal["good", "revoked", "held"]

WAIT_SECONDS = 300.0
"""For one chapter of the story; far more than it takes, and a limit all the same."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The officers at the demo's counters, and the terminals by branch."""

    reception: Officer
    examiner: Officer
    approvers: tuple[Officer, ...]
    register: Officer
    terminals: Mapping[str, WindowTerminal]

    def at_window(self, branch: str, possession: Possession) -> Possession:
        """The possession of a resident's key with the notification of the branch's terminal, where it has one."""
        terminal = self.terminals.get(branch)
        return possession if terminal is None else terminal.notified(possession)


def load_cast(home: Path) -> Cast:
    """The officers and terminals of a demo home with their keys."""
    keys = {name: private_key_file(home / "officers" / f"{name}.key.pem") for name in (*OFFICERS, *TERMINALS)}
    found = {name: Officer(name, f"key-{name}", keys[name]) for name in OFFICERS}
    return Cast(
        found["reception-1"],
        found["examiner-1"],
        (found["approver-1"], found["head-1"]),
        found["register-1"],
        {branch_of_terminal(name): WindowTerminal(name, WINDOW, keys[name]) for name in TERMINALS},
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """A certificate somebody applies for."""

    reference: str
    place: str
    profile: str
    facts: Mapping[str, JsonValue]
    possession: Possession


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is to happen to a certificate."""

    certificate: CertificateRecord
    action: Action
    event: str | None = None
    reason: Reason | None = None


@dataclass(slots=True)
class Book:
    """The story so far: certificates by holder and profile, what each should be now, where it was applied for."""

    newest: dict[tuple[str, str], CertificateRecord]
    expected: dict[tuple[str, int], Expected]
    places: dict[tuple[str, int], str]
    records: dict[tuple[str, int], CertificateRecord]


class Story:
    """The demo's counters: each chapter submits its applications and waits until the signer has done them."""

    def __init__(
        self,
        database: Database,
        counter: Counter,
        cast: Cast,
        profiles: Mapping[str, CertificateProfile],
        authorities: Mapping[str, AuthorityRecord],
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        tell: Callable[[int, int], None],
    ) -> None:
        self.database = database
        self.counter = counter
        self.cast = cast
        self.profiles = profiles
        self.authorities = authorities
        self.clock = clock
        self.wake = wake
        self.tell = tell
        self.book = Book({}, {}, {}, {})

    def issue(self, wishes: Sequence[Wish]) -> None:
        """Apply for all of `wishes`, have them issued and handed over."""
        now = self.clock()
        cases = [self.issue_case(wish, now) for wish in wishes]
        self.run(cases)
        issued = self.issued([case.record.id for case in cases])
        for wish, certificate in zip(wishes, issued, strict=True):
            self.enter(wish, certificate)
        self.act([Deed(certificate, "hand-over") for certificate in issued])

    def enter(self, wish: Wish, certificate: CertificateRecord) -> None:
        """Write a new certificate into the book; at hand-over it supersedes the holder's old one of its kind."""
        key = (certificate.issuer, certificate.serial)
        old = self.book.newest.get((wish.reference, wish.profile))
        if old is not None:
            self.book.expected[old.issuer, old.serial] = "revoked"
        self.book.newest[wish.reference, wish.profile] = certificate
        self.book.records[key] = certificate
        self.book.places[key] = wish.place
        self.book.expected[key] = "good"

    def act(self, deeds: Sequence[Deed]) -> None:
        """Have all of `deeds` done, and write into the book what verifiers should hear from now on."""
        now = self.clock()
        self.run([self.deed_case(deed, now) for deed in deeds])
        outcome: Mapping[Action, Expected] = {"revoke": "revoked", "hold": "held", "release": "good"}
        for deed in deeds:
            if deed.action in outcome:
                self.book.expected[deed.certificate.issuer, deed.certificate.serial] = outcome[deed.action]

    def life_event(self, event: str, certificates: Iterable[CertificateRecord]) -> None:
        """A life event does to each certificate what the table of events says, perhaps nothing."""
        self.act([deed for certificate in certificates for deed in self.effects(event, certificate)])

    def effects(self, event: str, certificate: CertificateRecord) -> Iterator[Deed]:
        """What a life event does to one certificate: a deed, or none."""
        effect = effect_of(event, self.profiles[certificate.profile].holder_kind or certificate.profile)
        if effect.act == "revoke":
            yield Deed(certificate, "revoke", event, revocation_reason(effect.reason))
        elif effect.act != "nothing":
            yield Deed(certificate, effect.act)

    def issue_case(self, wish: Wish, now: datetime) -> Case:
        """The application of one wish with all its signatures."""
        profile = self.profiles[wish.profile]
        counter = replace(self.counter, branch=branch_of(wish.place))
        challenge = new_challenge(now, counter.random)
        possession = wish.possession
        if profile.facts == "resident":
            possession = self.cast.at_window(counter.branch, possession)
        application = counter.issue(
            self.authorities[authority_for(wish.profile)],
            profile,
            wish.facts,
            possession(counter.deployment, challenge.application, challenge.salt),
            challenge=challenge,
            holder=counter.holder(wish.reference),
            requester=self.cast.reception.person,
            now=now,
        )
        return signed_case(application, profile, self.cast.reception, self.signers("issue", profile), now)

    def deed_case(self, deed: Deed, now: datetime) -> Case:
        """The application of one deed. Events of the register come from its feed, everything else from officers."""
        profile = self.profiles[deed.certificate.profile]
        submitter = self.cast.register if from_register(deed.event) else self.cast.reception
        place = self.book.places[deed.certificate.issuer, deed.certificate.serial]
        application = replace(self.counter, branch=branch_of(place)).act(
            deed.action,
            deed.certificate,
            self.authorities[deed.certificate.authority],
            profile,
            submitter.person,
            now,
            event=deed.event,
            reason=deed.reason,
        )
        if submitter is self.cast.register:
            return signed_case(application, profile, submitter, {}, now, REGISTER_RULE)
        return signed_case(application, profile, submitter, self.signers(deed.action, profile), now)

    def signers(self, action: Action, profile: CertificateProfile) -> dict[EvidenceRole, Sequence[Officer]]:
        """Who examines and approves: as many as the rule of the action and the profile demand."""
        rule = RULES[action]
        return {
            "examination": [self.cast.examiner] * rule.examinations,
            "approval": self.cast.approvers[: approvals_needed(rule, profile)],
        }

    def run(self, cases: Sequence[Case]) -> None:
        """Submit and wait; raises `Disagreement` with the signer's word for the first that was not done."""
        with self.database.transaction() as tx:
            save(tx, cases)
        self.wake()
        ids = [case.record.id for case in cases]
        finished = wait_for(self.database, ids, WAIT_SECONDS, lambda count: self.tell(count, len(ids)))
        for record in finished.values():
            if record.state != "done":
                what = f"The signer did not do an application ({record.action}, {record.profile}): {record.outcome}."
                raise Disagreement(what, "See log/signer.log in the demo home.")

    def issued(self, ids: Sequence[UUID]) -> list[CertificateRecord]:
        """The certificate of each application, in order."""
        with self.database.snapshot() as tx:
            return [
                certificate
                for id in ids
                for certificate in find(tx, CertificateFilter(application_id=id, state="issued"))
            ]


def from_register(event: str | None) -> bool:
    """Whether the register's network reports this event, so that no officer decides."""
    return event is not None and life_events()[event].reported_by == "register"


def authority_for(profile: str) -> str:
    """The demo's authority that issues under `profile`."""
    return next(plan.name for plan in AUTHORITIES if profile in plan.issues)


def card_wish(resident: Resident, profile: str, key: rsa.RSAPrivateKey, **changed: JsonValue) -> Wish:
    """A resident's application for a certificate on the card or the phone."""
    facts = {**resident.facts(), **changed}
    return Wish(f"resident-{resident.number}", str(facts["municipality"]), profile, facts, by_key(key))


def staff_wish(post: Post, key: rsa.RSAPrivateKey) -> Wish:
    """A department's application with the certification request that its server or key medium made."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, post.common_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    possession = by_request(request.public_bytes(Encoding.DER))
    return Wish(f"post-{post.number}", post.body, post.profile, post.facts(), possession)
