"""Why an application is not executed: one class and one code for each way in which its evidence does not hold.

Persons, credentials and branches appear as their codes in the roster; the form is that of `ca.errors`.
"""

from dataclasses import dataclass
from datetime import datetime

from ca.errors import CAError

__all__ = [
    "ApplicationEdited",
    "ApplicationExpired",
    "ApplicationOfAnotherDeployment",
    "AuthorityDiffers",
    "BranchDoesNotServe",
    "BranchWrong",
    "CredentialNotValid",
    "CredentialUnknown",
    "EventMissing",
    "EventOfOthers",
    "EvidenceKindUnknown",
    "EvidenceOfAnotherApplication",
    "EvidenceSignatureInvalid",
    "EvidenceTimeWrong",
    "EvidenceTooFew",
    "HolderKindDiffers",
    "PersonTwice",
    "PersonUnknown",
    "ProfileForbids",
    "ProfileNotAuthorised",
    "RequesterDecides",
    "RoleMissing",
    "RosterOfAnotherDeployment",
    "SubmissionMissing",
    "WarrantRefused",
]


class WarrantRefused(CAError):
    """An application is not executed; nothing was signed and no status changed."""

    next = "Look into it before anything else: an honest application never fails this check"


@dataclass(eq=False)
class ApplicationEdited(WarrantRefused):
    """What the database says beside the signed text is not what the text says; `field` names the column."""

    field: str
    code = "ca.application-edited"
    sentence = "The row of the application differs from its signed text in {field!r}"


@dataclass(eq=False)
class ApplicationExpired(WarrantRefused):
    """The application's time has passed."""

    expires_at: datetime
    code = "ca.application-expired"
    sentence = "The application expired at {expires_at}"
    next = "Enter the case anew"


@dataclass(eq=False)
class ApplicationOfAnotherDeployment(WarrantRefused):
    """An application made for another deployment, as one of the test system in production (requirement ISS-12)."""

    deployment: str
    code = "ca.application-deployment"
    sentence = "The application was made for deployment {deployment!r}"


@dataclass(eq=False)
class RosterOfAnotherDeployment(WarrantRefused):
    """The roster given is not that of this deployment."""

    deployment: str
    code = "ca.roster-deployment"
    sentence = "The roster is that of deployment {deployment!r}"
    next = "Load the roster of this deployment"


@dataclass(eq=False)
class AuthorityDiffers(WarrantRefused):
    """The application names another authority or another key than it is executed with."""

    authority: str
    code = "ca.application-authority"
    sentence = "The application is for another key than that of authority {authority!r}"
    next = "Send the application to the signer of its authority"


@dataclass(eq=False)
class ProfileNotAuthorised(WarrantRefused):
    """The profile's file is not one that two administrators authorised for this authority: edited, or withdrawn."""

    profile: str
    digest: bytes
    code = "ca.profile-not-authorised"
    sentence = "Profile {profile!r} with digest {digest} is not authorised for this authority"
    next = "Restore the authorised profile file, or have the authority record signed with the new digest"


@dataclass(eq=False)
class ProfileForbids(WarrantRefused):
    """The profile does not allow the action, as the release of a card's certificate."""

    profile: str
    action: str
    code = "ca.profile-forbids"
    sentence = "Profile {profile!r} does not allow the action {action!r}"
    next = "Revoke the certificate and issue a new one"


@dataclass(eq=False)
class HolderKindDiffers(WarrantRefused):
    """The application counts the certificate as of another kind than its profile does; a holder could have two."""

    profile: str
    kind: str
    code = "ca.application-kind"
    sentence = "Profile {profile!r} does not issue certificates of kind {kind!r}"
    next = "Enter the case anew with the kind of the profile"


@dataclass(eq=False)
class EvidenceOfAnotherApplication(WarrantRefused):
    """Evidence signed for one application was put beside another one."""

    person: str
    code = "ca.evidence-of-another-application"
    sentence = "The evidence of {person!r} was given for another application"


@dataclass(eq=False)
class EvidenceKindUnknown(WarrantRefused):
    """Evidence is of a kind that this program cannot verify."""

    kind: str
    code = "ca.evidence-kind-unknown"
    sentence = "Evidence of kind {kind!r} cannot be verified"
    next = "Sign with a credential that the roster holds"


@dataclass(eq=False)
class EvidenceSignatureInvalid(WarrantRefused):
    """The signature is not the credential's over this application in this role at this time: invented or edited."""

    credential: str
    role: str
    code = "ca.evidence-signature-invalid"
    sentence = "The {role} signed with {credential!r} does not verify"


@dataclass(eq=False)
class EvidenceTimeWrong(WarrantRefused):
    """Evidence states a time before its application was made, or in the future; the future may still come."""

    person: str
    signed_at: datetime
    code = "ca.evidence-time"
    sentence = "The evidence of {person!r} states the time {signed_at}, which cannot be"
    next = "Compare the clocks of the front end and the signer, then sign again"


@dataclass(eq=False)
class PersonUnknown(WarrantRefused):
    """The person is not in the newest roster: never enrolled, or gone since."""

    person: str
    code = "ca.person-unknown"
    sentence = "{person!r} is not in the roster"
    next = "Have an officer of the roster sign"


@dataclass(eq=False)
class CredentialUnknown(WarrantRefused):
    """The credential is not that person's in the newest roster."""

    person: str
    credential: str
    code = "ca.credential-unknown"
    sentence = "{credential!r} is no credential of {person!r} in the roster"
    next = "Enrol the credential by a new signed roster"


@dataclass(eq=False)
class CredentialNotValid(WarrantRefused):
    """The credential was not valid when it signed, or is not now."""

    credential: str
    valid_from: datetime
    valid_until: datetime
    code = "ca.credential-not-valid"
    sentence = "The credential {credential!r} is valid from {valid_from} until {valid_until} only"
    next = "Renew the credential in the roster and sign again"


@dataclass(eq=False)
class RoleMissing(WarrantRefused):
    """The person has none of the roles that this evidence needs."""

    person: str
    evidence: str
    action: str
    code = "ca.role-missing"
    sentence = "{person!r} has no role for the {evidence} of the action {action!r}"
    next = "Have a person with that role sign"


@dataclass(eq=False)
class BranchWrong(WarrantRefused):
    """The person does not act in the application's branch (requirement ROL-3)."""

    person: str
    branch: str
    code = "ca.branch-wrong"
    sentence = "{person!r} does not act in branch {branch!r}"
    next = "Have a person of the branch sign"


@dataclass(eq=False)
class BranchDoesNotServe(WarrantRefused):
    """The case belongs to a municipality or body that the branch does not serve, or to none (requirement ROL-3)."""

    branch: str
    code = "ca.branch-does-not-serve"
    sentence = "Branch {branch!r} does not serve the municipality or body of the case"
    next = "Enter the case at the branch that serves the holder"


@dataclass(eq=False)
class SubmissionMissing(WarrantRefused):
    """The person named as requester did not sign the submission."""

    requester: str
    code = "ca.submission-missing"
    sentence = "The application has no submission signed by its requester {requester!r}"
    next = "Have the requester sign the submission"


@dataclass(eq=False)
class RequesterDecides(WarrantRefused):
    """Who submitted a case also examined or approved it (requirement ROL-2)."""

    person: str
    role: str
    code = "ca.requester-decides"
    sentence = "{person!r} submitted the application and signed its {role} too"
    next = "Have somebody else examine and approve"


@dataclass(eq=False)
class PersonTwice(WarrantRefused):
    """One person signed twice, where each signature must be another person's (requirement ROL-2)."""

    person: str
    code = "ca.person-twice"
    sentence = "{person!r} signed the application twice"
    next = "Have as many persons sign as the profile says"


@dataclass(eq=False)
class EvidenceTooFew(WarrantRefused):
    """Fewer persons examined or approved than the action and its profile need."""

    role: str
    found: int
    needed: int
    code = "ca.evidence-too-few"
    sentence = "The {role} is signed by {found} persons and {needed} are needed"
    next = "Have another person sign"


@dataclass(eq=False)
class EventMissing(WarrantRefused):
    """The register feed revokes for a named life event only."""

    person: str
    code = "ca.event-missing"
    sentence = "The register feed {person!r} named no event for its revocation"
    next = "Name the life event, or have officers revoke"


@dataclass(eq=False)
class EventOfOthers(WarrantRefused):
    """The register feed reports changes of the register; holders and officers report the rest (fact sheet c.3)."""

    person: str
    event: str
    code = "ca.event-of-others"
    sentence = "The register feed {person!r} may not report the event {event!r}"
    next = "Have officers revoke for this event"
