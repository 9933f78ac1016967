"""The name of a revocation list, made from its code: what a list may be scoped to, whatever a database says."""

from collections.abc import Iterable

from asn1crypto import x509 as asn1_x509
from cryptography import x509

from policies.errors import ContentRefused
from policies.extension import CRLDistributionPoints, NamePart
from policies.extensions import named_points
from policies.municipalities import Municipality, municipality_of_list
from policies.names import attribute
from policies.schema import CertificateProfile
from policies.terms import AuthorityTerms

__all__ = ["list_name", "point_name"]


def list_name(
    profiles: Iterable[CertificateProfile], terms: AuthorityTerms, authority: x509.Certificate, partition: str
) -> bytes | None:
    """The DER DistributionPointName of an authority's list: what certificates that stand on it name, octet for octet.

    `profiles` are those it issues under, `partition` the list's code; a self-signed authority's own certificate stands
    on its list "ca" too. None when none of these certificates stands on such a list: the code is no municipality's, or
    no profile has that kind of list. The date does not matter, since a code keeps the name of its list for ever.

    Raises ContentRefused where two of them would name the list differently, TermsError, NameRefused.
    """
    names = {_by_profile(profile, terms, authority, partition): profile.name for profile in profiles}
    if partition == "ca" and authority.issuer == authority.subject:
        names[_of_certificate(authority)] = "the authority's own"
    names.pop(None, None)
    if len(names) > 1:
        raise ContentRefused(min(names.values()), "cRLDistributionPoints", "another profile names the list otherwise")
    return next(iter(names), None)


def point_name(points: x509.CRLDistributionPoints) -> bytes:
    """The DER of the first DistributionPointName, as it also stands in an issuingDistributionPoint (RFC 5280 5.2.5)."""
    encoded = points.public_bytes()
    name = asn1_x509.CRLDistributionPoints.load(encoded, strict=True)[0]["distribution_point"]
    return bytes(name.untag().dump())


def _by_profile(
    profile: CertificateProfile, terms: AuthorityTerms, authority: x509.Certificate, partition: str
) -> bytes | None:
    points = profile.extension(CRLDistributionPoints)
    if points is None or points.partition != (partition if partition in ("all", "ca") else "municipality"):
        return None
    place = municipality_of_list(partition)
    if points.partition == "municipality" and place is None:
        return None
    directory = authority.subject if points.issuer_name else _directory(profile, points.directory, terms, place)
    return point_name(named_points(points, directory, terms, partition))


def _directory(
    profile: CertificateProfile, parts: Iterable[NamePart], terms: AuthorityTerms, place: Municipality | None
) -> x509.Name:
    facts = {"prefecture": place.prefecture_roman, "municipality_crldp": place.crldp_name} if place else {}
    for part in parts:
        if part.fact is not None and part.fact not in facts:
            raise ContentRefused(profile.name, "cRLDistributionPoints", f"a list's name cannot depend on {part.fact}")
    return x509.Name(
        [attribute(part, terms.text(part.terms) if part.terms else facts[part.fact or ""]) for part in parts]
    )


def _of_certificate(certificate: x509.Certificate) -> bytes | None:
    try:
        return point_name(certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    except x509.ExtensionNotFound:
        return None
