"""The roster: roles that exclude each other, one key for one person, two signers, never an older version."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from ca.document_errors import (
    BranchOfTerminalUnknown,
    BranchUnknown,
    CodeTwice,
    CredentialIdTwice,
    CredentialIncomplete,
    DocumentOfAnotherDeployment,
    DocumentOutdated,
    DocumentSignatureInvalid,
    DocumentSignerUnknown,
    KeyTwice,
    RolesExclude,
    TooFewDocumentSigners,
)
from ca.errors import DocumentMalformed, KeyUnusable
from ca.roster import (
    FORBIDDEN_PAIRS,
    Credential,
    Person,
    Role,
    Roster,
    Terminal,
    open_roster,
    parse_roster,
    sign_roster,
)
from ca.statement import key_octets
from tests.fixtures.officers import NOW, Office, credential, make_office, passkey, person, software_key, terminal

OFFICE = make_office(version=5)
ALLOWED = {frozenset({Role.RECEPTION, Role.EXAMINE}), frozenset({Role.APPROVE, Role.HEAD})}


def opened(office: Office = OFFICE, *, deployment: str = "test", floor: int = 0) -> Roster:
    """The office's roster, as the signer opens it."""
    return open_roster(office.document, office.signatures, office.administrators, deployment=deployment, floor=floor)


def with_persons(*persons: Person) -> Roster:
    """The office's roster with other persons."""
    return replace(OFFICE.roster, persons=persons)


def test_a_roster_signed_by_two_administrators_is_believed() -> None:
    """Design section 3: the document yields the roster that was signed."""
    assert opened() == OFFICE.roster


@pytest.mark.parametrize("floor", [0, 4, 5])
def test_a_roster_not_below_the_floor_is_believed(floor: int) -> None:
    """Design section 3: the newest version stays good until a higher one was accepted."""
    assert opened(floor=floor).version == 5


def test_an_older_roster_is_refused() -> None:
    """Design section 3: a restored database does not bring a leaver back."""
    with pytest.raises(DocumentOutdated) as refusal:
        opened(floor=6)
    assert (refusal.value.version, refusal.value.floor) == (5, 6)


def test_a_roster_of_another_deployment_is_refused() -> None:
    """Requirement ISS-12: a test roster, however well signed, is none in production."""
    with pytest.raises(DocumentOfAnotherDeployment):
        opened(deployment="production")


def test_an_edited_roster_is_refused() -> None:
    """Design section 3: whoever writes the database cannot give himself a role."""
    edited = OFFICE.document.replace(b'"roles":["audit"]', b'"roles":["approve"]')
    with pytest.raises(DocumentSignatureInvalid):
        open_roster(edited, OFFICE.signatures, OFFICE.administrators, deployment="test", floor=0)


def test_a_roster_signed_by_one_administrator_is_refused() -> None:
    """Requirement ROL-2: granting a role needs two people."""
    with pytest.raises(TooFewDocumentSigners):
        open_roster(OFFICE.document, OFFICE.signatures[:1], OFFICE.administrators, deployment="test", floor=0)


def test_a_roster_signed_by_its_own_officers_is_refused() -> None:
    """Design section 3: who the administrators are is told by the signer's configuration, not by the document."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = sign_roster(OFFICE.roster, "operator", key)
    with pytest.raises(DocumentSignerUnknown):
        open_roster(OFFICE.document, (*OFFICE.signatures, own), OFFICE.administrators, deployment="test", floor=0)


@pytest.mark.parametrize(
    "pair", [frozenset(pair) for pair in combinations(Role, 2)], ids=lambda pair: "-".join(sorted(pair))
)
def test_every_pair_of_roles_is_either_allowed_or_refused(pair: frozenset[Role]) -> None:
    """Requirement ROL-1: only desk roles go together, and only deciding roles; all other pairs exclude each other."""
    assert (pair in FORBIDDEN_PAIRS) == (pair not in ALLOWED)


@pytest.mark.parametrize("pair", sorted(map(sorted, FORBIDDEN_PAIRS)), ids="-".join)
def test_a_person_with_two_excluding_roles_is_refused(pair: list[Role]) -> None:
    """Requirement ROL-1: a roster with such a person cannot even be made."""
    with pytest.raises(RolesExclude) as refusal:
        person("taro", (pair[0], pair[1]), "minato")
    assert refusal.value.roles == tuple(pair)


@pytest.mark.parametrize("pair", sorted(map(sorted, ALLOWED)), ids="-".join)
def test_a_person_may_hold_two_roles_of_one_side(pair: list[Role]) -> None:
    """Fact sheet d.1: a clerk receives and examines, a head approves."""
    assert set(person("taro", (pair[0], pair[1]), "minato").roles) == set(pair)


def test_a_person_without_a_role_is_refused() -> None:
    """Requirement ROL-1: who has no role does not stand in the roster."""
    with pytest.raises(ValidationError):
        person("taro", (), "minato")


def test_one_key_for_two_persons_is_refused() -> None:
    """Requirement ROL-2: else one person could sign as two."""
    taro, hanako = person("taro", (Role.RECEPTION,), "minato"), person("hanako", (Role.APPROVE,), "minato")
    stolen = replace(hanako.credentials[0], spki=taro.credentials[0].spki)
    with pytest.raises(KeyTwice) as refusal:
        with_persons(taro, replace(hanako, credentials=(stolen,)))
    assert (refusal.value.credential, refusal.value.other) == ("key-taro", "key-hanako")


def test_a_person_may_have_two_credentials() -> None:
    """Design section 3: an officer has one for the working pages and one for approvals."""
    taro = person("taro", (Role.RECEPTION,), "minato")
    both = replace(taro, credentials=(*taro.credentials, credential("taro-second")))
    assert with_persons(both).person("taro") == both


@pytest.mark.parametrize(
    "persons",
    [
        pytest.param([person("taro", (Role.AUDIT,)), person("taro", (Role.ADMIN,))], id="person"),
        pytest.param(
            [
                person("taro", (Role.AUDIT,)),
                replace(person("hanako", (Role.ADMIN,)), credentials=(replace(credential("x"), code="key-taro"),)),
            ],
            id="credential",
        ),
    ],
)
def test_a_code_that_stands_twice_is_refused(persons: list[Person]) -> None:
    """Design section 3: a code in an evidence or an audit entry means one person and one credential."""
    with pytest.raises(CodeTwice):
        with_persons(*persons)


def test_a_person_of_an_unknown_branch_is_refused() -> None:
    """Requirement ROL-3: a branch that does not exist cannot be acted in."""
    with pytest.raises(BranchUnknown):
        with_persons(person("taro", (Role.RECEPTION,), "atlantis"))


def test_a_weak_credential_key_is_refused() -> None:
    """Requirement ISS-10, for officers: a credential that verifies nothing cannot be enrolled."""
    taro = person("taro", (Role.RECEPTION,), "minato")
    odd = key_octets(ec.generate_private_key(ec.SECP521R1()).public_key())
    with pytest.raises(KeyUnusable):
        with_persons(replace(taro, credentials=(replace(taro.credentials[0], spki=odd),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"kind":"key"', b'"kind":"password"'),
        (b'"roles":["audit"]', b'"roles":["god"]'),
        (b'"version":5', b'"version":0'),
        (b'"version":5', b'"version":5,"note":""'),
        (b'{"branches"', b'{ "branches"'),
    ],
)
def test_a_roster_out_of_form_is_refused(old: bytes, new: bytes) -> None:
    """RFC 8785 and design section 3: unknown kinds, roles and fields are errors, not extensions."""
    with pytest.raises(DocumentMalformed):
        parse_roster(OFFICE.document.replace(old, new, 1))


@pytest.mark.parametrize(("days", "valid"), [(-181, False), (-180, True), (179, True), (180, False)])
def test_a_credential_counts_from_its_first_moment_until_its_last(days: int, valid: bool) -> None:
    """Fact sheet d.1: log-in credentials have a limited life; the end is exclusive."""
    key: Credential = credential("taro")
    assert key.valid(NOW + timedelta(days=days)) is valid


def test_nobody_and_nowhere_are_none() -> None:
    """A code outside the roster names nobody."""
    assert (OFFICE.roster.person("nobody"), OFFICE.roster.branch("nowhere")) == (None, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": b""},
        {"rp_id": ""},
        {"kind": "key"},
        {"kind": "key", "id": b""},
        {"kind": "key", "rp_id": ""},
    ],
    ids=["passkey-without-id", "passkey-without-party", "key-with-both", "key-with-party", "key-with-id"],
)
def test_a_credential_that_is_neither_key_nor_passkey_is_refused(changed: dict[str, str]) -> None:
    """WebAuthn Level 2 section 7.2 steps 5 to 15: a passkey is known by its id and counts for one relying party."""
    with pytest.raises(CredentialIncomplete):
        replace(passkey("taro"), **changed)  # type: ignore[arg-type]  # by their names


@pytest.mark.parametrize(
    "rp_id", ["Approve.example.jp", "https://approve.example.jp", "approve.example.jp.", "a..b", "-a", "x" * 254]
)
def test_a_relying_party_is_a_domain_in_one_spelling(rp_id: str) -> None:
    """WebAuthn Level 2 section 5.1.2: the RP ID is a domain; another spelling would have another hash."""
    with pytest.raises(ValidationError):
        replace(passkey("taro"), rp_id=rp_id)


def test_two_passkeys_with_one_id_are_refused() -> None:
    """WebAuthn Level 2 section 7.1 step 22: a browser's answer names one credential."""
    taro = replace(person("taro", (Role.RECEPTION,), "minato"), credentials=(passkey("taro"),))
    other = replace(passkey("hanako"), id=passkey("taro").id)
    with pytest.raises(CredentialIdTwice):
        with_persons(taro, replace(person("hanako", (Role.APPROVE,), "minato"), credentials=(other,)))


def test_a_passkey_is_found_by_its_id() -> None:
    """WebAuthn Level 2 section 7.2 step 6: the id says whose passkey answered; a key has none."""
    taro = person("taro", (Role.RECEPTION,), "minato")
    both = replace(taro, credentials=(*taro.credentials, passkey("taro")))
    roster = with_persons(both)
    assert roster.credential(passkey("taro").id) == (both, passkey("taro"))
    assert (roster.credential(b""), roster.credential(b"another")) == (None, None)


def test_a_roster_holds_terminals() -> None:
    """Fact sheet c.1: a key notification comes from a known terminal of a window of a branch."""
    roster = replace(OFFICE.roster, terminals=(terminal("minato"),))
    assert roster.terminal("terminal-minato") == terminal("minato")
    assert roster.terminal("another") is None
    assert (roster.enrols_terminals("minato"), roster.enrols_terminals("sapporo")) == (True, False)
    office = replace(OFFICE, roster=roster)
    assert opened(office) == roster


def test_a_terminal_of_an_unknown_branch_is_refused() -> None:
    """Requirement ROL-3, for terminals."""
    with pytest.raises(BranchOfTerminalUnknown):
        replace(OFFICE.roster, terminals=(terminal("atlantis"),))


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"spki": key_octets(software_key("auditor").public_key())}, KeyTwice),
        ({"code": "key-auditor"}, CodeTwice),
        ({"spki": key_octets(ec.generate_private_key(ec.SECP521R1()).public_key())}, KeyUnusable),
    ],
    ids=["a-persons-key", "a-credentials-code", "a-weak-key"],
)
def test_a_terminals_key_is_its_own(changed: dict[str, str], refusal: type[Exception]) -> None:
    """Requirement ROL-2: a terminal never signs as a person, nor a person as a terminal."""
    with pytest.raises(refusal):
        replace(OFFICE.roster, terminals=(replace(terminal("minato"), **changed),))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("window", ["1A", "001a", "0001A", "001A ", ""])
def test_a_window_has_the_form_of_the_facts(window: str) -> None:
    """Fact sheet c.1: three digits and a letter, as a resident's facts name it."""
    with pytest.raises(ValidationError):
        replace(terminal("minato"), window=window)


@pytest.mark.parametrize(("days", "valid"), [(-181, False), (-180, True), (179, True), (180, False)])
def test_a_terminal_counts_from_its_first_moment_until_its_last(days: int, valid: bool) -> None:
    """As for credentials: a terminal that was replaced signs no more."""
    one: Terminal = terminal("minato")
    assert one.valid(NOW + timedelta(days=days)) is valid
