"""Evidence: a person's signature that binds person, role, moment and the digest of one application.

An approval is evidence, not a flag: it can be checked without believing whoever wrote the database.
"""

from datetime import datetime
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ca.application import Application, digest
from ca.canonical import CONFIG, Code, Digest, Moment, encode
from ca.statement import Domain, PrivateKey, PublicKey, sign, verifies
from store.applications import Evidence

__all__ = ["EvidenceRole", "Statement", "sign_evidence", "signature_holds", "statement_octets"]

EvidenceRole = Literal["submission", "examination", "approval"]
"""受付, 審査, 承認: what a signature under an application means."""


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Statement:
    """What one signature says: this person, in this role, at this moment, for the application with this digest."""

    deployment: Code
    application: Digest
    role: EvidenceRole
    person: Code
    credential: Code
    signed_at: Moment


_ADAPTER: Final = TypeAdapter(Statement)


def statement_octets(statement: Statement) -> bytes:
    """Return the canonical form of a statement; `ca.statement.message` puts its domain before it."""
    return encode(_ADAPTER, statement, document="statement", limit=4096)


def sign_evidence(
    key: PrivateKey, application: Application, role: EvidenceRole, *, person: str, credential: str, signed_at: datetime
) -> Evidence:
    """Sign an application as a person of the roster; `key` is that of the credential, `signed_at` UTC to the second."""
    application_digest = digest(application)
    statement = Statement(
        deployment=application.deployment,
        application=application_digest,
        role=role,
        person=person,
        credential=credential,
        signed_at=signed_at,
    )
    return Evidence(
        application_id=application.id,
        role=role,
        person=person,
        credential=credential,
        kind="key",
        signature=sign(key, Domain.EVIDENCE, statement_octets(statement)),
        digest=application_digest,
        signed_at=signed_at,
    )


def signature_holds(evidence: Evidence, key: PublicKey, *, deployment: str, application_digest: bytes) -> bool:
    """Say whether the evidence is this key's signature in its role over the application with that digest."""
    try:
        statement = Statement(
            deployment=deployment,
            application=application_digest,
            role=evidence.role,
            person=evidence.person,
            credential=evidence.credential,
            signed_at=evidence.signed_at,
        )
    except ValidationError:  # a row that no `sign_evidence` wrote
        return False
    return verifies(key, Domain.EVIDENCE, statement_octets(statement), evidence.signature)
