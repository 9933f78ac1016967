"""Ceilings that no profile file can exceed, whatever it says; they change only with the program.

Each function gives the key and the reason of the first excess it finds, or nothing.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from policies.errors import CeilingExceeded
from policies.extension import (
    AuthorityInfoAccess,
    AuthorityKeyIdentifier,
    BasicConstraints,
    CertificatePolicies,
    CRLDistributionPoints,
    DNSNames,
    ExtKeyUsage,
    KeyUsage,
    OCSPNoCheck,
    PolicyConstraints,
    PolicyMappings,
    SubjectAltName,
    SubjectKeyIdentifier,
)
from policies.schema import CertificateProfile, CRLProfile
from policies.validity import BirthdayRule, DaysRule, PeerRule, YearsRule

__all__ = [
    "CA_YEARS",
    "CRL_HOURS",
    "CROSS_YEARS",
    "CURVES",
    "HOLDS_AN_HOUR",
    "LEAF_BIRTHDAYS",
    "LEAF_YEARS",
    "RESPONDER_DAYS",
    "RSA_BITS",
    "check_ceilings",
    "check_crl_ceilings",
]

CA_YEARS = 20
"""The longest life of a CA certificate: the LGPKI roots (fact sheet b.7)."""
CROSS_YEARS = 5
"""The longest life of a certificate for another authority's key (fact sheet b.8)."""
LEAF_YEARS = 5
"""The longest life of a staff or server certificate in years."""
LEAF_BIRTHDAYS = 11
"""The last birthday a resident's certificate may reach: the next card's renewal (fact sheet c.8)."""
RESPONDER_DAYS = 366
"""The longest life of a responder certificate, which nobody can check for revocation (RFC 6960 4.2.2.2.1).

One that two persons approve may live as long as an authority: the last one before the authority's key is destroyed.
"""
RSA_BITS = frozenset({2048, 3072, 4096})
"""RSA moduli; the Order's article 2 demands 2048 and the token signs no more than 4096."""
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
"""The NIST curves of RFC 5480."""
CRL_HOURS = 24 * 7
"""A list older than a week misleads whoever accepts it."""
HOLDS_AN_HOUR = 120
"""Certificates that one person may hold within an hour: a hold needs nobody else, so a stolen credential stops few.

A telephone desk that takes a call a minute, each about both certificates of a card, stays below it.
"""

Excess: TypeAlias = tuple[str, str]
_Check: TypeAlias = Callable[[CertificateProfile], Iterator[Excess]]


def check_ceilings(profile: CertificateProfile, file: Path) -> None:
    """Raises CeilingExceeded naming `file` and the key when the profile allows more than the ceilings."""
    for check in _CHECKS:
        for key, reason in check(profile):
            raise CeilingExceeded(file, key, reason)


def check_crl_ceilings(profile: CRLProfile, file: Path) -> None:
    """Raises CeilingExceeded when a CRL profile breaks RFC 5280 5.2 or lets lists live too long."""
    if profile.next_update_hours > CRL_HOURS:
        raise CeilingExceeded(file, "next_update_hours", f"a list lives at most {CRL_HOURS} hours")
    for extension in profile.extensions:
        if extension.critical != (extension.type == "issuingDistributionPoint"):
            raise CeilingExceeded(
                file,
                f"extensions.{extension.type}.critical",
                "RFC 5280 5.2 makes issuingDistributionPoint alone critical",
            )
    if profile.only_contains_ca_certs != ("ca",):
        raise CeilingExceeded(
            file, "only_contains_ca_certs", "the list of CA certificates, and no other, says onlyContainsCACerts"
        )


def _key(profile: CertificateProfile) -> Iterator[Excess]:
    if not set(profile.key.rsa_bits) <= RSA_BITS:
        yield "key.rsa_bits", f"RSA moduli have {', '.join(map(str, sorted(RSA_BITS)))} bits"
    if not set(profile.key.curves) <= CURVES:
        yield "key.curves", f"curves are {', '.join(sorted(CURVES))}"
    if not (profile.key.rsa_bits or profile.key.curves or profile.key.ed25519):
        yield "key", "no key at all is accepted"


def _life(profile: CertificateProfile) -> Iterator[Excess]:
    rule = profile.validity
    days = RESPONDER_DAYS if profile.approvals < 2 else CA_YEARS * 366
    if profile.facts == "responder" and not (isinstance(rule, DaysRule) and 0 < rule.days <= days):
        yield "validity", f"such a responder certificate lives at most {days} days"
    if isinstance(rule, DaysRule) and rule.cut_short and profile.facts != "responder":
        yield "validity.cut_short", "only a responder's certificate may be shorter than its rule"
    if isinstance(rule, BirthdayRule) != (profile.facts == "resident"):
        yield "validity.rule", "birthdays are counted for residents and for nobody else"
    if isinstance(rule, BirthdayRule) and not 0 < rule.birthdays <= rule.renewal_birthdays <= LEAF_BIRTHDAYS:
        yield "validity.renewal_birthdays", f"at most birthday {LEAF_BIRTHDAYS} is reached, and a renewal not earlier"
    if isinstance(rule, BirthdayRule) and not 0 < rule.renewal_window_months <= 12:
        yield "validity.renewal_window_months", "a renewal is asked for within the last 12 months"
    most = CA_YEARS if profile.is_authority else LEAF_YEARS
    if isinstance(rule, YearsRule) and not 0 < rule.years <= most:
        yield "validity.years", f"such a certificate lives at most {most} years"
    if isinstance(rule, DaysRule) and profile.facts != "responder" and not 0 < rule.days <= most * 366:
        yield "validity.days", f"such a certificate lives at most {most * 366} days"


def _authority(profile: CertificateProfile) -> Iterator[Excess]:
    if profile.is_authority != (profile.facts in ("authority", "peer")):
        yield "extensions.basicConstraints.ca", "authorities, and nobody else, have CA:TRUE"
    constraints = profile.extension(BasicConstraints)
    if constraints is not None and constraints.ca and not constraints.critical:
        yield "extensions.basicConstraints.critical", "RFC 5280 4.2.1.9 makes it critical for a CA"
    if profile.self_signed and not profile.is_authority:
        yield "self_signed", "only an authority certifies itself"


def _peers(profile: CertificateProfile) -> Iterator[Excess]:
    """Links between the generations of an authority, and cross-certificates (RFC 4210 4.4, RFC 5280 3.2)."""
    rule, key_identifier = profile.validity, profile.extension(AuthorityKeyIdentifier)
    if isinstance(rule, PeerRule) != (profile.facts == "peer"):
        yield "validity.rule", "a peer's certificate, and no other, ends with the peer's own"
    if profile.self_issued and profile.facts != "peer":
        yield "self_issued", "only a peer can have its issuer's name"
    if isinstance(rule, PeerRule) and profile.self_issued != (rule.begins == "peer"):
        yield "validity.begins", "a link, and no other certificate, begins with the peer's own"
    if isinstance(rule, PeerRule) and not profile.self_issued and not (rule.years and 0 < rule.years <= CROSS_YEARS):
        yield "validity.years", f"a cross-certificate lives at most {CROSS_YEARS} years"
    if profile.self_issued and key_identifier is not None and key_identifier.issuer_and_serial:
        yield (
            "extensions.authorityKeyIdentifier.issuer_and_serial",
            "a link gives a key a second certificate, which a serial number would keep from being used",
        )


def _policies(profile: CertificateProfile) -> Iterator[Excess]:
    stated = profile.extension(CertificatePolicies)
    policies = stated.policies if stated else ()
    if "anyPolicy" in policies and (len(policies) > 1 or not profile.self_issued):
        yield "extensions.certificatePolicies.policies", "anyPolicy stands alone, in a link (RFC 5280 6.1.3 (d))"
    mappings, constraints = profile.extension(PolicyMappings), profile.extension(PolicyConstraints)
    if (mappings or constraints) and (profile.facts != "peer" or profile.self_issued):
        yield "extensions.policyMappings", "policies are mapped and constrained between two authorities only"
    if mappings and not {pair.issuer for pair in mappings.mappings} <= set(policies):
        yield "extensions.policyMappings.mappings", "what is mapped is asserted, too (RFC 5280 4.2.1.5)"
    for extension in (mappings, constraints):
        if extension is not None and not extension.critical:
            yield f"extensions.{extension.type}.critical", "RFC 5280 4.2.1.5 and 4.2.1.11 make it critical"


def _usages(profile: CertificateProfile) -> Iterator[Excess]:
    usage = profile.extension(KeyUsage)
    if usage is None or not usage.critical:
        yield "extensions.keyUsage", "it is given and critical (RFC 5280 4.2.1.3)"
        return
    if "keyEncipherment" in usage.usages and (profile.key.curves or profile.key.ed25519):
        yield "extensions.keyUsage.usages", "keyEncipherment belongs to RSA keys only (RFC 8813 3)"
    for authority_usage in ("keyCertSign", "cRLSign"):
        if (authority_usage in usage.usages) != profile.is_authority:
            yield "extensions.keyUsage.usages", f"{authority_usage} belongs to authorities, and to each of them"


def _purposes(profile: CertificateProfile) -> Iterator[Excess]:
    extended = profile.extension(ExtKeyUsage)
    purposes = extended.usages if extended else ()
    if "OCSPSigning" in purposes:
        if profile.is_authority:
            yield "extensions.extKeyUsage.usages", "OCSPSigning never stands beside CA:TRUE"
        if len(purposes) > 1:
            yield "extensions.extKeyUsage.usages", "OCSPSigning stands alone"
        if not profile.extension(OCSPNoCheck):
            yield "extensions.ocspNoCheck", "a responder certificate has it (RFC 6960 4.2.2.2.1)"
    if {"OCSPSigning" in purposes, profile.extension(OCSPNoCheck) is not None} != {profile.facts == "responder"}:
        yield "extensions.extKeyUsage.usages", "responders, and nobody else, have OCSPSigning and ocspNoCheck"
    names = profile.extension(SubjectAltName)
    has_dns_names = names is not None and any(isinstance(name, DNSNames) for name in names.names)
    if ("serverAuth" in purposes) != has_dns_names:
        yield "extensions.extKeyUsage.usages", "serverAuth and dNSNames come together (RFC 9525 6.3)"


def _criticality(profile: CertificateProfile) -> Iterator[Excess]:
    never = (SubjectKeyIdentifier, AuthorityKeyIdentifier, AuthorityInfoAccess, OCSPNoCheck, CRLDistributionPoints)
    for extension in profile.extensions:
        if isinstance(extension, never) and extension.critical:
            yield f"extensions.{extension.type}.critical", "RFC 5280 4.2 keeps it non-critical"


def _findability(profile: CertificateProfile) -> Iterator[Excess]:
    if profile.extension(SubjectKeyIdentifier) is None and profile.is_authority:
        yield "extensions.subjectKeyIdentifier", "a CA certificate has it (RFC 5280 4.2.1.2)"
    key_identifier = profile.extension(AuthorityKeyIdentifier)
    if profile.self_signed:
        if key_identifier is not None and key_identifier.issuer_and_serial:
            yield "extensions.authorityKeyIdentifier", "a self-signed certificate points to its own key at most"
        return
    if key_identifier is None:
        yield "extensions.authorityKeyIdentifier", "generations of an authority share a name, so it is given"
    points = profile.extension(CRLDistributionPoints)
    if points is None and profile.facts != "responder":
        yield "extensions.cRLDistributionPoints", "a certificate says which list may revoke it"
    if points is not None and (points.partition == "ca") != profile.is_authority:
        yield "extensions.cRLDistributionPoints.partition", "the list ca is for authorities, and for them only"
    if points is not None and points.partition == "municipality" and profile.facts != "resident":
        yield "extensions.cRLDistributionPoints.partition", "only residents' lists are kept by municipality"
    if points is not None and points.partition == "municipality" and points.urls is not None:
        yield "extensions.cRLDistributionPoints.urls", "a municipality's list is named by its directoryName alone"


def _people(profile: CertificateProfile) -> Iterator[Excess]:
    for_people = profile.facts in ("resident", "staff")
    if for_people and profile.approvals < 1:
        yield "approvals", "a person's certificate needs at least one approval"
    if profile.is_authority and profile.approvals < 2:
        yield "approvals", "an authority's certificate needs at least two persons"
    if for_people != (profile.holder_kind is not None):
        yield "holder_kind", "persons, and nobody else, hold one certificate of each kind"
    if profile.release and not profile.hold:
        yield "release", "only what can be held can be released"
    if profile.hold and not for_people:
        yield "hold", "only a person's certificate can be held"


_CHECKS: tuple[_Check, ...] = (
    _key,
    _authority,
    _life,
    _peers,
    _policies,
    _usages,
    _purposes,
    _criticality,
    _findability,
    _people,
)
