"""The clauses of a profile: a to-be-signed certificate is read back and held against every one of them.

Nothing of the builder's path is used here: what is parsed out of the bytes is compared with the profile's data, the
authority's terms and the issuer's certificate. A finding names its clause by code and never holds a value.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import time
from itertools import chain
from typing import TypeAlias

from asn1crypto import parser
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from policies.extension import Extension, RFC822Name, SubjectAltName
from policies.extension_clauses import EXTENSION_OIDS, Reading, check_extension, public_key
from policies.finding import Finding, Severity
from policies.name_clauses import Fact, Remark, check_directory_name
from policies.names import JST
from policies.peer import Peer
from policies.schema import CertificateProfile
from policies.terms import AuthorityTerms
from policies.validity import PeerRule
from policies.validity_clauses import latest_end

__all__ = ["CLAUSES", "check_against_profile"]

CLAUSES: Mapping[str, str] = {
    "version": "RFC 5280 4.1.2.1",
    "unique-identifier": "RFC 5280 4.1.2.8",
    "serial-number": "RFC 5280 4.1.2.2",
    "signature-algorithm": "signature_hash; RFC 5280 4.1.2.3",
    "issuer-name": "RFC 5280 4.1.2.4",
    "self-signed": "self_signed",
    "self-issued": "self_issued; RFC 5280 3.2",
    "validity-order": "[validity]; RFC 5280 4.1.2.5",
    "validity-within-issuer": "[validity]; fact sheet d.4",
    "validity-begin": "[validity] begins; RFC 4210 4.4.1",
    "validity-length": "[validity]",
    "validity-end": "[validity]; fact sheet b.1",
    "validity-encoding": "RFC 5280 4.1.2.5",
    "key": "[key]",
    "extension-order": "[[extensions]]",
    "criticality": "[[extensions]] critical",
    "unreadable": "RFC 5280 4.2",
    "fact-differs": "fact",
    "substitution-map": "fact sheet b.2",
    "subject": "[[subject]]",
    "key-usage": "keyUsage; RFC 5280 4.2.1.3",
    "extended-key-usage": "extKeyUsage; RFC 5280 4.2.1.12",
    "basic-constraints": "basicConstraints; RFC 5280 4.2.1.9",
    "subject-key-identifier": "subjectKeyIdentifier; RFC 5280 4.2.1.2",
    "authority-key-identifier": "authorityKeyIdentifier; RFC 5280 4.2.1.1",
    "policy": "certificatePolicies; RFC 5280 4.2.1.4",
    "policy-mappings": "policyMappings; RFC 5280 4.2.1.5",
    "policy-constraints": "policyConstraints; RFC 5280 4.2.1.11",
    "subject-alternative-name": "subjectAltName; RFC 5280 4.2.1.6",
    "issuer-alternative-name": "issuerAltName; RFC 5280 4.2.1.7",
    "distribution-point": "cRLDistributionPoints; RFC 5280 4.2.1.13",
    "information-access": "authorityInfoAccess; RFC 5280 4.2.2.1",
}
"""Every clause by its code (a finding says `profile.` before it) and where its rule stands."""

_LARGEST_SERIAL = 1 << 159  # twenty octets with a leading zero bit (RFC 5280 4.1.2.2)
_GENERALIZED_TIME_FROM = 2050  # RFC 5280 4.1.2.5
_GENERALIZED_TIME = 0x18
_RSA_SIGNATURES = {  # RFC 8017 A.2.4
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_ECDSA_SIGNATURES = {  # RFC 5758 3.2
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
_ED25519_SIGNATURE = "1.3.101.112"  # RFC 8410 3

_Clause: TypeAlias = Callable[[Reading], Iterator[Finding]]


def check_against_profile(
    certificate: x509.Certificate,
    profile: CertificateProfile,
    terms: AuthorityTerms,
    issuer: x509.Certificate | None,
    peer: Peer | None = None,
) -> tuple[Finding, ...]:
    """Every departure of `certificate`, signed or not, from its profile; empty when there is none.

    `issuer` is the issuing authority's certificate, None for a self-signed one. `peer` is whose key a profile of the
    kind certifies; where it is not at hand, name, key and life are not held against it. The signature is not looked at.
    Findings are of severity ERROR, or FATAL where an extension cannot be read.
    """
    reading = Reading(certificate, profile, terms, certificate if issuer is None else issuer, peer)
    found = list(chain.from_iterable(clause(reading) for clause in _CLAUSES))
    try:
        extensions = list(certificate.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return (*found, _finding(reading, "unreadable", "An extension is malformed or stands there twice."))
    found += _extension_order(reading, extensions)
    found += _criticality(reading, extensions)
    found += _contents(reading, {extension.oid.dotted_string: extension.value for extension in extensions})
    return tuple(found)


def _finding(reading: Reading, clause: str, detail: str) -> Finding:
    severity = Severity.FATAL if clause == "unreadable" else Severity.ERROR
    return Finding(f"profile.{clause}", severity, f"{reading.profile.name}.toml {CLAUSES[clause]}", detail)


def _version(reading: Reading) -> Iterator[Finding]:
    if reading.certificate.version is not x509.Version.v3:
        yield _finding(reading, "version", "The version is not v3.")


def _serial_number(reading: Reading) -> Iterator[Finding]:
    if not 0 < reading.certificate.serial_number < _LARGEST_SERIAL:
        yield _finding(reading, "serial-number", "The serial number is not positive or longer than 20 octets.")


def _signature_algorithm(reading: Reading) -> Iterator[Finding]:
    key, hash_name = public_key(reading.issuer), reading.profile.signature_hash
    expected: str | None = None
    if isinstance(key, rsa.RSAPublicKey):
        expected = _RSA_SIGNATURES[hash_name]
    elif isinstance(key, ec.EllipticCurvePublicKey):
        expected = _ECDSA_SIGNATURES[hash_name]
    elif isinstance(key, ed25519.Ed25519PublicKey):
        expected = _ED25519_SIGNATURE
    if reading.certificate.signature_algorithm_oid.dotted_string != expected:
        detail = "The signature algorithm is not the profile's hash with the issuer's kind of key."
        yield _finding(reading, "signature-algorithm", detail)


def _issuer_name(reading: Reading) -> Iterator[Finding]:
    if reading.certificate.issuer.public_bytes() != reading.issuer.subject.public_bytes():
        detail = "The issuer's name is not, octet for octet, the subject of the issuer's certificate."
        yield _finding(reading, "issuer-name", detail)
    if (reading.issuer is reading.certificate) != reading.profile.self_signed:
        yield _finding(reading, "self-signed", "Self-signed and issued by another authority are confused.")
    elif not reading.profile.self_signed:
        yield from _self_issued(reading)


def _self_issued(reading: Reading) -> Iterator[Finding]:
    """Subject and issuer are one name in a link only, and their keys are never the same."""
    certificate, issuer = reading.certificate, reading.issuer
    one_name = certificate.subject.public_bytes() == issuer.subject.public_bytes()
    if one_name != reading.profile.self_issued:
        yield _finding(reading, "self-issued", "One name for subject and issuer, and two names, are confused.")
    key = public_key(certificate)
    if reading.profile.facts == "peer" and key is not None and key == public_key(issuer):
        yield _finding(reading, "self-issued", "The subject's key is the issuer's own.")


def _subject(certificate: x509.Certificate) -> bytes:
    """The subject, octet for octet as it stands in the certificate."""
    parsed = asn1_x509.TbsCertificate.load(certificate.tbs_certificate_bytes, strict=True)
    return bytes(parsed["subject"].dump())


def _validity(reading: Reading) -> Iterator[Finding]:
    begins, ends = reading.certificate.not_valid_before_utc, reading.certificate.not_valid_after_utc
    if begins >= ends:
        yield _finding(reading, "validity-order", "It ends before it begins.")
    # RFC 4210 4.4.1: a link lives from the generation of the key in it, which may be older than the issuer's.
    is_link = isinstance(reading.profile.validity, PeerRule) and reading.profile.validity.begins == "peer"
    too_early = begins < reading.issuer.not_valid_before_utc and not is_link
    if too_early or ends > reading.issuer.not_valid_after_utc:
        yield _finding(reading, "validity-within-issuer", "It does not lie within the issuer's life.")
    if is_link and reading.peer is not None and begins != reading.peer.not_before:
        yield _finding(reading, "validity-begin", "It does not begin with the peer's own certificate.")
    latest, whole_days = latest_end(reading, begins)
    if latest is not None and ends > latest:
        yield _finding(reading, "validity-length", "It lives longer than the profile's rule allows.")
    if whole_days and ends.astimezone(JST).time() != time(23, 59, 59):
        yield _finding(reading, "validity-end", "It does not end at 23:59:59 JST.")


def _outline(reading: Reading) -> Iterator[Finding]:
    """What only the outermost structure shows: unique identifiers, and the types of the two times."""
    (tbs,) = _elements(reading.certificate.tbs_certificate_bytes)
    fields = list(_elements(tbs[1]))
    if any(tag in (0x81, 0x82, 0xA1, 0xA2) for tag, _ in fields):
        yield _finding(reading, "unique-identifier", "A unique identifier is given.")
    # serialNumber, signature, issuer, validity: the fourth field after the version, which may be absent.
    validity = fields[4 if fields[0][0] == 0xA0 else 3][1]
    moments = (reading.certificate.not_valid_before_utc, reading.certificate.not_valid_after_utc)
    for (tag, _), moment in zip(_elements(validity), moments, strict=True):
        if (tag == _GENERALIZED_TIME) != (moment.year >= _GENERALIZED_TIME_FROM):
            yield _finding(reading, "validity-encoding", "A time has the wrong type.")


def _elements(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag octet and content of each element of a DER series."""
    while encoded:
        *_, header, content, trailer = parser.parse(encoded)
        yield header[0], content
        encoded = encoded[len(header) + len(content) + len(trailer) :]


def _key(reading: Reading) -> Iterator[Finding]:
    rule, key = reading.profile.key, public_key(reading.certificate)
    if isinstance(key, rsa.RSAPublicKey):
        accepted = key.key_size in rule.rsa_bits
    elif isinstance(key, ec.EllipticCurvePublicKey):
        accepted = key.curve.name in rule.curves
    else:
        accepted = isinstance(key, ed25519.Ed25519PublicKey) and rule.ed25519
    if not accepted:
        yield _finding(reading, "key", "The subject's key is of a kind or size that the profile does not accept.")
    if reading.peer is not None and key != reading.peer.public_key:
        yield _finding(reading, "key", "The subject's key is not the one that the peer shows.")


def _extension_order(reading: Reading, extensions: Sequence[x509.Extension[x509.ExtensionType]]) -> Iterator[Finding]:
    found = [extension.oid.dotted_string for extension in extensions]
    expected = [
        EXTENSION_OIDS[extension.type]
        for extension in reading.profile.extensions
        if EXTENSION_OIDS[extension.type] in found or not _is_optional(extension)
    ]
    if found != expected:
        yield _finding(reading, "extension-order", "The extensions are not those of the profile in its order.")


def _is_optional(extension: Extension) -> bool:
    """An alternative name all of whose names are optional may be missing; nothing else may."""
    return isinstance(extension, SubjectAltName) and all(
        isinstance(name, RFC822Name) and not name.required for name in extension.names
    )


def _criticality(reading: Reading, extensions: Sequence[x509.Extension[x509.ExtensionType]]) -> Iterator[Finding]:
    stated = {EXTENSION_OIDS[extension.type]: extension for extension in reading.profile.extensions}
    for extension in extensions:
        expected = stated.get(extension.oid.dotted_string)
        if expected is not None and extension.critical != expected.critical:
            detail = f"{expected.type} is {'not ' if expected.critical else ''}critical."
            yield _finding(reading, "criticality", detail)


def _contents(reading: Reading, found: Mapping[str, x509.ExtensionType]) -> Iterator[Finding]:
    """The subject, each extension, and what both say of the same fact."""
    facts: dict[str, str] = {}
    yield from _judged(reading, "subject", _names_of(reading), facts)
    for extension in reading.profile.extensions:
        value = found.get(EXTENSION_OIDS[extension.type])
        if value is not None:
            yield from _judged(reading, extension.type, check_extension(extension, value, reading), facts)
    for fact, text in facts.items():
        shown = facts.get(fact.removesuffix("_substitution"), "")
        if fact.endswith("_substitution") and len(text) != len(shown):
            detail = f"{fact} does not have one digit for each character."
            yield _finding(reading, "substitution-map", detail)


def _names_of(reading: Reading) -> Iterator[Remark]:
    """A peer's name is its own, whatever string types it has; any other is the profile's."""
    if reading.profile.subject:
        yield from check_directory_name(reading.certificate.subject, reading.profile.subject, reading.terms)
    elif reading.peer is not None and _subject(reading.certificate) != reading.peer.name_der:
        yield "it is not, octet for octet, the name that the peer shows"


def _judged(reading: Reading, part: str, remarks: Iterator[Remark], facts: dict[str, str]) -> Iterator[Finding]:
    """Findings for the defects; the facts met are added to `facts`, each with one text."""
    for remark in remarks:
        if not isinstance(remark, Fact):
            yield _finding(reading, _CODES[part], f"In {part}, {remark}.")
        elif facts.setdefault(remark.name, remark.text) != remark.text:
            detail = f"The fact {remark.name} in {part} is not what it is elsewhere."
            yield _finding(reading, "fact-differs", detail)


_CODES = {
    "subject": "subject",
    "keyUsage": "key-usage",
    "extKeyUsage": "extended-key-usage",
    "basicConstraints": "basic-constraints",
    "subjectKeyIdentifier": "subject-key-identifier",
    "authorityKeyIdentifier": "authority-key-identifier",
    "certificatePolicies": "policy",
    "policyMappings": "policy-mappings",
    "policyConstraints": "policy-constraints",
    "subjectAltName": "subject-alternative-name",
    "issuerAltName": "issuer-alternative-name",
    "cRLDistributionPoints": "distribution-point",
    "authorityInfoAccess": "information-access",
}

_CLAUSES: tuple[_Clause, ...] = (
    _version,
    _serial_number,
    _signature_algorithm,
    _issuer_name,
    _validity,
    _outline,
    _key,
)
