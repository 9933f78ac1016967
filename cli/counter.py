"""The officers' side: make an application, sign it, save it, and wait for what the signer says.

What stands here could be done by any program of a branch. It holds no CA key, and what it writes are applications and
evidence; the signer verifies both.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from pydantic import JsonValue

from ca.application import Action, Application, Proof
from ca.approvals import EvidenceRole, sign_evidence
from ca.holder import holder_name
from ca.request import load_request, prove_possession, request_key
from ca.rules import RULES, Rule
from ca.statement import PrivateKey, key_octets
from ca.warrant import record_of
from cli.errors import TimedOut
from policies.profile import CertificateProfile
from store.applications import ApplicationRecord, Evidence, add_applications, add_evidence_many, application
from store.authorities import AuthorityRecord
from store.certificates import CertificateRecord
from store.database import Database
from store.identifiers import uuid7

LIFE = timedelta(days=30)
"""How long an application of the command line may wait for its approvals."""

LOOK_SECONDS = 0.2

Reason = Literal[0, 1, 2, 3, 4, 5, 9]
"""A CRLReason code (RFC 5280 section 5.3.1) that a revocation may state."""


def revocation_reason(code: int | None) -> Reason:
    """`code` as a reason a revocation may state; ValueError for a hold (6), removeFromCRL (8) and what is none."""
    for known in get_args(Reason):
        if code == known:
            reason: Reason = known
            return reason
    raise ValueError(f"{code} is no reason of a revocation")


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of the roster at this machine, with the key of one of their credentials."""

    person: str
    credential: str
    key: PrivateKey


@dataclass(frozen=True, slots=True)
class Counter:
    """A branch's counter (窓口): where applications are made. `holder_salt` keys the names of holders."""

    database: Database
    deployment: str
    branch: str
    holder_salt: bytes
    random: Callable[[int], bytes]

    def holder(self, reference: str) -> bytes:
        """The name of a holder in this deployment: HMAC-SHA-256 of the register's reference, never the reference."""
        return holder_name(self.holder_salt, reference)

    def new_id(self, now: datetime) -> UUID:
        """An application's id, in the order of time."""
        return uuid7(now, self.random)

    def issue(
        self,
        authority: AuthorityRecord,
        profile: CertificateProfile,
        facts: Mapping[str, JsonValue],
        possession: "Possession",
        holder: bytes,
        requester: str,
        now: datetime,
        challenge: "Challenge | None" = None,
    ) -> Application:
        """An application for a certificate; `possession` proves the key, `requester` will submit it.

        With a `challenge` that was answered before, the application is the one it was made for.
        """
        challenge = challenge or new_challenge(now, self.random)
        subject_key, proof = possession(self.deployment, challenge.application, challenge.salt)
        return Application(
            deployment=self.deployment,
            action="issue",
            id=challenge.application,
            salt=challenge.salt,
            authority=authority.name,
            authority_key_hash=authority.key_hash,
            profile=profile.name,
            profile_digest=profile.digest,
            holder=holder,
            kind=profile.holder_kind or profile.name,
            branch=self.branch,
            requester=requester,
            created_at=now,
            expires_at=now + LIFE,
            facts=facts,
            subject_key=subject_key,
            proof=proof,
        )

    def act(
        self,
        action: Action,
        certificate: CertificateRecord,
        authority: AuthorityRecord,
        profile: CertificateProfile,
        requester: str,
        now: datetime,
        *,
        event: str | None = None,
        reason: Reason | None = None,
    ) -> Application:
        """An application about an issued certificate: revoke, hold, release or hand over."""
        return Application(
            deployment=self.deployment,
            action=action,
            id=self.new_id(now),
            salt=self.random(16),
            authority=authority.name,
            authority_key_hash=authority.key_hash,
            profile=profile.name,
            profile_digest=profile.digest,
            holder=certificate.holder,
            kind=profile.holder_kind or profile.name,
            branch=self.branch,
            requester=requester,
            created_at=now,
            expires_at=now + LIFE,
            target=(certificate.issuer, certificate.serial),
            event=event,
            reason=reason,
        )

    def submit(self, cases: Sequence["Case"]) -> None:
        """Save applications with all their evidence; the submission is the first of each."""
        with self.database.transaction() as tx:
            add_applications(tx, [(case.record, case.evidence[0]) for case in cases])
            add_evidence_many(tx, [each for case in cases for each in case.evidence[1:]])

    def wait(
        self, ids: Sequence[UUID], seconds: float, tell: Callable[[int], None] = lambda finished: None
    ) -> dict[UUID, ApplicationRecord]:
        """The finished applications, once the signer has done, refused or parked each; raises `TimedOut`.

        `tell` hears now and then how many are finished.
        """
        deadline = time.monotonic() + seconds
        finished: dict[UUID, ApplicationRecord] = {}
        while True:
            with self.database.snapshot() as tx:
                for id in [each for each in ids if each not in finished]:
                    record = application(tx, id)
                    if record.state != "open":
                        finished[id] = record
            tell(len(finished))
            if len(finished) == len(ids):
                return finished
            if time.monotonic() > deadline:
                raise TimedOut(f"{len(ids) - len(finished)} of {len(ids)} applications", seconds)
            time.sleep(LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What ties a proof of possession to one application, before it is made: its id and its salt (16 octets)."""

    application: UUID
    salt: bytes


def new_challenge(now: datetime, random: Callable[[int], bytes]) -> Challenge:
    """The challenge of an application that nobody made yet; ids are in the order of time."""
    return Challenge(uuid7(now, random), random(16))


Possession = Callable[[str, UUID, bytes], tuple[bytes, Proof]]
"""deployment, application id, salt -> the SubjectPublicKeyInfo and the proof that its private key is held."""


def by_request(request: bytes) -> Possession:
    """Possession shown by a certification request (PKCS#10, DER or PEM); raises the request's refusals."""
    loaded = load_request(request)

    def possession(deployment: str, id: UUID, salt: bytes) -> tuple[bytes, Proof]:
        from cryptography.hazmat.primitives.serialization import Encoding

        return request_key(loaded), Proof("pkcs10", loaded.public_bytes(Encoding.DER))

    return possession


def by_key(key: PrivateKey) -> Possession:
    """Possession shown by the key itself, as a card does at the counter's terminal."""

    def possession(deployment: str, id: UUID, salt: bytes) -> tuple[bytes, Proof]:
        return key_octets(key.public_key()), prove_possession(key, deployment, id, salt)

    return possession


def by_proof(subject_key: bytes, signature: bytes) -> Possession:
    """Possession shown elsewhere: a signature (octets) over the challenge, by the key of this SubjectPublicKeyInfo.

    Whether the signature holds is asked once the application is made (`ca.request.check_possession`).
    """

    def possession(deployment: str, id: UUID, salt: bytes) -> tuple[bytes, Proof]:
        return subject_key, Proof("challenge", signature)

    return possession


@dataclass(frozen=True, slots=True)
class Case:
    """An application's row with the evidence it has so far."""

    record: ApplicationRecord
    evidence: tuple[Evidence, ...]


def signed_case(
    application: Application,
    profile: CertificateProfile,
    submitter: Officer,
    others: Mapping[EvidenceRole, Sequence[Officer]],
    now: datetime,
    rule: Rule | None = None,
) -> Case:
    """The case of `application`, signed by its submitter and by `others` in their roles.

    `rule` is the action's own, unless the register feed submits (`ca.rules.REGISTER_RULE`).
    """
    signed = [statement_of(application, "submission", submitter, now)]
    for role, officers in others.items():
        signed += [statement_of(application, role, officer, now) for officer in officers]
    return Case(record_of(application, rule or RULES[application.action], profile), tuple(signed))


def statement_of(application: Application, role: EvidenceRole, officer: Officer, now: datetime) -> Evidence:
    """One officer's signature on an application."""
    return sign_evidence(
        officer.key, application, role, person=officer.person, credential=officer.credential, signed_at=now
    )
