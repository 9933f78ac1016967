"""From what a profile says to the extensions of one certificate (RFC 5280 4.2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import singledispatch

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    CertificatePoliciesOID,
    ExtendedKeyUsageOID,
    ExtensionOID,
)

from policies import extension as stated
from policies.errors import ContentRefused
from policies.facts import Facts, ResidentFacts
from policies.names import alternative_names, name_from
from policies.peer import Peer
from policies.schema import CertificateProfile
from policies.terms import AuthorityTerms

__all__ = ["Circumstances", "distribution_points", "extensions_for", "named_points", "partition_of"]

_PURPOSES = {
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "codeSigning": ExtendedKeyUsageOID.CODE_SIGNING,
    "emailProtection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "OCSPSigning": ExtendedKeyUsageOID.OCSP_SIGNING,
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the extensions of one certificate depend on beside its profile.

    `on` is the day in Japan whose municipalities count; `issuer` is None for a self-signed certificate.
    `peer` is the authority or generation whose key is certified, where it has a name of its own.
    """

    profile: CertificateProfile
    terms: AuthorityTerms
    facts: Facts
    on: date
    subject: x509.Name
    public_key: CertificatePublicKeyTypes
    issuer: x509.Certificate | None
    peer: Peer | None = None


def extensions_for(case: Circumstances) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """The extensions in the profile's order, each with its criticality; an alternative name without names is left out.

    Raises NameRefused, TermsError, ContentRefused, CharacterRefused, UnknownMunicipality.
    """
    for extension in case.profile.extensions:
        made = _made(extension, case)
        if made is not None:
            yield made, extension.critical


def partition_of(points: stated.CRLDistributionPoints, facts: Facts) -> str:
    """The code of the list on which a certificate with these facts would stand."""
    if points.partition != "municipality":
        return points.partition
    if not isinstance(facts, ResidentFacts):
        raise TypeError("Only residents' lists are kept by municipality.")
    return facts.municipality


def named_points(
    points: stated.CRLDistributionPoints, directory: x509.Name, terms: AuthorityTerms, partition: str
) -> x509.CRLDistributionPoints:
    """One distribution point for the list of `partition`: a directoryName, then the URLs that the terms give it."""
    names: list[x509.GeneralName] = [x509.DirectoryName(directory)]
    if points.urls is not None:
        names += map(x509.UniformResourceIdentifier, terms.crl_urls(points.urls, partition))
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])


def _issuer_name(case: Circumstances) -> x509.Name:
    return case.subject if case.issuer is None else case.issuer.subject


def _issuer_key_identifier(case: Circumstances) -> bytes:
    """The issuer's own SubjectKeyIdentifier, so that chains can be followed by it (RFC 5280 4.2.1.1)."""
    if case.issuer is None:
        return x509.SubjectKeyIdentifier.from_public_key(case.public_key).digest
    try:
        return case.issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        raise ContentRefused(
            case.profile.name, "authorityKeyIdentifier", "the issuer's certificate has no subjectKeyIdentifier"
        ) from None


@singledispatch
def _made(extension: object, case: Circumstances) -> x509.ExtensionType | None:
    raise TypeError(f"No encoding is known for {type(extension).__name__}.")


@_made.register
def _(extension: stated.KeyUsage, case: Circumstances) -> x509.ExtensionType:
    return x509.KeyUsage(
        digital_signature="digitalSignature" in extension.usages,
        content_commitment="nonRepudiation" in extension.usages,
        key_encipherment="keyEncipherment" in extension.usages,
        data_encipherment=False,
        key_agreement="keyAgreement" in extension.usages,
        key_cert_sign="keyCertSign" in extension.usages,
        crl_sign="cRLSign" in extension.usages,
        encipher_only=False,
        decipher_only=False,
    )


@_made.register
def _(extension: stated.ExtKeyUsage, case: Circumstances) -> x509.ExtensionType:
    return x509.ExtendedKeyUsage([_PURPOSES[usage] for usage in extension.usages])


@_made.register
def _(extension: stated.BasicConstraints, case: Circumstances) -> x509.ExtensionType:
    return x509.BasicConstraints(ca=extension.ca, path_length=extension.path_length)


@_made.register
def _(extension: stated.SubjectKeyIdentifier, case: Circumstances) -> x509.ExtensionType:
    if case.peer is not None and case.peer.key_identifier is not None:
        # What the peer issues points to this value (RFC 5280 4.2.1.2), however the peer made it.
        return x509.SubjectKeyIdentifier(case.peer.key_identifier)
    return x509.SubjectKeyIdentifier.from_public_key(case.public_key)


@_made.register
def _(extension: stated.AuthorityKeyIdentifier, case: Circumstances) -> x509.ExtensionType:
    identifier = _issuer_key_identifier(case)
    if not extension.issuer_and_serial or case.issuer is None:
        return x509.AuthorityKeyIdentifier(identifier, None, None)
    # These name the authority's own certificate, hence its issuer and serial (RFC 5280 4.2.1.1).
    issuer = [x509.DirectoryName(case.issuer.issuer)]
    return x509.AuthorityKeyIdentifier(identifier, issuer, case.issuer.serial_number)


@_made.register
def _(extension: stated.CertificatePolicies, case: Circumstances) -> x509.ExtensionType:
    if extension.policy is None:
        return x509.CertificatePolicies(
            [x509.PolicyInformation(_policy(key, case), None) for key in extension.policies]
        )
    policy = x509.ObjectIdentifier(case.terms.policy(extension.policy))
    return x509.CertificatePolicies([x509.PolicyInformation(policy, [case.terms.cps_uri()])])


def _policy(key: str, case: Circumstances) -> x509.ObjectIdentifier:
    return CertificatePoliciesOID.ANY_POLICY if key == "anyPolicy" else x509.ObjectIdentifier(case.terms.policy(key))


@_made.register
def _(extension: stated.PolicyMappings, case: Circumstances) -> x509.ExtensionType:
    pairs = [
        {
            "issuer_domain_policy": case.terms.policy(pair.issuer),
            "subject_domain_policy": case.terms.policy(pair.subject),
        }
        for pair in extension.mappings
    ]
    # cryptography has no type for it.
    return x509.UnrecognizedExtension(ExtensionOID.POLICY_MAPPINGS, asn1_x509.PolicyMappings(pairs).dump())


@_made.register
def _(extension: stated.PolicyConstraints, case: Circumstances) -> x509.ExtensionType:
    return x509.PolicyConstraints(extension.require_explicit_policy, extension.inhibit_policy_mapping)


@_made.register
def _(extension: stated.SubjectAltName, case: Circumstances) -> x509.ExtensionType | None:
    names = alternative_names(extension.names, case.terms, case.facts, case.on)
    return x509.SubjectAlternativeName(names) if names else None


@_made.register
def _(extension: stated.IssuerAltName, case: Circumstances) -> x509.ExtensionType | None:
    names = alternative_names(extension.names, case.terms, case.facts, case.on)
    return x509.IssuerAlternativeName(names) if names else None


@_made.register
def distribution_points(extension: stated.CRLDistributionPoints, case: Circumstances) -> x509.CRLDistributionPoints:
    """The extension as the profile states it, for one certificate."""
    directory = (
        _issuer_name(case) if extension.issuer_name else name_from(extension.directory, case.terms, case.facts, case.on)
    )
    return named_points(extension, directory, case.terms, partition_of(extension, case.facts))


@_made.register
def _(extension: stated.AuthorityInfoAccess, case: Circumstances) -> x509.ExtensionType:
    url = x509.UniformResourceIdentifier(case.terms.ocsp_url(extension.ocsp))
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url)])


@_made.register
def _(extension: stated.OCSPNoCheck, case: Circumstances) -> x509.ExtensionType:
    return x509.OCSPNoCheck()
