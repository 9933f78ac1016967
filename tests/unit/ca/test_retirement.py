"""What two administrators sign about the end of a key, and what it forbids (KEY-2, SP 800-57 part 1 section 7)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.document_errors import (
    DocumentOfAnotherDeployment,
    DocumentSignatureInvalid,
    DocumentSignerUnknown,
    TooFewDocumentSigners,
)
from ca.errors import (
    AuthorityCompromised,
    AuthorityEnded,
    AuthorityKeyDestroyed,
    AuthorityRetired,
    DocumentMalformed,
    TooLarge,
)
from ca.retirement import (
    LIMIT,
    Reason,
    Retired,
    RetirementStatement,
    nothing_retired,
    open_retirement,
    parse_retirement,
    retirement_document,
)
from ca.signed_document import sign_document
from ca.statement import Domain
from store.status import Compromise
from tests.fixtures.officers import DEPLOYMENT, NOW, authority_statement, make_office, sample_profile, software_key
from tests.fixtures.retirement import ended, signed

OFFICE = make_office()
AUTHORITY = authority_statement({"test-leaf": sample_profile()})
OTHER = authority_statement({"test-leaf": sample_profile()}, generation=2)
COMPROMISED = ended(AUTHORITY, "compromised", invalidity_at=NOW - timedelta(days=1))
RECORD = signed(COMPROMISED, OFFICE.administrator_keys)
REASONS: tuple[Reason, ...] = ("retired", "key-destroyed", "compromised")
DAY = timedelta(days=1)


def opened(**changes: object) -> RetirementStatement:
    """The right statement opened, but for what a test changes."""
    record = replace(RECORD, **changes)  # type: ignore[arg-type]  # fields by their names
    return open_retirement(record.document, record.signatures, OFFICE.administrators, deployment=DEPLOYMENT)


def test_two_administrators_are_believed() -> None:
    """KEY-2: the statement comes back as it was signed."""
    assert opened() == COMPROMISED


def test_one_administrator_ends_no_authority() -> None:
    """Requirement ROL-2: nobody alone takes an authority away either."""
    with pytest.raises(TooFewDocumentSigners):
        opened(signatures=RECORD.signatures[:1])


def test_a_stranger_s_signature_is_refused() -> None:
    """Who the administrators are is told by the configuration alone."""
    stranger = signed(COMPROMISED, {"stranger": software_key("stranger")}).signatures
    with pytest.raises(DocumentSignerUnknown):
        opened(signatures=(*RECORD.signatures, *stranger))


def test_an_edited_statement_is_refused() -> None:
    """The signature covers every field."""
    edited = retirement_document(replace(COMPROMISED, reason="retired", invalidity_at=None))
    with pytest.raises(DocumentSignatureInvalid):
        opened(document=edited)


def test_a_signature_on_an_authority_record_is_none_on_a_retirement() -> None:
    """What is signed says what kind of statement it is."""
    keys = OFFICE.administrator_keys.items()
    other = tuple(sign_document(Domain.AUTHORITY, RECORD.document, name, key) for name, key in keys)
    with pytest.raises(DocumentSignatureInvalid):
        opened(signatures=other)


def test_a_statement_of_another_deployment_is_refused() -> None:
    """A test's retirement ends nothing in production."""
    elsewhere = signed(replace(COMPROMISED, deployment="elsewhere"), OFFICE.administrator_keys)
    with pytest.raises(DocumentOfAnotherDeployment):
        opened(document=elsewhere.document, signatures=elsewhere.signatures)


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("at", {"reason": "compromised", "at": NOW + DAY, "made_at": NOW}),
        ("invalidity_at", {"reason": "retired", "invalidity_at": NOW}),
        ("invalidity_at", {"reason": "compromised", "invalidity_at": NOW + DAY}),
    ],
)
def test_fields_that_contradict_each_other_are_refused(field: str, fields: dict[str, object]) -> None:
    """Nobody knows of a compromise to come, and only a compromise makes past signatures doubtful (RFC 5280 5.3.2)."""
    with pytest.raises(DocumentMalformed) as refused:
        replace(ended(AUTHORITY, "retired"), **fields)  # type: ignore[arg-type]  # fields by their names
    assert field in refused.value.fields


@given(st.sampled_from(REASONS), st.integers(0, 10**8), st.binary(min_size=32, max_size=32))
def test_the_document_is_canonical(reason: Reason, seconds: int, key: bytes) -> None:
    """RFC 8785: a statement has one document, which reads back as the statement."""
    statement = replace(ended(AUTHORITY, reason, at=NOW + timedelta(seconds=seconds)), key_hash=key)
    document = retirement_document(statement)
    assert parse_retirement(document) == statement
    assert retirement_document(parse_retirement(document)) == document
    with pytest.raises(DocumentMalformed):
        parse_retirement(document.replace(b":", b": ", 1))


def test_a_document_is_bounded() -> None:
    """Nothing larger than any statement is parsed."""
    with pytest.raises(TooLarge):
        parse_retirement(b" " * (LIMIT + 1))


@pytest.mark.parametrize(
    ("reason", "issuing", "signing"),
    [
        ("retired", AuthorityRetired, None),
        ("key-destroyed", AuthorityKeyDestroyed, AuthorityKeyDestroyed),
        ("compromised", AuthorityCompromised, AuthorityCompromised),
    ],
)
def test_each_end_forbids_its_own(
    reason: Reason, issuing: type[AuthorityEnded], signing: type[AuthorityEnded] | None
) -> None:
    """KEY-2: a retired key still signs lists, a destroyed or compromised one nothing; the other generation goes on."""
    retired = Retired((ended(AUTHORITY, reason),))
    with pytest.raises(issuing) as refused:
        retired.check_issuing(AUTHORITY.key_hash, NOW)
    assert (refused.value.authority, refused.value.since) == (AUTHORITY.name, NOW)
    if signing is None:
        retired.check_signing(AUTHORITY.key_hash, NOW)
    else:
        with pytest.raises(signing):
            retired.check_signing(AUTHORITY.key_hash, NOW)
    retired.check_issuing(OTHER.key_hash, NOW)


def test_a_retirement_may_be_stated_ahead() -> None:
    """Generations change on a day that is known before."""
    retired = Retired((ended(AUTHORITY, "retired", at=NOW + DAY),))
    retired.check_issuing(AUTHORITY.key_hash, NOW)
    with pytest.raises(AuthorityRetired):
        retired.check_issuing(AUTHORITY.key_hash, NOW + DAY)


@pytest.mark.parametrize("reason", ["key-destroyed", "compromised"])
def test_no_clock_brings_a_key_back(reason: Reason) -> None:
    """KEY-2: what ends all signing holds as soon as it is known, also for a clock that was set back."""
    retired = Retired((ended(AUTHORITY, reason),))
    with pytest.raises(AuthorityEnded):
        retired.check_signing(AUTHORITY.key_hash, NOW - 365 * DAY)


@given(st.permutations(REASONS), st.integers(1, 3))
def test_several_statements_add_up_to_the_worst(reasons: list[Reason], count: int) -> None:
    """A statement never softens another, in whatever order they are known."""
    retired = Retired(tuple(ended(AUTHORITY, reason) for reason in reasons[:count]))
    worst = max(reasons[:count], key=REASONS.index)
    found = retired.of(AUTHORITY.key_hash, NOW)
    assert found is not None
    assert found.reason == worst
    assert retired.signs_nothing(AUTHORITY.key_hash) is (worst != "retired")


def test_the_earliest_compromise_counts() -> None:
    """Two statements of one compromise: its certificates are revoked since the earlier one."""
    later = ended(AUTHORITY, "compromised", at=NOW, made_at=NOW)
    earlier = ended(AUTHORITY, "compromised", at=NOW - DAY, made_at=NOW)
    for both in ((later, earlier), (earlier, later)):
        retired = Retired((*both, ended(OTHER, "key-destroyed")))
        assert retired.compromises() == (Compromise(AUTHORITY.name, NOW - DAY, None),)


def test_a_new_deployment_has_nothing_retired() -> None:
    """Before the first ceremony there is no key to end."""
    assert nothing_retired() == Retired(())
    assert nothing_retired().worst(AUTHORITY.key_hash) is None
