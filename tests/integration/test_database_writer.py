"""Whoever can write the database file, and has no officer's key, gets nothing issued and nothing released.

Design section 3: an approval is evidence, the roster is signed, an application is used once. Each test is a script that
owns the SQLite file, past every trigger; the signer refuses, signs nothing, and says so in the audit trail.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ca.application import Application, canonical
from ca.approvals import sign_evidence
from ca.document_errors import DocumentOutdated, DocumentSignatureInvalid, DocumentSignerUnknown, TooFewDocumentSigners
from ca.roster import Role, Roster, roster_document, sign_roster
from ca.rules import RULES
from ca.statement import PrivateKey, key_octets
from ca.warrant import record_of
from store.applications import Evidence
from store.rosters import DocumentSignature, RosterRecord, add_roster
from store.status import statuses
from tests.fixtures.officers import NOW, Office, person, status_application
from tests.fixtures.records import add_application, add_evidence
from tests.fixtures.signing import ISSUER, House

LATER = NOW + timedelta(minutes=5)
MINE = ec.generate_private_key(ec.SECP256R1())


def refused(house: House, application: Application, code: str) -> None:
    """The next turn refuses the application for this reason, audits it, and the key is not used."""
    before = len(house.signed())
    turn = house.signer().turn(LATER)
    assert (turn.issued, turn.executed, turn.refused) == (0, 0, 1)
    assert len(house.signed()) == before
    assert house.record(application).outcome == code
    assert {"application": str(application.id), "code": code} in house.audited("application.refused")


def stopped(house: House, code: str) -> None:
    """The roster was not believed: nothing is signed, the audit trail says why."""
    assert house.signed() == []
    assert {"code": code, "given_back": 1} in house.audited("signer.interrupted")


def save(house: House, application: Application, evidence: Sequence[Evidence]) -> None:
    """Insert an application with whatever evidence, as the front end's tables look, saying that it needs none."""
    row = record_of(application, RULES[application.action], house.profiles[application.profile])
    with house.ra.transaction() as tx:
        add_application(tx, replace(row, examinations_required=0, approvals_required=0), evidence[0])
        for one in evidence[1:]:
            add_evidence(tx, one)


def forged(application: Application, role: str, who: str, key: PrivateKey = MINE) -> Evidence:
    """Evidence in the name of an officer, signed by a key that is not hers."""
    return sign_evidence(
        key,
        application,
        role,  # type: ignore[arg-type]  # by its name
        person=who,
        credential=f"key-{who}",
        signed_at=application.created_at + timedelta(minutes=1),
    )


def test_invented_approvals(house: House) -> None:
    """A real submission with an examination and an approval that nobody gave."""
    case = house.issue_case("one")
    real = house.office.sign(case, "submission", "reception-minato")
    save(house, case, [real, forged(case, "examination", "examiner-minato"), forged(case, "approval", "head-minato")])
    refused(house, case, "ca.evidence-signature-invalid")


def test_a_wholly_invented_case(house: House) -> None:
    """Nothing in it was ever signed by an officer."""
    case = house.issue_case("one")
    who = {"submission": "reception-minato", "examination": "examiner-minato", "approval": "head-minato"}
    save(house, case, [forged(case, role, name) for role, name in who.items()])
    refused(house, case, "ca.evidence-signature-invalid")


def test_no_approval_at_all(house: House) -> None:
    """The column that says how many approvals are needed is a hint; the profile decides."""
    case = house.issue_case("one")
    save(house, case, [house.office.sign(case, "submission", "reception-minato")])
    refused(house, case, "ca.evidence-too-few")


def test_an_edited_application(house: House) -> None:
    """The approved case of one resident, with another one's key and name put into its signed text."""
    case = house.issue_case("one")
    house.submit(case)
    other = house.issue_case("two", key=MINE)
    edited = replace(case, facts=other.facts, subject_key=other.subject_key, proof=other.proof)
    text = canonical(edited)
    house.tamper(("UPDATE application SET canonical = ?, digest = ?", (text, sha256(text).digest())))
    refused(house, case, "ca.evidence-of-another-application")


def test_an_edited_application_with_its_evidence_relabelled(house: House) -> None:
    """The same, with the digest beside each signature adjusted too."""
    case = house.issue_case("one")
    house.submit(case)
    edited = replace(case, facts={**case.facts, "name": "見本　偽"})
    text = canonical(edited)
    digest = sha256(text).digest()
    house.tamper(
        ("UPDATE application SET canonical = ?, digest = ?", (text, digest)),
        ("UPDATE evidence SET digest = ?", (digest,)),
    )
    refused(house, case, "ca.evidence-signature-invalid")


@pytest.mark.parametrize(
    ("column", "value"),
    [("holder", bytes(32)), ("profile", "jpki-auth-phone"), ("branch", "sapporo"), ("kind", "auth-phone")],
)
def test_an_edited_column(house: House, column: str, value: object) -> None:
    """The columns only say where to look: where they contradict the signed text, nothing is done."""
    case = house.issue_case("one")
    house.submit(case)
    house.tamper((f"UPDATE application SET {column} = ?", (value,)))  # noqa: S608  # a column of the list above
    refused(house, case, "ca.application-edited")


def test_a_replayed_approval(house: House) -> None:
    """The evidence of an approved case, put beside a new case of the same holder."""
    case = house.issue_case("one")
    evidence = house.office.evidence(case, house.profiles[case.profile])
    new = replace(case, id=uuid4(), salt=bytes(16))
    save(house, new, [replace(one, application_id=new.id) for one in evidence])
    refused(house, new, "ca.evidence-of-another-application")


def test_a_copied_row(house: House) -> None:
    """An approved case copied under a new id: the signed text holds the old one."""
    case = house.issue_case("one")
    house.submit(case)
    copy = uuid4()
    house.tamper(
        ("UPDATE application SET id = ?", (copy.hex,)),
        ("UPDATE evidence SET application_id = ?", (copy.hex,)),
    )
    refused(house, replace(case, id=copy), "ca.application-edited")


def test_a_case_opened_again(house: House) -> None:
    """An application that was carried out is not carried out twice, even if its row says that it is open."""
    case = house.issue_case("one")
    house.submit(case)
    house.signer().turn(LATER)
    house.tamper(
        ("UPDATE application SET state = 'open', claim_token = NULL, claim_until = NULL", ()),
        ("DELETE FROM holder_place", ()),
    )
    assert house.signer("next").turn(LATER + timedelta(minutes=1)).refused == 1
    assert len([row for row in house.certificates(case) if row.state == "issued"]) == 1
    assert house.record(case).outcome == "ca.application-used"


def reopened(house: House, application: Application) -> None:
    """Every trace of the use of an application removed from the database, and its row open again."""
    house.tamper(
        ("DELETE FROM application_use WHERE application_id = ?", (application.id.hex,)),
        (
            "UPDATE application SET state = 'open', outcome = NULL, claimed_by = NULL, claim_token = NULL, "
            "claim_until = NULL WHERE id = ?",
            (application.id.hex,),
        ),
    )


def test_a_release_replayed(house: House) -> None:
    """Held, released, held again: the officers' release is not carried out a second time, by a restarted signer."""
    case, serial = held_certificate(house)
    release = status_application(case, "release", serial, issuer=ISSUER, now=NOW + timedelta(minutes=5))
    house.submit(release)
    house.signer().turn(NOW + timedelta(minutes=6))
    again = status_application(case, "hold", serial, issuer=ISSUER, now=NOW + timedelta(minutes=7))
    house.submit(again)
    house.signer().turn(NOW + timedelta(minutes=8))
    reopened(house, release)
    turn = house.signer("next").turn(NOW + timedelta(hours=20))
    assert (turn.executed, turn.refused) == (0, 1)
    assert status_of(house, serial) == "held"
    assert {"application": str(release.id), "code": "ca.application-used"} in house.audited("application.refused")


def test_an_issue_replayed(house: House) -> None:
    """A certificate was issued and revoked: the application of its issue brings no second one."""
    case = house.issue_case("one")
    house.submit(case)
    house.signer().turn(NOW + timedelta(minutes=2))
    revoke = status_application(
        case, "revoke", house.issued(case).serial_number, issuer=ISSUER, reason=5, now=NOW + timedelta(minutes=3)
    )
    house.submit(revoke)
    house.signer().turn(NOW + timedelta(minutes=4))
    reopened(house, case)
    refused(house, case, "ca.application-used")
    assert len(house.certificates(case)) == 1


def with_accomplice(roster: Roster, version: int) -> Roster:
    """The roster with an officer more, who is the script."""
    mine = person("accomplice", (Role.APPROVE, Role.HEAD), "minato")
    credential = replace(mine.credentials[0], spki=key_octets(MINE.public_key()))
    return replace(roster, version=version, persons=(*roster.persons, replace(mine, credentials=(credential,))))


def enter_roster(house: House, roster: Roster, signatures: tuple[DocumentSignature, ...]) -> None:
    """Insert a roster as the newest."""
    with house.owner.transaction() as tx:
        add_roster(tx, RosterRecord(roster.version, roster_document(roster), signatures, NOW))


def test_an_own_credential_enrolled(house: House) -> None:
    """A newer roster with an officer of the script's own, signed by keys that are no administrator's."""
    case = house.issue_case("one")
    house.submit(case)
    roster = with_accomplice(house.office.roster, 2)
    enter_roster(house, roster, (sign_roster(roster, "me", MINE), sign_roster(roster, "myself", MINE)))
    with pytest.raises(DocumentSignerUnknown):
        house.signer().turn(LATER)
    stopped(house, "ca.document-signer-unknown")


def test_an_own_credential_enrolled_in_the_administrators_names(house: House) -> None:
    """The same, signed in the names of the administrators."""
    case = house.issue_case("one")
    house.submit(case)
    roster = with_accomplice(house.office.roster, 2)
    enter_roster(house, roster, tuple(sign_roster(roster, name, MINE) for name in house.office.administrator_keys))
    with pytest.raises(DocumentSignatureInvalid):
        house.signer().turn(LATER)
    stopped(house, "ca.document-signature-invalid")


def test_one_administrator_alone(house: House) -> None:
    """One administrator, or one whose key was stolen, enrols nobody."""
    case = house.issue_case("one")
    house.submit(case)
    roster = with_accomplice(house.office.roster, 2)
    name, key = next(iter(house.office.administrator_keys.items()))
    enter_roster(house, roster, (sign_roster(roster, name, key),))
    with pytest.raises(TooFewDocumentSigners):
        house.signer().turn(LATER)
    stopped(house, "ca.document-signers-too-few")


def test_an_older_roster(house: House) -> None:
    """An officer who left stands in the old roster; putting it back, as a restored copy would, is refused."""
    case = house.issue_case("one")
    roster = house.office.roster
    left = replace(roster, version=2, persons=tuple(one for one in roster.persons if one.code != "approver-minato"))
    newer = Office(left, house.office.administrator_keys)
    with house.owner.transaction() as tx:
        add_roster(tx, RosterRecord(2, newer.document, newer.signatures, NOW))
    warm = house.issue_case("two")
    save(house, warm, [house.office.sign(warm, "submission", "reception-minato")])
    house.signer().turn(LATER)  # believes version 2, and remembers outside the database that it did
    house.submit(case)
    house.tamper(("DELETE FROM roster WHERE version = 2", ()))
    with pytest.raises(DocumentOutdated):
        house.signer("next").turn(LATER + timedelta(minutes=1))
    stopped(house, "ca.document-outdated")


def test_an_edited_profile(house: House) -> None:
    """A profile file that asks for fewer approvals is not the one whose digest the administrators signed."""
    case = house.issue_case("one")
    house.submit(case)
    file = house.folder / "profiles" / "jpki-auth.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("release = false", "release = true"), "utf-8")
    assert file.read_text("utf-8") != text
    refused(house, case, "ca.profile-not-authorised")


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(lambda tbs: tbs.replace(b"JPKI-TEST", b"JPKI-EVIL"), id="another-name"),
        pytest.param(lambda tbs: tbs[:4], id="cut-short"),
        pytest.param(lambda tbs: tbs[:4] + tbs[9:], id="version-1"),
    ],
)
def test_a_row_made_to_be_signed_again(house: House, exchange: Callable[[bytes], bytes]) -> None:
    """A reserved row whose bytes were exchanged after a crash: recovery signs only what it prepares itself."""
    case = house.issue_case("one")
    house.submit(case)
    with pytest.raises(ConnectionError):
        house.signer(before_signing=_away).turn(LATER)
    (row,) = house.certificates(case)
    tbs = exchange(row.tbs)
    assert tbs != row.tbs
    house.tamper(("UPDATE certificate SET tbs = ? WHERE state = 'reserved'", (tbs,)))
    assert house.signer("next").turn(LATER + timedelta(seconds=1)).issued == 1
    assert sha256(tbs).hexdigest() not in house.signed()
    assert [one.state for one in house.certificates(case)] == ["issued", "abandoned"]


def _away() -> None:
    raise ConnectionError("the token does not answer")


def held_certificate(house: House) -> tuple[Application, int]:
    """A smartphone's certificate, issued and put on hold by an officer."""
    case = house.issue_case("one", profile="jpki-auth-phone")
    house.submit(case)
    house.signer().turn(NOW + timedelta(minutes=2))
    serial = house.issued(case).serial_number
    hold = status_application(case, "hold", serial, issuer=ISSUER, now=NOW + timedelta(minutes=2))
    house.submit(hold)
    house.signer().turn(NOW + timedelta(minutes=4))
    return case, serial


def status_of(house: House, serial: int) -> str:
    """What OCSP says."""
    with house.owner.snapshot() as tx:
        return statuses(tx, ISSUER, [serial])[serial].state


def test_an_invented_release(house: House) -> None:
    """A release that no officer approved leaves the certificate on hold."""
    case, serial = held_certificate(house)
    release = status_application(case, "release", serial, issuer=ISSUER, now=NOW + timedelta(minutes=3))
    save(
        house, release, [forged(release, "submission", "reception-minato"), forged(release, "approval", "head-minato")]
    )
    refused(house, release, "ca.evidence-signature-invalid")
    assert status_of(house, serial) == "held"


def test_a_status_flipped(house: House) -> None:
    """The journal stands beside the table, and the worse of both is said."""
    _, serial = held_certificate(house)
    house.tamper(("UPDATE status SET state = 0, revoked_at = NULL, reason = NULL WHERE state = 2", ()))
    assert status_of(house, serial) == "held"


def test_a_release_pointed_at_another_certificate(house: House) -> None:
    """An approved release of a phone's certificate, with the row of a card's revoked one put in its place."""
    case, serial = held_certificate(house)
    card = house.issue_case("two")
    house.submit(card)
    house.signer().turn(NOW + timedelta(minutes=4))
    other = house.issued(card).serial_number
    release = status_application(case, "release", other, issuer=ISSUER, now=NOW + timedelta(minutes=3))
    house.submit(release)
    refused(house, release, "ca.target-differs")
    assert status_of(house, serial) == "held"
