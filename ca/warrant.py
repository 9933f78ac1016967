"""A warrant: the proof that an application may be executed. Only `verify` makes one.

Everything is checked again from the signed texts. The database's columns are hints: where they contradict what was
signed, nothing is executed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, get_args

from ca.application import Application, canonical, parse
from ca.approvals import EvidenceRole
from ca.authority import AuthorityStatement, check_issuing
from ca.evidence import Grounds, signer_of
from ca.notification import check_notification
from ca.retirement import Retired
from ca.roster import Branch, Person, Roster
from ca.rules import REGISTER_RULE, Rule, approvals_needed, roles_for, rule_of
from ca.warrant_errors import (
    ApplicationEdited,
    ApplicationExpired,
    ApplicationOfAnotherDeployment,
    AuthorityDiffers,
    BranchDoesNotServe,
    BranchWrong,
    EventMissing,
    EventOfOthers,
    EvidenceTooFew,
    HolderKindDiffers,
    PersonTwice,
    ProfileForbids,
    ProfileNotAuthorised,
    RequesterDecides,
    RoleMissing,
    RosterOfAnotherDeployment,
    SubmissionMissing,
)
from policies.life_events import life_events
from policies.profile import CertificateProfile
from store.applications import ApplicationRecord, Evidence

__all__ = ["Warrant", "record_of", "verify"]

_COLUMNS: Final = (
    "id",
    "action",
    "authority",
    "profile",
    "holder",
    "kind",
    "branch",
    "requester",
    "created_at",
    "expires_at",
)
"""What a row repeats of its signed text."""

_SEAL: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Warrant:
    """An application whose evidence held at `verified_at` under roster `roster_version`; made by `verify` only.

    `persons` are the codes of those who signed, by role, each person once; `branch` is that of the application.
    """

    application: Application
    digest: bytes
    persons: Mapping[EvidenceRole, tuple[str, ...]]
    branch: Branch
    roster_version: int
    verified_at: datetime
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a warrant is made by ca.warrant.verify only")


def record_of(application: Application, rule: Rule, profile: CertificateProfile) -> ApplicationRecord:
    """Return the row of an application, as a front end saves it.

    `rule` and `profile` say how many examinations and approvals it needs, which only tells the signer when to look.
    """
    text = canonical(application)
    return ApplicationRecord(
        id=application.id,
        action=application.action,
        authority=application.authority,
        profile=application.profile,
        holder=application.holder,
        kind=application.kind,
        branch=application.branch,
        canonical=text,
        digest=hashlib.sha256(text).digest(),
        examinations_required=rule.examinations,
        approvals_required=approvals_needed(rule, profile),
        requester=application.requester,
        created_at=application.created_at,
        expires_at=application.expires_at,
    )


def verify(
    record: ApplicationRecord,
    evidence: Sequence[Evidence],
    grounds: Grounds,
    *,
    authority: AuthorityStatement,
    profile: CertificateProfile,
    deployment: str,
    retired: Retired,
) -> Warrant:
    """Return the warrant of a recorded application, once all its evidence holds on these grounds.

    The roster of `grounds` and `authority` are what `open_roster` and `open_authority_record` returned; `profile` is
    the loaded one that the application names; `retired` tells which keys ended. Raises a subclass of WarrantRefused or
    PasskeyRefused for the first thing that does not hold, ApplicationMalformed and TooLarge for a text that is no
    application, AuthorityNotIssuing for an issue outside the authority's window, a kind of AuthorityEnded for what its
    key's end forbids.
    """
    roster, now = grounds.roster, grounds.now
    application = parse(record.canonical)
    digest = hashlib.sha256(record.canonical).digest()
    _check_row(record, application, digest)
    if application.deployment != deployment:
        raise ApplicationOfAnotherDeployment(application.deployment)
    if roster.deployment != deployment:
        raise RosterOfAnotherDeployment(roster.deployment)
    if application.expired(now):
        raise ApplicationExpired(application.expires_at)
    _check_authority(application, authority, retired, now)
    _check_profile(application, authority, profile)
    branch = _branch_of(application, roster)
    check_notification(application, profile, roster, now)
    signers = [(each, signer_of(each, application, digest, grounds)) for each in evidence]
    _check_persons(application, signers, profile)
    return Warrant(
        application=application,
        digest=digest,
        persons=_persons_by_role(signers),
        branch=branch,
        roster_version=roster.version,
        verified_at=now,
        seal=_SEAL,
    )


def _check_row(record: ApplicationRecord, application: Application, digest: bytes) -> None:
    """Refuse a row whose columns say other than its signed text: a copy under a new id, a swapped holder."""
    if record.digest != digest:
        raise ApplicationEdited("digest")
    for column in _COLUMNS:
        if getattr(record, column) != getattr(application, column):
            raise ApplicationEdited(column)


def _check_authority(application: Application, authority: AuthorityStatement, retired: Retired, now: datetime) -> None:
    """Match by key, never by name alone: the generations of a CA share one name.

    What a compromised key signed is neither handed over nor made good again; revoking it needs no key.
    """
    named = (application.deployment, application.authority, application.authority_key_hash)
    if named != (authority.deployment, authority.name, authority.key_hash):
        raise AuthorityDiffers(application.authority)
    if application.action == "issue":
        check_issuing(authority, retired, now)
    if application.action in ("hand-over", "release"):
        retired.check_trusted(authority.key_hash, now)


def _check_profile(application: Application, authority: AuthorityStatement, profile: CertificateProfile) -> None:
    authorised = authority.profiles.get(application.profile)
    if authorised is None or profile.name != application.profile:
        raise ProfileNotAuthorised(application.profile, application.profile_digest)
    if not authorised == application.profile_digest == profile.digest:
        raise ProfileNotAuthorised(application.profile, profile.digest)
    if profile.facts not in ("resident", "staff"):  # ceremonies make these, from keys that administrators signed for
        raise ProfileForbids(application.profile, application.action)
    if application.kind != profile.holder_kind:
        raise HolderKindDiffers(application.profile, application.kind)
    if (application.action == "hold" and not profile.hold) or (application.action == "release" and not profile.release):
        raise ProfileForbids(application.profile, application.action)


def _branch_of(application: Application, roster: Roster) -> Branch:
    """The application's branch; for an issue it must serve the municipality or body that the facts name."""
    branch = roster.branch(application.branch)
    if branch is None:
        raise BranchWrong(application.requester, application.branch)
    if application.action == "issue" and application.body not in branch.serves:
        raise BranchDoesNotServe(application.branch)
    return branch


def _check_persons(
    application: Application, signers: Sequence[tuple[Evidence, Person]], profile: CertificateProfile
) -> None:
    """Right roles, each person once, the requester as submitter, and as many persons as the rule demands."""
    submitter = next(
        (person for each, person in signers if (each.role, person.code) == ("submission", application.requester)), None
    )
    if submitter is None:
        raise SubmissionMissing(application.requester)
    rule = _rule(application, submitter)
    seen: set[str] = set()
    for each, person in signers:
        if person.code == application.requester and each.role != "submission":
            raise RequesterDecides(person.code, each.role)
        if person.code in seen:
            raise PersonTwice(person.code)
        seen.add(person.code)
        if not roles_for(each.role, rule) & set(person.roles):
            raise RoleMissing(person.code, each.role, application.action)
    _check_count("examination", rule.examinations, signers)
    _check_count("approval", approvals_needed(rule, profile), signers)


def _rule(application: Application, submitter: Person) -> Rule:
    rule = rule_of(application.action, submitter.roles)
    if rule is REGISTER_RULE:
        if application.event is None:
            raise EventMissing(submitter.code)
        event = life_events().get(application.event)
        if event is None or event.reported_by != "register":
            raise EventOfOthers(submitter.code, application.event)
    return rule


def _check_count(role: EvidenceRole, needed: int, signers: Sequence[tuple[Evidence, Person]]) -> None:
    found = sum(each.role == role for each, _ in signers)
    if found < needed:
        raise EvidenceTooFew(role, found, needed)


def _persons_by_role(signers: Sequence[tuple[Evidence, Person]]) -> Mapping[EvidenceRole, tuple[str, ...]]:
    return MappingProxyType(
        {role: tuple(person.code for each, person in signers if each.role == role) for role in get_args(EvidenceRole)}
    )
