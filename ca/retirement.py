"""The end of an authority's key: what two administrators sign about it, and what it forbids from then on.

A key ends in one of three ways. "retired": it issues no more, its lists and answers go on until its certificate ends.
"key-destroyed": it signs nothing more, its last lists stay published. "compromised": it signs nothing more and nothing
it ever signed is believed. A statement is never taken back; several about one key add up to the worst of them.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from ca.canonical import CONFIG, Code, Digest, Moment, decode, encode
from ca.document_errors import DocumentOfAnotherDeployment
from ca.errors import AuthorityCompromised, AuthorityEnded, AuthorityKeyDestroyed, AuthorityRetired, DocumentMalformed
from ca.signed_document import Administrators, check_signatures
from ca.statement import Domain
from store.authorities import issuer_of
from store.rosters import DocumentSignature
from store.status import Compromise

__all__ = [
    "LIMIT",
    "Reason",
    "Retired",
    "RetirementStatement",
    "nothing_retired",
    "open_retirement",
    "parse_retirement",
    "retirement_digest",
    "retirement_document",
]

LIMIT: Final = 16 * 1024
"""Octets of a retirement statement."""

Reason = Literal["retired", "key-destroyed", "compromised"]

ENDED: Final[Mapping[Reason, type[AuthorityEnded]]] = {
    "retired": AuthorityRetired,
    "key-destroyed": AuthorityKeyDestroyed,
    "compromised": AuthorityCompromised,
}
"""What refuses a signature for each reason, the mildest first."""

_WEIGHT: Final = {reason: weight for weight, reason in enumerate(ENDED)}


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class RetirementStatement:
    """What two administrators sign about the end of one generation's key.

    `authority` is "<issuer>-g<generation>", `key_hash` the SHA-256 of its SubjectPublicKeyInfo: the key is what ends.
    `at` is when it takes effect; only a "retired" may lie ahead. For "compromised" `at` is the revocation time of all
    its certificates, and `invalidity_at`, if known, when the key became doubtful (RFC 5280 section 5.3.2).

    Construction raises DocumentMalformed where the fields contradict each other.
    """

    deployment: Code
    authority: Annotated[str, Field(pattern=r"\A[a-z][a-z0-9-]{0,31}-g[1-9][0-9]{0,3}\z")]
    key_hash: Digest
    reason: Reason
    at: Moment
    invalidity_at: Moment | None
    made_at: Moment

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.reason == "compromised" and self.at > self.made_at:
            raise DocumentMalformed("retirement", ("at",))
        if self.invalidity_at is not None and (self.reason != "compromised" or self.invalidity_at > self.at):
            raise DocumentMalformed("retirement", ("invalidity_at",))
        return self

    @property
    def issuer(self) -> str:
        """The short code of the distinguished name that the generations share."""
        return issuer_of(self.authority)

    @property
    def signs_nothing(self) -> bool:
        """Whether the key signs nothing at all any more, neither lists nor a responder's certificate."""
        return self.reason != "retired"

    def holds(self, now: datetime) -> bool:
        """Whether it is in effect at `now`; the end of all signing is as soon as it is known, whatever a clock says."""
        return self.signs_nothing or self.at <= now


_ADAPTER: Final = TypeAdapter(RetirementStatement)


def retirement_document(statement: RetirementStatement) -> bytes:
    """Return the canonical form (RFC 8785) of a retirement: what administrators sign and the store keeps."""
    return encode(_ADAPTER, statement, document="retirement", limit=LIMIT)


def retirement_digest(document: bytes) -> bytes:
    """Return the SHA-256 of a retirement's document, by which database, folder and anchors name it."""
    return hashlib.sha256(document).digest()


def parse_retirement(document: bytes) -> RetirementStatement:
    """Read a retirement without believing it; raises TooLarge, DocumentMalformed."""
    return decode(_ADAPTER, document, document="retirement", limit=LIMIT)


def open_retirement(
    document: bytes, signatures: Iterable[DocumentSignature], administrators: Administrators, *, deployment: str
) -> RetirementStatement:
    """Return the retirement in a document, once it is believed: see `ca.roster.open_roster`, same errors."""
    check_signatures(Domain.RETIREMENT, document, signatures, administrators)
    statement = parse_retirement(document)
    if statement.deployment != deployment:
        raise DocumentOfAnotherDeployment("retirement", statement.deployment)
    return statement


@dataclass(frozen=True, slots=True)
class Retired:
    """All retirements a program knows of, and what they forbid. An authority is told by its key, never by its name."""

    statements: tuple[RetirementStatement, ...] = ()

    def of(self, key_hash: bytes, now: datetime) -> RetirementStatement | None:
        """The worst statement in effect at `now` (aware UTC) about a key; of two alike the one that begins earlier."""
        found = [one for one in self.statements if one.key_hash == key_hash and one.holds(now)]
        return max(found, key=lambda one: (_WEIGHT[one.reason], -one.at.timestamp()), default=None)

    def worst(self, key_hash: bytes) -> RetirementStatement | None:
        """The worst statement about a key, in effect or still ahead."""
        return self.of(key_hash, datetime.max.replace(tzinfo=UTC))

    def signs_nothing(self, key_hash: bytes) -> bool:
        """Whether a key signs nothing at all any more."""
        return any(one.key_hash == key_hash and one.signs_nothing for one in self.statements)

    def ended(self) -> frozenset[str]:
        """The authorities whose keys sign nothing at all any more."""
        return frozenset(one.authority for one in self.statements if one.signs_nothing)

    def check_issuing(self, key_hash: bytes, now: datetime) -> None:
        """Raise AuthorityRetired, AuthorityKeyDestroyed or AuthorityCompromised for a key that issues no more."""
        statement = self.of(key_hash, now)
        if statement is not None:
            raise ENDED[statement.reason](statement.authority, statement.at)

    def check_signing(self, key_hash: bytes, now: datetime) -> None:
        """Raise AuthorityKeyDestroyed or AuthorityCompromised for a key that signs nothing more."""
        if self.signs_nothing(key_hash):
            self.check_issuing(key_hash, now)

    def check_trusted(self, key_hash: bytes, now: datetime) -> None:
        """Raise AuthorityCompromised for a key that may be in a stranger's hands."""
        statement = self.of(key_hash, now)
        if statement is not None and statement.reason == "compromised":
            raise AuthorityCompromised(statement.authority, statement.at)

    def compromises(self) -> tuple[Compromise, ...]:
        """For each compromised authority since when, in order of their names: the earliest statement counts."""
        ordered = sorted(
            (one for one in self.statements if one.reason == "compromised"),
            key=lambda one: (one.authority, one.at),
            reverse=True,
        )
        earliest = {one.authority: Compromise(one.authority, one.at, one.invalidity_at) for one in ordered}
        return tuple(earliest[name] for name in sorted(earliest))


def nothing_retired() -> Retired:
    """What a new deployment's first ceremony knows of: no key has ended."""
    return Retired()
