"""An application: what an officer asks of the signer, in the one form that is signed, approved and executed.

Its canonical form holds everything the signer will act on, so whoever signs its digest has signed the certificate's
content, the key, the authority and the rules. An application is never edited: a correction is a new one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, PlainSerializer, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Code, Digest, Moment, Octets, Serial, decode, encode
from ca.errors import ApplicationMalformed, DocumentMalformed

__all__ = ["LIMIT", "LONGEST_LIFE", "Action", "Application", "Proof", "canonical", "digest", "parse"]

LIMIT: Final = 64 * 1024
"""Octets of a canonical application."""

LONGEST_LIFE: Final = timedelta(days=366)
"""From creation to expiry; a case waits for its applicant, but no signature is good for ever."""

DEPTH: Final = 8

Action = Literal["issue", "revoke", "hold", "release", "hand-over"]
"""What the signer is asked to do: 発行, 失効, 一時停止, 一時停止解除, 交付."""


def _facts(value: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    _bounded(dict(value), DEPTH)
    return MappingProxyType(dict(value))


def _bounded(value: JsonValue, depth: int) -> None:
    if depth == 0:
        raise ValueError("facts nest too deeply")
    if isinstance(value, float):
        raise ValueError("facts hold no fractions, since RFC 8785 would round them")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _bounded(each, depth - 1)


Facts = Annotated[Mapping[str, JsonValue], AfterValidator(_facts), PlainSerializer(dict)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Proof:
    """How the applicant shows possession of the private key.

    `form` "pkcs10": `value` is a certification request in DER (RFC 2986); "challenge": `value` is a signature by the
    subject key over `ca.request.possession_challenge`, as the terminal has a resident's card make it. `terminal` is the
    code of the enrolled terminal where that happened, `terminal_signature` its signature on the key notification
    (`ca.notification`): both or neither, else pydantic's ValidationError.
    """

    form: Literal["pkcs10", "challenge"]
    value: Annotated[Octets, Field(min_length=1, max_length=16 * 1024)]
    terminal: Code | None = None
    terminal_signature: Annotated[Octets, Field(min_length=1, max_length=1024)] | None = None

    @model_validator(mode="after")
    def _signed_by_whom(self) -> Self:
        if (self.terminal is None) != (self.terminal_signature is None):
            raise ValueError("a terminal and its signature go together")
        return self


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Application:
    """One case. Construction checks every field.

    A wrong type raises pydantic's ValidationError (a ValueError, which shows no input), fields that do not fit the
    action ApplicationMalformed: an issue, and nothing else, has a key and its proof and no target; a revocation, and
    nothing else, has a reason and may have an event and an invalidity date.

    `deployment` separates production, test and demo. `version` is that of this form. `authority_key_hash` is the
    SHA-256 of the authority's SubjectPublicKeyInfo, since generations share a name. `facts` is what the profile makes
    the certificate from. `subject_key` is a SubjectPublicKeyInfo in DER. `target` is (issuer, serial) of the
    certificate to revoke, hold, release or hand over. `reason` is a CRLReason code (RFC 5280 section 5.3.1), `event`
    a life event of the policies' table. `holder` is the salted hash that names the holder, `kind` the profile's
    holder kind. `requester` is the person in the roster who submits, `branch` (登録分局) where.
    """

    version: Literal[1] = 1
    deployment: Code
    action: Action
    id: UUID
    salt: Annotated[Octets, Field(min_length=16, max_length=16)]
    authority: Code
    authority_key_hash: Digest
    profile: Code
    profile_digest: Digest
    holder: Digest
    kind: Code
    branch: Code
    requester: Code
    created_at: Moment
    expires_at: Moment
    facts: Facts = field(default_factory=dict)
    subject_key: Annotated[Octets, Field(min_length=1, max_length=4096)] | None = None
    proof: Proof | None = None
    target: tuple[Code, Serial] | None = None
    event: Code | None = None
    reason: Literal[0, 1, 2, 3, 4, 5, 9] | None = None
    invalidity_at: Moment | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        issuing, revoking = self.action == "issue", self.action == "revoke"
        wrong = {
            "expires_at": not self.created_at < self.expires_at <= self.created_at + LONGEST_LIFE,
            "subject_key": issuing != (self.subject_key is not None),
            "proof": issuing != (self.proof is not None),
            "target": issuing != (self.target is None),
            "reason": revoking != (self.reason is not None),
            "event": not revoking and self.event is not None,
            "invalidity_at": not revoking and self.invalidity_at is not None,
        }
        if any(wrong.values()):
            raise ApplicationMalformed("application", tuple(name for name, is_wrong in wrong.items() if is_wrong))
        return self

    @property
    def body(self) -> JsonValue:
        """The code of the municipality or body that the facts name (市区町村, 団体); None when they name none."""
        return self.facts.get("municipality", self.facts.get("body"))

    def expired(self, now: datetime) -> bool:
        """Say whether the application may no longer be signed or executed."""
        return now >= self.expires_at


_ADAPTER: Final = TypeAdapter(Application)


def canonical(application: Application) -> bytes:
    """Return the canonical form (RFC 8785) of an application, at most 64 KiB.

    Raises ApplicationMalformed for text that is no Unicode, TooLarge past the bound.
    """
    try:
        return encode(_ADAPTER, application, document="application", limit=LIMIT)
    except DocumentMalformed as error:
        raise ApplicationMalformed(error.document, error.fields) from None


def digest(application: Application) -> bytes:
    """Return the SHA-256 of an application's canonical form: what officers sign."""
    return hashlib.sha256(canonical(application)).digest()


def parse(canonical_form: bytes) -> Application:
    """Return the application whose canonical form these bytes are, byte for byte.

    Raises TooLarge before parsing, ApplicationMalformed naming the fields that are wrong.
    """
    try:
        return decode(_ADAPTER, canonical_form, document="application", limit=LIMIT)
    except DocumentMalformed as error:
        raise ApplicationMalformed(error.document, error.fields) from None
