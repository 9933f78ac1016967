"""Evidence: a person's signature that binds person, role, moment and the digest of one application.

An approval is evidence, not a flag: it can be checked without believing whoever wrote the database. A key signs the
statement about one application; a passkey signs the SHA-256 of a statement about all applications of a case at once,
since a person is asked once.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ca.application import Application, digest
from ca.canonical import CONFIG, Code, Digest, Moment, decode, encode
from ca.errors import DocumentMalformed, TooLarge
from ca.passkey_errors import AssertionMalformed, AssertionOfAnotherChallenge
from ca.passkeys import Assertion, RelyingParty, check_assertion
from ca.statement import Domain, PrivateKey, PublicKey, message, sign, verifies
from store.applications import Evidence

__all__ = [
    "MOST_APPLICATIONS",
    "EvidenceRole",
    "Statement",
    "challenge",
    "check_passkey",
    "passkey_evidence",
    "sign_evidence",
    "signature_holds",
    "statement_octets",
    "statement_of",
]

MOST_APPLICATIONS: Final = 16
"""Applications that one statement may be about; a case has up to four."""

EvidenceRole = Literal["submission", "examination", "approval"]
"""受付, 審査, 承認: what a signature under an application means."""

PasskeyKind = Literal["passkey", "demo-passkey"]
"""The kinds of credential that sign by an assertion."""


def _sorted(digests: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if list(digests) != sorted(set(digests)):
        raise ValueError("the digests are in ascending order, each once")
    return digests


Digests = Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_APPLICATIONS), AfterValidator(_sorted)]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Statement:
    """What one signature says: this person, in this role, at this moment, for the applications with these digests.

    `applications`: 1 to 16 in ascending order. Raises pydantic's ValidationError (a ValueError).
    """

    deployment: Code
    applications: Digests
    role: EvidenceRole
    person: Code
    credential: Code
    signed_at: Moment


@dataclass(frozen=True, slots=True, config=CONFIG)
class _Tap:
    """What stands in the signature of a passkey's evidence: the list is not in the assertion, only its hash."""

    applications: Digests
    assertion: Assertion


_STATEMENT: Final = TypeAdapter(Statement)
_TAP: Final = TypeAdapter(_Tap)
_TAP_LIMIT: Final = 8 * 1024


def statement_of(
    applications: Sequence[Application], role: EvidenceRole, *, person: str, credential: str, signed_at: datetime
) -> Statement:
    """Return the statement about these applications (1 to 16, of one deployment); `signed_at` UTC to the second.

    Raises ValueError for none, too many, one twice, or more than one deployment.
    """
    (deployment,) = {each.deployment for each in applications}
    return Statement(
        deployment=deployment,
        applications=tuple(sorted(digest(each) for each in applications)),
        role=role,
        person=person,
        credential=credential,
        signed_at=signed_at,
    )


def statement_octets(statement: Statement) -> bytes:
    """Return the canonical form of a statement; `ca.statement.message` puts its domain before it."""
    return encode(_STATEMENT, statement, document="statement", limit=4096)


def challenge(statement: Statement) -> bytes:
    """Return the 32 octets that a passkey is given to sign: the SHA-256 of the statement's message."""
    return hashlib.sha256(message(Domain.EVIDENCE, statement_octets(statement))).digest()


def sign_evidence(
    key: PrivateKey, application: Application, role: EvidenceRole, *, person: str, credential: str, signed_at: datetime
) -> Evidence:
    """Sign an application as a person of the roster; `key` is that of the credential, `signed_at` UTC to the second."""
    statement = statement_of([application], role, person=person, credential=credential, signed_at=signed_at)
    return _evidence(application, statement, "key", sign(key, Domain.EVIDENCE, statement_octets(statement)))


def passkey_evidence(
    applications: Sequence[Application], statement: Statement, assertion: Assertion, kind: PasskeyKind
) -> tuple[Evidence, ...]:
    """Return the evidence that one assertion over `challenge(statement)` gives each of these applications.

    Raises ValueError unless the statement is about exactly these. Nothing is verified here: see `check_passkey`.
    """
    if sorted(digest(each) for each in applications) != list(statement.applications):
        raise ValueError("the statement is about other applications")
    tap = encode(_TAP, _Tap(statement.applications, assertion), document="assertion", limit=_TAP_LIMIT)
    return tuple(_evidence(each, statement, kind, tap) for each in applications)


def signature_holds(evidence: Evidence, key: PublicKey, *, deployment: str, application_digest: bytes) -> bool:
    """Say whether the evidence is this key's signature in its role over the application with that digest."""
    try:
        statement = _stated(evidence, deployment, (application_digest,))
    except ValidationError:  # a row that no `sign_evidence` wrote
        return False
    return verifies(key, Domain.EVIDENCE, statement_octets(statement), evidence.signature)


def check_passkey(
    evidence: Evidence, key: PublicKey, *, deployment: str, application_digest: bytes, party: RelyingParty
) -> None:
    """Believe that this passkey signed for the application with that digest, in the evidence's role, on these pages.

    Raises a subclass of PasskeyRefused.
    """
    try:
        tap = decode(_TAP, evidence.signature, document="assertion", limit=_TAP_LIMIT)
    except (DocumentMalformed, TooLarge):
        raise AssertionMalformed("it is not in its canonical form") from None
    if application_digest not in tap.applications:
        raise AssertionOfAnotherChallenge
    try:
        statement = _stated(evidence, deployment, tap.applications)
    except ValidationError:  # a row that no `passkey_evidence` wrote
        raise AssertionOfAnotherChallenge from None
    check_assertion(key, tap.assertion, challenge=challenge(statement), party=party)


def _stated(evidence: Evidence, deployment: str, applications: tuple[bytes, ...]) -> Statement:
    return Statement(
        deployment=deployment,
        applications=applications,
        role=evidence.role,
        person=evidence.person,
        credential=evidence.credential,
        signed_at=evidence.signed_at,
    )


def _evidence(application: Application, statement: Statement, kind: str, signature: bytes) -> Evidence:
    return Evidence(
        application_id=application.id,
        role=statement.role,
        person=statement.person,
        credential=statement.credential,
        kind=kind,
        signature=signature,
        digest=digest(application),
        signed_at=statement.signed_at,
    )
