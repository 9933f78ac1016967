"""Names of lists: made from the code alone, they are what the certificates of that list name (CRL-5)."""

from datetime import date, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from policies.content import distribution_point
from policies.errors import ContentRefused
from policies.facts import Facts, parse_facts
from policies.lists import list_name, point_name
from policies.municipalities import municipalities
from policies.profile import load_profiles
from policies.terms import AuthorityTerms, load_terms, terms_template

ON = date(2026, 11, 23)
RESIDENT = {
    "name": "見本",
    "address": "東京都港区一丁目",
    "sex": "unknown",
    "birth_date": "1990-01-01",
    "municipality": "13103",
    "window": "221A",
    "card_expiry": "2035-05-05",
}


def terms(family: str, authority: str) -> AuthorityTerms:
    """The terms of a test hierarchy."""
    template = terms_template("jpki" if family == "jpki" else "lgpki")
    return load_terms(template, base_url="http://pki.example.jp", authority=authority)


@cache
def authority(*, point: str | None = None) -> x509.Certificate:
    """A self-signed certificate, with a distribution point of that name or without."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime(2026, 11, 23)  # noqa: DTZ001 - cryptography takes it as UTC
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    if point is not None:
        named = [x509.UniformResourceIdentifier(point)]
        builder = builder.add_extension(
            x509.CRLDistributionPoints([x509.DistributionPoint(named, None, None, None)]), critical=False
        )
    return builder.sign(key, hashes.SHA256())


def facts(kind: str, code: str) -> Facts:
    """The facts of somebody at a place."""
    if kind == "resident":
        return parse_facts("resident", {**RESIDENT, "municipality": code})
    return parse_facts("staff", {"body": code, "dns_names": ["www.example.jp"]})


@pytest.mark.parametrize("profile", ["jpki-sign", "jpki-auth", "jpki-sign-phone", "jpki-auth-phone"])
def test_every_municipality_has_the_name_its_certificates_carry(profile: str) -> None:
    """Decision 0010: for each code of today, list and certificates name the same octets."""
    of = load_profiles()[profile]
    mine = terms("jpki", f"{profile}-g1")
    for place in municipalities(ON):
        point = distribution_point(of, mine, facts("resident", place.code), authority(), on=ON)
        assert point is not None
        assert list_name([of], mine, authority(), place.code) == point.name


def test_no_two_municipalities_share_a_name() -> None:
    """RFC 5280 section 5.2.5: a list of one scope never passes for the list of another."""
    of, mine = load_profiles()["jpki-sign"], terms("jpki", "jpki-sign-g1")
    names = [list_name([of], mine, authority(), place.code) for place in municipalities(ON)]
    assert len(set(names)) == len(names) > 1700


@pytest.mark.parametrize("profile", ["lgpki-server", "lgpki-post"])
def test_a_list_of_all_is_named_by_its_authority(profile: str) -> None:
    """Fact sheet b.8: staff certificates stand on one list, named by the issuer and its address."""
    of, mine = load_profiles()[profile], terms("lgpki", "lgpki-org-g1")
    point = distribution_point(of, mine, facts("staff", "13103"), authority(), on=ON)
    assert point is not None
    assert (point.partition, list_name([of], mine, authority(), "all")) == ("all", point.name)


@pytest.mark.parametrize("code", ["99999", "all", "ca", "", "x"])
def test_what_is_no_list_of_the_profile_has_no_name(code: str) -> None:
    """A code that no certificate stands under has no list, so nothing is signed for it."""
    assert list_name([load_profiles()["jpki-sign"]], terms("jpki", "jpki-sign-g1"), authority(), code) is None


def test_the_list_of_ca_certificates_is_named_as_in_the_authority_s_own() -> None:
    """RFC 5280 section 6.3.3: a self-signed authority stands on its own list of CA certificates."""
    own = authority(point="http://pki.example.jp/ca.crl")
    expected = point_name(own.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    assert list_name([load_profiles()["jpki-sign"]], terms("jpki", "jpki-sign-g1"), own, "ca") == expected


def test_two_names_for_one_list_are_refused() -> None:
    """One partition has one name: profiles of one authority that disagree are a mistake of theirs."""
    both = [load_profiles()[name] for name in ("jpki-sign", "jpki-auth")]
    with pytest.raises(ContentRefused):
        list_name(both, terms("jpki", "jpki-sign-g1"), authority(), "13103")
