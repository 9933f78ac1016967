"""Checking a script before anybody enters the room: offline, deterministic, without a token or a database.

First the tables are held against the ceremony's kind, then every certificate that will be made is prepared with keys
that cannot sign, linted as in earnest, and its bytes are digested with the key blanked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca.ceremony.blank import blanked_digest
from ca.ceremony.errors import ScriptRefused
from ca.ceremony.presence import check_people
from ca.ceremony.script import Algorithm, AuthorityPlan, Kind, Script
from ca.preparation import Plan, PreparedCertificate, prepare_plan
from ca.signature import certificate_der
from policies.facts import parse_facts
from policies.profile import CertificateProfile
from policies.tbs import IssuerKey, stub_key
from policies.terms import AuthorityTerms

__all__ = ["Terms", "authority_facts", "check_script", "expected_digests"]

Terms = Callable[[AuthorityPlan], AuthorityTerms]
"""The terms of a planned authority, with the script's addresses filled in."""

_SERIAL: Final = int.from_bytes(b"\x01" * 16, "big")
_CURVES: Final[Mapping[str, ec.EllipticCurve]] = {"p-256": ec.SECP256R1(), "p-384": ec.SECP384R1()}
_WITH_AUTHORITIES: Final = frozenset(Kind) - {Kind.BACKUP, Kind.ROSTER}
_WITH_KEYS: Final = frozenset({Kind.ONE_TIER, Kind.ROOT_AND_SUBORDINATE, Kind.RENEWAL})
_WITH_RETIREMENT: Final = frozenset({Kind.DESTRUCTION, Kind.RETIREMENT, Kind.COMPROMISE})
_SIGNED: Final = frozenset(Kind) - {Kind.BACKUP, Kind.ROOT_LIST}
_REASONS: Final = {
    Kind.DESTRUCTION: "key-destroyed",
    Kind.RETIREMENT: "retired",
    Kind.COMPROMISE: "compromised",
}


def check_script(script: Script) -> None:
    """Hold the script's tables against each other and its people against the rules of the room.

    Raises ScriptRefused, which names the table, and PeopleRefused.
    """
    check_people(script.people, script.quorum, records_signed=script.kind in _SIGNED)
    _refuse_doubles("tokens", [each.name for each in script.tokens])
    _refuse_doubles("authorities", [each.name for each in script.authorities])
    wanted = {
        "authorities": (script.kind in _WITH_AUTHORITIES, bool(script.authorities)),
        "peer": (script.kind is Kind.CROSS, script.peer is not None),
        "backup": (script.kind is Kind.BACKUP, script.backup is not None),
        "roster": (script.kind is Kind.ROSTER, script.roster is not None),
        "retirement": (script.kind in _WITH_RETIREMENT, script.retirement is not None),
    }
    for table, (needed, given) in wanted.items():
        if needed != given:
            raise ScriptRefused(table, f"a ceremony of kind {script.kind} {'needs it' if needed else 'has none'}")
    for token in script.tokens:
        if token.new == (token.serial is not None):
            raise ScriptRefused(f"tokens.{token.name}.serial", "it is given exactly for a token that is not new")
    for plan in script.authorities:
        _check_authority(script, plan)
    _check_keys(script)
    _check_ends(script)


def _check_keys(script: Script) -> None:
    if script.keys and script.kind not in _WITH_KEYS:
        raise ScriptRefused("keys", f"a ceremony of kind {script.kind} has none")
    _refuse_doubles("keys", [each.label for each in script.keys])
    for key in script.keys:
        if key.token not in {each.name for each in script.tokens}:
            raise ScriptRefused(f"keys.{key.label}.token", f"the script has no such table: {key.token}")


def _check_authority(script: Script, plan: AuthorityPlan) -> None:
    place = f"authorities.{plan.name}"
    tokens = {each.name for each in script.tokens}
    others = {each.name for each in script.authorities} - {plan.name}
    if not plan.exists:
        for key in ("token", "profile", "terms", "algorithm"):
            if getattr(plan, key) is None:
                raise ScriptRefused(f"{place}.{key}", "a new authority needs it")
        if not plan.issues:
            raise ScriptRefused(f"{place}.issues", "its record authorises at least one profile")
    for key, named, known in (
        ("token", plan.token, tokens),
        ("responder_token", plan.responder_token, tokens),
        ("signed_by", plan.signed_by, others),
        ("replaces", plan.replaces, others),
    ):
        if named is not None and named not in known:
            raise ScriptRefused(f"{place}.{key}", f"the script has no such table: {named}")
    if script.kind is Kind.RENEWAL and plan.replaces is not None and plan.issuing_from is None:
        raise ScriptRefused(f"{place}.issuing_from", "a new generation says when it takes over")
    if plan.replaces is not None and plan.replaces.rpartition("-g")[0] != plan.name.rpartition("-g")[0]:
        raise ScriptRefused(f"{place}.replaces", "a renewal keeps the issuer's name")


def _check_ends(script: Script) -> None:
    if script.kind is Kind.RENEWAL and not any(plan.replaces for plan in script.authorities):
        raise ScriptRefused("authorities", "a renewal has a generation that replaces another")
    if script.retirement is None:
        return
    if script.retirement.reason != _REASONS[script.kind]:
        raise ScriptRefused("retirement.reason", f"a ceremony of kind {script.kind} ends by {_REASONS[script.kind]}")
    if script.retirement.authority not in {each.name for each in script.authorities}:
        raise ScriptRefused("retirement.authority", "the script has no such table in authorities")


def _refuse_doubles(place: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ScriptRefused(f"{place}.{name}", "it is there twice")


@dataclass(frozen=True, slots=True)
class _Reviewed:
    certificate: x509.Certificate
    key: IssuerKey


def expected_digests(script: Script, profiles: Mapping[str, CertificateProfile], terms: Terms) -> Mapping[str, bytes]:
    """For each certificate of an authority that will be made, the SHA-256 of its blanked to-be-signed bytes.

    Raises PolicyError and CAError where the certificate would be refused in the room, ScriptRefused for a profile that
    is not known.
    """
    now = datetime.combine(script.planned, time(3), UTC)  # noon in Japan on the planned day
    known: dict[str, _Reviewed] = {}
    digests: dict[str, bytes] = {}
    for plan in script.authorities:
        if plan.exists:
            certificate = plan.x509()
            known[plan.name] = _Reviewed(certificate, _issuer_key(certificate))
            continue
        prepared = _prepared(plan, profiles, terms(plan), known, now)
        certificate = x509.load_der_x509_certificate(certificate_der(prepared.tbs, b""))
        known[plan.name] = _Reviewed(certificate, prepared.plan.subject_key)
        digests[plan.name] = blanked_digest(prepared.tbs)
    return digests


def authority_facts(plan: AuthorityPlan) -> dict[str, object]:
    """What an authority's certificate says beside its terms."""
    return {} if plan.common_name is None else {"common_name": plan.common_name}


def _prepared(
    plan: AuthorityPlan,
    profiles: Mapping[str, CertificateProfile],
    terms: AuthorityTerms,
    known: Mapping[str, _Reviewed],
    now: datetime,
) -> PreparedCertificate:
    profile = profiles.get(str(plan.profile))
    if profile is None:
        raise ScriptRefused(f"authorities.{plan.name}.profile", "no profile has this name")
    key = _placeholder(plan.algorithm)
    above = known.get(plan.signed_by) if plan.signed_by else None
    return prepare_plan(
        Plan(
            authority=plan.signed_by or plan.name,
            issuer=(plan.signed_by or plan.name).rpartition("-g")[0],
            issuer_certificate=above.certificate if above else None,
            key=stub_key(above.key if above else key),
            terms=terms,
            profile=profile,
            facts=parse_facts(profile.facts, authority_facts(plan)),
            subject_key=key,
            holder=sha256(plan.name.encode()).digest(),
            serial=_SERIAL,
        ),
        now,
    )


def _placeholder(algorithm: Algorithm | None) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """A key of the kind, whose private half is forgotten at once; the digest does not depend on it."""
    if algorithm is not None and algorithm.startswith("rsa-"):
        return rsa.generate_private_key(65537, int(algorithm.removeprefix("rsa-"))).public_key()
    return ec.generate_private_key(_CURVES[str(algorithm)]).public_key()


def _issuer_key(certificate: x509.Certificate) -> IssuerKey:
    key = certificate.public_key()
    if not isinstance(key, IssuerKey):
        raise ScriptRefused("authorities.certificate", "its key is neither RSA, EC nor Ed25519")
    return key
