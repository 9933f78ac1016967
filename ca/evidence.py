"""Whether one piece of evidence holds: who of the roster gave it, with which credential, on which pages, when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ca.application import Application
from ca.approvals import EvidenceRole, check_passkey, signature_holds
from ca.evidence_errors import DemoPasskeyRefused, EvidenceKindDiffers, PasskeysNotExpected
from ca.passkey_errors import AssertionOfAnotherParty
from ca.passkeys import Parties, RelyingParty
from ca.roster import Credential, Person, Roster
from ca.statement import public_key
from ca.warrant_errors import (
    BranchWrong,
    CredentialNotValid,
    CredentialUnknown,
    EvidenceKindUnknown,
    EvidenceOfAnotherApplication,
    EvidenceSignatureInvalid,
    EvidenceTimeWrong,
    PersonUnknown,
)
from store.applications import Evidence

__all__ = ["CLOCK_TOLERANCE", "Grounds", "signer_of"]

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far the clocks of submitter, approver and signer may differ; each signs the time of its own machine."""

_KINDS: Final = ("key", "passkey", "demo-passkey")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What evidence is judged by, at `now`: the believed roster, and the verifying program's own configuration.

    `parties` are the relying parties whose passkeys count, None for none; with `demo` those made by software do.
    """

    roster: Roster
    parties: Parties | None
    demo: bool
    now: datetime


def signer_of(evidence: Evidence, application: Application, digest: bytes, grounds: Grounds) -> Person:
    """Return the person of the roster who gave this evidence, once it holds for the application with this digest.

    Raises subclasses of WarrantRefused and PasskeyRefused.
    """
    if evidence.application_id != application.id or evidence.digest != digest:
        raise EvidenceOfAnotherApplication(evidence.person)
    if evidence.kind not in _KINDS:
        raise EvidenceKindUnknown(evidence.kind)
    if not application.created_at - CLOCK_TOLERANCE <= evidence.signed_at <= grounds.now + CLOCK_TOLERANCE:
        raise EvidenceTimeWrong(evidence.person, evidence.signed_at)
    person = grounds.roster.person(evidence.person)
    if person is None:
        raise PersonUnknown(evidence.person)
    credential = _credential(person, evidence, grounds.now)
    _check_signature(evidence, credential, application.deployment, digest, grounds)
    if application.branch not in person.branches:
        raise BranchWrong(person.code, application.branch)
    return person


def _credential(person: Person, evidence: Evidence, now: datetime) -> Credential:
    """The person's credential; valid when it signed, and still valid, since whoever took it could state any time."""
    credential = next((each for each in person.credentials if each.code == evidence.credential), None)
    if credential is None:
        raise CredentialUnknown(person.code, evidence.credential)
    if evidence.kind != credential.kind:
        raise EvidenceKindDiffers(credential.code, evidence.kind)
    if not (credential.valid(evidence.signed_at) and credential.valid(now)):
        raise CredentialNotValid(credential.code, credential.valid_from, credential.valid_until)
    return credential


def _check_signature(
    evidence: Evidence, credential: Credential, deployment: str, digest: bytes, grounds: Grounds
) -> None:
    key = public_key(credential.spki)
    if credential.kind == "key":
        if not signature_holds(evidence, key, deployment=deployment, application_digest=digest):
            raise EvidenceSignatureInvalid(evidence.credential, evidence.role)
        return
    if credential.kind == "demo-passkey" and not grounds.demo:
        raise DemoPasskeyRefused(credential.code)
    if grounds.parties is None:
        raise PasskeysNotExpected(credential.code)
    party = _party(credential, evidence.role, grounds.parties)
    check_passkey(evidence, key, deployment=deployment, application_digest=digest, party=party)


def _party(credential: Credential, role: EvidenceRole, parties: Parties) -> RelyingParty:
    """Where this passkey signs; an approval is signed on the approvals' own pages, the rest on either."""
    if credential.rp_id == parties.approval.id:
        return parties.approval
    if role == "approval" or credential.rp_id != parties.working.id:
        raise AssertionOfAnotherParty(parties.approval.id if role == "approval" else parties.working.id)
    return parties.working
