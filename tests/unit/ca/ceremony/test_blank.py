"""What is left of a certificate when everything is blanked that only the day of the ceremony knows."""

from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from ca.ceremony.blank import blanked, blanked_digest

SAMPLES = Path(__file__).parents[3] / "vectors" / "samples"


def tbs(name: str) -> bytes:
    """The to-be-signed bytes of a real certificate."""
    return x509.load_der_x509_certificate((SAMPLES / f"{name}.cer").read_bytes()).tbs_certificate_bytes


def test_two_generations_of_a_real_authority_are_alike() -> None:
    """Fact sheet b.1: the signing CAs of 2015 and 2023 differ in key, serial number and times only."""
    assert tbs("jpki-sign_ca_2015") != tbs("jpki-sign_ca_2023")
    assert blanked_digest(tbs("jpki-sign_ca_2015")) == blanked_digest(tbs("jpki-sign_ca_2023"))


@pytest.mark.parametrize("other", ["jpki-auth_ca_2015", "lgpki-appca-g3-root", "lgpki-appca-g3-sub1"])
def test_another_authority_is_not(other: str) -> None:
    """A name, a policy or a usage makes a difference."""
    assert blanked_digest(tbs(other)) != blanked_digest(tbs("jpki-sign_ca_2015"))


def test_no_octet_of_the_name_is_blanked() -> None:
    """A single letter of the subject changes the digest."""
    changed = tbs("jpki-sign_ca_2023").replace(b"JPKI for digital", b"JPKI for digitai")
    assert blanked_digest(changed) != blanked_digest(tbs("jpki-sign_ca_2023"))


def test_key_and_serial_number_are_gone() -> None:
    """Neither the modulus nor the serial number stands in what is compared."""
    certificate = x509.load_der_x509_certificate((SAMPLES / "lgpki-appca-g3-sub1.cer").read_bytes())
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert identifier in certificate.tbs_certificate_bytes
    assert identifier not in blanked(certificate.tbs_certificate_bytes)


@given(st.binary(max_size=300))
def test_other_octets_are_refused(octets: bytes) -> None:
    """What is no TBSCertificate raises ValueError and nothing else."""
    with pytest.raises(ValueError, match=r"\S"):
        blanked(octets)
