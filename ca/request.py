"""Proof of possession: that the applicant holds the private key, shown by PKCS#10 or by a signed challenge.

Of a certification request only the key counts. Its subject, extensions and attributes are ignored, never copied: a
certificate's content comes from the examined facts and the profile alone (requirement ISS-5).
"""

from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import SignatureAlgorithmOID
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from ca.application import Application, Proof
from ca.canonical import CONFIG, Code, Octets, encode
from ca.errors import (
    ChallengeSignatureInvalid,
    RequestHashRefused,
    RequestKeyDiffers,
    RequestMalformed,
    RequestSignatureInvalid,
    RequestTooLarge,
)
from ca.statement import Domain, PrivateKey, PublicKey, key_octets, message, public_key, sign, verifies

__all__ = ["LIMIT", "check_possession", "load_request", "possession_challenge", "prove_possession", "request_key"]

LIMIT: Final = 16 * 1024
"""Octets of a certification request (requirement INP-1)."""

_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def load_request(data: bytes) -> x509.CertificateSigningRequest:
    """Return a PKCS#10 request (RFC 2986), DER or PEM, once the signature on it holds.

    Raises RequestTooLarge before parsing; RequestMalformed; RequestHashRefused for MD5, SHA-1 and whatever is neither
    SHA-2 of 256 bits or more nor Ed25519; KeyUnusable as `ca.statement.public_key`; RequestSignatureInvalid.
    """
    if len(data) > LIMIT:
        raise RequestTooLarge(len(data), LIMIT)
    is_pem = data.lstrip().startswith(b"-----BEGIN ")
    try:
        request = x509.load_pem_x509_csr(data) if is_pem else x509.load_der_x509_csr(data)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise RequestMalformed from None
    _check_hash(request)
    request_key(request)
    if not request.is_signature_valid:
        raise RequestSignatureInvalid
    return request


def request_key(request: x509.CertificateSigningRequest) -> bytes:
    """Return the key of a request as SubjectPublicKeyInfo in DER. Raises RequestMalformed, KeyUnusable."""
    try:
        spki = key_octets(request.public_key())  # type: ignore[arg-type]  # public_key() below refuses the other kinds
    except (ValueError, UnsupportedAlgorithm):
        raise RequestMalformed from None
    public_key(spki)
    return spki


def possession_challenge(deployment: str, application_id: UUID, salt: bytes, subject_key: bytes) -> bytes:
    """Return the octets that the subject key signs, as a resident's card does at the counter.

    They are of this application alone: its id and its 128-bit salt stand in them, so a proof cannot be used again.
    The signature is made as `ca.statement.sign` says (for a card: RSASSA-PKCS1-v1_5 with SHA-256).
    """
    return message(Domain.POSSESSION, _challenge_body(deployment, application_id, salt, subject_key))


def prove_possession(key: PrivateKey, deployment: str, application_id: UUID, salt: bytes) -> Proof:
    """Sign the challenge of an application with the subject key itself."""
    body = _challenge_body(deployment, application_id, salt, key_octets(key.public_key()))
    return Proof("challenge", sign(key, Domain.POSSESSION, body))


def check_possession(application: Application) -> PublicKey:
    """Return the subject key of an issue, once its proof of possession holds.

    Raises RequestRefused's subclasses and KeyUnusable. Whether the key is of the profile's kind and strong enough is
    asked elsewhere (`policies.keys`). Raises ValueError for an application that is no issue.
    """
    if application.subject_key is None or application.proof is None:
        raise ValueError("only an application for an issue names a key")
    key = public_key(application.subject_key)
    if application.proof.form == "pkcs10":
        if request_key(load_request(application.proof.value)) != application.subject_key:
            raise RequestKeyDiffers
        return key
    body = _challenge_body(application.deployment, application.id, application.salt, application.subject_key)
    if not verifies(key, Domain.POSSESSION, body, application.proof.value):
        raise ChallengeSignatureInvalid
    return key


@dataclass(frozen=True, slots=True, config=CONFIG)
class _Challenge:
    deployment: Code
    application: UUID
    salt: Octets
    subject_key: Octets


_ADAPTER: Final = TypeAdapter(_Challenge)


def _challenge_body(deployment: str, application_id: UUID, salt: bytes, subject_key: bytes) -> bytes:
    challenge = _Challenge(deployment, application_id, salt, subject_key)
    return encode(_ADAPTER, challenge, document="possession challenge", limit=16 * 1024)


def _check_hash(request: x509.CertificateSigningRequest) -> None:
    try:
        algorithm = request.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):  # ValueError: parameters that its algorithm cannot have
        raise RequestHashRefused(request.signature_algorithm_oid.dotted_string) from None
    if algorithm is None:
        if request.signature_algorithm_oid != SignatureAlgorithmOID.ED25519:
            raise RequestHashRefused(request.signature_algorithm_oid.dotted_string)
    elif not isinstance(algorithm, _HASHES):
        raise RequestHashRefused(algorithm.name)
