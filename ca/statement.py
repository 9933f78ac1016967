"""What officers and administrators sign, with which keys: one form of message, separated by domain.

A signature over one kind of statement can never pass for another, since the domain stands in what is signed. A
credential is a public key: a software key, a card or a PKCS#11 token leave the same evidence.
"""

from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from ca.errors import KeyUnusable

__all__ = [
    "Domain",
    "PrivateKey",
    "PublicKey",
    "key_octets",
    "message",
    "octets_verify",
    "public_key",
    "sign",
    "sign_octets",
    "verifies",
]

CURVES: Final = (ec.SECP256R1, ec.SECP384R1)
SPKI_LIMIT: Final = 4096

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
"""A key that can sign statements; a token key is one of these."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
"""A key that statements are verified with."""


class Domain(StrEnum):
    """The kinds of statement; the value stands in the signed message and is never reused for another meaning."""

    EVIDENCE = "evidence"
    POSSESSION = "proof-of-possession"
    ROSTER = "roster"
    AUTHORITY = "authority-record"
    RETIREMENT = "retirement-record"
    CEREMONY = "ceremony-step"
    NOTIFICATION = "key-notification"
    TERMINAL = "terminal-request"


def message(domain: Domain, body: bytes) -> bytes:
    """Return the octets to sign for a statement: `ninsho/1 <domain>`, a zero octet, the body."""
    return b"ninsho/1 " + domain.value.encode("ascii") + b"\0" + body


def sign(key: PrivateKey, domain: Domain, body: bytes) -> bytes:
    """Sign a statement, with the algorithm of `sign_octets`."""
    return sign_octets(key, message(domain, body))


def verifies(key: PublicKey, domain: Domain, body: bytes, signature: bytes) -> bool:
    """Say whether the signature is this key's over this statement, made as `sign` makes it."""
    return octets_verify(key, message(domain, body), signature)


def sign_octets(key: PrivateKey, octets: bytes) -> bytes:
    """Sign octets that carry no domain of ours, as an authenticator does (`ca.passkeys`); statements go by `sign`.

    RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2), ECDSA with SHA-256 (on P-384 with SHA-384), or Ed25519:
    COSE's RS256, ES256, ES384 and EdDSA.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(octets, ec.ECDSA(_hash_for(key.curve)))
    return key.sign(octets)


def octets_verify(key: PublicKey, octets: bytes, signature: bytes) -> bool:
    """Say whether the signature is this key's over these octets, made as `sign_octets` makes it."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, octets, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, octets, ec.ECDSA(_hash_for(key.curve)))
        else:
            key.verify(signature, octets)
    except InvalidSignature:
        return False
    return True


def public_key(spki: bytes) -> PublicKey:
    """Return the key of a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7).

    Raises KeyUnusable for broken or non-canonical bytes (a second spelling would hide that two keys are one), RSA
    under 2048 bits, curves other than P-256 and P-384, and other kinds of key.
    """
    if len(spki) > SPKI_LIMIT:
        raise KeyUnusable(f"it has {len(spki)} octets and at most {SPKI_LIMIT} are read")
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable("it is not a SubjectPublicKeyInfo in DER") from None
    if not isinstance(key, PublicKey):
        raise KeyUnusable("it is neither RSA, EC nor Ed25519")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        raise KeyUnusable(f"an RSA key of {key.key_size} bits is too short")
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, CURVES):
        raise KeyUnusable(f"the curve {key.curve.name} is not in use")
    if key_octets(key) != spki:
        raise KeyUnusable("it is not in canonical DER")
    return key


def key_octets(key: PublicKey) -> bytes:
    """Return a public key as SubjectPublicKeyInfo in DER, the one form in which keys are compared and hashed."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _hash_for(curve: ec.EllipticCurve) -> hashes.HashAlgorithm:
    return hashes.SHA384() if isinstance(curve, ec.SECP384R1) else hashes.SHA256()
