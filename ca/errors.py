"""What the certification authority refuses, one class and one stable code per cause.

An error carries facts as attributes, never a name, an address, a birth date or key material: persons, branches,
credentials and authorities appear as their codes. `code` is for machines, `str(error)` is one English sentence,
`next` says what to do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

__all__ = [
    "ApplicationMalformed",
    "AuthorityCompromised",
    "AuthorityEnded",
    "AuthorityError",
    "AuthorityKeyDestroyed",
    "AuthorityNotIssuing",
    "AuthorityRetired",
    "CAError",
    "ChallengeSignatureInvalid",
    "DocumentMalformed",
    "KeyOfAnotherAuthority",
    "KeyUnusable",
    "ProfileNotListed",
    "RequestHashRefused",
    "RequestKeyDiffers",
    "RequestMalformed",
    "RequestRefused",
    "RequestSignatureInvalid",
    "RequestTooLarge",
    "ResponderNotNamed",
    "TooLarge",
]


class CAError(Exception):
    """A refusal of the certification authority; subclasses are dataclasses whose fields are the facts of the case."""

    code: ClassVar[str]
    sentence: ClassVar[str]
    next: str

    def __str__(self) -> str:
        """One English sentence: what is refused, and why."""
        return self.sentence.format_map({name: _words(fact) for name, fact in vars(self).items()}) + "."


def _words(fact: object) -> object:
    if isinstance(fact, tuple):
        return ", ".join(map(str, fact))
    return fact.hex() if isinstance(fact, bytes) else fact


@dataclass(eq=False)
class TooLarge(CAError):
    """Canonical text is longer than its bound; nothing of it was parsed. Sizes in octets."""

    size: int
    limit: int
    code = "ca.too-large"
    sentence = "The text has {size} octets and at most {limit} are read"
    next = "Send a smaller one"


@dataclass(eq=False)
class DocumentMalformed(CAError):
    """Bytes are not the canonical form (RFC 8785) of what they should be; `fields` says where."""

    document: str
    fields: tuple[str, ...]
    code = "ca.document-malformed"
    sentence = "The {document} is not in its canonical form: {fields}"
    next = "Make the document anew with this edition of the program; never edit a signed one"


@dataclass(eq=False)
class ApplicationMalformed(DocumentMalformed):
    """Bytes are not the canonical form of an application."""

    code = "ca.application-malformed"
    next = "Enter the case anew; an application is never edited"


@dataclass(eq=False)
class KeyUnusable(CAError):
    """A public key of a credential or a request cannot be used to verify: broken, not canonical, or of a weak kind."""

    defect: str
    code = "ca.key-unusable"
    sentence = "The public key cannot be used: {defect}"
    next = "Use an RSA key of 2048 bits or more, an EC key on P-256 or P-384, or an Ed25519 key"


class RequestRefused(CAError):
    """A proof of possession does not hold (RFC 2986 section 4.2; NIAP FDP_CER_EXT.2)."""


@dataclass(eq=False)
class RequestTooLarge(RequestRefused):
    """A certification request is longer than its bound; nothing of it was parsed. Sizes in octets."""

    size: int
    limit: int
    code = "ca.request-too-large"
    sentence = "The certification request has {size} octets and at most {limit} are read"
    next = "Make a PKCS#10 request with nothing in it but the subject and the key"


@dataclass(eq=False)
class RequestMalformed(RequestRefused):
    """Bytes are not a PKCS#10 certification request."""

    code = "ca.request-malformed"
    sentence = "The bytes are not a PKCS#10 certification request in DER or PEM"
    next = "Make the request anew and send the file as it was made"


@dataclass(eq=False)
class RequestHashRefused(RequestRefused):
    """A request is signed with a hash or an algorithm that proves nothing (MD5, SHA-1) or that is not known here."""

    algorithm: str
    code = "ca.request-hash-refused"
    sentence = "The certification request is signed with {algorithm}, which proves nothing here"
    next = "Sign the request with SHA-256, SHA-384, SHA-512 or Ed25519"


@dataclass(eq=False)
class RequestSignatureInvalid(RequestRefused):
    """The signature on a request does not verify with the key in it."""

    code = "ca.request-signature-invalid"
    sentence = "The signature on the certification request does not verify with the key in it"
    next = "Make the request anew with the private key of the certificate"


@dataclass(eq=False)
class RequestKeyDiffers(RequestRefused):
    """The request proves possession of another key than the application names."""

    code = "ca.request-key-differs"
    sentence = "The certification request is for another key than the application names"
    next = "Enter the case anew with the request that belongs to it"


@dataclass(eq=False)
class ChallengeSignatureInvalid(RequestRefused):
    """The signature over an application's possession challenge does not verify with the subject key."""

    code = "ca.challenge-signature-invalid"
    sentence = "The signature over the possession challenge does not verify with the subject key"
    next = "Let the holder's card sign the challenge of this application again"


class AuthorityError(CAError):
    """An authority cannot be used as asked."""


@dataclass(eq=False)
class KeyOfAnotherAuthority(AuthorityError):
    """Key, certificate and signed record of an authority do not belong together."""

    authority: str
    defect: str
    code = "ca.authority-key-differs"
    sentence = "Authority {authority} cannot be used: {defect}"
    next = "Open the key whose certificate the signed authority record holds"


@dataclass(eq=False)
class AuthorityNotIssuing(AuthorityError):
    """An authority issues only inside the window its signed record states."""

    authority: str
    issuing_from: datetime
    issuing_until: datetime
    code = "ca.authority-not-issuing"
    sentence = "Authority {authority} issues from {issuing_from} until {issuing_until} only"
    next = "Apply to the generation that issues now"


@dataclass(eq=False)
class AuthorityEnded(AuthorityError):
    """The key of an authority ended, wholly or for issuing: the root of the three ways."""

    authority: str
    since: datetime


@dataclass(eq=False)
class AuthorityRetired(AuthorityEnded):
    """A retired authority signs lists and responders' certificates to its end, and issues nothing more."""

    code = "ca.authority-retired"
    sentence = "Authority {authority} is retired since {since} and issues no more"
    next = "Apply to the generation that issues now"


@dataclass(eq=False)
class AuthorityKeyDestroyed(AuthorityEnded):
    """A key on record as destroyed signs nothing, even if a copy of it turned up."""

    code = "ca.authority-key-destroyed"
    sentence = "The key of authority {authority} is on record as destroyed since {since} and signs nothing"
    next = "Apply to the generation that issues now; if the key is still there, call the auditor"


@dataclass(eq=False)
class AuthorityCompromised(AuthorityEnded):
    """A compromised key signs nothing, since nobody could tell its signatures from a thief's."""

    code = "ca.authority-compromised"
    sentence = "The key of authority {authority} was compromised, on record since {since}; nothing is done with it"
    next = "Apply to another generation; the certificates of this one count as revoked"


@dataclass(eq=False)
class ResponderNotNamed(AuthorityError):
    """A key is to be certified as a responder's that the authority's signed record does not name."""

    authority: str
    key_hash: bytes
    code = "ca.responder-not-named"
    sentence = "The signed record of authority {authority} names no responder with the key {key_hash}"
    next = "Find out whose key it is; a new responder's key is entered by a record that two administrators sign"


@dataclass(eq=False)
class ProfileNotListed(AuthorityError):
    """A ceremony or a renewal is to use a profile whose file two administrators did not authorise for the authority."""

    authority: str
    profile: str
    code = "ca.profile-not-listed"
    sentence = "The signed record of authority {authority} does not list profile {profile!r} as its file now stands"
    next = "Restore the authorised profile file, or have the authority record signed with the new digest"
