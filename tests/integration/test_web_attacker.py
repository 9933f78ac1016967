"""Whoever has taken over the front end, with its secrets and its database role, gets nothing issued or released.

Design section 3. The web process holds no officer's key, so its secrets appear in no test: they sign cookies, and the
signer reads no cookie. What it has is the role `ra`, everything that passkeys ever signed for it, and on SQLite the
whole file. Each attack ends with its own code in the audit trail, and the authority's key is not used.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec

from ca.application import Application, canonical
from ca.approvals import EvidenceRole, challenge, passkey_evidence, statement_of
from ca.document_errors import DocumentOutdated, DocumentSignatureInvalid, DocumentSignerUnknown, TooFewDocumentSigners
from ca.notification import notify
from ca.passkeys import Assertion, RelyingParty, sign_assertion
from ca.request import prove_possession
from ca.roster import Credential, Person, Roster, roster_document, sign_roster
from ca.rules import RULES
from ca.statement import key_octets, sign_octets
from ca.warrant import record_of
from store.applications import Evidence
from store.rosters import DocumentSignature, RosterRecord, add_roster
from store.signatures import signed_by
from store.status import statuses
from tests.fixtures.officers import (
    APPROVAL,
    NOW,
    WINDOW,
    WORKING,
    Office,
    make_office,
    notified,
    passkey,
    software_key,
    status_application,
    terminal,
    with_passkeys,
)
from tests.fixtures.records import add_application, add_evidence
from tests.fixtures.signing import ISSUER, House

LATER = NOW + timedelta(minutes=5)
MINE = ec.generate_private_key(ec.SECP256R1())
"""The attacker's key: in a virtual authenticator, or as a resident's."""


def front_office(*, demo: bool = False, version: int = 1) -> Office:
    """Everybody has a passkey for both sites; the branch of Minato has a terminal."""
    roster = with_passkeys(make_office(version=version).roster, demo=demo)
    return Office(replace(roster, terminals=(terminal("minato"),)))


@dataclass(frozen=True)
class Attack:
    """A house whose front end is in the attacker's hands; `save` is all that the role `ra` may write of a case."""

    house: House

    def case(self, holder: str = "one", *, profile: str = "jpki-auth") -> Application:
        """A resident's application whose key was made at the terminal."""
        return notified(self.house.issue_case(holder, profile=profile, window=WINDOW))

    def save(self, application: Application, evidence: Sequence[Evidence]) -> None:
        """Insert an application with whatever evidence, saying that it needs no signature more."""
        row = record_of(application, RULES[application.action], self.house.profiles[application.profile])
        with self.house.ra.transaction() as tx:
            add_application(tx, replace(row, examinations_required=0, approvals_required=0), evidence[0])
            for one in evidence[1:]:
                add_evidence(tx, one)

    def refused(self, application: Application, code: str) -> None:
        """The next turn refuses the application for this reason, audits it, and the key is not used."""
        before = len(self.house.signed())
        turn = self.house.signer("guard").turn(LATER)
        assert (turn.issued, turn.executed, turn.refused) == (0, 0, 1)
        assert len(self.house.signed()) == before
        assert self.house.record(application).outcome == code
        assert {"application": str(application.id), "code": code} in self.house.audited("application.refused")

    def stopped(self, code: str) -> None:
        """The roster was not believed: nothing is signed, and the audit trail says why."""
        assert self.house.signed() == []
        assert {"code": code, "given_back": 1} in self.house.audited("signer.interrupted")


@pytest.fixture(params=["sqlite", "postgresql"])
def attack(request: pytest.FixtureRequest, houses: Callable[..., House], tmp_path: Path) -> Attack:
    """The front end taken over, on both engines."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return Attack(houses(tmp_path, url, office=front_office()))


@pytest.fixture
def file_attack(houses: Callable[..., House], tmp_path: Path, sqlite_url: str) -> Attack:
    """The front end taken over where its user can write the whole SQLite file."""
    return Attack(houses(tmp_path, sqlite_url, office=front_office()))


def submitted(case: Application) -> Evidence:
    """What the reception's passkey really signed on the working pages."""
    return Office(make_office().roster).tap([case], "submission", "reception-minato", party=WORKING)[0]


def examined(case: Application) -> Evidence:
    """What the examiner's passkey really signed on the working pages."""
    return Office(make_office().roster).tap([case], "examination", "examiner-minato", party=WORKING)[0]


def approved(case: Application, who: str = "head-minato", *, at: datetime | None = None) -> Evidence:
    """What an approver's passkey really signed on the approvals' pages."""
    return Office(make_office().roster).tap([case], "approval", who, at=at)[0]


def invented(
    case: Application,
    role: EvidenceRole,
    who: str,
    *,
    party: RelyingParty = APPROVAL,
    assertion: Assertion | None = None,
) -> Evidence:
    """Evidence in an officer's name, with the attacker's own authenticator or with an assertion from elsewhere."""
    statement = statement_of(
        [case],
        role,
        person=who,
        credential=f"{party.id}-{who}",
        signed_at=case.created_at + timedelta(minutes=1),
    )
    mine = sign_assertion(MINE, challenge(statement), party)
    return passkey_evidence([case], statement, assertion or mine, "passkey")[0]


def test_without_an_attack_the_case_is_issued(attack: Attack) -> None:
    """The yardstick: the same case with everybody's touch is issued, so what fails below fails for its own reason."""
    case = attack.case()
    attack.save(case, [submitted(case), examined(case), approved(case)])
    assert attack.house.signer().turn(LATER).issued == 1


def test_an_authenticator_of_ones_own(attack: Attack) -> None:
    """A virtual authenticator signs in the approver's name."""
    case = attack.case()
    attack.save(case, [submitted(case), examined(case), invented(case, "approval", "head-minato")])
    attack.refused(case, "ca.passkey-signature-invalid")


def test_a_wholly_invented_case(attack: Attack) -> None:
    """No officer ever saw it."""
    case = attack.case()
    submission = invented(case, "submission", "reception-minato", party=WORKING)
    examination = invented(case, "examination", "examiner-minato", party=WORKING)
    attack.save(case, [submission, examination, invented(case, "approval", "head-minato")])
    attack.refused(case, "ca.passkey-signature-invalid")


def test_an_approval_replayed_from_another_application(attack: Attack) -> None:
    """The approver's touch for one case, put under the next one."""
    real, case = attack.case("one"), attack.case("two")
    replayed = replace(approved(real), application_id=case.id, digest=submitted(case).digest)
    attack.save(case, [submitted(case), examined(case), replayed])
    attack.refused(case, "ca.passkey-challenge")


def test_a_touch_stretched_over_another_application(attack: Attack) -> None:
    """The same, with the new case's digest added to the list that the touch was for."""
    real, case = attack.case("one"), attack.case("two")
    tap, digest = json.loads(approved(real).signature), submitted(case).digest
    tap["applications"] = sorted((*tap["applications"], digest.hex()))
    stretched = replace(approved(real), application_id=case.id, digest=digest, signature=rfc8785.dumps(tap))
    attack.save(case, [submitted(case), examined(case), stretched])
    attack.refused(case, "ca.passkey-challenge")


def test_a_login_used_as_an_approval(attack: Attack) -> None:
    """The approver logs in on the approvals' pages; that assertion is over another challenge."""
    case = attack.case()
    login = sign_assertion(software_key("approve.example.jp-head-minato"), b"l" * 32, APPROVAL)
    attack.save(case, [submitted(case), examined(case), invented(case, "approval", "head-minato", assertion=login)])
    attack.refused(case, "ca.passkey-challenge")


def test_a_touch_on_the_working_pages_used_as_an_approval(attack: Attack) -> None:
    """The attacker's working pages ask the approver to sign the approval itself, with the working passkey."""
    case = attack.case()
    tricked = Office(make_office().roster).tap([case], "approval", "head-minato", party=WORKING)[0]
    attack.save(case, [submitted(case), examined(case), tricked])
    attack.refused(case, "ca.passkey-party")


def test_a_working_touch_under_the_approval_passkeys_name(attack: Attack) -> None:
    """The same, with the code of the other passkey in the row and in what was signed."""
    case = attack.case()
    statement = statement_of(
        [case],
        "approval",
        person="head-minato",
        credential="approve.example.jp-head-minato",
        signed_at=case.created_at + timedelta(minutes=1),
    )
    tricked = sign_assertion(software_key("desk.example.jp-head-minato"), challenge(statement), WORKING)
    attack.save(case, [submitted(case), examined(case), passkey_evidence([case], statement, tricked, "passkey")[0]])
    attack.refused(case, "ca.passkey-origin")


def test_an_assertion_without_user_verification(attack: Attack) -> None:
    """A security key that was found: touched, without PIN or finger."""
    case = attack.case()
    statement = statement_of(
        [case],
        "approval",
        person="head-minato",
        credential="approve.example.jp-head-minato",
        signed_at=case.created_at + timedelta(minutes=1),
    )
    key = software_key(statement.credential)
    right = sign_assertion(key, challenge(statement), APPROVAL)
    data = right.authenticator_data[:32] + b"\x01" + right.authenticator_data[33:]
    found = Assertion(data, right.client_data, sign_octets(key, data + sha256(right.client_data).digest()))
    attack.save(case, [submitted(case), examined(case), passkey_evidence([case], statement, found, "passkey")[0]])
    attack.refused(case, "ca.passkey-user-not-verified")


def test_one_tricked_officer_is_one_officer(attack: Attack) -> None:
    """Who watches live and has one approver sign the attacker's case still lacks its examination."""
    case = attack.case()
    attack.save(case, [submitted(case), approved(case)])
    attack.refused(case, "ca.evidence-too-few")


def test_the_requester_as_approver(attack: Attack) -> None:
    """One officer in two roles, each with a right signature."""
    case = attack.case()
    attack.save(case, [submitted(case), examined(case), approved(case, "reception-minato")])
    attack.refused(case, "ca.requester-decides")


def test_an_application_changed_after_its_approval(attack: Attack) -> None:
    """What was approved is kept back, and a case with another name is saved under its id with the same touches."""
    real = attack.case()
    changed = replace(real, facts={**real.facts, "name": "見本　偽"})
    evidence = [submitted(real), examined(real), approved(real)]
    digest = sha256(canonical(changed)).digest()
    attack.save(changed, [replace(one, digest=digest) for one in evidence])
    attack.refused(changed, "ca.passkey-challenge")


def test_a_key_put_in_place_before_the_officers_sign(attack: Attack) -> None:
    """The officers sign for a key they cannot tell from another; the terminal's signature is not the attacker's."""
    real = attack.case()
    own = prove_possession(MINE, real.deployment, real.id, real.salt)
    assert real.proof is not None
    swapped = replace(
        real, subject_key=key_octets(MINE.public_key()), proof=replace(real.proof, form=own.form, value=own.value)
    )
    attack.save(swapped, [submitted(swapped), examined(swapped), approved(swapped)])
    attack.refused(swapped, "ca.notification-invalid")


def test_a_key_without_a_terminal(attack: Attack) -> None:
    """The same with the terminal left out."""
    real = attack.case()
    own = prove_possession(MINE, real.deployment, real.id, real.salt)
    bare = replace(real, subject_key=key_octets(MINE.public_key()), proof=own)
    attack.save(bare, [submitted(bare), examined(bare), approved(bare)])
    attack.refused(bare, "ca.terminal-missing")


def test_a_terminal_of_ones_own(attack: Attack) -> None:
    """The same with a terminal that nobody enrolled."""
    real = attack.case()
    own = prove_possession(MINE, real.deployment, real.id, real.salt)
    spki = key_octets(MINE.public_key())
    proof = notify(
        MINE,
        "terminal-mine",
        own,
        deployment=real.deployment,
        application_id=real.id,
        salt=real.salt,
        subject_key=spki,
        window=WINDOW,
    )
    case = replace(real, subject_key=spki, proof=proof)
    attack.save(case, [submitted(case), examined(case), approved(case)])
    attack.refused(case, "ca.terminal-unknown")


def test_a_passkey_that_the_roster_does_not_hold(attack: Attack) -> None:
    """A credential of the attacker's own, named in the evidence only."""
    case = attack.case()
    statement = statement_of(
        [case], "approval", person="head-minato", credential="mine", signed_at=case.created_at + timedelta(minutes=1)
    )
    assertion = sign_assertion(MINE, challenge(statement), APPROVAL)
    attack.save(case, [submitted(case), examined(case), passkey_evidence([case], statement, assertion, "passkey")[0]])
    attack.refused(case, "ca.credential-unknown")


@pytest.mark.parametrize("demo_kind", [True, False], ids=["as-a-demo-passkey", "as-a-passkey"])
def test_a_demo_passkey_outside_a_demo_home(
    houses: Callable[..., House], tmp_path: Path, sqlite_url: str, demo_kind: bool
) -> None:
    """A roster with software passkeys got into production: their keys may lie anywhere, and they sign nothing."""
    attack = Attack(houses(tmp_path, sqlite_url, office=front_office(demo=True)))
    case = attack.case()
    office = make_office()
    evidence = [
        *office.tap([case], "submission", "reception-minato", party=WORKING, demo=demo_kind),
        *office.tap([case], "examination", "examiner-minato", party=WORKING, demo=demo_kind),
        *office.tap([case], "approval", "head-minato", demo=demo_kind),
    ]
    attack.save(case, evidence)
    attack.refused(case, "ca.demo-passkey" if demo_kind else "ca.evidence-kind-differs")


def with_passkey_of_mine(roster: Roster) -> Roster:
    """The roster with the attacker's authenticator as a second passkey of the head of Minato."""
    mine = replace(passkey("head-minato"), code="mine", id=b"mine", spki=key_octets(MINE.public_key()))
    return replace(roster, version=2, persons=tuple(_with(each, mine) for each in roster.persons))


def _with(person: Person, mine: Credential) -> Person:
    return replace(person, credentials=(*person.credentials, mine)) if person.code == "head-minato" else person


def with_terminal_of_mine(roster: Roster) -> Roster:
    """The roster with the attacker's key as one more terminal of Minato."""
    mine = replace(terminal("minato"), code="terminal-mine", spki=key_octets(MINE.public_key()))
    return replace(roster, version=2, terminals=(*roster.terminals, mine))


Enrol = Callable[[Roster], Roster]


@pytest.mark.parametrize("enrol", [with_passkey_of_mine, with_terminal_of_mine], ids=["passkey", "terminal"])
@pytest.mark.parametrize(
    ("signers", "refusal"),
    [
        ("strangers", DocumentSignerUnknown),
        ("in-the-administrators-names", DocumentSignatureInvalid),
        ("one-administrator", TooFewDocumentSigners),
    ],
)
def test_an_own_credential_or_terminal_enrolled(
    file_attack: Attack, enrol: Enrol, signers: str, refusal: type[Exception]
) -> None:
    """A newer roster, inserted by whoever owns the file, without two administrators' signatures."""
    house, case = file_attack.house, file_attack.case()
    file_attack.save(case, [submitted(case), examined(case), approved(case)])
    roster, keys = enrol(house.office.roster), house.office.administrator_keys
    signatures: tuple[DocumentSignature, ...] = {
        "strangers": (sign_roster(roster, "me", MINE), sign_roster(roster, "myself", MINE)),
        "in-the-administrators-names": tuple(sign_roster(roster, name, MINE) for name in keys),
        "one-administrator": (sign_roster(roster, *next(iter(keys.items()))),),
    }[signers]
    with house.owner.transaction() as tx:
        add_roster(tx, RosterRecord(2, roster_document(roster), signatures, NOW))
    with pytest.raises(refusal):
        house.signer().turn(LATER)
    file_attack.stopped(refusal.code)  # type: ignore[attr-defined]  # every refusal of ours has one


def test_a_lost_passkey_brought_back_by_an_older_roster(file_attack: Attack) -> None:
    """The head's stolen authenticator was taken out of the roster; the row of the new one is deleted."""
    house, case = file_attack.house, file_attack.case()
    gone = replace(
        house.office.roster,
        version=2,
        persons=tuple(each for each in house.office.roster.persons if each.code != "head-minato"),
    )
    newer = Office(gone, house.office.administrator_keys)
    with house.owner.transaction() as tx:
        add_roster(tx, RosterRecord(2, newer.document, newer.signatures, NOW))
    file_attack.save(case, [submitted(case), examined(case), approved(case)])
    file_attack.refused(case, "ca.person-unknown")
    again = file_attack.case("two")
    file_attack.save(again, [submitted(again), examined(again), approved(again)])
    house.tamper(("DELETE FROM roster WHERE version = 2", ()))
    with pytest.raises(DocumentOutdated):
        house.signer("next").turn(LATER + timedelta(minutes=1))
    file_attack.stopped("ca.document-outdated")


def test_an_application_edited_in_the_file_after_its_approval(file_attack: Attack) -> None:
    """The text, its digest and the digests beside the signatures, all put right."""
    house, case = file_attack.house, file_attack.case()
    file_attack.save(case, [submitted(case), examined(case), approved(case)])
    text = canonical(replace(case, facts={**case.facts, "name": "見本　偽"}))
    digest = sha256(text).digest()
    house.tamper(
        ("UPDATE application SET canonical = ?, digest = ?", (text, digest)),
        ("UPDATE evidence SET digest = ?", (digest,)),
    )
    file_attack.refused(case, "ca.passkey-challenge")


def held(attack: Attack) -> tuple[Application, int]:
    """A telephone's certificate, issued and put on hold."""
    case = attack.case(profile="jpki-auth-phone")
    attack.save(case, [submitted(case), examined(case), approved(case)])
    attack.house.signer().turn(NOW + timedelta(minutes=2))
    serial = attack.house.issued(case).serial_number
    hold = status_application(case, "hold", serial, issuer=ISSUER, now=NOW + timedelta(minutes=2))
    attack.save(hold, [submitted(hold)])
    attack.house.signer().turn(NOW + timedelta(minutes=3))
    return case, serial


def release_of(case: Application, serial: int) -> Application:
    """An application for the release of a certificate."""
    return status_application(case, "release", serial, issuer=ISSUER, now=NOW + timedelta(minutes=3))


def state_of(attack: Attack, serial: int) -> str:
    """What OCSP says."""
    with attack.house.owner.snapshot() as tx:
        return statuses(tx, ISSUER, [serial])[serial].state


def test_a_hold_needs_one_working_touch_and_a_release_an_approval(attack: Attack) -> None:
    """The yardstick of the releases below."""
    case, serial = held(attack)
    assert state_of(attack, serial) == "held"
    release = release_of(case, serial)
    attack.save(release, [submitted(release), approved(release)])
    assert attack.house.signer().turn(LATER).executed == 1
    assert state_of(attack, serial) == "good"


@pytest.mark.parametrize("how", ["invented", "replayed", "working-pages", "none"])
def test_nobody_releases_without_the_approver(attack: Attack, how: str) -> None:
    """A release is approved as an issue is, on the approvals' pages, for that release alone."""
    case, serial = held(attack)
    release = release_of(case, serial)
    submission = submitted(release)
    approvals: dict[str, tuple[list[Evidence], str]] = {
        "invented": ([invented(release, "approval", "head-minato")], "ca.passkey-signature-invalid"),
        "replayed": (
            [replace(approved(case, at=release.created_at), application_id=release.id, digest=submission.digest)],
            "ca.passkey-challenge",
        ),
        "working-pages": (
            [make_office().tap([release], "approval", "head-minato", party=WORKING)[0]],
            "ca.passkey-party",
        ),
        "none": ([], "ca.evidence-too-few"),
    }
    given, code = approvals[how]
    attack.save(release, [submission, *given])
    attack.refused(release, code)
    assert state_of(attack, serial) == "held"


def test_a_release_carried_out_twice(file_attack: Attack) -> None:
    """Held, released, held again; the officers' release is opened once more by whoever owns the file."""
    case, serial = held(file_attack)
    release = release_of(case, serial)
    file_attack.save(release, [submitted(release), approved(release)])
    file_attack.house.signer().turn(LATER - timedelta(minutes=1))
    hold = status_application(case, "hold", serial, issuer=ISSUER, now=LATER - timedelta(minutes=1))
    file_attack.save(hold, [submitted(hold)])
    file_attack.house.signer().turn(LATER - timedelta(minutes=1))
    file_attack.house.tamper(
        ("DELETE FROM application_use WHERE application_id = ?", (release.id.hex,)),
        (
            "UPDATE application SET state = 'open', outcome = NULL, claimed_by = NULL, claim_token = NULL, "
            "claim_until = NULL WHERE id = ?",
            (release.id.hex,),
        ),
    )
    file_attack.refused(release, "ca.application-used")
    assert state_of(file_attack, serial) == "held"


def test_the_officer_learns_of_it(attack: Attack) -> None:
    """The signer's own list names the signature that somebody gave in the head's name."""
    case = attack.case()
    attack.save(case, [submitted(case), examined(case), invented(case, "approval", "head-minato")])
    attack.refused(case, "ca.passkey-signature-invalid")
    with attack.house.owner.snapshot() as tx:
        (found,) = signed_by(tx, "head-minato")
    assert (found.application_id, found.outcome) == (case.id, "ca.passkey-signature-invalid")


def test_a_copy_under_a_new_id(attack: Attack) -> None:
    """An approved case of one resident, entered again with an id and a salt of its own."""
    real = attack.case()
    copy = replace(real, id=uuid4(), salt=bytes(16))
    evidence = [replace(one, application_id=copy.id) for one in (submitted(real), examined(real), approved(real))]
    attack.save(copy, evidence)
    attack.refused(copy, "ca.notification-invalid")
