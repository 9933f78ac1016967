"""Reading extensions back and holding them against a profile: the second opinion on `policies.extensions`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from hashlib import sha1
from typing import TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from policies import extension as stated
from policies.name_clauses import Remark, check_directory_name, check_general_names
from policies.peer import Peer
from policies.schema import CertificateProfile
from policies.tbs import IssuerKey
from policies.terms import AuthorityTerms

__all__ = ["EXTENSION_OIDS", "PURPOSE_OIDS", "Reading", "check_extension", "public_key"]

EXTENSION_OIDS = {
    "subjectKeyIdentifier": "2.5.29.14",
    "keyUsage": "2.5.29.15",
    "subjectAltName": "2.5.29.17",
    "issuerAltName": "2.5.29.18",
    "basicConstraints": "2.5.29.19",
    "cRLDistributionPoints": "2.5.29.31",
    "certificatePolicies": "2.5.29.32",
    "policyMappings": "2.5.29.33",
    "authorityKeyIdentifier": "2.5.29.35",
    "policyConstraints": "2.5.29.36",
    "extKeyUsage": "2.5.29.37",
    "authorityInfoAccess": "1.3.6.1.5.5.7.1.1",
    "ocspNoCheck": "1.3.6.1.5.5.7.48.1.5",
}
"""The OID of each extension a profile may have (RFC 5280 4.2, RFC 6960 4.2.2.2.1)."""

PURPOSE_OIDS = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "OCSPSigning": "1.3.6.1.5.5.7.3.9",
}
"""The OID of each purpose a profile may name (RFC 5280 4.2.1.12)."""

E = TypeVar("E", bound=x509.ExtensionType)

_ID_AD_OCSP = "1.3.6.1.5.5.7.48.1"
_ANY_POLICY = "2.5.29.32.0"  # RFC 5280 4.2.1.4


@dataclass(frozen=True, slots=True)
class Reading:
    """A certificate as read back, beside what it is held against; `issuer` is itself when it is self-signed.

    `peer` is the authority or generation that it certifies, where its profile has one and it is at hand.
    """

    certificate: x509.Certificate
    profile: CertificateProfile
    terms: AuthorityTerms
    issuer: x509.Certificate
    peer: Peer | None = None


@singledispatch
def check_extension(extension: object, found: x509.ExtensionType, reading: Reading) -> Iterator[Remark]:
    """Hold a certificate's extension against what the profile says of it; both are of the same type."""
    raise TypeError(f"No clause is known for {type(extension).__name__}.")


@check_extension.register
def _(extension: stated.KeyUsage, found: x509.KeyUsage, reading: Reading) -> Iterator[Remark]:
    usages = {
        "digitalSignature": found.digital_signature,
        "nonRepudiation": found.content_commitment,
        "keyEncipherment": found.key_encipherment,
        "dataEncipherment": found.data_encipherment,
        "keyAgreement": found.key_agreement,
        "keyCertSign": found.key_cert_sign,
        "cRLSign": found.crl_sign,
        "encipherOnly": found.key_agreement and found.encipher_only,
        "decipherOnly": found.key_agreement and found.decipher_only,
    }
    if {usage for usage, given in usages.items() if given} != set(extension.usages):
        yield "the usages are not those of the profile"


@check_extension.register
def _(extension: stated.ExtKeyUsage, found: x509.ExtendedKeyUsage, reading: Reading) -> Iterator[Remark]:
    if [purpose.dotted_string for purpose in found] != [PURPOSE_OIDS[usage] for usage in extension.usages]:
        yield "the purposes are not those of the profile in its order"


@check_extension.register
def _(extension: stated.BasicConstraints, found: x509.BasicConstraints, reading: Reading) -> Iterator[Remark]:
    if found.ca != extension.ca:
        yield "cA is not what the profile says"
    if found.path_length != extension.path_length:
        yield "pathLenConstraint is not what the profile says"


@check_extension.register
def _(extension: stated.SubjectKeyIdentifier, found: x509.SubjectKeyIdentifier, reading: Reading) -> Iterator[Remark]:
    if reading.peer is not None and reading.peer.key_identifier is not None:
        if found.digest != reading.peer.key_identifier:
            yield "it is not the one in the peer's own certificate"
    elif found.digest != sha1(_key_bits(public_key(reading.certificate)), usedforsecurity=False).digest():
        yield "it is not the SHA-1 of the subject's key bits"


def public_key(certificate: x509.Certificate) -> IssuerKey | None:
    """The key in a certificate, or None when it is malformed or of a kind that no profile accepts."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) else None


def _key_bits(key: IssuerKey | None) -> bytes:
    """The content of the subjectPublicKey BIT STRING; empty for a key that is refused anyway."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return b"" if key is None else key.public_bytes_raw()


@check_extension.register
def _(
    extension: stated.AuthorityKeyIdentifier, found: x509.AuthorityKeyIdentifier, reading: Reading
) -> Iterator[Remark]:
    issuer_identifier = _of_issuer(reading, x509.SubjectKeyIdentifier)
    if issuer_identifier is None or found.key_identifier != issuer_identifier.digest:
        yield "keyIdentifier is not the issuer's subjectKeyIdentifier"
    names, serial = found.authority_cert_issuer, found.authority_cert_serial_number
    if not extension.issuer_and_serial:
        if names is not None or serial is not None:
            yield "it names issuer and serial number, and the profile does not"
        return
    if serial != reading.issuer.serial_number:
        yield "authorityCertSerialNumber is not that of the issuer's certificate"
    if [_directory_name(name) for name in names or ()] != [reading.issuer.issuer.public_bytes()]:
        yield "authorityCertIssuer is not the issuer of the issuer's certificate"


@check_extension.register
def _(extension: stated.CertificatePolicies, found: x509.CertificatePolicies, reading: Reading) -> Iterator[Remark]:
    policies = [policy.policy_identifier.dotted_string for policy in found]
    if extension.policy is None:
        if policies != [_policy(key, reading) for key in extension.policies]:
            yield "the policies are not those of the authority's terms"
        if any(policy.policy_qualifiers for policy in found):
            yield "a policy has a qualifier, and the profile gives it none"
        return
    if policies != [reading.terms.policy(extension.policy)]:
        yield "the policy is not that of the authority's terms"
    elif found[0].policy_qualifiers != [reading.terms.cps_uri()]:
        yield "the policy does not have the terms' CPS URI as its one qualifier"


def _policy(key: str, reading: Reading) -> str:
    return _ANY_POLICY if key == "anyPolicy" else reading.terms.policy(key)


@check_extension.register
def _(extension: stated.PolicyMappings, found: x509.UnrecognizedExtension, reading: Reading) -> Iterator[Remark]:
    try:
        parsed = asn1_x509.PolicyMappings.load(found.value, strict=True)
        pairs = [(pair["issuer_domain_policy"].dotted, pair["subject_domain_policy"].dotted) for pair in parsed]
    except (ValueError, TypeError):
        yield "it cannot be read"
        return
    if pairs != [
        (reading.terms.policy(pair.issuer), reading.terms.policy(pair.subject)) for pair in extension.mappings
    ]:
        yield "the pairs are not those of the profile in its order"


@check_extension.register
def _(extension: stated.PolicyConstraints, found: x509.PolicyConstraints, reading: Reading) -> Iterator[Remark]:
    if found.require_explicit_policy != extension.require_explicit_policy:
        yield "requireExplicitPolicy is not what the profile says"
    if found.inhibit_policy_mapping != extension.inhibit_policy_mapping:
        yield "inhibitPolicyMapping is not what the profile says"


@check_extension.register
def _(extension: stated.SubjectAltName, found: x509.SubjectAlternativeName, reading: Reading) -> Iterator[Remark]:
    yield from check_general_names(found, extension.names, reading.terms)


@check_extension.register
def _(extension: stated.IssuerAltName, found: x509.IssuerAlternativeName, reading: Reading) -> Iterator[Remark]:
    yield from check_general_names(found, extension.names, reading.terms)
    issuer_names = _of_issuer(reading, x509.SubjectAlternativeName)
    if issuer_names is not None and issuer_names.public_bytes() != found.public_bytes():
        yield "it is not the subjectAltName of the issuer"


@check_extension.register
def _(extension: stated.CRLDistributionPoints, found: x509.CRLDistributionPoints, reading: Reading) -> Iterator[Remark]:
    names = found[0].full_name
    if len(found) != 1 or found[0].reasons or found[0].crl_issuer:
        yield "there is not exactly one point without reasons and cRLIssuer"
        return
    if not names or not isinstance(names[0], x509.DirectoryName):
        yield "the point is not named by a directoryName first"
        return
    if extension.issuer_name and _directory_name(names[0]) != reading.issuer.subject.public_bytes():
        yield "the directoryName is not the issuer's name"
    if extension.directory:
        yield from check_directory_name(names[0].value, extension.directory, reading.terms)
    urls = reading.terms.crl_urls(extension.urls, extension.partition) if extension.urls else ()
    if [_url(name) for name in names[1:]] != list(urls):
        yield "the names beside the directoryName are not the URLs of the authority's terms"


@check_extension.register
def _(
    extension: stated.AuthorityInfoAccess, found: x509.AuthorityInformationAccess, reading: Reading
) -> Iterator[Remark]:
    accesses = [(access.access_method.dotted_string, _url(access.access_location)) for access in found]
    if accesses != [(_ID_AD_OCSP, reading.terms.ocsp_url(extension.ocsp))]:
        yield "it is not the one OCSP URL of the authority's terms"


@check_extension.register
def _(extension: stated.OCSPNoCheck, found: x509.OCSPNoCheck, reading: Reading) -> Iterator[Remark]:
    """Whatever is not NULL is malformed, and was found so when the certificate was read."""
    yield from ()


def _of_issuer(reading: Reading, kind: type[E]) -> E | None:
    try:
        return reading.issuer.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _directory_name(name: x509.GeneralName) -> bytes | None:
    """The DER of a directoryName, string types included, or None for another kind of name."""
    return name.value.public_bytes() if isinstance(name, x509.DirectoryName) else None


def _url(name: x509.GeneralName) -> str | None:
    return name.value if isinstance(name, x509.UniformResourceIdentifier) else None
