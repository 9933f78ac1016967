"""Why a signed document, or the roster in it, is not believed; the form is that of `ca.errors`."""

from dataclasses import dataclass

from ca.errors import CAError

__all__ = [
    "BranchOfTerminalUnknown",
    "BranchUnknown",
    "CodeTwice",
    "CredentialIdTwice",
    "CredentialIncomplete",
    "DocumentOfAnotherDeployment",
    "DocumentOutdated",
    "DocumentRefused",
    "DocumentSignatureInvalid",
    "DocumentSignerUnknown",
    "KeyTwice",
    "RolesExclude",
    "RosterRefused",
    "TooFewDocumentSigners",
]


class DocumentRefused(CAError):
    """A signed document (roster, authority record) is not believed."""


@dataclass(eq=False)
class DocumentSignerUnknown(DocumentRefused):
    """A document bears a signature of somebody whose key is not in the configuration."""

    document: str
    credential: str
    code = "ca.document-signer-unknown"
    sentence = "The {document} is signed by {credential!r}, which is no administrator in this configuration"
    next = "Have it signed by two administrators whose keys the configuration names"


@dataclass(eq=False)
class DocumentSignatureInvalid(DocumentRefused):
    """A signature on a document does not verify: the document was edited, or the signature is of another one."""

    document: str
    credential: str
    code = "ca.document-signature-invalid"
    sentence = "The signature of {credential!r} on the {document} does not verify"
    next = "Treat the document as tampered with: find the signed original and compare"


@dataclass(eq=False)
class TooFewDocumentSigners(DocumentRefused):
    """Fewer than two distinct administrators signed; one administrator under two names, or one key, counts once."""

    document: str
    signers: int
    needed: int
    code = "ca.document-signers-too-few"
    sentence = "The {document} is signed by {signers} distinct administrators and {needed} are needed"
    next = "Have another administrator sign it"


@dataclass(eq=False)
class DocumentOfAnotherDeployment(DocumentRefused):
    """A document was signed for another deployment, as a test roster in production."""

    document: str
    deployment: str
    code = "ca.document-deployment"
    sentence = "The {document} was signed for deployment {deployment!r}"
    next = "Load the document of this deployment"


@dataclass(eq=False)
class DocumentOutdated(DocumentRefused):
    """A document has a lower version than one already accepted, as after the restore of an old database."""

    document: str
    version: int
    floor: int
    code = "ca.document-outdated"
    sentence = "The {document} has version {version} and version {floor} was accepted before"
    next = "Load the newest signed document again"


class RosterRefused(CAError):
    """A roster contradicts the rules for rosters, signed or not."""


@dataclass(eq=False)
class RolesExclude(RosterRefused):
    """A person holds two roles that exclude each other."""

    person: str
    roles: tuple[str, ...]
    code = "ca.roster-roles-exclude"
    sentence = "Person {person!r} holds roles that exclude each other: {roles}"
    next = "Give one of the roles to somebody else"


@dataclass(eq=False)
class KeyTwice(RosterRefused):
    """One public key stands in two credentials, so one signature could count for two persons."""

    credential: str
    other: str
    code = "ca.roster-key-twice"
    sentence = "The credentials {credential!r} and {other!r} have the same public key"
    next = "Make a key of their own for every credential"


@dataclass(eq=False)
class CodeTwice(RosterRefused):
    """Two persons, two branches or two credentials share a code."""

    name: str
    code = "ca.roster-code-twice"
    sentence = "The code {name!r} stands twice in the roster"
    next = "Give each person, branch and credential a code of its own, never used before"


@dataclass(eq=False)
class BranchUnknown(RosterRefused):
    """A person acts in a branch that the roster does not hold."""

    person: str
    branch: str
    code = "ca.roster-branch-unknown"
    sentence = "Person {person!r} is in branch {branch!r}, which the roster does not hold"
    next = "Add the branch or correct its code"


@dataclass(eq=False)
class BranchOfTerminalUnknown(RosterRefused):
    """A terminal stands in a branch that the roster does not hold."""

    terminal: str
    branch: str
    code = "ca.roster-terminal-branch-unknown"
    sentence = "Terminal {terminal!r} is in branch {branch!r}, which the roster does not hold"
    next = "Add the branch or correct its code"


@dataclass(eq=False)
class CredentialIncomplete(RosterRefused):
    """A passkey lacks its credential id or its relying party, or a plain key has one."""

    credential: str
    kind: str
    code = "ca.roster-credential-incomplete"
    sentence = "The credential {credential!r} of kind {kind!r} lacks an id or a relying party, or has one too many"
    next = "Give a passkey both its credential id and its RP ID, and a key neither"


@dataclass(eq=False)
class CredentialIdTwice(RosterRefused):
    """Two passkeys have one credential id, so a browser's answer would name two."""

    credential: str
    other: str
    code = "ca.roster-credential-id-twice"
    sentence = "The credentials {credential!r} and {other!r} have the same credential id"
    next = "Enrol each passkey once"
