"""The parts a profile is made of: parts of names, alternative names and extensions, as a file states them.

The words are those of RFC 5280: `type = "keyUsage"`, `usages = ["digitalSignature"]`.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints

from policies.strict import STRICT

__all__ = [
    "AlternativeName",
    "AuthorityInfoAccess",
    "AuthorityKeyIdentifier",
    "BasicConstraints",
    "CRLDistributionPoints",
    "CertificatePolicies",
    "DNSNames",
    "DirectoryName",
    "ExtKeyUsage",
    "Extension",
    "IssuerAltName",
    "KeyUsage",
    "NamePart",
    "OCSPNoCheck",
    "OtherName",
    "PolicyConstraints",
    "PolicyMapping",
    "PolicyMappings",
    "RFC822Name",
    "SubjectAltName",
    "SubjectKeyIdentifier",
]

Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
OID: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-2](\.(0|[1-9][0-9]{0,9})){1,20}$")]


@dataclass(frozen=True, slots=True)
class NamePart:
    """One relative distinguished name with one attribute (X.501); its value comes from the terms or from a fact.

    `string` is the ASN.1 string type (RFC 5280 4.1.2.4). A fact may be optional (`required = false`): without a value
    the part is left out. `pattern` is a regular expression the whole value must match.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    attribute: Literal["C", "O", "OU", "L", "CN"]
    string: Literal["printable", "utf8"]
    terms: Key | None = None
    fact: Key | None = None
    required: bool = True
    pattern: str | None = None

    def __post_init__(self) -> None:
        if (self.terms is None) == (self.fact is None):
            raise ValueError("exactly one of terms and fact is given")
        if self.terms is not None and not self.required:
            raise ValueError("what the terms say is never optional")


@dataclass(frozen=True, slots=True)
class DirectoryName:
    """A directoryName (RFC 5280 4.2.1.6); its parts stand in encoding order."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kind: Literal["directoryName"]
    parts: Annotated[tuple[NamePart, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class OtherName:
    """An otherName whose value is one UTF8String."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kind: Literal["otherName"]
    type_id: OID
    fact: Key
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class DNSNames:
    """As many dNSNames as the fact holds, at least one."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kind: Literal["dNSName"]
    fact: Key


@dataclass(frozen=True, slots=True)
class RFC822Name:
    """One rfc822Name; left out when it is optional and the fact is absent."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kind: Literal["rfc822Name"]
    fact: Key
    required: bool = True


AlternativeName: TypeAlias = Annotated[DirectoryName | OtherName | DNSNames | RFC822Name, Field(discriminator="kind")]
AlternativeNames: TypeAlias = Annotated[tuple[AlternativeName, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """RFC 5280 4.2.1.3."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["keyUsage"]
    critical: bool
    usages: Annotated[
        tuple[
            Literal["digitalSignature", "nonRepudiation", "keyEncipherment", "keyAgreement", "keyCertSign", "cRLSign"],
            ...,
        ],
        Field(min_length=1),
    ]


@dataclass(frozen=True, slots=True)
class ExtKeyUsage:
    """RFC 5280 4.2.1.12; the order is the order of the encoding."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["extKeyUsage"]
    critical: bool
    usages: Annotated[
        tuple[Literal["serverAuth", "clientAuth", "codeSigning", "emailProtection", "OCSPSigning"], ...],
        Field(min_length=1),
    ]


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """RFC 5280 4.2.1.9."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["basicConstraints"]
    critical: bool
    ca: bool
    path_length: Annotated[int, Field(ge=0, le=8)] | None = None


@dataclass(frozen=True, slots=True)
class SubjectKeyIdentifier:
    """RFC 5280 4.2.1.2, method 1: SHA-1 over the bits of the public key (an identifier, no security rests on it)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["subjectKeyIdentifier"]
    critical: bool


@dataclass(frozen=True, slots=True)
class AuthorityKeyIdentifier:
    """RFC 5280 4.2.1.1; `issuer_and_serial` adds issuer and serial of the authority's own certificate."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["authorityKeyIdentifier"]
    critical: bool
    issuer_and_serial: bool


@dataclass(frozen=True, slots=True)
class CertificatePolicies:
    """RFC 5280 4.2.1.4: one `policy` with the terms' CPS URI as its qualifier, or `policies` without any.

    Both are keys of policies in the terms; "anyPolicy" is no key and stands for itself.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["certificatePolicies"]
    critical: bool
    policy: Key | None = None
    policies: tuple[Key | Literal["anyPolicy"], ...] = ()

    def __post_init__(self) -> None:
        if (self.policy is not None) == bool(self.policies):
            raise ValueError("exactly one of policy and policies is given")


@dataclass(frozen=True, slots=True)
class PolicyMapping:
    """One pair of RFC 5280 4.2.1.5: the issuer's policy counts as the subject's; both are keys in the terms."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    issuer: Key
    subject: Key


@dataclass(frozen=True, slots=True)
class PolicyMappings:
    """RFC 5280 4.2.1.5; the pairs stand in encoding order."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["policyMappings"]
    critical: bool
    mappings: Annotated[tuple[PolicyMapping, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class PolicyConstraints:
    """RFC 5280 4.2.1.11: after so many certificates more a policy is required, or none may be mapped any longer."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["policyConstraints"]
    critical: bool
    require_explicit_policy: Annotated[int, Field(ge=0, le=8)] | None = None
    inhibit_policy_mapping: Annotated[int, Field(ge=0, le=8)] | None = None

    def __post_init__(self) -> None:
        if self.require_explicit_policy is None and self.inhibit_policy_mapping is None:
            raise ValueError("at least one of require_explicit_policy and inhibit_policy_mapping is given")


@dataclass(frozen=True, slots=True)
class SubjectAltName:
    """RFC 5280 4.2.1.6."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["subjectAltName"]
    critical: bool
    names: AlternativeNames


@dataclass(frozen=True, slots=True)
class IssuerAltName:
    """RFC 5280 4.2.1.7."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["issuerAltName"]
    critical: bool
    names: AlternativeNames


@dataclass(frozen=True, slots=True)
class CRLDistributionPoints:
    """RFC 5280 4.2.1.13: one distribution point, fullName, no reasons and no cRLIssuer.

    `partition` says which list holds the certificate: the one of the municipality, the one of all leaves, or the one
    of the CA certificates. The full name is a directoryName, either `directory` or the issuer's own name
    (`issuer_name`), followed by the URLs that the terms hold under `urls`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["cRLDistributionPoints"]
    critical: bool
    partition: Literal["municipality", "all", "ca"]
    directory: tuple[NamePart, ...] = ()
    issuer_name: bool = False
    urls: Key | None = None

    def __post_init__(self) -> None:
        if bool(self.directory) == self.issuer_name:
            raise ValueError("exactly one of directory and issuer_name is given")


@dataclass(frozen=True, slots=True)
class AuthorityInfoAccess:
    """RFC 5280 4.2.2.1: id-ad-ocsp with the URL that the terms hold under `ocsp`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["authorityInfoAccess"]
    critical: bool
    ocsp: Key


@dataclass(frozen=True, slots=True)
class OCSPNoCheck:
    """RFC 6960 4.2.2.2.1."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    type: Literal["ocspNoCheck"]
    critical: bool


Extension: TypeAlias = Annotated[
    KeyUsage
    | ExtKeyUsage
    | BasicConstraints
    | SubjectKeyIdentifier
    | AuthorityKeyIdentifier
    | CertificatePolicies
    | PolicyMappings
    | PolicyConstraints
    | SubjectAltName
    | IssuerAltName
    | CRLDistributionPoints
    | AuthorityInfoAccess
    | OCSPNoCheck,
    Field(discriminator="type"),
]
"""What one `[[extensions]]` table of a profile becomes."""
