"""An authority is one key with a record that two administrators signed; its name tells it from nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from ca.authority import (
    Authority,
    AuthorityStatement,
    activate,
    check_issuing,
    newest_issuing,
    open_authority_record,
    parse_authority,
)
from ca.document_errors import (
    DocumentOfAnotherDeployment,
    DocumentOutdated,
    DocumentSignatureInvalid,
    TooFewDocumentSigners,
)
from ca.errors import AuthorityNotIssuing, DocumentMalformed, KeyOfAnotherAuthority
from ca.retirement import Reason, Retired
from policies.terms import AuthorityTerms, shipped_terms
from tests.fixtures.officers import (
    NOW,
    authority_certificate,
    authority_statement,
    make_office,
    sample_profile,
    software_key,
)
from tests.fixtures.retirement import ended

OFFICE = make_office()
PROFILE = sample_profile()
PROFILES = {PROFILE.name: PROFILE}
TERMS: AuthorityTerms = shipped_terms("jpki")
STATEMENT = authority_statement(PROFILES, terms_digest=TERMS.digest)
DOCUMENT, SIGNATURES = OFFICE.sign_authority(STATEMENT)


def opened(document: bytes = DOCUMENT, *, deployment: str = "test", floor: int = 0) -> AuthorityStatement:
    """The record, as the signer opens it."""
    return open_authority_record(document, SIGNATURES, OFFICE.administrators, deployment=deployment, floor=floor)


def generation(number: int) -> Authority:
    """One generation of an authority; all share one distinguished name."""
    statement = authority_statement(PROFILES, generation=number, terms_digest=TERMS.digest)
    return activate(statement, software_key(statement.name), TERMS)


def test_a_record_signed_by_two_administrators_is_believed() -> None:
    """Design section 5: the record lists the profile digests the authority may use."""
    assert opened() == STATEMENT
    assert opened().profiles == {PROFILE.name: PROFILE.digest}


def test_a_record_names_the_keys_that_answer_for_it() -> None:
    """RFC 6960 4.2.2.2: whom an authority delegates to is signed by two administrators, up to eight keys."""
    keys = tuple(bytes([number]) * 32 for number in range(8))
    document, signatures = OFFICE.sign_authority(replace(STATEMENT, responders=keys))
    read = open_authority_record(document, signatures, OFFICE.administrators, deployment="test", floor=0)
    assert read.responders == keys


def test_an_edited_record_is_refused() -> None:
    """Design section 5: whoever writes the database cannot authorise a profile."""
    with pytest.raises(DocumentSignatureInvalid):
        opened(DOCUMENT.replace(PROFILE.digest.hex().encode(), b"00" * 32))


def test_a_record_signed_by_one_administrator_is_refused() -> None:
    """Requirement ROL-2: a profile change needs two people."""
    with pytest.raises(TooFewDocumentSigners):
        open_authority_record(DOCUMENT, SIGNATURES[1:], OFFICE.administrators, deployment="test", floor=0)


def test_an_older_record_is_refused() -> None:
    """Design section 5: a restored database does not bring a withdrawn profile back."""
    with pytest.raises(DocumentOutdated):
        opened(floor=2)


def test_a_record_of_another_deployment_is_refused() -> None:
    """Requirement ISS-12: test and production are separate."""
    with pytest.raises(DocumentOfAnotherDeployment):
        opened(deployment="production")


def test_the_opened_key_becomes_the_authority() -> None:
    """Design section 2: the key is cryptography's own interface, and belongs to the certificate of the record."""
    authority = activate(STATEMENT, software_key("test-ca-g1"), TERMS)
    assert authority.certificate.public_key() == authority.key.public_key()
    assert (authority.name, authority.issuer, authority.profiles) == ("test-ca-g1", "test-ca", STATEMENT.profiles)


def test_another_key_is_refused() -> None:
    """A key that does not match the certificate would sign what nobody can verify."""
    with pytest.raises(KeyOfAnotherAuthority, match="key"):
        activate(STATEMENT, software_key("test-ca-g2"), TERMS)


def test_other_terms_are_refused() -> None:
    """Design section 5: policy identifiers and URLs are the authority's; an edited terms file is not used."""
    with pytest.raises(KeyOfAnotherAuthority, match="terms"):
        activate(STATEMENT, software_key("test-ca-g1"), replace(TERMS, digest=bytes(32)))


@pytest.mark.parametrize(("days", "issues"), [(-31, False), (-30, True), (364, True), (365, False)])
def test_an_authority_issues_inside_its_window(days: int, issues: bool) -> None:
    """Fact sheet c.8: generations run in parallel for years, and only the newest issues."""
    if issues:
        check_issuing(STATEMENT, Retired(), NOW + timedelta(days=days))
    else:
        with pytest.raises(AuthorityNotIssuing):
            check_issuing(STATEMENT, Retired(), NOW + timedelta(days=days))


def test_the_newest_generation_that_issues_is_chosen() -> None:
    """Of several generations in their windows the newest issues; a profile that none has is nobody's."""
    both = [generation(number).statement for number in (2, 1)]
    assert newest_issuing(both, PROFILE.name, Retired(), NOW) == {both[0].issuer: both[0]}
    assert newest_issuing(both, "another", Retired(), NOW) == {}
    assert newest_issuing(both, PROFILE.name, Retired(), NOW + timedelta(days=365)) == {}


@pytest.mark.parametrize("reason", ["retired", "key-destroyed", "compromised"])
def test_an_ended_generation_is_passed_over(reason: Reason) -> None:
    """KEY-2: its window is still open, its key issues no more, and the one before it still does."""
    old, new = (generation(number).statement for number in (1, 2))
    retired = Retired((ended(new, reason),))
    assert newest_issuing([old, new], PROFILE.name, retired, NOW) == {old.issuer: old}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": "test-ca-g2"}, DocumentMalformed),
        ({"name": "Test CA"}, ValidationError),
        ({"profiles": {}}, ValidationError),
        ({"profiles": {"test-leaf": b"short"}}, ValidationError),
        ({"key_hash": bytes(32)}, KeyOfAnotherAuthority),
        ({"certificate": b"\x30\x00"}, DocumentMalformed),
        ({"responders": (b"short",)}, ValidationError),
        ({"responders": tuple(bytes([n]) * 32 for n in range(9))}, ValidationError),
        ({"responders": (b"r" * 32, b"r" * 32)}, DocumentMalformed),
        ({"responders": (STATEMENT.key_hash,)}, DocumentMalformed),
        ({"issuing_from": NOW - timedelta(days=366)}, DocumentMalformed),
        ({"issuing_until": NOW + timedelta(days=3700)}, DocumentMalformed),
        ({"issuing_until": NOW - timedelta(days=30)}, DocumentMalformed),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    """Design section 5: name, certificate, key hash and window belong together (requirement ISS-7)."""
    with pytest.raises(error):
        replace(STATEMENT, **changes)  # type: ignore[arg-type]  # by its name


def test_a_certificate_of_another_key_is_refused() -> None:
    """A swapped certificate is found before any key is opened."""
    other = authority_statement(PROFILES, certificate=authority_certificate(software_key("other")))
    with pytest.raises(KeyOfAnotherAuthority):
        replace(STATEMENT, certificate=other.certificate)


def test_a_record_out_of_form_is_refused() -> None:
    """RFC 8785: an unknown field is an error."""
    with pytest.raises(DocumentMalformed):
        parse_authority(DOCUMENT.replace(b'"version":1', b'"version":1,"x":1'))


def test_the_record_cannot_be_changed() -> None:
    """What was believed stays what was signed."""
    with pytest.raises(TypeError):
        opened().profiles["another"] = bytes(32)  # type: ignore[index]
