"""Who is in the room: one person, one key, one role; and what they sign counts for one step at one moment."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.ceremony.errors import ConfirmationRefused, PeopleRefused
from ca.ceremony.fido2 import RELYING_PARTY, client_data_hash
from ca.ceremony.presence import Confirmation, check, check_against_roster, check_people, confirm, statement
from ca.ceremony.script import Credential, Person, Role
from ca.roster import Role as Office
from ca.roster import parse_roster, roster_document
from ca.statement import Domain, PrivateKey, message, sign
from tests.fixtures.officers import NOW, credential, make_office, passkey, software_key, terminal
from tests.fixtures.officers import person as officer
from tests.unit.ca.ceremony.examples import EXAMPLES, KINDS, example

SCRIPT = sha256(b"script").digest()
HEAD = sha256(b"head").digest()


def somebody(code: str, role: Role, name: str | None = None, key: PrivateKey | None = None, kind: str = "") -> Person:
    """A person of a script, with a key of their own unless one is given."""
    public = (key or software_key(code)).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    known = {"id": "00" * 16} if kind == "fido2" else {}
    credential = Credential.model_validate({"kind": kind or "key-file", "public_key": pem, **known})
    return Person(code=code, name=name or f"Name of {code}", role=role, credential=credential)


OPERATOR = somebody("sato", Role.OPERATOR)
CUSTODIANS = tuple(somebody(code, Role.CUSTODIAN) for code in ("suzuki", "tanaka", "ito"))
WITNESS = somebody("kato", Role.WITNESS)
ADMINISTRATORS = tuple(somebody(code, Role.ADMINISTRATOR) for code in ("mori", "abe"))
PEOPLE = (OPERATOR, *CUSTODIANS, WITNESS, *ADMINISTRATORS)


def confirmed(person: Person = WITNESS, step: str = "S03", head: bytes = HEAD, script: bytes = SCRIPT) -> Confirmation:
    """A person's genuine confirmation."""
    return confirm(software_key(person.code), script, step, person.code, head)


GENUINE = confirmed()


def test_a_person_confirms_a_step() -> None:
    """Issue item 4: the signature of the script's credential over script, step, person and transcript is believed."""
    check(GENUINE, WITNESS, script_digest=SCRIPT, step="S03", head=HEAD)


def test_the_statement_is_canonical_and_names_everything() -> None:
    """RFC 8785: the same four facts always give the same octets."""
    assert statement(SCRIPT, "S03", "kato", HEAD) == (
        b'{"head":"%b","person":"kato","script":"%b","step":"S03"}' % (HEAD.hex().encode(), SCRIPT.hex().encode())
    )


@pytest.mark.parametrize(
    ("confirmation", "why"),
    [
        pytest.param(confirmed(step="S04"), "signature", id="another-step"),
        pytest.param(confirmed(script=HEAD), "signature", id="another-script"),
        pytest.param(confirmed(head=SCRIPT), "another point", id="another-transcript"),
        pytest.param(replace(confirmed(head=SCRIPT), head=HEAD), "signature", id="head-edited"),
        pytest.param(confirmed(OPERATOR), "whose turn", id="another-person"),
        pytest.param(replace(confirmed(OPERATOR), person="kato"), "signature", id="in-the-name-of-another"),
        pytest.param(replace(confirmed(), signature=b"\0"), "signature", id="junk"),
        pytest.param(replace(confirmed(), authenticator_data=b"\0"), "signature", id="with-something-added"),
        pytest.param(
            replace(
                confirmed(),
                signature=sign(software_key("kato"), Domain.EVIDENCE, statement(SCRIPT, "S03", "kato", HEAD)),
            ),
            "signature",
            id="of-another-domain",
        ),
    ],
)
def test_anything_else_is_no_confirmation(confirmation: Confirmation, why: str) -> None:
    """Issue item 4: a confirmation counts for its person, step, script and moment only."""
    with pytest.raises(ConfirmationRefused, match=why) as refusal:
        check(confirmation, WITNESS, script_digest=SCRIPT, step="S03", head=HEAD)
    assert refusal.value.step == "S03"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_octet_of_a_signature_is_believed(data: st.DataObject) -> None:
    """Acceptance 2: what a person left in the transcript cannot be edited."""
    signature = bytearray(GENUINE.signature)
    signature[data.draw(st.integers(0, len(signature) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ConfirmationRefused):
        check(replace(GENUINE, signature=bytes(signature)), WITNESS, script_digest=SCRIPT, step="S03", head=HEAD)


def test_a_confirmation_is_kept_in_a_transcripts_facts() -> None:
    """Issue item 6: whoever reads the transcript verifies it again."""
    assert Confirmation.from_facts(GENUINE.facts, "S03") == GENUINE


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"person": "kato"},
        confirmed().facts | {"more": 1},
        confirmed().facts | {"signature": "no hex"},
        confirmed().facts | {"signature": "00" * 5000},
        confirmed().facts | {"person": "\ud800"},
    ],
    ids=["nothing", "person-only", "more", "no-hex", "too-long", "no-unicode"],
)
def test_malformed_facts_are_no_confirmation(facts: dict[str, str]) -> None:
    """A transcript made by another program is read strictly."""
    with pytest.raises(ConfirmationRefused, match="malformed"):
        Confirmation.from_facts({**facts}, "S03")


FIDO2_KEYS: dict[str, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey] = {
    "es256": ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "es384": ec.generate_private_key(ec.SECP384R1()),
}


def asserted(algorithm: str, *, flags: int = 0b101, party: str = RELYING_PARTY) -> Confirmation:
    """An assertion composed as CTAP 2.1 section 6.2.2 says; no device takes part."""
    key = FIDO2_KEYS[algorithm]
    data = sha256(party.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big")
    signed = data + client_data_hash(message(Domain.CEREMONY, statement(SCRIPT, "S03", "kato", HEAD)))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
    else:
        signature = key.sign(signed)
    return Confirmation(person="kato", head=HEAD, signature=signature, authenticator_data=data)


@pytest.mark.parametrize("algorithm", ["es256", "ed25519"])
def test_an_assertion_of_a_fido2_key_confirms(algorithm: str) -> None:
    """CTAP 2.1 section 6.2.2: the key signs its authenticator data and the hash of the statement."""
    witness = somebody("kato", Role.WITNESS, key=FIDO2_KEYS[algorithm], kind="fido2")
    check(asserted(algorithm), witness, script_digest=SCRIPT, step="S03", head=HEAD)


@pytest.mark.parametrize(
    ("algorithm", "assertion"),
    [
        pytest.param("es256", asserted("es256", flags=0b001), id="nobody-verified"),
        pytest.param("es256", asserted("es256", flags=0b100), id="nobody-present"),
        pytest.param("es256", asserted("es256", party="example.jp"), id="another-relying-party"),
        pytest.param("es256", replace(asserted("es256"), authenticator_data=b""), id="without-data"),
        pytest.param("es256", replace(asserted("es256"), signature=b"\0"), id="junk"),
        pytest.param("es256", asserted("ed25519"), id="another-key"),
        pytest.param("es384", asserted("es384"), id="another-algorithm"),
    ],
)
def test_any_other_assertion_is_refused(algorithm: str, assertion: Confirmation) -> None:
    """WebAuthn Level 2 section 7.2: relying party, user present, user verified, signature."""
    witness = somebody("kato", Role.WITNESS, key=FIDO2_KEYS[algorithm], kind="fido2")
    with pytest.raises(ConfirmationRefused, match="signature"):
        check(assertion, witness, script_digest=SCRIPT, step="S03", head=HEAD)


@pytest.mark.parametrize("quorum", [2, 3])
def test_a_room_where_everybody_is_somebody_else_is_accepted(quorum: int) -> None:
    """Issue item 4: an operator, a witness, custodians for the quorum, two administrators."""
    check_people(PEOPLE, quorum, records_signed=True)
    check_people(PEOPLE[:-2], quorum)


def changed(person: Person, **fields: object) -> Person:
    """A person with other fields."""
    return person.model_copy(update=fields)


@pytest.mark.parametrize(
    ("people", "named"),
    [
        pytest.param((*PEOPLE, changed(OPERATOR, role=Role.CUSTODIAN)), ("sato", "sato"), id="one-code-twice"),
        pytest.param(
            (*PEOPLE, changed(OPERATOR, code="sato2", name="B", role=Role.CUSTODIAN)), ("sato", "sato2"), id="one-key"
        ),
        pytest.param((*PEOPLE, somebody("s2", Role.WITNESS, "NAME  of\u3000sato")), ("sato", "s2"), id="one-name"),
        pytest.param((*PEOPLE, somebody("s4", Role.WITNESS, "Nameofsato")), ("sato", "s4"), id="no-space"),
    ],
)
def test_nobody_is_two_people(people: tuple[Person, ...], named: tuple[str, ...]) -> None:
    """Acceptance 4: the same person under two credentials, two codes or two roles is refused, and named by code."""
    with pytest.raises(PeopleRefused) as refusal:
        check_people(people, 2)
    assert refusal.value.people == named


def test_a_japanese_name_is_the_same_in_every_width() -> None:
    """NFKC: 佐藤 and ﾀﾛｳ written wide and narrow, with and without a space."""
    with pytest.raises(PeopleRefused, match="one name stands under two codes"):
        check_people(
            (
                *PEOPLE,
                somebody("sato3", Role.CUSTODIAN, "佐藤 タロウ"),
                somebody("sato4", Role.CUSTODIAN, "佐藤ﾀﾛｳ"),
            ),
            2,
        )


@pytest.mark.parametrize(
    ("people", "quorum", "records", "role"),
    [
        pytest.param((*CUSTODIANS, WITNESS), 2, False, "operator", id="no-operator"),
        pytest.param((OPERATOR, *CUSTODIANS), 2, False, "witness", id="no-witness"),
        pytest.param((OPERATOR, WITNESS, *CUSTODIANS), 4, False, "custodian", id="fewer-custodians-than-the-quorum"),
        pytest.param((OPERATOR, WITNESS, *CUSTODIANS), 2, True, "administrator", id="nobody-signs-the-record"),
        pytest.param(PEOPLE[:-1], 2, False, "administrator", id="one-administrator"),
    ],
)
def test_a_role_without_enough_people_is_refused(
    people: tuple[Person, ...], quorum: int, records: bool, role: str
) -> None:
    """Issue item 4: dual control needs as many people as the script says."""
    with pytest.raises(PeopleRefused, match=f"in the role {role} are needed"):
        check_people(people, quorum, records_signed=records)


OFFICE = make_office().roster


def with_officers(*codes: str, roles: tuple[Office, ...] = (Office.ADMIN,)) -> Callable[..., None]:
    """Check a room against a roster that has these persons, each with a key of their own."""
    roster = replace(OFFICE, persons=tuple(officer(code, roles) for code in codes))
    return lambda *people, at=NOW: check_against_roster(people, roster, at=at)


OFFICERS = tuple(each.code for each in PEOPLE if each is not WITNESS)
WATCHED = [OPERATOR, CUSTODIANS[0], ADMINISTRATORS[0]]
"""One of each role that the roster has to know."""


def test_officers_come_as_themselves_and_a_witness_from_outside() -> None:
    """ROL-2: whoever operates, keeps a share or signs is of the roster; an auditor comes from elsewhere."""
    with_officers(*OFFICERS)(*PEOPLE)


@pytest.mark.parametrize("office", [Office.ADMIN, Office.AUDIT, Office.EXAMINE])
def test_a_witness_of_the_roster_has_any_role(office: Office) -> None:
    """ROL-2: who only watches needs no right to run programs."""
    with_officers("kato", roles=(office,))(WITNESS)


@pytest.mark.parametrize("person", WATCHED, ids=lambda person: person.role.value)
def test_whom_the_roster_does_not_know_is_refused(person: Person) -> None:
    """ROL-2: somebody of whom the roster has neither code nor key may be anybody, one of the others too."""
    others = [code for code in OFFICERS if code != person.code]
    with pytest.raises(PeopleRefused, match="nobody of this code") as refusal:
        with_officers(*others)(*PEOPLE)
    assert refusal.value.people == (person.code,)


@pytest.mark.parametrize("office", [each for each in Office if each is not Office.ADMIN])
@pytest.mark.parametrize("person", WATCHED, ids=lambda person: person.role.value)
def test_an_officer_of_another_role_holds_no_ceremony(person: Person, office: Office) -> None:
    """FMT_SMR.2: the role "admin" runs ceremonies; whoever decides cases or audits takes no part but watching."""
    with pytest.raises(PeopleRefused, match="without the role admin") as refusal:
        with_officers(person.code, roles=(office,))(person)
    assert refusal.value.people == (person.code,)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("code", "key", "why"),
    [
        pytest.param("mori", "another", "other keys", id="another-key"),
        pytest.param("abe", "mori", "second's", id="another-code"),
    ],
)
def test_whom_the_roster_knows_otherwise_is_refused(role: Role, code: str, key: str, why: str) -> None:
    """Acceptance 4: nobody comes under another code or with another key than the roster has, the witness neither."""
    with pytest.raises(PeopleRefused, match=why):
        with_officers("mori")(somebody(code, role, key=software_key(key)))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("demo", [False, True], ids=["passkey", "demo-passkey"])
def test_a_browsers_passkey_holds_no_ceremony(role: Role, demo: bool) -> None:
    """It answers for the front end's relying party alone, and a demo's is made by software."""
    enrolled = passkey("mori", demo=demo)
    roster = replace(
        OFFICE, persons=(replace(officer("mori", (Office.ADMIN,)), credentials=(credential("mori"), enrolled)),)
    )
    with pytest.raises(PeopleRefused, match="other keys"):
        check_against_roster([somebody("mori", role, key=software_key(enrolled.code))], roster, at=NOW)


@pytest.mark.parametrize("kind", ["passkey", "terminal"])
@pytest.mark.parametrize("code", ["nobody", "terminal-minato"])
def test_no_key_of_the_roster_is_a_strangers(kind: str, code: str) -> None:
    """A witness from outside comes with a key of their own: no officer's passkey, and no counter's terminal."""
    officers = (replace(officer("mori", (Office.ADMIN,)), credentials=(passkey("mori"),)),)
    roster = replace(OFFICE, persons=officers, terminals=(terminal("minato"),))
    key = software_key(passkey("mori").code if kind == "passkey" else "terminal-minato")
    with pytest.raises(PeopleRefused):
        check_against_roster([somebody(code, Role.WITNESS, key=key)], roster, at=NOW)


def test_an_officer_without_a_key_in_the_roster_is_refused() -> None:
    """The roster may list a person whose credentials it has withdrawn."""
    roster = replace(OFFICE, persons=(replace(officer("sato", (Office.ADMIN,)), credentials=()),))
    with pytest.raises(PeopleRefused, match="other keys"):
        check_against_roster([OPERATOR], roster, at=NOW)


def test_one_officer_with_two_credentials_is_not_two_people() -> None:
    """Acceptance 4: the same person under two credentials is refused, and both codes are named."""
    both = officer("mori", (Office.ADMIN,))
    second = replace(officer("mori-card", (Office.ADMIN,)).credentials[0], code="card")
    roster = replace(OFFICE, persons=(replace(both, credentials=(*both.credentials, second)),))
    people = (somebody("mori", Role.CUSTODIAN), somebody("mori-card", Role.WITNESS))
    check_people((OPERATOR, *CUSTODIANS, *people), 2)
    with pytest.raises(PeopleRefused) as refusal:
        check_against_roster(people, roster, at=NOW)
    assert refusal.value.people == ("mori-card", "mori")


@pytest.mark.parametrize("days", [-365, 365])
@pytest.mark.parametrize("role", list(Role))
def test_an_officers_key_counts_in_its_period_only(role: Role, days: int) -> None:
    """Design section 3: who left the roster's period does not take part as an officer."""
    with pytest.raises(PeopleRefused, match="period of this key"):
        with_officers("mori")(somebody("mori", role), at=NOW + timedelta(days=days))


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_ceremonies_are_held_by_people_of_the_example_roster(kind: str) -> None:
    """They show how an installation is run: its first roster has whoever holds the ceremonies that follow."""
    roster = parse_roster((EXAMPLES / "roster-1.json").read_bytes())
    script = example(kind)
    planned = datetime.combine(script.planned, time(0), UTC)
    check_against_roster(script.people, roster, at=planned)
    first = example("roster")
    assert first.roster is not None
    assert first.roster.sha256 == sha256(roster_document(roster)).hexdigest()
    assert first.planned <= script.planned


@settings(max_examples=100, deadline=None)
@given(
    known=st.sets(st.sampled_from(["sato", "suzuki", "mori"])),
    codes=st.permutations(["sato", "suzuki", "mori"]),
    keys=st.permutations(["sato", "suzuki", "mori"]),
)
def test_operator_and_custodian_are_two_people_of_the_roster(
    known: set[str], codes: list[str], keys: list[str]
) -> None:
    """ROL-2: a room is accepted only when both are in the roster, each under their own code with their own key."""
    room = [
        somebody(code, role, key=software_key(key))
        for role, code, key in zip((Role.OPERATOR, Role.CUSTODIAN), codes, keys, strict=False)
    ]
    two = {*codes[:2]} <= known and codes[:2] == keys[:2]
    with nullcontext() if two else pytest.raises(PeopleRefused):
        with_officers(*sorted(known))(*room)
