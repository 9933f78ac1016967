"""Signatures over statements: one form of message, separated by domain, and only by keys worth believing."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.errors import KeyUnusable
from ca.statement import Domain, PrivateKey, key_octets, message, public_key, sign, verifies

RSA = rsa.generate_private_key(65537, 2048)
SHORT_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the weak key is the point of a test
KEYS: list[PrivateKey] = [
    RSA,
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP384R1()),
    ed25519.Ed25519PrivateKey.generate(),
]
IDS = ["rsa", "p256", "p384", "ed25519"]


def spki(key: object) -> bytes:
    """The SubjectPublicKeyInfo of any kind of key."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("key", KEYS, ids=IDS)
def test_a_signature_verifies_with_the_key_that_made_it(key: PrivateKey) -> None:
    """Design section 3: a software key, a card and a token leave the same evidence, whatever their algorithm."""
    signature = sign(key, Domain.EVIDENCE, b"body")
    assert verifies(public_key(key_octets(key.public_key())), Domain.EVIDENCE, b"body", signature)


@pytest.mark.parametrize("key", KEYS, ids=IDS)
@pytest.mark.parametrize("domain", [domain for domain in Domain if domain is not Domain.ROSTER])
def test_a_signature_of_one_domain_is_none_of_another(key: PrivateKey, domain: Domain) -> None:
    """Domain separation: a signature on a roster never passes for an approval, a proof or an authority record."""
    assert not verifies(key.public_key(), domain, b"body", sign(key, Domain.ROSTER, b"body"))


@pytest.mark.parametrize("key", KEYS, ids=IDS)
@pytest.mark.parametrize("signature", [b"", b"\0", b"\x30\x00", b"x" * 64, b"x" * 256])
def test_junk_is_no_signature(key: PrivateKey, signature: bytes) -> None:
    """Requirement ISS-9: whatever stands in the signature column, verification answers no and does not fail."""
    assert not verifies(key.public_key(), Domain.EVIDENCE, b"body", signature)


@settings(deadline=None)
@given(st.sampled_from(Domain), st.binary(max_size=20), st.sampled_from(Domain), st.binary(max_size=20))
def test_messages_are_equal_only_for_equal_statements(one: Domain, body: bytes, other: Domain, text: bytes) -> None:
    """Domain separation: no body of one domain makes the message of another."""
    assert (message(one, body) == message(other, text)) == ((one, body) == (other, text))


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x30\x80\x00\x00", id="no-der"),
        pytest.param(key_octets(RSA.public_key()) + b"\0", id="octets-after"),
        pytest.param(b"\0" * 5000, id="too-large"),
        pytest.param(spki(SHORT_RSA.public_key()), id="rsa-1024"),
        pytest.param(spki(ec.generate_private_key(ec.SECP521R1()).public_key()), id="p521"),
        pytest.param(spki(ec.generate_private_key(ec.SECP256K1()).public_key()), id="secp256k1"),
        pytest.param(spki(ed448.Ed448PrivateKey.generate().public_key()), id="ed448"),
        pytest.param(spki(dsa.generate_private_key(2048).public_key()), id="dsa"),
    ],
)
def test_keys_not_worth_believing_are_refused(broken: bytes) -> None:
    """RFC 5280 4.1.2.7 and requirement ISS-10: broken, short or unusual keys verify nothing here."""
    with pytest.raises(KeyUnusable):
        public_key(broken)


def test_a_second_spelling_of_a_key_is_refused() -> None:
    """RFC 5480 2.2: a compressed point is the same key in other octets; two spellings would look like two keys."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    compressed = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    header = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    with pytest.raises(KeyUnusable, match="canonical"):
        public_key(header + compressed)
