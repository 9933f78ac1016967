"""Profiles held to bytes that another tool encodes from files written by hand after the fact sheet's tables."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ca.signature import certificate_der
from policies.clauses import check_against_profile
from policies.preview import preview
from policies.profile import load_profiles
from policies.terms import shipped_terms
from tests.fixtures.vectors import GOLDEN_PROFILES, SERIAL, VECTORS, GoldenCase, encoded


def test_every_end_entity_profile_has_a_golden_file() -> None:
    """Fact sheet b.2 to b.8: no end-entity profile escapes the comparison."""
    profiles = load_profiles().values()
    assert {profile.name for profile in profiles if not profile.is_authority} <= set(GOLDEN_PROFILES)


@pytest.mark.parametrize("profile", GOLDEN_PROFILES)
def test_the_tbs_equals_what_openssl_encodes_from_the_table(
    profile: str, golden_case: Callable[[str], GoldenCase], golden_key: rsa.RSAPublicKey, tmp_path: Path
) -> None:
    """Fact sheet b.2 to b.8: same key, serial, facts and dates give the same octets."""
    golden = encoded((VECTORS / "golden" / f"{profile}.cnf").read_text(encoding="utf-8"), tmp_path)
    case = golden_case(profile)
    made = preview(
        profile,
        golden_key,
        serial=SERIAL,
        not_before=case.not_before,
        not_after=case.not_after,
        facts=case.facts,
        issuer=case.issuer,
    )
    assert made == golden


@pytest.mark.parametrize("profile", GOLDEN_PROFILES)
def test_the_clauses_accept_the_golden_certificate(
    profile: str, golden_case: Callable[[str], GoldenCase], tmp_path: Path
) -> None:
    """The clauses find nothing in bytes that our builder did not make."""
    golden = encoded((VECTORS / "golden" / f"{profile}.cnf").read_text(encoding="utf-8"), tmp_path)
    terms = shipped_terms("lgpki" if profile.startswith("lgpki") else "jpki")
    certificate = x509.load_der_x509_certificate(certificate_der(golden, b""))
    case = golden_case(profile)
    assert check_against_profile(certificate, load_profiles()[profile], terms, case.issuer, case.peer) == ()
