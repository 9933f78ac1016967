"""A certificate is the recorded TBS, its algorithm and one signature (RFC 5280 section 4.1)."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca.refusals import SignatureWrong
from ca.signature import CertificateKey, certificate_der, may_be_signed_again, sign_certificate, verified

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
RSA = rsa.generate_private_key(65537, 2048)
KEYS: list[tuple[CertificateKey, hashes.SHA256 | None, padding.PSS | None]] = [
    (RSA, hashes.SHA256(), None),
    (RSA, hashes.SHA256(), PSS),
    (ec.generate_private_key(ec.SECP384R1()), hashes.SHA256(), None),
    (ed25519.Ed25519PrivateKey.generate(), None, None),
]
IDS = ["rsa-pkcs1", "rsa-pss", "ec", "ed25519"]


def built(key: CertificateKey, digest: hashes.SHA256 | None, rsa_padding: padding.PSS | None) -> x509.Certificate:
    """What cryptography's builder makes: the oracle of these tests."""
    return (
        x509.CertificateBuilder(NAME, NAME, key.public_key(), 1 << 120)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, digest, rsa_padding=rsa_padding)
    )


@pytest.mark.parametrize(("key", "digest", "rsa_padding"), KEYS, ids=IDS)
def test_assembled_certificate_is_the_builders(
    key: CertificateKey, digest: hashes.SHA256 | None, rsa_padding: padding.PSS | None
) -> None:
    """RFC 5280 4.1: TBS, algorithm and signature put together give the very bytes of cryptography's builder."""
    oracle = built(key, digest, rsa_padding)
    assert certificate_der(oracle.tbs_certificate_bytes, oracle.signature) == oracle.public_bytes(Encoding.DER)


@pytest.mark.parametrize(("key", "digest", "rsa_padding"), KEYS, ids=IDS)
def test_signature_is_by_the_algorithm_inside_the_tbs(
    key: CertificateKey, digest: hashes.SHA256 | None, rsa_padding: padding.PSS | None
) -> None:
    """RFC 5280 4.1.1.2: the algorithm beside the signature is the one in the TBS, and the signature verifies by it."""
    oracle = built(key, digest, rsa_padding)
    der = sign_certificate(key, oracle.tbs_certificate_bytes)
    certificate = verified(der, oracle.tbs_certificate_bytes, None)
    assert certificate.signature_algorithm_oid == oracle.signature_algorithm_oid


def test_rsa_pkcs1_gives_the_same_certificate_when_signed_again() -> None:
    """RFC 8017 8.2: PKCS#1 v1.5 is deterministic, so a second signature makes no second certificate."""
    tbs = built(RSA, hashes.SHA256(), None).tbs_certificate_bytes
    assert may_be_signed_again(tbs)
    assert sign_certificate(RSA, tbs) == sign_certificate(RSA, tbs)


@pytest.mark.parametrize(("key", "digest", "rsa_padding"), KEYS[1:], ids=IDS[1:])
def test_other_algorithms_are_never_signed_again(
    key: CertificateKey, digest: hashes.SHA256 | None, rsa_padding: padding.PSS | None
) -> None:
    """Design section 4: a second randomised signature would be a second certificate with one serial number."""
    assert not may_be_signed_again(built(key, digest, rsa_padding).tbs_certificate_bytes)


def test_a_signature_of_another_key_is_not_released() -> None:
    """HSM-1: a token that signs with the wrong key is found before anyone sees the certificate."""
    tbs = built(RSA, hashes.SHA256(), None).tbs_certificate_bytes
    other = rsa.generate_private_key(65537, 2048)
    with pytest.raises(SignatureWrong, match="public key"):
        verified(sign_certificate(other, tbs), tbs, None)


def test_a_signature_with_one_bit_flipped_is_not_released() -> None:
    """HSM-1: wrong octets from the token are not released."""
    oracle = built(RSA, hashes.SHA256(), None)
    signature = bytearray(oracle.signature)
    signature[100] ^= 1
    with pytest.raises(SignatureWrong, match="public key"):
        verified(certificate_der(oracle.tbs_certificate_bytes, bytes(signature)), oracle.tbs_certificate_bytes, None)


def test_other_bytes_than_the_recorded_ones_are_not_released() -> None:
    """Design section 4, step 5: the signed TBS equals the recorded one, byte by byte."""
    one, another = (built(key, digest, pss) for key, digest, pss in KEYS[:2])
    with pytest.raises(SignatureWrong, match="recorded"):
        verified(one.public_bytes(Encoding.DER), another.tbs_certificate_bytes, None)


def test_a_key_of_another_kind_than_the_algorithm_never_signs() -> None:
    """A TBS that names ECDSA is not handed to an RSA key."""
    key, digest, rsa_padding = KEYS[2]
    with pytest.raises(SignatureWrong, match="another kind"):
        sign_certificate(RSA, built(key, digest, rsa_padding).tbs_certificate_bytes)
