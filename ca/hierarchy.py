"""Ceremony steps that make certificates: of an authority itself, of one below it, of a responder.

They are prepared, reserved, signed and recorded like any other certificate; what stands in place of a warrant is the
ceremony with its witnesses. Each returns what was signed; a refusal leaves nothing signed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from ca.authority import Authority, key_hash
from ca.errors import ProfileNotListed, ResponderNotNamed
from ca.holder import holder_of_body
from ca.issuance import Issued, Ledger, issue
from ca.preparation import Plan, prepare_plan
from ca.refusals import ProfileUnfit
from ca.signature import CertificateKey
from ca.statement import PublicKey
from policies.facts import FactsKind, parse_facts
from policies.profile import CertificateProfile
from policies.terms import AuthorityTerms
from store.authorities import issuer_of

__all__ = [
    "check_listed",
    "issued",
    "plan_under",
    "responder_certificate",
    "self_signed_certificate",
    "subordinate_certificate",
]


def self_signed_certificate(
    authority: str,
    profile: CertificateProfile,
    terms: AuthorityTerms,
    facts: Mapping[str, object],
    key: CertificateKey,
    *,
    serial: int,
    ledger: Ledger,
    now: datetime,
) -> x509.Certificate:
    """Certify a new authority's key by itself. `authority` is "<issuer>-g<generation>", `serial` freshly drawn.

    Raises ProfileUnfit, CAError and PolicyError as `prepare`, the store's refusals, ConnectionError.
    """
    _fit(profile, "authority", self_signed=True)
    plan = Plan(
        authority=authority,
        issuer=issuer_of(authority),
        issuer_certificate=None,
        key=key,
        terms=terms,
        profile=profile,
        facts=parse_facts(profile.facts, facts),
        subject_key=key.public_key(),
        holder=holder_of_body(authority),
        serial=serial,
    )
    return issued(plan, ledger, now)


def subordinate_certificate(
    name: str,
    profile: CertificateProfile,
    facts: Mapping[str, object],
    subject_key: PublicKey,
    *,
    under: Authority,
    serial: int,
    ledger: Ledger,
    now: datetime,
) -> x509.Certificate:
    """Certify the key of the authority `name` ("<issuer>-g<generation>") by the authority `under`.

    Raises as above, and ProfileNotListed for a profile that the record of `under` does not authorise.
    """
    _fit(profile, "authority", self_signed=False)
    check_listed(profile, under)
    return issued(plan_under(under, name, profile, facts, subject_key, serial), ledger, now)


def responder_certificate(
    name: str,
    profile: CertificateProfile,
    facts: Mapping[str, object],
    subject_key: PublicKey,
    *,
    under: Authority,
    serial: int,
    ledger: Ledger,
    now: datetime,
) -> x509.Certificate:
    """Certify the key of the OCSP responder `name` by the very key it will answer for (RFC 6960 section 4.2.2.2).

    Raises as above, and ResponderNotNamed for a key that the record of `under` does not name: a ceremony and a renewal
    certify the keys that two administrators signed for, wherever else a key was read.
    """
    _fit(profile, "responder", self_signed=False)
    check_listed(profile, under)
    if key_hash(subject_key) not in under.responders:
        raise ResponderNotNamed(under.name, key_hash(subject_key))
    return issued(plan_under(under, name, profile, facts, subject_key, serial), ledger, now)


def plan_under(
    under: Authority,
    name: str,
    profile: CertificateProfile,
    facts: Mapping[str, object],
    subject_key: PublicKey,
    serial: int,
) -> Plan:
    """What `name`'s certificate, issued by `under`, is made from. Raises FactsRefused."""
    return Plan(
        authority=under.name,
        issuer=under.issuer,
        issuer_certificate=under.certificate,
        key=under.key,
        terms=under.terms,
        profile=profile,
        facts=parse_facts(profile.facts, facts),
        subject_key=subject_key,
        holder=holder_of_body(name),
        serial=serial,
    )


def _fit(profile: CertificateProfile, kind: FactsKind, *, self_signed: bool) -> None:
    if profile.facts != kind or profile.self_signed is not self_signed:
        raise ProfileUnfit(profile.name)


def check_listed(profile: CertificateProfile, under: Authority) -> None:
    """Raise ProfileNotListed for a profile that the signed record of `under` does not authorise."""
    if under.profiles.get(profile.name) != profile.digest:
        raise ProfileNotListed(under.name, profile.name)


def issued(plan: Plan, ledger: Ledger, now: datetime) -> x509.Certificate:
    """Take the steps of every issue, without a claim; raises as `ca.issuance.issue` and what refused the plan."""
    prepared = prepare_plan(plan, now)
    ledger.review(prepared)
    (outcome,) = issue([prepared], replace(ledger, token=None), now)
    if not isinstance(outcome, Issued):
        raise outcome.error
    return x509.load_der_x509_certificate(outcome.certificate)
