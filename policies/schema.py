"""What a profile file says once it has been read: `CertificateProfile` and `CRLProfile`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, TypeAlias, TypeVar, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from policies.extension import (
    BasicConstraints,
    CRLDistributionPoints,
    DirectoryName,
    Extension,
    IssuerAltName,
    NamePart,
    SubjectAltName,
)
from policies.facts import FactsKind
from policies.keys import KeyRule
from policies.strict import STRICT, only_keys_of
from policies.tbs import IssuerKey
from policies.validity import BirthdayRule, DaysRule, PeerRule, ValidityRule, YearsRule

__all__ = [
    "FACTS_OF",
    "CRLExtension",
    "CRLProfile",
    "CertificateProfile",
    "SignatureHash",
    "hash_algorithm",
]

ProfileName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
SignatureHash: TypeAlias = Literal["sha256", "sha384", "sha512"]
"""The hashes an authority may sign with; SHA-1 and MD5 cannot be written."""

FACTS_OF: Mapping[FactsKind, frozenset[str]] = MappingProxyType(
    {
        "resident": frozenset(
            {
                "name",
                "name_substitution",
                "sex",
                "birth_date",
                "address",
                "address_substitution",
                "prefecture",
                "municipality",
                "municipality_crldp",
                "signing_common_name",
                "authentication_common_name",
            }
        ),
        "staff": frozenset(
            {
                "body",
                "body_ja",
                "department",
                "department_ja",
                "post",
                "post_ja",
                "user_id",
                "user_ja",
                "email",
                "dns_names",
                "first_dns_name",
            }
        ),
        "authority": frozenset({"common_name"}),
        "responder": frozenset({"common_name"}),
        "peer": frozenset(),
    }
)
"""The facts that a profile of each kind may name; `policies.names.fact_text` gives their texts."""

_RULES: Mapping[object, type[BirthdayRule] | type[YearsRule] | type[DaysRule] | type[PeerRule]] = {
    "birthday": BirthdayRule,
    "years": YearsRule,
    "days": DaysRule,
    "peer": PeerRule,
}


def _validity(table: object) -> ValidityRule:
    if not isinstance(table, dict) or table.get("rule") not in _RULES:
        raise ValueError(f"rule is one of {', '.join(map(str, _RULES))}")
    rule = _RULES[table["rule"]]
    stated = {key: value for key, value in table.items() if key != "rule"}
    return cast("ValidityRule", only_keys_of(rule)(stated))


E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProfile:
    """One kind of certificate: everything that is the same in all certificates of the kind.

    `extensions` and `subject` stand in encoding order; a peer's certificate has no `subject`, for its name is its own.
    `self_issued` says that this name is the issuer's (RFC 5280 3.2): a link to another generation's key. `approvals`
    counts the distinct persons who approve an application beside its submitter. `hold` permits suspension, `release`
    its end. `holder_kind` names the class of which a holder has one live certificate, and is None for authorities,
    peers and responders. `digest` is the SHA-256 of the file's bytes.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: ProfileName
    title: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    facts: FactsKind
    holder_kind: ProfileName | None = None
    self_signed: bool = False
    self_issued: bool = False
    approvals: Annotated[int, Field(ge=0, le=5)]
    hold: bool
    release: bool
    signature_hash: SignatureHash
    key: Annotated[KeyRule, BeforeValidator(only_keys_of(KeyRule))]
    validity: Annotated[ValidityRule, BeforeValidator(_validity)]
    subject: tuple[NamePart, ...] = ()
    extensions: Annotated[tuple[Extension, ...], Field(min_length=1)]
    digest: bytes = b""

    def __post_init__(self) -> None:
        types = [extension.type for extension in self.extensions]
        if len(set(types)) != len(types):
            raise ValueError("an extension is given twice (RFC 5280 4.2)")
        if bool(self.subject) == (self.facts == "peer"):
            raise ValueError("subject is given, but for a peer, whose name is its own")
        unknown = set(self._named_facts()) - FACTS_OF[self.facts]
        if unknown:
            raise ValueError(f"{min(unknown)} is no fact of kind {self.facts}")

    @property
    def is_authority(self) -> bool:
        """Whether certificates of this profile are CA certificates."""
        constraints = self.extension(BasicConstraints)
        return constraints is not None and constraints.ca

    def extension(self, kind: type[E]) -> E | None:
        """The extension of this class, if the profile has it."""
        return next((extension for extension in self.extensions if isinstance(extension, kind)), None)

    def _named_facts(self) -> Iterator[str]:
        parts = list(self.subject)
        for extension in self.extensions:
            if isinstance(extension, CRLDistributionPoints):
                parts += extension.directory
            if isinstance(extension, SubjectAltName | IssuerAltName):
                for name in extension.names:
                    if isinstance(name, DirectoryName):
                        parts += name.parts
                    else:
                        yield name.fact
        yield from (part.fact for part in parts if part.fact is not None)


@dataclass(frozen=True, slots=True)
class CRLExtension:
    """One extension of a CRL (RFC 5280 5.2), in encoding order."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["authorityKeyIdentifier", "cRLNumber", "issuingDistributionPoint"]
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CRLProfile:
    """The lists of one family of authorities.

    `next_update_hours` after thisUpdate the list is stale. `only_contains_ca_certs` names the partitions whose
    issuingDistributionPoint says onlyContainsCACerts (RFC 5280 5.2.5). `reason_code` and `invalidity_date` say which
    entry extensions (5.3) are written; a reason of unspecified (0) is never written (5.3.1).
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: ProfileName
    title: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    signature_hash: SignatureHash
    next_update_hours: Annotated[int, Field(ge=1)]
    reason_code: bool
    invalidity_date: bool
    only_contains_ca_certs: tuple[Literal["municipality", "all", "ca"], ...]
    extensions: Annotated[tuple[CRLExtension, ...], Field(min_length=1)]
    digest: bytes = b""

    def __post_init__(self) -> None:
        types = [extension.type for extension in self.extensions]
        if sorted(types) != ["authorityKeyIdentifier", "cRLNumber", "issuingDistributionPoint"]:
            raise ValueError("a list has authorityKeyIdentifier, cRLNumber and issuingDistributionPoint, each once")


_HASHES: Mapping[SignatureHash, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def hash_algorithm(
    profile: CertificateProfile | CRLProfile, issuer_key: IssuerKey
) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """The hash that an authority with `issuer_key` signs with under `profile`; None for Ed25519, which has its own."""
    return None if isinstance(issuer_key, ed25519.Ed25519PublicKey) else _HASHES[profile.signature_hash]
