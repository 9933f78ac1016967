"""The assertion of a FIDO2 key as a confirmation (CTAP 2.1 section 6.2.2, WebAuthn Level 2 sections 6.1 and 7.2).

The key signs its authenticator data and the SHA-256 of the statement, as `fido2-assert` of libfido2 has it sign a
client data hash. Verified here against assertions composed from those sections; untested with a device.
"""

from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ca.statement import PublicKey

__all__ = ["RELYING_PARTY", "assertion_holds", "client_data_hash"]

RELYING_PARTY: Final = "ninsho.ceremony"
"""The relying party that the credential is made for: a key registered elsewhere does not answer for it."""

_PRESENT_AND_VERIFIED: Final = 0b101
"""The flags UP and UV: somebody touched the key, and it verified by PIN or finger who."""

_FIXED_OCTETS: Final = 37


def client_data_hash(signed: bytes) -> bytes:
    """Return what the key is given to sign for a statement's message: its SHA-256."""
    return sha256(signed).digest()


def assertion_holds(key: PublicKey, signed: bytes, authenticator_data: bytes, signature: bytes) -> bool:
    """Say whether the key's holder, present and verified by the key itself, signed this message.

    Only ECDSA on P-256 with SHA-256 (ES256) and Ed25519 are FIDO2 keys here. The counter is not judged: a
    confirmation is bound to one point of one transcript already.
    """
    if len(authenticator_data) < _FIXED_OCTETS or authenticator_data[:32] != sha256(RELYING_PARTY.encode()).digest():
        return False
    if authenticator_data[32] & _PRESENT_AND_VERIFIED != _PRESENT_AND_VERIFIED:
        return False
    octets = authenticator_data + client_data_hash(signed)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            key.verify(signature, octets, ec.ECDSA(hashes.SHA256()))
            return True
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, octets)
            return True
    except InvalidSignature:
        return False
    return False
