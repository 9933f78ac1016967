"""Lint: pkilint's RFC 5280 rules over certificates and lists, signed or not."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca.signature import certificate_der
from policies.finding import Severity
from policies.lint import lint_certificate, lint_crl
from policies.tbs import to_be_signed
from tests.fixtures.vectors import GOLDEN_PROFILES, VECTORS, encoded

SAMPLES = sorted(VECTORS.joinpath("samples").glob("*.cer"))
NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
KEY = ec.derive_private_key(20261123, ec.SECP256R1())
HOLDER = ec.derive_private_key(20261124, ec.SECP256R1())
AKI = x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key())


def name(organization: str) -> x509.Name:
    """A name of country and organization, whose length cryptography does not check, so that the linter must."""
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)]
    )


CA = name("Example CA")


def usage(*, sign_certificates: bool) -> x509.KeyUsage:
    """Digital signature, or the signing of certificates."""
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def builder(*extensions: tuple[x509.ExtensionType, bool], subject: x509.Name | None = None) -> x509.CertificateBuilder:
    """A leaf of the example CA with these extensions."""
    made = (
        x509.CertificateBuilder()
        .issuer_name(CA)
        .subject_name(subject or name("holder"))
        .serial_number(2**126)
        .public_key(HOLDER.public_key())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=365))
    )
    for extension, critical in extensions:
        made = made.add_extension(extension, critical=critical)
    return made


def unsigned(made: x509.CertificateBuilder) -> bytes:
    """The certificate as issuance lints it: without a signature."""
    return certificate_der(to_be_signed(made, KEY.public_key(), hashes.SHA256()), b"")


def signed(made: x509.CertificateBuilder) -> bytes:
    """The certificate with a signature."""
    return made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


GOOD = (
    (usage(sign_certificates=False), True),
    (AKI, False),
    (x509.SubjectKeyIdentifier.from_public_key(HOLDER.public_key()), False),
)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_real_ca_certificates_have_no_errors(path: Path) -> None:
    """Signed or not, the samples give at most one notice: a CPS pointer (RFC 5280 4.2.1.4) in the one with a policy."""
    der = path.read_bytes()
    bare = certificate_der(x509.load_der_x509_certificate(der).tbs_certificate_bytes, b"")
    found = [(finding.severity, finding.code) for finding in lint_certificate(der)]
    expected = [(Severity.NOTICE, "pkix.certificate_policies_policy_has_qualifier")]
    assert found == (expected if "g3-sub1" in path.name else [])
    assert lint_certificate(bare) == lint_certificate(der)


@pytest.mark.parametrize("profile", GOLDEN_PROFILES)
def test_our_profiles_have_no_errors(profile: str, tmp_path: Path) -> None:
    """What openssl encodes from the tables of each profile gives at most the notice about its CPS pointer.

    And one about a peer's key identifier, which is the peer's own and may be made by any method (RFC 5280 4.2.1.2).
    """
    tbs = encoded(VECTORS.joinpath("golden", f"{profile}.cnf").read_text(encoding="utf-8"), tmp_path)
    found = {(finding.severity, finding.code) for finding in lint_certificate(certificate_der(tbs, b""))}
    assert found <= {
        (Severity.NOTICE, "pkix.certificate_policies_policy_has_qualifier"),
        (Severity.NOTICE, "pkix.unknown_subject_key_identifier_calculation_method"),
    }


def test_the_samples_are_there() -> None:
    """Certificates of J-LIS and of LGPKI, roots and a subordinate one."""
    assert {path.stem for path in SAMPLES} >= {"jpki-auth_ca_2015", "jpki-sign_ca_2023", "lgpki-appca-g3-sub1"}


def test_a_sound_leaf_has_no_findings() -> None:
    """Unsigned and signed give the same: nothing."""
    assert lint_certificate(unsigned(builder(*GOOD))) == lint_certificate(signed(builder(*GOOD))) == ()


DEFECTS = {
    "pkix.authority_key_identifier_extension_absent": builder(GOOD[0], GOOD[2]),
    "pkix.authority_key_identifier_critical": builder(GOOD[0], (AKI, True), GOOD[2]),
    "pkix.certificate_skid_extension_critical": builder(*GOOD[:2], (GOOD[2][0], True)),
    "pkix.ee_certificate_keycertsign_keyusage_set": builder((usage(sign_certificates=True), True), *GOOD[1:]),
    "itu.invalid_asn1_syntax": builder(*GOOD, subject=name("n" * 65)),
}


@pytest.mark.parametrize(("code", "made"), DEFECTS.items(), ids=DEFECTS)
def test_each_defect_is_found_without_a_signature(code: str, made: x509.CertificateBuilder) -> None:
    """A certificate that nobody has signed yet gives the same findings as the signed one."""
    assert [finding.code for finding in lint_certificate(unsigned(made))] == [code]
    assert lint_certificate(unsigned(made)) == lint_certificate(signed(made))


def test_a_finding_tells_rule_and_place_but_no_content() -> None:
    """A name never stands in a finding; pkilint's own message would quote it."""
    (found,) = lint_certificate(unsigned(builder(*GOOD, subject=name("KAKUU TARO " * 8))))
    assert (found.severity, found.source) == (Severity.FATAL, "ITU-T X.690")
    assert "subject" in found.detail
    assert "KAKUU" not in repr(found)


def test_a_self_issued_certificate_that_another_key_signed_needs_its_identifier() -> None:
    """Signed by another key it is no self-signed one, and RFC 5280 4.2.1.1 demands the identifier."""
    authority = (
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (usage(sign_certificates=True), True),
        GOOD[2],
    )
    link = builder(*authority, subject=CA)
    codes = [finding.code for finding in lint_certificate(signed(link))]
    assert codes == ["pkix.authority_key_identifier_extension_absent"]
    assert lint_certificate(unsigned(link)) == ()  # not to be seen before the signature


@pytest.mark.parametrize(
    "der", [b"", b"0", b"\x30\x03\x02\x01\x01", unsigned(builder(*GOOD))[:-1], unsigned(builder(*GOOD)) + b"\0"]
)
def test_what_cannot_be_read_is_fatal(der: bytes) -> None:
    """No exception comes out, and nothing unreadable passes for sound."""
    for lint in (lint_certificate, lint_crl):
        assert [(finding.code, finding.severity) for finding in lint(der)] == [
            ("itu.invalid_asn1_syntax", Severity.FATAL)
        ]


def test_sizes_are_bounded_before_parsing() -> None:
    """An endless input is not read."""
    for lint in (lint_certificate, lint_crl):
        assert [finding.code for finding in lint(bytes(262_145))] == ["lint.too-large"]


def crl(*extensions: tuple[x509.ExtensionType, bool]) -> bytes:
    """A list with one entry and these extensions."""
    made = x509.CertificateRevocationListBuilder().issuer_name(CA).last_update(NOW).next_update(NOW + timedelta(days=2))
    entry = x509.RevokedCertificateBuilder().serial_number(5).revocation_date(NOW)
    entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
    made = made.add_revoked_certificate(entry.build())
    for extension, critical in extensions:
        made = made.add_extension(extension, critical=critical)
    return made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def point() -> x509.IssuingDistributionPoint:
    """A partition's own point."""
    return x509.IssuingDistributionPoint(
        full_name=[x509.DirectoryName(CA)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


@pytest.mark.parametrize(
    ("extensions", "codes"),
    [
        ([(AKI, False), (x509.CRLNumber(1), False), (point(), True)], []),
        ([(x509.CRLNumber(1), False)], ["pkix.authority_key_identifier_missing"]),
        ([(AKI, False)], ["pkix.crl_number_missing"]),
    ],
)
def test_crls(extensions: list[tuple[x509.ExtensionType, bool]], codes: list[str]) -> None:
    """RFC 5280 5.2.1 and 5.2.3: an authority key identifier and a number belong into every list."""
    assert [finding.code for finding in lint_crl(crl(*extensions))] == codes


def test_the_linter_is_imported_only_when_it_lints() -> None:
    """Programs that never lint stay light: importing the module does not import pkilint."""
    program = "import sys, policies.lint; print('pkilint' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
