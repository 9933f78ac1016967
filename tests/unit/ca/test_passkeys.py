"""An assertion is believed only when each step of WebAuthn Level 2 section 7.2 holds; each test breaks one."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fido2.cose import ES256
from fido2.server import Fido2Server
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ca.passkey_errors import (
    AssertionMalformed,
    AssertionOfAnotherChallenge,
    AssertionOfAnotherOrigin,
    AssertionOfAnotherParty,
    AssertionOfAnotherType,
    AssertionSignatureInvalid,
    AssertionWithinAnotherPage,
    PasskeyRefused,
    UserNotPresent,
    UserNotVerified,
)
from ca.passkeys import Assertion, RelyingParty, check_assertion, sign_assertion
from ca.statement import PrivateKey, sign_octets

KEY = ec.generate_private_key(ec.SECP256R1())
CHALLENGE = sha256(b"a statement").digest()
APPROVAL = RelyingParty("approve.localhost", "http://approve.localhost:8561")
WORKING = RelyingParty("localhost", "http://localhost:8561")
RIGHT = sign_assertion(KEY, CHALLENGE, APPROVAL, counter=7)


def checked(assertion: Assertion, *, challenge: bytes = CHALLENGE, party: RelyingParty = APPROVAL) -> int:
    """The counter of an assertion that should be by `KEY`."""
    return check_assertion(KEY.public_key(), assertion, challenge=challenge, party=party)


def signed(authenticator_data: bytes, client_data: bytes) -> Assertion:
    """An assertion with whatever content, rightly signed by `KEY`."""
    octets = authenticator_data + sha256(client_data).digest()
    return Assertion(authenticator_data, client_data, sign_octets(KEY, octets))


def with_client(**changed: object) -> Assertion:
    """The right assertion, but for these members of its client data."""
    client = {**json.loads(RIGHT.client_data), **changed}
    return signed(RIGHT.authenticator_data, json.dumps(client).encode())


def with_flags(flags: int, more: bytes = b"") -> Assertion:
    """The right assertion, but for the flags, and with more octets of authenticator data."""
    data = RIGHT.authenticator_data
    return signed(data[:32] + bytes((flags,)) + data[33:] + more, RIGHT.client_data)


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["ES256", "ES384", "RS256", "EdDSA"],
)
def test_an_assertion_is_believed_with_every_algorithm(key: PrivateKey) -> None:
    """RFC 8812 and RFC 9053: the algorithms that browsers and authenticators share; the counter is handed back."""
    assertion = sign_assertion(key, CHALLENGE, APPROVAL, counter=41)
    assert check_assertion(key.public_key(), assertion, challenge=CHALLENGE, party=APPROVAL) == 41


def test_another_implementation_believes_the_software_authenticator() -> None:
    """Section 7.2 as python-fido2 verifies it: what demo homes sign is what browsers would send."""
    server = Fido2Server(PublicKeyCredentialRpEntity(id=APPROVAL.id, name="test"), verify_origin=APPROVAL.origin.__eq__)
    data = AttestedCredentialData.create(
        Aaguid(bytes(16)),
        b"credential",
        ES256.from_cryptography_key(KEY.public_key()),  # type: ignore[no-untyped-call]  # its annotations are partial
    )
    state = {"challenge": urlsafe_b64encode(CHALLENGE).rstrip(b"=").decode(), "user_verification": "required"}
    response = AuthenticatorAssertionResponse(
        client_data=CollectedClientData(RIGHT.client_data),
        authenticator_data=AuthenticatorData(RIGHT.authenticator_data),
        signature=RIGHT.signature,
    )
    answer = AuthenticationResponse(raw_id=b"credential", response=response)
    assert server.authenticate_complete(state, [data], answer) == data


def test_members_that_browsers_add_are_ignored() -> None:
    """Section 5.8.1: client data may grow; Chromium adds a member that says so."""
    assert checked(with_client(other_keys_can_be_added_here="do not compare")) == 7


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        pytest.param({"type": "webauthn.create"}, AssertionOfAnotherType, id="registration"),
        pytest.param({"type": "payment.get"}, AssertionOfAnotherType, id="payment"),
        pytest.param({"challenge": ""}, AssertionOfAnotherChallenge, id="no-challenge"),
        pytest.param({"challenge": CHALLENGE.hex()}, AssertionOfAnotherChallenge, id="challenge-in-hex"),
        pytest.param(
            {"challenge": urlsafe_b64encode(CHALLENGE).decode()}, AssertionOfAnotherChallenge, id="challenge-padded"
        ),
        pytest.param({"origin": WORKING.origin}, AssertionOfAnotherOrigin, id="working-pages"),
        pytest.param({"origin": "http://approve.localhost"}, AssertionOfAnotherOrigin, id="another-port"),
        pytest.param({"origin": "https://approve.localhost:8561"}, AssertionOfAnotherOrigin, id="another-scheme"),
        pytest.param({"origin": f"{APPROVAL.origin}/"}, AssertionOfAnotherOrigin, id="a-path"),
        pytest.param({"crossOrigin": True}, AssertionWithinAnotherPage, id="framed"),
        pytest.param({"topOrigin": APPROVAL.origin}, AssertionWithinAnotherPage, id="framed-by-name"),
        pytest.param({"crossOrigin": "false"}, AssertionMalformed, id="no-boolean"),
        pytest.param({"origin": None}, AssertionMalformed, id="no-origin"),
    ],
)
def test_client_data_that_say_something_else_are_refused(
    changed: dict[str, object], refusal: type[PasskeyRefused]
) -> None:
    """Section 7.2 steps 11 to 14: type, challenge, origin, and no frame of another origin."""
    with pytest.raises(refusal):
        checked(with_client(**changed))


def test_an_assertion_for_another_challenge_is_refused() -> None:
    """Step 12: what was signed for one application, or for a login, proves nothing about another."""
    with pytest.raises(AssertionOfAnotherChallenge):
        checked(RIGHT, challenge=sha256(b"another statement").digest())


def test_a_passkey_of_the_working_pages_signs_no_approval() -> None:
    """Step 15: the authenticator, not the page, says which relying party the passkey is for."""
    party = replace(WORKING, origin=APPROVAL.origin)
    with pytest.raises(AssertionOfAnotherParty):
        checked(sign_assertion(KEY, CHALLENGE, party))


@pytest.mark.parametrize(
    ("assertion", "refusal"),
    [
        pytest.param(with_flags(0x04), UserNotPresent, id="untouched"),
        pytest.param(with_flags(0x01), UserNotVerified, id="unverified"),
        pytest.param(with_flags(0x00), UserNotPresent, id="neither"),
        pytest.param(with_flags(0x45), AssertionMalformed, id="attested-data-announced"),
        pytest.param(with_flags(0x85), AssertionMalformed, id="extensions-announced"),
        pytest.param(with_flags(0x05, b"\0"), AssertionMalformed, id="an-octet-more"),
        pytest.param(with_flags(0x85, b"\xa0"), AssertionMalformed, id="extensions"),
        pytest.param(signed(RIGHT.authenticator_data[:-1], RIGHT.client_data), AssertionMalformed, id="an-octet-less"),
    ],
)
def test_authenticator_data_that_say_less_or_more_are_refused(
    assertion: Assertion, refusal: type[PasskeyRefused]
) -> None:
    """Steps 16 and 17 and section 6.1: present, verified, and exactly the 37 octets that nothing was added to."""
    with pytest.raises(refusal):
        checked(assertion)


@pytest.mark.parametrize("flags", [0x0D, 0x1D], ids=["eligible", "backed-up"])
def test_a_passkey_that_is_backed_up_is_believed(flags: int) -> None:
    """Section 6.1 (flags BE and BS of Level 3): whether synced passkeys are enrolled is the administrators' choice."""
    assert checked(with_flags(flags)) == 7


@pytest.mark.parametrize(
    "edited",
    [
        replace(RIGHT, signature=b"invented"),
        replace(RIGHT, signature=sign_octets(ec.generate_private_key(ec.SECP256R1()), b"x")),
        replace(RIGHT, authenticator_data=RIGHT.authenticator_data[:-1] + b"\x08"),
        replace(RIGHT, client_data=RIGHT.client_data + b" "),
    ],
    ids=["invented", "another-key", "counter", "client-data"],
)
def test_what_the_enrolled_key_did_not_sign_is_refused(edited: Assertion) -> None:
    """Step 20: the signature covers the authenticator data and the hash of the client data, to the octet."""
    with pytest.raises(AssertionSignatureInvalid):
        checked(edited)


@pytest.mark.parametrize(
    "client_data",
    [b"\xff", b"[]", b"{}", b"{" * 1000, b"[" * 1000, b'{"type":1}', b"null"],
    ids=["no-text", "list", "empty", "braces", "brackets", "number", "null"],
)
def test_client_data_that_no_browser_makes_are_refused(client_data: bytes) -> None:
    """Requirement ISS-9: whatever an officer's machine sends, verification answers and does not fail."""
    with pytest.raises(AssertionMalformed):
        checked(signed(RIGHT.authenticator_data, client_data))


@given(st.binary(min_size=1, max_size=120), st.binary(min_size=1, max_size=60))
def test_junk_is_refused_and_never_fails(client_data: bytes, authenticator_data: bytes) -> None:
    """Requirement ISS-9: the same, for any octets."""
    with pytest.raises(PasskeyRefused):
        checked(Assertion(authenticator_data, client_data, b"x"))


@pytest.mark.parametrize("part", ["authenticator_data", "client_data", "signature"])
@pytest.mark.parametrize("size", [0, 2000])
def test_parts_are_bounded(part: str, size: int) -> None:
    """Rule of the house: sizes are bounded before anything is parsed."""
    change: Callable[..., Assertion] = replace
    with pytest.raises(ValidationError):
        change(RIGHT, **{part: bytes(size)})
