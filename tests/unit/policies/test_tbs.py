"""The to-be-signed bytes do not depend on who signs, and what carries them is no certificate."""

import copy
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ca.signature import certificate_der
from policies.tbs import _ECStub, _Ed25519Stub, _RSAStub, to_be_signed

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    """An RSA key of an authority."""
    return rsa.generate_private_key(65537, 2048)


def builder(key: PrivateKey) -> x509.CertificateBuilder:
    """A small self-signed certificate."""
    name = x509.Name.from_rfc4514_string("CN=authority,C=JP")
    times = (datetime(2026, 11, 23, tzinfo=UTC), datetime(2036, 11, 23, tzinfo=UTC))
    return x509.CertificateBuilder(name, name, key.public_key(), 5, *times).add_extension(
        x509.BasicConstraints(True, None), True
    )


CASES: list[tuple[PrivateKey | None, Hash]] = [
    (None, hashes.SHA256()),
    (None, hashes.SHA384()),
    (None, hashes.SHA512()),
    (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()),
    (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
    (ec.generate_private_key(ec.SECP521R1()), hashes.SHA512()),
    (ed25519.Ed25519PrivateKey.generate(), None),
]


@pytest.mark.parametrize(("key", "algorithm"), CASES)
def test_the_stub_gives_the_bytes_that_the_key_signs(
    key: PrivateKey | None, algorithm: Hash, rsa_key: rsa.RSAPrivateKey
) -> None:
    """RFC 5280 4.1.1.1: identical TBS for RSA PKCS#1, ECDSA and Ed25519, with each permitted hash."""
    signer = key or rsa_key
    signed = builder(signer).sign(signer, algorithm)
    assert to_be_signed(builder(signer), signer.public_key(), algorithm) == signed.tbs_certificate_bytes


@pytest.mark.parametrize(("key", "algorithm"), CASES)
def test_what_carries_the_bytes_is_no_certificate(
    key: PrivateKey | None, algorithm: Hash, rsa_key: rsa.RSAPrivateKey
) -> None:
    """An empty signature: readers parse it, and no key verifies it."""
    signer = key or rsa_key
    tbs = to_be_signed(builder(signer), signer.public_key(), algorithm)
    unsigned = x509.load_der_x509_certificate(certificate_der(tbs, b""))
    assert (unsigned.tbs_certificate_bytes, unsigned.signature) == (tbs, b"")
    with pytest.raises(InvalidSignature):
        unsigned.verify_directly_issued_by(unsigned)


def test_a_stub_has_no_secret(rsa_key: rsa.RSAPrivateKey) -> None:
    """A stub signs nothing, and cannot be copied or shown."""
    curve_key = ec.generate_private_key(ec.SECP256R1())
    curve = _ECStub(curve_key.public_key())
    assert (curve.sign(b"", None), curve.key_size, curve.curve.name) == (b"", 256, "secp256r1")
    modulus = _RSAStub(rsa_key.public_key())
    assert (modulus.sign(b"", None, None), modulus.key_size) == (b"", 2048)
    edwards = _Ed25519Stub(ed25519.Ed25519PrivateKey.generate().public_key())
    assert edwards.sign(b"") == b""
    for stub in (curve, modulus, edwards):
        with pytest.raises(TypeError, match="public half"):
            copy.copy(stub)
    with pytest.raises(TypeError, match="public half"):
        modulus.private_numbers()
