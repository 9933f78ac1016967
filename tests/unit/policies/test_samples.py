"""Profiles held to real certificates of JPKI and LGPKI: their key, serial number and dates give their very octets."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from policies.clauses import check_against_profile
from policies.preview import preview, read_public_key
from policies.profile import load_profiles
from policies.terms import shipped_terms
from tests.fixtures.vectors import VECTORS, sample

SAMPLES = {
    "jpki-sign_ca_2015.cer": ("jpki-sign-ca", None),
    "jpki-sign_ca_2023.cer": ("jpki-sign-ca", None),
    "jpki-auth_ca_2015.cer": ("jpki-auth-ca", None),
    "lgpki-appca-g3-root.cer": ("lgpki-app-root", None),
    "lgpki-appca-g3-sub1.cer": ("lgpki-app-sub", "lgpki-appca-g3-root.cer"),
}


def test_every_sample_is_compared() -> None:
    """No real certificate lies here without a comparison."""
    assert {file.name for file in (VECTORS / "samples").glob("*.cer")} == set(SAMPLES)


@pytest.mark.parametrize("file", SAMPLES)
def test_the_tbs_is_the_real_one(file: str) -> None:
    """Fact sheet b.1, b.7: the preview of a real certificate is its to-be-signed part, octet for octet."""
    profile, issuer = SAMPLES[file]
    real = sample(file)
    made = preview(
        profile,
        read_public_key(real.public_bytes(Encoding.DER)),
        serial=real.serial_number,
        not_before=real.not_valid_before_utc,
        not_after=real.not_valid_after_utc,
        subject=real.subject.rfc4514_string(),
        issuer=sample(issuer) if issuer else None,
    )
    assert made == real.tbs_certificate_bytes


@pytest.mark.parametrize("file", [file for file in SAMPLES if file.startswith("jpki")])
def test_the_names_of_jpki_come_from_the_terms_alone(file: str) -> None:
    """Fact sheet b.1: all generations have one name, so nothing has to be said about it."""
    profile, _ = SAMPLES[file]
    real = sample(file)
    made = preview(
        profile,
        read_public_key(real.public_bytes(Encoding.PEM)),
        serial=real.serial_number,
        not_before=real.not_valid_before_utc,
        not_after=real.not_valid_after_utc,
    )
    assert made == real.tbs_certificate_bytes


@pytest.mark.parametrize("file", SAMPLES)
def test_the_clauses_accept_the_real_certificate(file: str) -> None:
    """The clauses find nothing in a certificate that another authority made and signed."""
    profile, issuer = SAMPLES[file]
    terms = shipped_terms("lgpki" if file.startswith("lgpki") else "jpki")
    issuing: x509.Certificate | None = sample(issuer) if issuer else None
    assert check_against_profile(sample(file), load_profiles()[profile], terms, issuing) == ()


@pytest.mark.parametrize("file", SAMPLES)
def test_no_profile_or_term_holds_a_sample_s_values(file: str) -> None:
    """Real keys, serial numbers, dates and common names are read from the certificates only."""
    real = sample(file)
    stated = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted(VECTORS.parent.parent.glob("policies/**/*.*"))
        if path.suffix in {".py", ".toml"}
    )
    identifier = real.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
    names = [str(part.value) for part in real.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    forbidden = [identifier, f"{real.not_valid_before_utc:%y%m%d%H%M%SZ}", *names]
    assert [value for value in forbidden if value.casefold() in stated.casefold()] == []
