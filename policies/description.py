"""A certificate, signed or not, in words: every field and every extension in the order of its encoding."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from asn1crypto import core, parser
from asn1crypto import x509 as asn1_x509

from policies.extension_clauses import EXTENSION_OIDS, PURPOSE_OIDS
from policies.names import JST

__all__ = ["ExtensionText", "describe", "extensions_of"]

_KEY_USAGE_BITS = (  # RFC 5280 4.2.1.3
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
_STRINGS = {0x0C: "utf8", 0x13: "printable", 0x16: "ia5", 0x14: "teletex", 0x1E: "bmp"}
_ATTRIBUTES = {"2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.7": "L", "2.5.4.3": "CN"}
_KINDS = {"uniform_resource_identifier": "URI", "dns_name": "dNSName", "rfc822_name": "rfc822Name"}
_NAMES = {oid: name for name, oid in EXTENSION_OIDS.items()}


class ExtensionText(NamedTuple):
    """An extension in text: its name (its OID where it has none here), whether it is critical, its content by lines."""

    name: str
    critical: bool
    lines: tuple[str, ...]


def describe(tbs: bytes) -> str:
    """The TBSCertificate in lines of text. It holds the holder's data, as the certificate does.

    Raises ValueError when `tbs` is not one TBSCertificate.
    """
    parsed = asn1_x509.TbsCertificate.load(tbs, strict=True)
    return "\n".join(_lines(parsed, tbs)) + "\n"


def extensions_of(tbs: bytes) -> tuple[ExtensionText, ...]:
    """The extensions of a TBSCertificate in the order of their encoding. Raises as `describe` does."""
    return tuple(_extensions(asn1_x509.TbsCertificate.load(tbs, strict=True)))


def _extensions(tbs: asn1_x509.TbsCertificate) -> Iterator[ExtensionText]:
    for extension in tbs["extensions"]:
        oid = extension["extn_id"].dotted
        lines = tuple(_extension(oid, extension["extn_value"].contents))
        yield ExtensionText(_NAMES.get(oid, oid), bool(extension["critical"].native), lines)


def _lines(tbs: asn1_x509.TbsCertificate, encoded: bytes) -> Iterator[str]:
    key = tbs["subject_public_key_info"]
    yield f"version            {tbs['version'].native}"
    yield f"serialNumber       {_hex(tbs['serial_number'].native)}"
    yield f"signature          {tbs['signature']['algorithm'].native}"
    yield f"issuer             {_name(tbs['issuer'])}"
    yield f"notBefore          {_moment(tbs['validity']['not_before'].native)}"
    yield f"notAfter           {_moment(tbs['validity']['not_after'].native)}"
    yield f"subject            {_name(tbs['subject'])}"
    yield f"subjectPublicKey   {_key(key)}, SHA-256 {sha256(key.dump()).hexdigest()}"
    yield "extensions"
    for number, extension in enumerate(_extensions(tbs), 1):
        yield f"  {number} {extension.name} ({'critical' if extension.critical else 'not critical'})"
        yield from (f"      {line}" for line in extension.lines)
    yield f"TBS                {len(encoded)} octets, SHA-256 {sha256(encoded).hexdigest()}"


def _hex(number: int) -> str:
    digits = f"{number:x}"
    return digits if len(digits) % 2 == 0 else "0" + digits


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ} ({moment.astimezone(JST):%Y-%m-%d %H:%M:%S} JST)"


def _key(key: Any) -> str:  # noqa: ANN401 - asn1crypto has no types
    algorithm = key["algorithm"]["algorithm"].native
    if algorithm == "ec":
        return f"EC {key.curve[1]}"
    return f"RSA {key.bit_size} bits" if algorithm == "rsa" else str(algorithm)


def _name(name: asn1_x509.Name) -> str:
    """The RDNs in the order of their encoding, each with its string type."""
    return ", ".join("+".join(map(_attribute, rdn)) for rdn in name.chosen)


def _attribute(attribute: asn1_x509.NameTypeAndValue) -> str:
    oid = attribute["type"].dotted
    string = _STRINGS.get(attribute["value"].dump()[0], "other")
    return f"{_ATTRIBUTES.get(oid, oid)}={attribute['value'].native} [{string}]"


def _general_name(name: asn1_x509.GeneralName) -> str:
    if name.name == "directory_name":
        return f"directoryName {_name(name.chosen)}"
    if name.name != "other_name":
        return f"{_KINDS.get(name.name, name.name)} {name.native}"
    tagged = parser.parse(name.chosen["value"].dump(), strict=True)
    text = core.load(tagged[4], strict=True).native
    return f"otherName {name.chosen['type_id'].dotted} {text} [{_STRINGS.get(tagged[4][0], 'other')}]"


def _extension(oid: str, value: bytes) -> Iterator[str]:
    reader = _READERS.get(_NAMES.get(oid, ""))
    if reader is None:
        yield value.hex()
    else:
        yield from reader(value)


def _key_usage(value: bytes) -> Iterator[str]:
    bits = core.BitString.load(value, strict=True).native
    yield ", ".join(usage for usage, bit in zip(_KEY_USAGE_BITS, bits, strict=False) if bit)


def _purposes(value: bytes) -> Iterator[str]:
    names = {oid: name for name, oid in PURPOSE_OIDS.items()}
    found = [purpose.dotted for purpose in asn1_x509.ExtKeyUsageSyntax.load(value, strict=True)]
    yield ", ".join(names.get(oid, oid) for oid in found)


def _constraints(value: bytes) -> Iterator[str]:
    found = asn1_x509.BasicConstraints.load(value, strict=True).native
    yield f"cA {str(found['ca']).upper()}"
    if found["path_len_constraint"] is not None:
        yield f"pathLenConstraint {found['path_len_constraint']}"


def _subject_key_identifier(value: bytes) -> Iterator[str]:
    yield bytes(core.OctetString.load(value, strict=True).native).hex()


def _authority_key_identifier(value: bytes) -> Iterator[str]:
    found = asn1_x509.AuthorityKeyIdentifier.load(value, strict=True)
    if found["key_identifier"].native is not None:
        yield f"keyIdentifier {found['key_identifier'].native.hex()}"
    if found["authority_cert_issuer"].native is not None:
        yield from (f"authorityCertIssuer {_general_name(name)}" for name in found["authority_cert_issuer"])
    if found["authority_cert_serial_number"].native is not None:
        yield f"authorityCertSerialNumber {_hex(found['authority_cert_serial_number'].native)}"


def _policies(value: bytes) -> Iterator[str]:
    for policy in asn1_x509.CertificatePolicies.load(value, strict=True):
        yield policy["policy_identifier"].dotted
        for qualifier in policy["policy_qualifiers"].native or ():
            shown = "CPS" if qualifier["policy_qualifier_id"] == "certification_practice_statement" else "qualifier"
            yield f"  {shown} {qualifier['qualifier']}"


def _mappings(value: bytes) -> Iterator[str]:
    for pair in asn1_x509.PolicyMappings.load(value, strict=True):
        yield f"{pair['issuer_domain_policy'].dotted} counts as {pair['subject_domain_policy'].dotted}"


def _policy_constraints(value: bytes) -> Iterator[str]:
    found = asn1_x509.PolicyConstraints.load(value, strict=True).native
    for field, name in (
        ("require_explicit_policy", "requireExplicitPolicy"),
        ("inhibit_policy_mapping", "inhibitPolicyMapping"),
    ):
        if found[field] is not None:
            yield f"{name} {found[field]}"


def _general_names(value: bytes) -> Iterator[str]:
    yield from map(_general_name, asn1_x509.GeneralNames.load(value, strict=True))


def _points(value: bytes) -> Iterator[str]:
    for point in asn1_x509.CRLDistributionPoints.load(value, strict=True):
        yield from map(_general_name, point["distribution_point"].chosen)


def _access(value: bytes) -> Iterator[str]:
    for access in asn1_x509.AuthorityInfoAccessSyntax.load(value, strict=True):
        yield f"{access['access_method'].native} {_general_name(access['access_location'])}"


def _no_check(value: bytes) -> Iterator[str]:
    yield "NULL" if value == b"\x05\x00" else value.hex()


_READERS: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    "keyUsage": _key_usage,
    "extKeyUsage": _purposes,
    "basicConstraints": _constraints,
    "subjectKeyIdentifier": _subject_key_identifier,
    "authorityKeyIdentifier": _authority_key_identifier,
    "certificatePolicies": _policies,
    "policyMappings": _mappings,
    "policyConstraints": _policy_constraints,
    "subjectAltName": _general_names,
    "issuerAltName": _general_names,
    "cRLDistributionPoints": _points,
    "authorityInfoAccess": _access,
    "ocspNoCheck": _no_check,
}
