"""The terms of an authority: read strictly, filled for a deployment, and told from the real ones."""

from pathlib import Path
from typing import Literal

import pytest

from policies.errors import TermsError
from policies.extension import CertificatePolicies, Extension, PolicyMappings
from policies.profile import load_profiles
from policies.terms import AuthorityTerms, load_terms, real_names, shipped_terms, terms_template

FAMILIES: tuple[Literal["jpki", "lgpki"], ...] = ("jpki", "lgpki")
BASE = "http://localhost:8080"


def edited(folder: Path, old: str, new: str) -> Path:
    """The template of LGPKI with one edit."""
    text = terms_template("lgpki").read_text(encoding="utf-8")
    assert text.count(old) >= 1
    file = folder / "terms.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize("family", FAMILIES)
def test_the_real_terms_carry_real_names(family: Literal["jpki", "lgpki"]) -> None:
    """Design section 5: a demonstration can tell that it must refuse them."""
    terms = shipped_terms(family)
    assert terms.text("organisation") in real_names(terms)
    assert set(terms.policies.values()) <= set(real_names(terms))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_templates_carry_no_real_name(family: Literal["jpki", "lgpki"]) -> None:
    """Design section 5: a demonstration runs under O=JPKI-TEST and O=LGPKI-TEST with the test policies."""
    terms = load_terms(terms_template(family), base_url=BASE, authority="x-g1")
    assert terms.text("organisation") == f"{family.upper()}-TEST"
    assert real_names(terms) == ()


@pytest.mark.parametrize("disguise", ["lgpki", " LGPKI ", "LgPki"])
def test_a_real_name_in_disguise_is_found(tmp_path: Path, disguise: str) -> None:
    """Case and spaces make no other name: verifiers compare names without them (RFC 5280 7.1)."""
    terms = load_terms(edited(tmp_path, '"LGPKI-TEST"', f'"{disguise}"'))
    assert real_names(terms) == (disguise,)


def test_a_real_policy_is_found(tmp_path: Path) -> None:
    """A test certificate never asserts a policy of a real authority."""
    real = shipped_terms("lgpki").policy("application")
    terms = load_terms(edited(tmp_path, "1.3.6.1.4.1.32473.8.5.1.101.10", real))
    assert real_names(terms) == (real,)


def test_base_and_authority_are_filled() -> None:
    """The URLs of a demonstration: OCSP under one address, each list under authority and partition."""
    terms = load_terms(terms_template("lgpki"), base_url=BASE, authority="lgpki-org-g1")
    assert terms.ocsp_url("organisation") == "http://localhost:8080/ocsp"
    assert terms.crl_urls("organisation", "all") == ("http://localhost:8080/crl/lgpki-org-g1/all.crl",)
    assert terms.cps_uri() == "http://localhost:8080/cps"


def test_an_open_placeholder_is_refused() -> None:
    """No certificate carries the word {base}."""
    terms = load_terms(terms_template("lgpki"))
    with pytest.raises(TermsError, match="placeholder") as refusal:
        terms.crl_urls("organisation", "all")
    assert refusal.value.key == "crl.organisation"
    with pytest.raises(TermsError, match="placeholder"):
        terms.cps_uri()


@pytest.mark.parametrize(
    "base", ["https://localhost", "http://localhost:8080/", "localhost:8080", "http://", "http://h?x"]
)
def test_a_base_that_is_no_plain_address_is_refused(base: str) -> None:
    """RFC 5280 8: lists and OCSP are fetched over plain HTTP; a path would be doubled."""
    with pytest.raises(TermsError, match="base URL"):
        load_terms(terms_template("jpki"), base_url=base, authority="x-g1")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "lgpki-test"', 'name = "lgpki-test"\narc = "2.999"', "arc"),
        ("[names]", '[names]\nmotto = "x"', "names.motto.[key]"),
        ('cps = "{base}/cps"', "", "cps"),
        ('"1.3.6.1.4.1.32473.8.5.1.101.10"', '"1.3.x"', "policies.application"),
        ('"{base}/ocsp"', '"https://ocsp.example.jp"', "ocsp.organisation"),
        ('["{base}/crl/{authority}/{partition}.crl"]', "[]", "crl.application_root"),
        ('"LGPKI-TEST"', '"' + "L" * 65 + '"', "names.organisation"),
        ('name = "lgpki-test"', 'name = "lgpki-test"\ndigest = "00"', "digest"),
    ],
)
def test_a_wrong_terms_file_is_refused_at_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    """An unknown or missing key, an OID or URL that is none, a text over its bound."""
    with pytest.raises(TermsError) as refusal:
        load_terms(edited(tmp_path, old, new))
    assert refusal.value.key == key
    assert refusal.value.source == "terms.toml"


def test_a_term_that_is_not_there_is_named() -> None:
    """A profile of LGPKI under the terms of JPKI fails with the key it lacks."""
    with pytest.raises(TermsError) as refusal:
        shipped_terms("jpki").policy("application")
    assert refusal.value.key == "policies.application"


@pytest.mark.parametrize("family", FAMILIES)
def test_template_and_real_terms_have_the_same_keys(family: Literal["jpki", "lgpki"]) -> None:
    """What a profile finds in the real terms it finds in a test hierarchy."""

    def keys(terms: AuthorityTerms) -> tuple[set[str], ...]:
        return set(terms.names), set(terms.policies), set(terms.ocsp), set(terms.crl)

    assert keys(shipped_terms(family)) == keys(load_terms(terms_template(family)))


def policies_in(extension: Extension) -> set[str]:
    """The keys of policies that an extension of a profile names."""
    if isinstance(extension, CertificatePolicies):
        return {key for key in (extension.policy, *extension.policies) if key not in (None, "anyPolicy")}
    if isinstance(extension, PolicyMappings):
        return {key for pair in extension.mappings for key in (pair.issuer, pair.subject)}
    return set()


def test_every_policy_of_the_terms_is_used_by_a_profile() -> None:
    """No policy OID stands in the terms without a profile that asserts it or maps to it."""
    named = {
        (profile.name.split("-")[0], key)
        for profile in load_profiles().values()
        for extension in profile.extensions
        for key in policies_in(extension)
    }
    stated = {(family, key) for family in FAMILIES for key in shipped_terms(family).policies}
    assert named == stated
