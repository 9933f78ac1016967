"""The exact content of a certificate: profile, terms and facts put together into a builder."""

from dataclasses import dataclass
from datetime import date, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from policies.errors import ContentRefused
from policies.extension import CRLDistributionPoints
from policies.extensions import Circumstances, distribution_points, extensions_for, partition_of
from policies.facts import Facts, ResidentFacts
from policies.lists import point_name
from policies.names import JST, name_from
from policies.peer import peer_of
from policies.schema import CertificateProfile
from policies.terms import AuthorityTerms
from policies.validity import BirthdayRule, PeerRule, Validity, fixed_validity, peer_validity, resident_validity

__all__ = ["DistributionPoint", "certificate_builder", "certificate_builder_for", "distribution_point", "validity_for"]


@dataclass(frozen=True, slots=True)
class DistributionPoint:
    """The list on which a certificate would stand.

    `partition` is the list's code: a municipality's five digits, "all" or "ca". `name` is the DER of the
    DistributionPointName, tag [0] fullName outermost, as it stands in cRLDistributionPoints and, octet for octet, in
    the list's issuingDistributionPoint (RFC 5280 5.2.5).
    """

    partition: str
    name: bytes


def validity_for(
    profile: CertificateProfile, facts: Facts | None, *, now: datetime, authority_not_after: datetime | None
) -> Validity:
    """The period that the profile's rule gives a certificate issued at `now`; a resident's and a peer's need the facts.

    `authority_not_after` is the end of the issuing authority, None for a self-signed certificate. Raises
    ContentRefused where a rule lacks its facts or an authority, ValidityRefused as the rules do.
    """
    if isinstance(profile.validity, PeerRule):
        peer = None if facts is None else peer_of(facts)
        if peer is None or authority_not_after is None:
            raise ContentRefused(profile.name, "validity", "it needs a peer's facts and an issuing authority")
        return peer_validity(
            profile.validity,
            peer_not_before=peer.not_before,
            peer_not_after=peer.not_after,
            now=now,
            authority_not_after=authority_not_after,
        )
    if not isinstance(profile.validity, BirthdayRule):
        return fixed_validity(profile.validity, now=now, authority_not_after=authority_not_after)
    if not isinstance(facts, ResidentFacts) or authority_not_after is None:
        raise ContentRefused(profile.name, "validity", "it needs a resident's facts and an issuing authority")
    return resident_validity(
        profile.validity,
        birth_date=facts.birth_date,
        card_expiry=facts.card_expiry,
        sibling_not_after=facts.sibling_not_after,
        previous_not_after=facts.previous_not_after,
        now=now,
        authority_not_after=authority_not_after,
    )


def certificate_builder(
    profile: CertificateProfile,
    terms: AuthorityTerms,
    facts: Facts,
    public_key: CertificatePublicKeyTypes,
    *,
    issuer: x509.Certificate | None,
    serial: int,
    validity: Validity,
) -> x509.CertificateBuilder:
    """The complete content of a certificate of `profile`; only the signature is missing.

    `issuer` is the issuing authority's certificate, and None exactly for a self-signed profile; `serial` is positive
    and at most 20 octets long (RFC 5280 4.1.2.2). Nothing is checked against the authority's own life here: that is
    done by `policies.clauses`. Raises ContentRefused, NameRefused, TermsError, CharacterRefused, UnknownMunicipality.
    """
    on = validity.not_before.astimezone(JST).date()
    peer = peer_of(facts)
    subject = name_from(profile.subject, terms, facts, on) if peer is None else peer.name
    case = Circumstances(profile, terms, facts, on, subject, public_key, issuer, peer)
    return certificate_builder_for(case, serial=serial, validity=validity)


def certificate_builder_for(case: Circumstances, *, serial: int, validity: Validity) -> x509.CertificateBuilder:
    """As `certificate_builder`, with the subject already made."""
    if (case.issuer is None) != case.profile.self_signed:
        reason = "it certifies itself" if case.profile.self_signed else "an authority issues it"
        raise ContentRefused(case.profile.name, "issuer", reason)
    if not 0 < serial < 1 << 159:
        raise ContentRefused(case.profile.name, "serialNumber", "it is positive and at most 20 octets long")
    if case.peer is not None and case.public_key != case.peer.public_key:
        raise ContentRefused(case.profile.name, "subjectPublicKeyInfo", "it is not the key that the peer shows")
    builder = x509.CertificateBuilder(
        issuer_name=case.subject if case.issuer is None else case.issuer.subject,
        subject_name=case.subject,
        public_key=case.public_key,
        serial_number=serial,
        not_valid_before=validity.not_before,
        not_valid_after=validity.not_after,
    )
    for extension, critical in extensions_for(case):
        builder = builder.add_extension(extension, critical)
    return builder


def distribution_point(
    profile: CertificateProfile, terms: AuthorityTerms, facts: Facts, issuer: x509.Certificate, *, on: date
) -> DistributionPoint | None:
    """Which list a certificate of `profile` stands on and by what name; None for a profile that names no list.

    `issuer` is the authority that signs the list, also for the authority's own profile (the list "ca"); `on` is the
    day of issue in Japan. The name of a municipality's list never changes. Errors as `certificate_builder`.
    """
    points = profile.extension(CRLDistributionPoints)
    if points is None:
        return None
    case = Circumstances(profile, terms, facts, on, issuer.subject, issuer.public_key(), issuer)
    return DistributionPoint(partition_of(points, facts), point_name(distribution_points(points, case)))
