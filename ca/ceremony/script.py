"""The one reviewed file of a ceremony: strict TOML, checked once, then frozen.

Everything the ceremony will do follows from this file, so reviewing it is reviewing the ceremony. Nothing in it is
secret: people are named with their public keys, tokens by label and serial number.
"""

import tomllib
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ca.ceremony.errors import ScriptRefused
from ca.ceremony.fields import Algorithm, AuthorityName, CertificatePem, Code, Digest, Line, Moment, PublicKeyPem
from ca.statement import PublicKey, key_octets, public_key

__all__ = [
    "LIMIT",
    "AuthorityPlan",
    "Credential",
    "EndedResponder",
    "KeyPlan",
    "Kind",
    "ListPlan",
    "Person",
    "Role",
    "Script",
    "TokenPlan",
    "Words",
    "load_script",
]

LIMIT: Final = 512 * 1024
"""Octets of a script."""


class Kind(StrEnum):
    """What a ceremony is held for."""

    ONE_TIER = "one-tier-ca"
    ROOT_AND_SUBORDINATE = "root-and-subordinate"
    ROOT_LIST = "root-list"
    RESPONDER = "responder-key"
    RENEWAL = "renewal"
    CROSS = "cross-certificate"
    BACKUP = "backup"
    ROSTER = "roster"
    AUTHORISATION = "authorisation"
    DESTRUCTION = "destruction"
    RETIREMENT = "retirement"
    COMPROMISE = "compromise"


class Role(StrEnum):
    """What a person does in the room; nobody who operates keeps a share or watches."""

    OPERATOR = "operator"
    CUSTODIAN = "custodian"
    WITNESS = "witness"
    ADMINISTRATOR = "administrator"


class _Table(BaseModel):
    """A table of the file: frozen, no unknown keys, and no input quoted in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Words(_Table):
    """The same sentence in both languages of the house."""

    ja: Annotated[str, Field(min_length=1, max_length=2000)]
    en: Annotated[str, Field(min_length=1, max_length=2000)]


class Credential(_Table):
    """What a person confirms with: a card or another PKCS#11 token, a FIDO2 key, or a key file in a rehearsal.

    `id` is the credential ID of a FIDO2 key (WebAuthn Level 2 section 4), registered for `ca.ceremony.fido2`'s party.
    """

    kind: Literal["key-file", "pkcs11", "fido2"]
    public_key: PublicKeyPem
    id: Annotated[str, Field(pattern=r"\A([0-9a-f]{2}){16,1023}\z")] | None = None

    @model_validator(mode="after")
    def _identified(self) -> Self:
        if (self.kind == "fido2") is (self.id is None):
            raise ValueError("a FIDO2 credential has an id, in hexadecimal, and no other kind has one")
        return self

    @classmethod
    def of(cls, spki: bytes) -> Self:
        """The credential of a key file's SubjectPublicKeyInfo in DER; raises KeyUnusable."""
        pem = public_key(spki).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(kind="key-file", public_key=pem.decode("ascii"))

    @property
    def spki(self) -> bytes:
        """The SubjectPublicKeyInfo in DER."""
        key = load_pem_public_key(self.public_key.encode("ascii"))
        assert isinstance(key, PublicKey)  # noqa: S101 - the field's own validator accepted nothing else
        return key_octets(key)


class Person(_Table):
    """Somebody in the room, in one role."""

    code: Code
    name: Line
    role: Role
    credential: Credential


class TokenPlan(_Table):
    """A token by its name in the configuration, with the label and the serial number that it must show.

    A `new` token is initialised in this ceremony and shows its serial number only then; every other has one here.
    """

    name: Code
    label: Annotated[str, Field(min_length=1, max_length=32)]
    serial: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    new: bool = False


class KeyPlan(_Table):
    """A key that is made in a token for no authority, such as the one that signs the audit trail's anchors."""

    token: Code
    label: Annotated[str, Field(pattern=r"\A[a-z][a-z0-9-]{0,63}\z")]
    algorithm: Algorithm


class ListPlan(_Table):
    """A last or an offline list: how many days it is valid for; absent where the authority's own end is meant."""

    days: Annotated[int, Field(ge=1, le=3660)] | None = None


class EndedResponder(_Table):
    """A key that answers for an authority no more: the SHA-256 of its SubjectPublicKeyInfo, as the record has it.

    The certificates of a `compromised` one are revoked with keyCompromise; those of another run out.
    """

    key: Digest
    compromised: bool = False


class AuthorityPlan(_Table):
    """One generation of an authority that this ceremony makes or changes.

    `certificate` is given for one that exists; otherwise `profile`, `algorithm` and `terms` say what is made.
    `issues` are the profiles its record authorises, `issuing_from` (aware) when the signer starts to use it,
    `replaces` the generation that stops issuing at that moment. `responder` names the key that answers for it,
    `ended_responder` one that does so no more.
    """

    name: AuthorityName
    token: Code | None = None
    profile: Code | None = None
    terms: Code | None = None
    algorithm: Algorithm | None = None
    common_name: Line | None = None
    signed_by: AuthorityName | None = None
    replaces: AuthorityName | None = None
    certificate: CertificatePem | None = None
    issues: tuple[Code, ...] = ()
    issuing_from: Moment | None = None
    responder: Code | None = None
    responder_token: Code | None = None
    responder_algorithm: Algorithm = "p-256"
    ended_responder: EndedResponder | None = None
    links: bool = False
    list: ListPlan | None = None

    @property
    def exists(self) -> bool:
        """Whether the authority was made in an earlier ceremony."""
        return self.certificate is not None

    def x509(self) -> x509.Certificate:
        """The certificate of an authority that exists."""
        if self.certificate is None:
            raise ValueError(f"{self.name} has no certificate in the script")
        return x509.load_pem_x509_certificate(self.certificate.encode("ascii"))


class Peer(_Table):
    """The other authority of a cross certificate: its self-signed certificate, and the profile used for it."""

    name: Code
    certificate: CertificatePem
    profile: Code


class BackupPlan(_Table):
    """Where a token's backup is written, and the throw-away token that it is restored into for a test."""

    token: Code
    file: Line
    keys: Annotated[tuple[Code, ...], Field(min_length=1)]


class RosterPlan(_Table):
    """The roster that two administrators sign: a file beside the script, by its digest."""

    file: Line
    sha256: Digest


class RetirementPlan(_Table):
    """Which generation ends, why, and since when what it signed is not to be trusted (aware; a compromise only)."""

    authority: AuthorityName
    reason: Literal["retired", "key-destroyed", "compromised"]
    invalid_since: Moment | None = None


class Script(_Table):
    """One ceremony. `digest` is the SHA-256 of the file: everybody holds and signs the same bytes.

    `quorum` is how many custodians open a token, `timeout` for how many seconds a confirmation is waited for,
    `software` the digest of the program that must run it (absent in a draft), `base_url` fills the URLs of the terms.
    """

    schema_name: Annotated[Literal["ninsho.ceremony.v1"], Field(alias="schema")]
    kind: Kind
    id: Code
    title: Words
    purpose: Words
    deployment: Annotated[str, Field(pattern=r"\A[a-z0-9][a-z0-9-]{2,63}\z")]  # as a configuration has it
    planned: date
    place: Line
    quorum: Annotated[int, Field(ge=2, le=16)]
    timeout: Annotated[int, Field(ge=30, le=7200)] = 900
    software: Digest | None = None
    base_url: Annotated[str, Field(pattern=r"\Ahttps?://[^\s]{1,200}\z")]
    people: Annotated[tuple[Person, ...], Field(min_length=4, max_length=32)]
    tokens: Annotated[tuple[TokenPlan, ...], Field(max_length=8)] = ()
    keys: Annotated[tuple[KeyPlan, ...], Field(max_length=8)] = ()
    authorities: Annotated[tuple[AuthorityPlan, ...], Field(max_length=16)] = ()
    peer: Peer | None = None
    backup: BackupPlan | None = None
    roster: RosterPlan | None = None
    retirement: RetirementPlan | None = None
    digest: bytes = b""

    def with_role(self, role: Role) -> tuple[Person, ...]:
        """The people of a role, in the order of the file."""
        return tuple(each for each in self.people if each.role is role)

    def person(self, code: str) -> Person:
        """The person of this code; KeyError when nobody in the room has it."""
        return {each.code: each for each in self.people}[code]

    def token(self, name: str) -> TokenPlan:
        """The token of this name; KeyError when the script has none."""
        return {each.name: each for each in self.tokens}[name]

    def authority(self, name: str) -> AuthorityPlan:
        """The authority of this name; KeyError when the script has none."""
        return {each.name: each for each in self.authorities}[name]


def load_script(data: bytes) -> Script:
    """Read a script strictly. Raises ScriptRefused, which names the first key that is wrong and never quotes it."""
    if len(data) > LIMIT:
        raise ScriptRefused("the file", f"it has more than {LIMIT} octets")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # UTF-8, TOML, more digits or deeper nesting than are taken apart
        raise ScriptRefused("the file", f"it is no TOML in UTF-8 ({error})") from None
    if "digest" in table:
        raise ScriptRefused("digest", "this key is not known")
    try:
        return Script.model_validate({**table, "digest": sha256(data).digest()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ScriptRefused(".".join(map(str, first["loc"])), first["msg"]) from None
