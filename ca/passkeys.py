"""Passkeys: what a browser and an authenticator sign for a page, verified as the signer needs it.

WebAuthn Level 2 section 7.2 (steps 11 to 21), without a session: the challenge is given by the caller, who computes
it from what the assertion is to prove. The enrolled key comes from the signed roster, so no registration is verified.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ca.canonical import CONFIG, Octets
from ca.passkey_errors import (
    AssertionMalformed,
    AssertionOfAnotherChallenge,
    AssertionOfAnotherOrigin,
    AssertionOfAnotherParty,
    AssertionOfAnotherType,
    AssertionSignatureInvalid,
    AssertionWithinAnotherPage,
    UserNotPresent,
    UserNotVerified,
)
from ca.statement import PrivateKey, PublicKey, octets_verify, sign_octets

__all__ = ["Assertion", "Parties", "RelyingParty", "check_assertion", "sign_assertion"]

AUTHENTICATOR_DATA_LIMIT: Final = 512
CLIENT_DATA_LIMIT: Final = 1024
SIGNATURE_LIMIT: Final = 512

AUTHENTICATOR_DATA_OCTETS: Final = 37
"""SHA-256 of the RP ID, flags, counter (section 6.1). Our pages ask for no extension, so none can follow."""

PRESENT: Final = 0x01
VERIFIED: Final = 0x04
EXTENDED: Final = 0xC0
"""The flags UP and UV, and both of those that announce more data: AT and ED."""

_GET: Final = "webauthn.get"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Pages that people use passkeys on: the RP ID (a domain), and the one origin that serves them."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Parties:
    """The two relying parties of an installation: `working` pages, and the pages where approvals are signed."""

    working: RelyingParty
    approval: RelyingParty


@checked(frozen=True, slots=True, config=CONFIG)
class Assertion:
    """What `navigator.credentials.get` returns of a signature, as octets. Construction bounds each part.

    Raises pydantic's ValidationError (a ValueError) for a part that is longer than any authenticator makes it.
    """

    authenticator_data: Annotated[Octets, Field(min_length=1, max_length=AUTHENTICATOR_DATA_LIMIT)]
    client_data: Annotated[Octets, Field(min_length=1, max_length=CLIENT_DATA_LIMIT)]
    signature: Annotated[Octets, Field(min_length=1, max_length=SIGNATURE_LIMIT)]


@checked(frozen=True, slots=True, config=ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True))
class _ClientData:
    """CollectedClientData (section 5.8.1). A browser may add members, which are ignored as that section demands."""

    type: str
    challenge: str
    origin: str
    crossOrigin: bool = False  # noqa: N815 - the specification's own spelling
    topOrigin: str | None = None  # noqa: N815 - the specification's own spelling


_CLIENT_DATA: Final = TypeAdapter(_ClientData)


def check_assertion(key: PublicKey, assertion: Assertion, *, challenge: bytes, party: RelyingParty) -> int:
    """Believe that the holder of `key`, present and verified, signed this challenge on the pages of this party.

    Returns the authenticator's signature counter, 0 where it keeps none; it hints at a clone and proves nothing.
    Raises a subclass of PasskeyRefused for the first thing that does not hold, in the order of section 7.2.
    """
    client = _client_data(assertion.client_data)
    if client.type != _GET:
        raise AssertionOfAnotherType
    if client.challenge != _base64url(challenge):
        raise AssertionOfAnotherChallenge
    if client.origin != party.origin:
        raise AssertionOfAnotherOrigin(party.origin)
    if client.crossOrigin or client.topOrigin is not None:
        raise AssertionWithinAnotherPage
    counter = _check_authenticator(assertion.authenticator_data, party)
    if not octets_verify(key, _signed(assertion.authenticator_data, assertion.client_data), assertion.signature):
        raise AssertionSignatureInvalid
    return counter


def sign_assertion(key: PrivateKey, challenge: bytes, party: RelyingParty, counter: int = 0) -> Assertion:
    """Sign a challenge as a browser on the party's pages and a passkey that verified its user do.

    This is the software authenticator of demo homes and tests; a roster tells its keys apart ("demo-passkey").
    """
    client = _ClientData(_GET, _base64url(challenge), party.origin)
    client_data = _CLIENT_DATA.dump_json(client, exclude_none=True)
    flags = bytes((PRESENT | VERIFIED,))
    authenticator_data = sha256(party.id.encode()).digest() + flags + counter.to_bytes(4, "big")
    return Assertion(authenticator_data, client_data, sign_octets(key, _signed(authenticator_data, client_data)))


def _client_data(octets: bytes) -> _ClientData:
    try:
        return _CLIENT_DATA.validate_json(octets)
    except ValidationError:
        raise AssertionMalformed("its client data are not those of a browser") from None


def _check_authenticator(data: bytes, party: RelyingParty) -> int:
    if len(data) != AUTHENTICATOR_DATA_OCTETS:
        raise AssertionMalformed(f"its authenticator data have {len(data)} octets, not {AUTHENTICATOR_DATA_OCTETS}")
    flags = data[32]
    if data[:32] != sha256(party.id.encode()).digest():
        raise AssertionOfAnotherParty(party.id)
    if not flags & PRESENT:
        raise UserNotPresent
    if not flags & VERIFIED:
        raise UserNotVerified
    if flags & EXTENDED:
        raise AssertionMalformed("its authenticator data announce more than they hold")
    return int.from_bytes(data[33:], "big")


def _signed(authenticator_data: bytes, client_data: bytes) -> bytes:
    return authenticator_data + sha256(client_data).digest()


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
