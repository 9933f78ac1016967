"""Every clause of a profile is broken once, by one edit of a golden certificate, and must be found."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509

from policies.clauses import CLAUSES, check_against_profile
from policies.finding import Finding, Severity
from policies.profile import load_profiles
from policies.terms import shipped_terms
from tests.fixtures.vectors import VECTORS, GoldenCase, encoded, sample

DEFECTS = sorted((VECTORS / "certificates").glob("*.toml"))


def unsigned(tbs: bytes) -> bytes:
    """`tbs` with an empty signature; of any version, where ca.signature carries version 3 alone."""
    parsed = asn1_x509.TbsCertificate.load(tbs, strict=True)
    fields = {
        "tbs_certificate": parsed,
        "signature_algorithm": parsed["signature"].copy(),
        "signature_value": core.OctetBitString(b""),
    }
    der: bytes = asn1_x509.Certificate(fields).dump()
    return der


def findings(golden: str, configuration: str, case: GoldenCase, folder: Path) -> tuple[Finding, ...]:
    """What the clauses of the golden file's profile find in an edited configuration."""
    certificate = x509.load_der_x509_certificate(unsigned(encoded(configuration, folder)))
    terms = shipped_terms("lgpki" if golden.startswith("lgpki") else "jpki")
    return check_against_profile(certificate, load_profiles()[golden], terms, case.issuer, case.peer)


@pytest.mark.parametrize("file", DEFECTS, ids=[file.stem for file in DEFECTS])
def test_the_defect_is_found_by_its_clause(
    file: Path, golden_case: Callable[[str], GoldenCase], tmp_path: Path
) -> None:
    """One defect, one vector file: exactly the clauses it names find it."""
    vector = tomllib.loads(file.read_text(encoding="utf-8"))
    golden = vector["golden"]
    configuration = (VECTORS / "golden" / f"{golden}.cnf").read_text(encoding="utf-8")
    for edit in vector["edit"]:
        assert configuration.count(edit["from"]) == 1
        configuration = configuration.replace(edit["from"], edit["to"])
    found = findings(golden, configuration, golden_case(golden), tmp_path)
    assert sorted({finding.code for finding in found}) == vector["clauses"]
    assert all(finding.severity >= Severity.ERROR for finding in found)


def test_every_clause_has_a_vector() -> None:
    """No clause exists whose violation is not refused by a test; `self-signed` has its own two below."""
    tested = {code for file in DEFECTS for code in tomllib.loads(file.read_text(encoding="utf-8"))["clauses"]}
    assert {f"profile.{clause}" for clause in CLAUSES} - tested == {"profile.self-signed"}


def test_a_certificate_that_signs_itself_under_a_leaf_s_profile_is_found() -> None:
    """[self_signed]: who is issued by an authority cannot stand alone."""
    root = sample("lgpki-appca-g3-root.cer")
    found = check_against_profile(root, load_profiles()["lgpki-app-sub"], shipped_terms("lgpki"), None)
    assert "profile.self-signed" in {finding.code for finding in found}


def test_a_self_signed_profile_with_an_issuer_is_found() -> None:
    """[self_signed]: a root is not issued by another authority."""
    subordinate, root = sample("lgpki-appca-g3-sub1.cer"), sample("lgpki-appca-g3-root.cer")
    found = check_against_profile(subordinate, load_profiles()["lgpki-app-root"], shipped_terms("lgpki"), root)
    assert "profile.self-signed" in {finding.code for finding in found}


def test_no_finding_repeats_a_holder_s_data(golden_case: Callable[[str], GoldenCase], tmp_path: Path) -> None:
    """Design section 6: no names, addresses or dates in audit or logs."""
    configuration = (VECTORS / "golden" / "jpki-sign.cnf").read_text(encoding="utf-8")
    found = findings("jpki-auth", configuration, golden_case("jpki-sign"), tmp_path)
    told = "".join(finding.detail + finding.source for finding in found)
    assert found
    assert not any(value in told for value in ("花子", "横浜", "Yokohama", "19790217", "14103"))
