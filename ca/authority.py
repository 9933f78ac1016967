"""An authority: one generation of a certification authority, told from the others by its key and never by its name.

What it is and which profiles it may use stands in a record that two administrators signed; the key comes from the
token. Only both together, and matching, are an `Authority`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pydantic import AfterValidator, Field, PlainSerializer, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from ca.canonical import CONFIG, Code, Digest, Moment, Octets, decode, encode
from ca.document_errors import DocumentOfAnotherDeployment, DocumentOutdated
from ca.errors import AuthorityError, AuthorityNotIssuing, DocumentMalformed, KeyOfAnotherAuthority
from ca.retirement import Retired
from ca.signed_document import Administrators, check_signatures
from ca.statement import Domain, PrivateKey, PublicKey, key_octets
from policies.terms import AuthorityTerms
from store.rosters import DocumentSignature

__all__ = [
    "LIMIT",
    "MOST_RESPONDERS",
    "Authority",
    "AuthorityStatement",
    "activate",
    "authority_document",
    "check_issuing",
    "key_hash",
    "newest_issuing",
    "open_authority_record",
    "parse_authority",
]

LIMIT: Final = 256 * 1024
"""Octets of an authority record."""

MOST_RESPONDERS: Final = 8
"""Keys that may answer for one authority: two sites with a spare each, while all four are being replaced."""

Profiles = Annotated[
    Mapping[Code, Digest],
    Field(min_length=1, max_length=64),
    AfterValidator(lambda value: MappingProxyType(dict(value))),
    PlainSerializer(lambda value: {name: digest.hex() for name, digest in value.items()}, when_used="json"),
]


def key_hash(key: PublicKey) -> bytes:
    """Return the SHA-256 of a key's SubjectPublicKeyInfo in DER: by it an application names its authority."""
    return hashlib.sha256(key_octets(key)).digest()


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class AuthorityStatement:
    """What two administrators sign about one generation of an authority.

    `issuer` is the short code of its DN, `name` "<issuer>-g<generation>". `certificate` is DER. `profiles` maps each
    profile it may issue under to the SHA-256 of the profile's file, `terms_digest` is that of its terms. It issues
    from `issuing_from` (inclusive) until `issuing_until` (exclusive) and answers for what it issued as long as its
    certificate lives. `version` rises with every change of the record.

    `responders` are the SHA-256 of the SubjectPublicKeyInfo of every key that may answer for its certificates (RFC 6960
    section 4.2.2.2), at most eight, none where nobody answers. Only these are certified as responders: what the
    database says of a responder is no reason to sign anything.

    Construction raises KeyOfAnotherAuthority or DocumentMalformed where the fields contradict each other.
    """

    deployment: Code
    version: Annotated[int, Field(ge=1, lt=1 << 31)]
    made_at: Moment
    name: Annotated[str, Field(pattern=r"\A[a-z][a-z0-9-]{0,31}-g[1-9][0-9]{0,3}\z")]
    issuer: Annotated[str, Field(pattern=r"\A[a-z][a-z0-9-]{0,31}\z")]
    generation: Annotated[int, Field(ge=1, le=9999)]
    certificate: Annotated[Octets, Field(max_length=16 * 1024)]
    key_hash: Digest
    terms_digest: Digest
    profiles: Profiles
    responders: Annotated[tuple[Digest, ...], Field(max_length=MOST_RESPONDERS)]
    issuing_from: Moment
    issuing_until: Moment

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.name != f"{self.issuer}-g{self.generation}":
            raise DocumentMalformed("authority record", ("name",))
        try:
            certificate = self.x509()
            key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
            raise DocumentMalformed("authority record", ("certificate",)) from None
        if not isinstance(key, PublicKey) or key_hash(key) != self.key_hash:
            raise KeyOfAnotherAuthority(self.name, "its certificate is for another key than its record names")
        if len(set(self.responders)) != len(self.responders) or self.key_hash in self.responders:
            raise DocumentMalformed("authority record", ("responders",))
        lives = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        if not lives[0] <= self.issuing_from < self.issuing_until <= lives[1]:
            raise DocumentMalformed("authority record", ("issuing_from", "issuing_until"))
        return self

    def x509(self) -> x509.Certificate:
        """Return the authority's certificate."""
        return x509.load_der_x509_certificate(self.certificate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One generation of an authority with its key: what the signer issues, revokes and signs lists with.

    Made by `activate`. `key` is cryptography's own private-key interface, wherever the key lives.
    """

    statement: AuthorityStatement
    certificate: x509.Certificate
    key: PrivateKey
    terms: AuthorityTerms

    @property
    def name(self) -> str:
        """The authority, "<issuer>-g<generation>"."""
        return self.statement.name

    @property
    def issuer(self) -> str:
        """The short code of its distinguished name, which its generations share."""
        return self.statement.issuer

    @property
    def key_hash(self) -> bytes:
        """The SHA-256 of its SubjectPublicKeyInfo."""
        return self.statement.key_hash

    @property
    def profiles(self) -> Mapping[str, bytes]:
        """The profiles it may issue under, each with the SHA-256 of its file."""
        return self.statement.profiles

    @property
    def responders(self) -> tuple[bytes, ...]:
        """The hashes of the keys that may answer for its certificates."""
        return self.statement.responders


_ADAPTER: Final = TypeAdapter(AuthorityStatement)


def authority_document(statement: AuthorityStatement) -> bytes:
    """Return the canonical form (RFC 8785) of an authority record: what administrators sign and the store keeps."""
    return encode(_ADAPTER, statement, document="authority record", limit=LIMIT)


def parse_authority(document: bytes) -> AuthorityStatement:
    """Read an authority record without believing it; raises TooLarge, DocumentMalformed, KeyOfAnotherAuthority."""
    return decode(_ADAPTER, document, document="authority record", limit=LIMIT)


def open_authority_record(
    document: bytes,
    signatures: Iterable[DocumentSignature],
    administrators: Administrators,
    *,
    deployment: str,
    floor: int,
) -> AuthorityStatement:
    """Return the authority record in a document, once it is believed: see `ca.roster.open_roster`, same errors.

    `floor` is the highest version of this authority's record ever accepted; a lower one could bring a withdrawn
    profile back.
    """
    check_signatures(Domain.AUTHORITY, document, signatures, administrators)
    statement = parse_authority(document)
    if statement.deployment != deployment:
        raise DocumentOfAnotherDeployment("authority record", statement.deployment)
    if statement.version < floor:
        raise DocumentOutdated("authority record", statement.version, floor)
    return statement


def activate(statement: AuthorityStatement, key: PrivateKey, terms: AuthorityTerms) -> Authority:
    """Join a believed record with its key and terms. Raises KeyOfAnotherAuthority unless both are the record's."""
    if key_hash(key.public_key()) != statement.key_hash:
        raise KeyOfAnotherAuthority(statement.name, "the opened key is another one than its record names")
    if terms.digest != statement.terms_digest:
        raise KeyOfAnotherAuthority(statement.name, "its terms are not the ones its record names")
    return Authority(statement=statement, certificate=statement.x509(), key=key, terms=terms)


def check_issuing(statement: AuthorityStatement, retired: Retired, now: datetime) -> None:
    """Raise AuthorityNotIssuing or a kind of AuthorityEnded unless the authority issues at `now` (aware UTC)."""
    retired.check_issuing(statement.key_hash, now)
    if not statement.issuing_from <= now < statement.issuing_until:
        raise AuthorityNotIssuing(statement.name, statement.issuing_from, statement.issuing_until)


def newest_issuing(
    statements: Iterable[AuthorityStatement], profile: str, retired: Retired, now: datetime
) -> Mapping[str, AuthorityStatement]:
    """Return the newest generation of each issuer that issues under `profile` at `now` (aware UTC), by issuer.

    A generation whose key ended is passed over though its window is open: an older one may still issue.
    """
    able = [each for each in statements if profile in each.profiles and _issues(each, retired, now)]
    return {each.issuer: each for each in sorted(able, key=lambda each: each.generation)}


def _issues(statement: AuthorityStatement, retired: Retired, now: datetime) -> bool:
    try:
        check_issuing(statement, retired, now)
    except AuthorityError:
        return False
    return True
