"""Reading extensions back and holding them against a profile: the second opinion on `policies.extensions`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import ClassVar

from asn1crypto import core
from asn1crypto import x509 as asn1_x509

from policies import extension as stated
from policies.name_clauses import Remark, check_directory_name, check_general_names
from policies.schema import CertificateProfile
from policies.terms import AuthorityTerms

__all__ = ["EXTENSION_OIDS", "KEY_USAGE_BITS", "PURPOSE_OIDS", "Parsed", "Reading", "check_extension"]

EXTENSION_OIDS = {
    "subjectKeyIdentifier": "2.5.29.14",
    "keyUsage": "2.5.29.15",
    "subjectAltName": "2.5.29.17",
    "issuerAltName": "2.5.29.18",
    "basicConstraints": "2.5.29.19",
    "cRLDistributionPoints": "2.5.29.31",
    "certificatePolicies": "2.5.29.32",
    "authorityKeyIdentifier": "2.5.29.35",
    "extKeyUsage": "2.5.29.37",
    "authorityInfoAccess": "1.3.6.1.5.5.7.1.1",
    "ocspNoCheck": "1.3.6.1.5.5.7.48.1.5",
}
"""The OID of each extension a profile may have (RFC 5280 4.2, RFC 6960 4.2.2.2.1)."""

KEY_USAGE_BITS = (
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
"""The bits of keyUsage in their order (RFC 5280 4.2.1.3)."""
PURPOSE_OIDS = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "OCSPSigning": "1.3.6.1.5.5.7.3.9",
}
"""The OID of each purpose a profile may name (RFC 5280 4.2.1.12)."""
_ID_QT_CPS = "1.3.6.1.5.5.7.2.1"
_ID_AD_OCSP = "1.3.6.1.5.5.7.48.1"


class _RawExtension(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """An extension whose value is not looked into, so that one bad value does not hide the others."""

    _fields: ClassVar = [
        ("extn_id", core.ObjectIdentifier),
        ("critical", core.Boolean, {"default": False}),
        ("extn_value", core.OctetString),
    ]


class _RawExtensions(core.SequenceOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = _RawExtension


@dataclass(frozen=True, slots=True)
class Found:
    """An extension as found in a certificate: dotted OID, criticality, and the DER inside."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """A certificate read back: its fields, and its extensions in the order of their encoding."""

    tbs: asn1_x509.TbsCertificate
    extensions: tuple[Found, ...]

    @classmethod
    def read(cls, certificate: bytes) -> "Parsed":
        """Read the DER of a certificate. Raises ValueError when it is none."""
        tbs = asn1_x509.Certificate.load(certificate, strict=True)["tbs_certificate"]
        if isinstance(tbs["extensions"], core.Void):
            return cls(tbs, ())
        raw = _RawExtensions.load(tbs["extensions"].untag().dump(), strict=True)
        return cls(
            tbs,
            tuple(Found(each["extn_id"].dotted, each["critical"].native, each["extn_value"].native) for each in raw),
        )

    def value(self, type_: str) -> bytes | None:
        """The DER inside the extension of this type (as `EXTENSION_OIDS` names it), or None."""
        return next((found.value for found in self.extensions if found.oid == EXTENSION_OIDS[type_]), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """A certificate as read back, beside what it is held against; `issuer` is itself when it is self-signed."""

    certificate: Parsed
    profile: CertificateProfile
    terms: AuthorityTerms
    issuer: Parsed


@singledispatch
def check_extension(extension: object, value: bytes, reading: Reading) -> Iterator[Remark]:
    """Hold the DER `value` of an extension against what the profile says of it.

    Raises ValueError when `value` is no such extension at all.
    """
    raise TypeError(f"No clause is known for {type(extension).__name__}.")


@check_extension.register
def _(extension: stated.KeyUsage, value: bytes, reading: Reading) -> Iterator[Remark]:
    bits = core.BitString.load(value, strict=True).native
    found = {name for name, bit in zip(KEY_USAGE_BITS, bits, strict=False) if bit}
    if found != set(extension.usages):
        yield "the usages are not those of the profile"


@check_extension.register
def _(extension: stated.ExtKeyUsage, value: bytes, reading: Reading) -> Iterator[Remark]:
    found = [purpose.dotted for purpose in asn1_x509.ExtKeyUsageSyntax.load(value, strict=True)]
    if found != [PURPOSE_OIDS[usage] for usage in extension.usages]:
        yield "the purposes are not those of the profile in its order"


@check_extension.register
def _(extension: stated.BasicConstraints, value: bytes, reading: Reading) -> Iterator[Remark]:
    found = asn1_x509.BasicConstraints.load(value, strict=True).native
    if found["ca"] != extension.ca:
        yield "cA is not what the profile says"
    if found["path_len_constraint"] != extension.path_length:
        yield "pathLenConstraint is not what the profile says"


@check_extension.register
def _(extension: stated.SubjectKeyIdentifier, value: bytes, reading: Reading) -> Iterator[Remark]:
    if core.OctetString.load(value, strict=True).native != reading.certificate.tbs["subject_public_key_info"].sha1:
        yield "it is not the SHA-1 of the subject's key bits"


@check_extension.register
def _(extension: stated.AuthorityKeyIdentifier, value: bytes, reading: Reading) -> Iterator[Remark]:
    found = asn1_x509.AuthorityKeyIdentifier.load(value, strict=True)
    issuer_identifier = reading.issuer.value("subjectKeyIdentifier")
    if issuer_identifier is None or found["key_identifier"].native != core.OctetString.load(issuer_identifier).native:
        yield "keyIdentifier is not the issuer's subjectKeyIdentifier"
    names, serial = found["authority_cert_issuer"], found["authority_cert_serial_number"]
    if not extension.issuer_and_serial:
        if names.native is not None or serial.native is not None:
            yield "it names issuer and serial number, and the profile does not"
        return
    if serial.native != reading.issuer.tbs["serial_number"].native:
        yield "authorityCertSerialNumber is not that of the issuer's certificate"
    if names.native is None or [_plain(name.chosen) for name in names] != [_plain(reading.issuer.tbs["issuer"])]:
        yield "authorityCertIssuer is not the issuer of the issuer's certificate"


@check_extension.register
def _(extension: stated.CertificatePolicies, value: bytes, reading: Reading) -> Iterator[Remark]:
    found = list(asn1_x509.CertificatePolicies.load(value, strict=True))
    if [policy["policy_identifier"].dotted for policy in found] != [reading.terms.policy(extension.policy)]:
        yield "the policy is not that of the authority's terms"
        return
    qualifiers = found[0]["policy_qualifiers"]
    stated_qualifiers = [] if qualifiers.native is None else list(qualifiers)
    kinds = [qualifier["policy_qualifier_id"].dotted for qualifier in stated_qualifiers]
    if kinds != [_ID_QT_CPS]:
        yield "the policy does not have the CPS URI as its one qualifier"
    elif stated_qualifiers[0]["qualifier"].native != reading.terms.cps_uri():
        yield "the CPS URI is not that of the authority's terms"


@check_extension.register
def _(extension: stated.SubjectAltName, value: bytes, reading: Reading) -> Iterator[Remark]:
    yield from check_general_names(asn1_x509.GeneralNames.load(value, strict=True), extension.names, reading.terms)


@check_extension.register
def _(extension: stated.IssuerAltName, value: bytes, reading: Reading) -> Iterator[Remark]:
    yield from check_general_names(asn1_x509.GeneralNames.load(value, strict=True), extension.names, reading.terms)
    issuer_names = reading.issuer.value("subjectAltName")
    if issuer_names is not None and issuer_names != value:
        yield "it is not the subjectAltName of the issuer"


@check_extension.register
def _(extension: stated.CRLDistributionPoints, value: bytes, reading: Reading) -> Iterator[Remark]:
    points = asn1_x509.CRLDistributionPoints.load(value, strict=True)
    if len(points) != 1 or points[0]["reasons"].native or points[0]["crl_issuer"].native:
        yield "there is not exactly one point without reasons and cRLIssuer"
        return
    name = points[0]["distribution_point"]
    if name.native is None or name.name != "full_name" or name.chosen[0].name != "directory_name":
        yield "the point is not named by a directoryName first"
        return
    directory, *others = name.chosen
    if extension.issuer_name and _plain(directory.chosen) != _plain(reading.issuer.tbs["subject"]):
        yield "the directoryName is not the issuer's name"
    if extension.directory:
        yield from check_directory_name(directory.chosen, extension.directory, reading.terms)
    urls = reading.terms.crl_urls(extension.urls, extension.partition) if extension.urls else ()
    if tuple(other.native for other in others if other.name == "uniform_resource_identifier") != urls:
        yield "the URLs are not those of the authority's terms"
    if len(others) != len(urls):
        yield "there are names beside the directoryName and the URLs"


@check_extension.register
def _(extension: stated.AuthorityInfoAccess, value: bytes, reading: Reading) -> Iterator[Remark]:
    found = [
        (access["access_method"].dotted, access["access_location"].name, access["access_location"].native)
        for access in asn1_x509.AuthorityInfoAccessSyntax.load(value, strict=True)
    ]
    if found != [(_ID_AD_OCSP, "uniform_resource_identifier", reading.terms.ocsp_url(extension.ocsp))]:
        yield "it is not the one OCSP URL of the authority's terms"


@check_extension.register
def _(extension: stated.OCSPNoCheck, value: bytes, reading: Reading) -> Iterator[Remark]:
    if value != b"\x05\x00":
        yield "it is not NULL"


def _plain(name: asn1_x509.Name) -> bytes:
    """The DER of a name as it stands, without the tag its field may add."""
    return bytes(name.untag().dump())
