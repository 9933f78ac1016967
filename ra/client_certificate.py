"""Logging in with an officer's card: TLS ends at nginx, which hands the certificate on, and here it is believed.

nginx saw the proof of its key and the authority's revocation list, and its word for both is needed and not enough: the
certificate is verified again, against the configured authorities, and its key must be of a credential in the roster.
"""

from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)
from flask import current_app, request

from ca.roster import Credential, Person
from ra.edge import CERTIFICATE_HEADER, EDGE, VERIFIED, VERIFY_HEADER, Edge
from ra.errors import PageError
from ra.office import office

__all__ = ["MOST_CHARACTERS", "certificates_accepted", "officer_of_certificate"]

MOST_CHARACTERS = 16384
"""Characters of the header that are read."""


def certificates_accepted() -> bool:
    """Whether officers can log in with a client certificate here."""
    edge: Edge = current_app.extensions[EDGE]
    return bool(edge.officer_authorities)


def officer_of_certificate() -> tuple[Person, Credential]:
    """Whose certificate nginx hands on with this request; raises PageError E-4105, or E-5001 where none counts."""
    edge: Edge = current_app.extensions[EDGE]
    if not edge.officer_authorities:
        raise PageError("E-5001")
    if request.headers.get(VERIFY_HEADER) != VERIFIED:
        raise PageError("E-4105")
    certificate = _verified(request.headers.get(CERTIFICATE_HEADER, ""), edge.officer_authorities)
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    now = office().clock()
    for person in office().roster().persons:
        for credential in person.credentials:
            if credential.kind == "key" and credential.spki == spki and credential.valid(now):
                return person, credential
    raise PageError("E-4105")


def _verified(header: str, authorities: tuple[x509.Certificate, ...]) -> x509.Certificate:
    """The certificate in the header, once it is one for clients of these authorities, valid now."""
    if not header or len(header) > MOST_CHARACTERS:
        raise PageError("E-4105")
    client = ExtensionPolicy.permit_all().require_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _for_clients)
    try:
        certificate = x509.load_pem_x509_certificate(unquote_to_bytes(header))
        verifier = (
            PolicyBuilder()
            .store(Store(list(authorities)))
            .time(office().clock())
            .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=client)
            .build_client_verifier()
        )
        return verifier.verify(certificate, []).chain[0]
    except (ValueError, VerificationError):
        raise PageError("E-4105") from None


def _for_clients(policy: Policy, certificate: x509.Certificate, usage: x509.ExtendedKeyUsage) -> None:
    """Refuse a certificate that is not one for clients; a card's names nobody by a SubjectAlternativeName."""
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise ValueError("it is not for clients")
