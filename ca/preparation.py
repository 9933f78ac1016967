"""Prepare: everything that is checked about a certificate before its serial number is recorded and its key used.

What comes out is frozen and can be made here only, and `ca.issuance` signs nothing else: what was not checked cannot
be signed.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import InitVar, dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256, shake_256
from itertools import count
from typing import Final, TypeVar
from uuid import UUID

from cryptography import x509

from ca.application import Application
from ca.authority import Authority
from ca.errors import CAError
from ca.refusals import FindingsRefused, ProgramFault
from ca.request import check_possession
from ca.signature import CertificateKey, certificate_der
from ca.statement import PublicKey, key_octets
from ca.warrant import Warrant
from policies.clauses import check_against_profile
from policies.content import certificate_builder, distribution_point, validity_for
from policies.errors import PolicyError
from policies.facts import Facts, ResidentFacts, parse_facts, with_common_name_parts
from policies.finding import Finding, Severity
from policies.keys import check_public_key
from policies.lint import lint_certificate
from policies.names import JST
from policies.peer import peer_of
from policies.profile import CertificateProfile, hash_algorithm
from policies.tbs import to_be_signed
from policies.terms import AuthorityTerms
from policies.validity import Validity

__all__ = ["Case", "Plan", "PreparedCertificate", "Refusal", "Refused", "prepare", "prepare_all", "prepare_plan"]

Refused: Final = (CAError, PolicyError)
"""What preparing a case may raise when the case itself is at fault."""

_SEAL: Final = object()
_STOPS: Final = Severity.WARNING
_LINTED_AT_ONCE: Final = 8
T = TypeVar("T")

NO_LIST: Final = "none"
"""The partition of certificates whose profile names no list: responders with id-pkix-ocsp-nocheck."""


@dataclass(frozen=True, slots=True)
class Case:
    """A warranted application to issue, with the authority and profile it names and a serial number drawn for it."""

    warrant: Warrant
    authority: Authority
    profile: CertificateProfile
    serial: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A case that cannot be issued, and why."""

    case: Case
    error: CAError | PolicyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a certificate is made from, once it is known who asks: the same for an application and for a ceremony.

    `authority` and `issuer` are the signing authority's name and the short code of its DN, `key` its key;
    `issuer_certificate` is None for a self-signed certificate. `holder` is a salted hash of 32 octets.
    """

    authority: str
    issuer: str
    issuer_certificate: x509.Certificate | None
    key: CertificateKey
    terms: AuthorityTerms
    profile: CertificateProfile
    facts: Facts
    subject_key: PublicKey
    holder: bytes
    serial: int
    warrant: Warrant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCertificate:
    """The to-be-signed bytes of one certificate that passed every check, and what the store records beside them.

    Only this module makes one (TypeError elsewhere). `tbs` is the DER that will be signed as it is; `partition` and
    `distribution_point` say on which list it would stand; both ends of the validity count (RFC 5280 section 4.1.2.5).
    """

    plan: Plan
    tbs: bytes
    partition: str
    distribution_point: bytes
    validity: Validity
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a prepared certificate is made by ca.preparation only")

    @property
    def key(self) -> tuple[str, int]:
        """Issuer and serial number."""
        return self.plan.issuer, self.plan.serial

    @property
    def application_id(self) -> UUID | None:
        """The application that asked for it; None in a ceremony."""
        return self.plan.warrant.application.id if self.plan.warrant else None

    @property
    def key_hash(self) -> bytes:
        """The SHA-256 of the subject's SubjectPublicKeyInfo in DER."""
        return sha256(key_octets(self.plan.subject_key)).digest()


def prepare(case: Case, now: datetime) -> PreparedCertificate:
    """Check one case and build its certificate up to the signature. The same case and `now` give the same bytes.

    Raises CAError or PolicyError for what is wrong with the case: no proof of possession, a weak key, a name or a
    fact outside the profile, an authority outside its window, a finding of WARNING or worse.
    """
    (result,) = prepare_all([case], now)
    if isinstance(result, Refusal):
        raise result.error
    return result


def prepare_all(
    cases: Sequence[Case], now: datetime, linters: Executor | None = None
) -> Iterator[PreparedCertificate | Refusal]:
    """Prepare many cases: one result for each, in their order.

    A case that trips the program or the linter is its own Refusal and nobody else's; only a token that is away
    (ConnectionError) or linters whose process died (BrokenExecutor) stop them all.
    `linters` lint in other processes while the caller works on the first results; without them this process lints.
    """
    drafts = [_attempted(case, partial(_drafted, case, now)) for case in cases]
    unsigned = [draft.unsigned for draft in drafts if isinstance(draft, _Draft)]
    findings: Iterator[tuple[Finding, ...]] = (
        linters.map(_linted, unsigned, chunksize=_LINTED_AT_ONCE) if linters else map(_linted, unsigned)
    )
    for case, draft in zip(cases, drafts, strict=True):
        if isinstance(draft, Refusal):
            yield draft
            continue
        yield _attempted(case, partial(_judged, draft, next(findings)))


def prepare_plan(plan: Plan, now: datetime) -> PreparedCertificate:
    """Check and build a certificate that no application asks for: a ceremony's. Raises as `prepare`."""
    draft = _draft(plan, now)
    return _judged(draft, _linted(draft.unsigned))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A certificate that is built and not judged yet."""

    plan: Plan
    tbs: bytes
    validity: Validity

    @property
    def unsigned(self) -> bytes:
        """What reads and lints like the certificate, with an empty signature."""
        return certificate_der(self.tbs, b"")


def _attempted(case: Case, step: Callable[[], T]) -> T | Refusal:
    """Take one step of one case; what it raises becomes its Refusal, unless it is the token's outage."""
    try:
        return step()
    except Refused as error:
        return Refusal(case, error)
    except ConnectionError:
        raise
    except Exception as error:  # a case that trips the program must not take a whole batch with it
        return Refusal(case, ProgramFault(type(error).__name__))


def _drafted(case: Case, now: datetime) -> _Draft:
    return _draft(_plan(case), now)


def _linted(unsigned: bytes) -> tuple[Finding, ...]:
    """What the linter finds; its own failure is a finding too, since what cannot be linted is not signed."""
    try:
        return lint_certificate(unsigned)
    except Exception as error:  # what a foreign library raises over one certificate is not known
        detail = f"The linter failed with {type(error).__name__} on it."
        return (Finding("lint.fault", Severity.FATAL, "pkilint", detail),)


def _plan(case: Case) -> Plan:
    application, authority = case.warrant.application, case.authority
    facts = parse_facts(case.profile.facts, application.facts)
    if isinstance(facts, ResidentFacts):
        facts = _with_common_name_parts(facts, application, case.serial)
    return Plan(
        authority=authority.name,
        issuer=authority.issuer,
        issuer_certificate=authority.certificate,
        key=authority.key,
        terms=authority.terms,
        profile=case.profile,
        facts=facts,
        subject_key=check_possession(application),
        holder=application.holder,
        serial=case.serial,
        warrant=case.warrant,
    )


def _with_common_name_parts(facts: ResidentFacts, application: Application, serial: int) -> ResidentFacts:
    """Set the parts of the common name that nobody states, from the application's salt and the serial number.

    So they cannot be foretold, and yet preparing the same case again gives the same certificate, which lets recovery
    compare what it is about to sign with what was recorded.
    """
    seed = application.salt + serial.to_bytes(20, "big")
    draws = count()

    def octets(length: int) -> bytes:
        return shake_256(seed + next(draws).to_bytes(4, "big")).digest(length)

    sequence = int.from_bytes(octets(8), "big")
    return with_common_name_parts(facts, requested_at=application.created_at, sequence=sequence, random=octets)


def _draft(plan: Plan, now: datetime) -> _Draft:
    check_public_key(plan.subject_key, plan.profile.key)
    end = plan.issuer_certificate.not_valid_after_utc if plan.issuer_certificate else None
    validity = validity_for(plan.profile, plan.facts, now=now, authority_not_after=end)
    builder = certificate_builder(
        plan.profile,
        plan.terms,
        plan.facts,
        plan.subject_key,
        issuer=plan.issuer_certificate,
        serial=plan.serial,
        validity=validity,
    )
    signer = plan.key.public_key()
    return _Draft(plan, to_be_signed(builder, signer, hash_algorithm(plan.profile, signer)), validity)


def _judged(draft: _Draft, linted: tuple[Finding, ...]) -> PreparedCertificate:
    """Hold the draft against its profile; with what the linter found, either refuse it or let it be signed."""
    plan = draft.plan
    unsigned = x509.load_der_x509_certificate(draft.unsigned)
    peer = peer_of(plan.facts)
    found = (*check_against_profile(unsigned, plan.profile, plan.terms, plan.issuer_certificate, peer), *linted)
    stopping = tuple(finding for finding in found if finding.severity >= _STOPS)
    if stopping:
        raise FindingsRefused(plan.profile.name, stopping)
    on = draft.validity.not_before.astimezone(JST).date()
    point = distribution_point(plan.profile, plan.terms, plan.facts, plan.issuer_certificate or unsigned, on=on)
    return PreparedCertificate(
        plan=plan,
        tbs=draft.tbs,
        partition=point.partition if point else NO_LIST,
        distribution_point=point.name if point else b"",
        validity=draft.validity,
        seal=_SEAL,
    )
