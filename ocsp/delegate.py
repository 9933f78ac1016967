"""An authority's delegated responder: the certificate and key that sign its answers (RFC 6960 section 4.2.2.2)."""

import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from ocsp.errors import ResponderRefused, WrongResponderKey
from ocsp.request import SHA1, SHA256
from ocsp.response import by_key, response_data, successful_response
from ocsp.signature import PrivateKey, algorithm_identifier, is_signed, sign


class Delegate:
    """Signs the answers about the certificates of one authority (one generation of an issuer).

    `authority` and `issuer` are the names the database knows them by; `validity` is the time from thisUpdate to
    nextUpdate; `outage` is how long unexpired answers may be given while the database cannot be asked. Raises
    ResponderRefused, at once, for a certificate or key that verifiers would not accept, and WrongResponderKey where
    the key is not the certificate's; a signature is made and verified to know.
    """

    def __init__(
        self,
        *,
        authority: str,
        issuer: str,
        ca_certificate: x509.Certificate,
        certificate: x509.Certificate,
        key: PrivateKey,
        validity: timedelta,
        outage: timedelta,
    ) -> None:
        self.authority = authority
        self.issuer = issuer
        self.validity = validity
        self.outage = outage
        self.not_before = certificate.not_valid_before_utc
        self.not_after = certificate.not_valid_after_utc
        self.archive_cutoff = ca_certificate.not_valid_before_utc
        self.names = _issuer_hashes(ca_certificate)
        self._key = key
        _check_certificate(authority, ca_certificate, certificate)
        _check_key(authority, certificate, key)
        self._algorithm = algorithm_identifier(key)
        self._responder_id = by_key(_sha1(_key_bits(certificate)))
        self._certificate = certificate.public_bytes(Encoding.DER)

    def current(self, now: datetime) -> bool:
        """Whether the responder's certificate is within its dates."""
        return self.not_before <= now < self.not_after

    def next_update(self, this_update: datetime) -> datetime:
        """`validity` later, but never after the responder's certificate ends (OCSP-3)."""
        return min(this_update + self.validity, self.not_after)

    def sign(self, responses: list[bytes], produced_at: datetime, nonce: bytes | None) -> bytes:
        """The whole signed OCSPResponse around SingleResponses; one signature. The key's own errors pass through."""
        data = response_data(self._responder_id, produced_at, responses, nonce)
        return successful_response(data, self._algorithm, sign(self._key, data), self._certificate)


def _issuer_hashes(ca_certificate: x509.Certificate) -> tuple[tuple[bytes, bytes, bytes], ...]:
    """By which hash algorithm, name hash and key hash this authority may be asked for: SHA-1 and SHA-256."""
    name, bits = ca_certificate.subject.public_bytes(), _key_bits(ca_certificate)
    sha1 = (SHA1, _sha1(name), _sha1(bits))
    return sha1, (SHA256, hashlib.sha256(name).digest(), hashlib.sha256(bits).digest())


def _sha1(octets: bytes) -> bytes:
    """SHA-1 names an issuer or a responder here, as RFC 5019 section 2.1.1 asks for; it protects nothing."""
    return hashlib.sha1(octets, usedforsecurity=False).digest()


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The content of the subjectPublicKey BIT STRING (RFC 6960 section 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise ResponderRefused(certificate.subject.rfc4514_string(), "its key is neither RSA nor elliptic curve")


def _check_certificate(authority: str, ca_certificate: x509.Certificate, certificate: x509.Certificate) -> None:
    """What a verifier asks of a delegated responder's certificate (RFC 6960 sections 4.2.2.2 and 4.2.2.2.1)."""
    try:
        certificate.verify_directly_issued_by(ca_certificate)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise ResponderRefused(authority, "its certificate was not signed by the CA key it answers for") from error
    extensions = certificate.extensions
    usages = {extension.oid: extension.value for extension in extensions}
    purposes = usages.get(x509.ExtendedKeyUsage.oid)
    if not isinstance(purposes, x509.ExtendedKeyUsage) or ExtendedKeyUsageOID.OCSP_SIGNING not in purposes:
        raise ResponderRefused(authority, "its certificate lacks the extended key usage OCSPSigning")
    if x509.OCSPNoCheck.oid not in usages:
        raise ResponderRefused(authority, "its certificate lacks id-pkix-ocsp-nocheck")
    constraints = usages.get(x509.BasicConstraints.oid)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise ResponderRefused(authority, "its certificate is a CA certificate")


def _check_key(authority: str, certificate: x509.Certificate, key: PrivateKey) -> None:
    """The key is the certificate's, by its public half and by a signature made now."""
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or key.public_key() != public:
        raise WrongResponderKey(authority)
    probe = b"responder self-check"
    if not is_signed(public, sign(key, probe), probe):
        raise WrongResponderKey(authority)
