"""What the command line has at hand where cases are made: officers' keys, subjects' keys, a window's terminal.

No browser stands between a person and their key here; the evidence that is left is of the same worth.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ca.application import Application, Proof
from ca.approvals import EvidenceRole, sign_evidence
from ca.lodging import Case
from ca.notification import notify
from ca.request import load_request, prove_possession, request_key
from ca.rules import RULES, Rule
from ca.statement import PrivateKey, key_octets
from ca.warrant import record_of
from cli.errors import TimedOut
from policies.profile import CertificateProfile
from store.applications import ApplicationRecord, Evidence, application
from store.database import Database

LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of the roster at this machine, with the key of one of their credentials."""

    person: str
    credential: str
    key: PrivateKey

    def sign(self, asked: Application, role: EvidenceRole, now: datetime) -> Evidence:
        """The officer's signature on an application."""
        return sign_evidence(self.key, asked, role, person=self.person, credential=self.credential, signed_at=now)


Others = Mapping[EvidenceRole, Sequence[Officer]]
"""Who signs beside the submitter, by role."""


def signatures(asked: Application, submitter: Officer, others: Others, now: datetime) -> tuple[Evidence, ...]:
    """The signatures of its submitter and of `others` in their roles on an application, the submission first."""
    beside = [officer.sign(asked, role, now) for role, officers in others.items() for officer in officers]
    return (submitter.sign(asked, "submission", now), *beside)


def signed_case(
    asked: Application,
    profile: CertificateProfile,
    submitter: Officer,
    others: Others,
    now: datetime,
    rule: Rule | None = None,
) -> Case:
    """The case of an application with its signatures, not verified.

    `rule` is the action's own, unless the register feed submits (`ca.rules.REGISTER_RULE`).
    """
    record = record_of(asked, rule or RULES[asked.action], profile)
    return Case(record, signatures(asked, submitter, others, now))


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
class WindowTerminal:
    """The terminal of the roster with the code `code` at a window; `key` is its private key."""

    code: str
    window: str
    key: PrivateKey

    def notified(self, possession: Possession) -> Possession:
        """The same possession with this terminal's signature that it was shown here."""

        def signed(deployment: str, id: UUID, salt: bytes) -> tuple[bytes, Proof]:
            subject_key, proof = possession(deployment, id, salt)
            return subject_key, notify(
                self.key,
                self.code,
                proof,
                deployment=deployment,
                application_id=id,
                salt=salt,
                subject_key=subject_key,
                window=self.window,
            )

        return signed


def wait_for(
    database: Database, ids: Sequence[UUID], seconds: float, tell: Callable[[int], None] = lambda finished: None
) -> dict[UUID, ApplicationRecord]:
    """The finished applications, once the signer has done, refused or parked each; raises `TimedOut`.

    `tell` hears now and then how many are finished.
    """
    deadline = time.monotonic() + seconds
    finished: dict[UUID, ApplicationRecord] = {}
    while True:
        with database.snapshot() as tx:
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
