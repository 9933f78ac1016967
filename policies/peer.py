"""A peer: an authority, or a generation of one, that has a name and a key of its own and is certified by another.

RFC 4210 section 4.4 for generations of one authority, RFC 5280 section 3.2 (cross-certificates) for two authorities.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import csr as asn1_csr
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from policies.errors import FactsRefused
from policies.facts import Facts, PeerFacts
from policies.tbs import IssuerKey

__all__ = ["Peer", "peer_of"]

_UNREADABLE: Final = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Peer:
    """What a peer says of itself.

    `name_der` is its subject, octet for octet as it stands in its own certificate or request. `key_identifier` is its
    subjectKeyIdentifier; it and both ends of its life (aware UTC) are None where a request alone is known.
    """

    name: x509.Name
    name_der: bytes
    public_key: IssuerKey
    key_identifier: bytes | None
    not_before: datetime | None
    not_after: datetime | None


def peer_of(facts: Facts) -> Peer | None:
    """The peer that the facts name; None for facts of another kind. Nothing signed in them is verified here.

    Raises FactsRefused unless there is exactly one certificate or request, readable and with a key that may certify.
    """
    if not isinstance(facts, PeerFacts):
        return None
    if (facts.certificate is None) == (facts.request is None):
        raise FactsRefused("certificate", "exactly one of certificate and request is given")
    try:
        return _of_request(facts.request) if facts.certificate is None else _of_certificate(facts.certificate)
    except _UNREADABLE:
        field = "request" if facts.certificate is None else "certificate"
        raise FactsRefused(field, "it cannot be read") from None


def _of_certificate(pem: str) -> Peer:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER), strict=True)
    try:
        identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        identifier = None
    return Peer(
        name=certificate.subject,
        name_der=bytes(parsed["tbs_certificate"]["subject"].dump()),
        public_key=_certifying(certificate.public_key()),
        key_identifier=identifier,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _of_request(pem: str | None) -> Peer:
    request = x509.load_pem_x509_csr((pem or "").encode())
    parsed = asn1_csr.CertificationRequest.load(request.public_bytes(Encoding.DER), strict=True)
    return Peer(
        name=request.subject,
        name_der=bytes(parsed["certification_request_info"]["subject"].dump()),
        public_key=_certifying(request.public_key()),
        key_identifier=None,
        not_before=None,
        not_after=None,
    )


def _certifying(key: object) -> IssuerKey:
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        return key
    raise ValueError("the key is neither RSA nor EC nor Ed25519")
