"""Profile, terms, facts and issuer put together: what is refused, and which list a certificate stands on."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from policies.content import DistributionPoint, certificate_builder, distribution_point
from policies.errors import ContentRefused, NameRefused, TermsError, UnknownMunicipality
from policies.facts import Facts, parse_facts
from policies.profile import hash_algorithm, load_profiles
from policies.tbs import to_be_signed
from policies.terms import load_terms, shipped_terms, terms_template
from policies.validity import Validity
from tests.fixtures.vectors import sample

PROFILES = load_profiles()
ON = date(2026, 11, 23)
VALIDITY = Validity(datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC), datetime(2031, 2, 17, 14, 59, 59, tzinfo=UTC), "", "")
RESIDENT: Mapping[str, Any] = {
    "name": "山田　太郎",
    "address": "東京都港区赤坂１－１",
    "sex": "male",
    "birth_date": "1979-02-17",
    "municipality": "13103",
    "window": "001A",
    "card_expiry": "2036-02-17",
    "requested_at": "2026-11-23T00:59:58Z",
    "sequence": 1,
    "pseudonym": "A1B2C3D4E5F6G7",
}


def resident(**changes: object) -> Facts:
    """A resident's facts with some of them changed."""
    return parse_facts("resident", {**RESIDENT, **changes})


def test_a_leaf_needs_an_issuer(golden_key: rsa.RSAPublicKey) -> None:
    """[self_signed]: a resident's certificate is never self-signed."""
    with pytest.raises(ContentRefused) as refusal:
        certificate_builder(
            PROFILES["jpki-sign"],
            shipped_terms("jpki"),
            resident(),
            golden_key,
            issuer=None,
            serial=1,
            validity=VALIDITY,
        )
    assert refusal.value.part == "issuer"


def test_a_root_has_no_issuer(golden_key: rsa.RSAPublicKey) -> None:
    """[self_signed]: a root is never issued by another authority."""
    with pytest.raises(ContentRefused) as refusal:
        certificate_builder(
            PROFILES["jpki-sign-ca"],
            shipped_terms("jpki"),
            parse_facts("authority", {}),
            golden_key,
            issuer=sample("jpki-sign_ca_2023.cer"),
            serial=1,
            validity=VALIDITY,
        )
    assert refusal.value.part == "issuer"


@pytest.mark.parametrize("serial", [0, -1, 1 << 159])
def test_a_serial_number_outside_its_bounds_is_refused(golden_key: rsa.RSAPublicKey, serial: int) -> None:
    """RFC 5280 4.1.2.2: positive, and at most 20 octets."""
    with pytest.raises(ContentRefused) as refusal:
        certificate_builder(
            PROFILES["jpki-sign"],
            shipped_terms("jpki"),
            resident(),
            golden_key,
            issuer=sample("jpki-sign_ca_2023.cer"),
            serial=serial,
            validity=VALIDITY,
        )
    assert refusal.value.part == "serialNumber"


def test_an_issuer_without_key_identifier_is_refused(golden_key: rsa.RSAPublicKey) -> None:
    """RFC 5280 4.2.1.1: the authorityKeyIdentifier is the issuer's own subjectKeyIdentifier, never a guess."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string("CN=authority")
    times = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC))
    profile = PROFILES["jpki-sign"]
    bare = x509.CertificateBuilder(name, name, key.public_key(), 5, *times).sign(
        key, hash_algorithm(profile, key.public_key())
    )
    with pytest.raises(ContentRefused) as refusal:
        certificate_builder(
            profile, shipped_terms("jpki"), resident(), golden_key, issuer=bare, serial=1, validity=VALIDITY
        )
    assert refusal.value.part == "authorityKeyIdentifier"


def test_terms_of_another_authority_are_refused(golden_key: rsa.RSAPublicKey) -> None:
    """A resident's certificate cannot be made under the terms of LGPKI."""
    with pytest.raises(TermsError):
        certificate_builder(
            PROFILES["jpki-sign"],
            shipped_terms("lgpki"),
            resident(),
            golden_key,
            issuer=sample("jpki-sign_ca_2023.cer"),
            serial=1,
            validity=VALIDITY,
        )


def test_a_common_name_without_its_parts_is_refused(golden_key: rsa.RSAPublicKey) -> None:
    """The sequence number is given by the program; without it nothing is issued."""
    with pytest.raises(NameRefused) as refusal:
        certificate_builder(
            PROFILES["jpki-sign"],
            shipped_terms("jpki"),
            resident(sequence=None),
            golden_key,
            issuer=sample("jpki-sign_ca_2023.cer"),
            serial=1,
            validity=VALIDITY,
        )
    assert refusal.value.attribute == "CN"


def test_a_municipality_that_does_not_exist_is_refused(golden_key: rsa.RSAPublicKey) -> None:
    """Design section 7: a list belongs to a municipality that exists on the day of issue."""
    with pytest.raises(UnknownMunicipality):
        certificate_builder(
            PROFILES["jpki-auth"],
            shipped_terms("jpki"),
            resident(municipality="13999"),
            golden_key,
            issuer=sample("jpki-auth_ca_2015.cer"),
            serial=1,
            validity=VALIDITY,
        )


def point(profile: str, facts: Facts, issuer: x509.Certificate) -> DistributionPoint | None:
    """The list of a certificate under the real terms."""
    terms = shipped_terms("lgpki" if profile.startswith("lgpki") else "jpki")
    return distribution_point(PROFILES[profile], terms, facts, issuer, on=ON)


def test_a_resident_s_list_is_the_municipality_s(golden_key: rsa.RSAPublicKey) -> None:
    """Fact sheet b.5: one list per municipality, named as in the certificate, octet for octet."""
    issuer = sample("jpki-sign_ca_2023.cer")
    found = point("jpki-sign", resident(), issuer)
    assert found is not None
    assert found.partition == "13103"
    assert found.name[0] == 0xA0  # DistributionPointName, fullName [0]
    builder = certificate_builder(
        PROFILES["jpki-sign"],
        shipped_terms("jpki"),
        resident(),
        golden_key,
        issuer=issuer,
        serial=1,
        validity=VALIDITY,
    )
    encoded = to_be_signed(builder, golden_key, hash_algorithm(PROFILES["jpki-sign"], golden_key))
    assert found.name in encoded


def test_the_list_of_authorities_is_called_ca() -> None:
    """Fact sheet b.1: the distribution point in an authority's own certificate names the list of authorities."""
    root = sample("jpki-sign_ca_2023.cer")
    found = point("jpki-sign-ca", parse_facts("authority", {}), root)
    assert found is not None
    assert found.partition == "ca"
    assert found.name in root.tbs_certificate_bytes


def test_staff_stand_on_one_list(organisation_ca: x509.Certificate) -> None:
    """Fact sheet b.7: one list for all leaves, by directoryName and two addresses."""
    facts = parse_facts("staff", {"body": "13103", "dns_names": ["www.example.lg.jp"]})
    found = point("lgpki-server", facts, organisation_ca)
    assert found is not None
    assert found.partition == "all"
    assert found.name.count(b"http://") == 2


def test_a_test_hierarchy_s_list_has_its_address(organisation_ca: x509.Certificate) -> None:
    """The address of a list names authority and partition."""
    terms = load_terms(terms_template("lgpki"), base_url="http://localhost:8080", authority="lgpki-org-g1")
    facts = parse_facts("staff", {"body": "13103", "dns_names": ["www.example.lg.jp"]})
    found = distribution_point(PROFILES["lgpki-server"], terms, facts, organisation_ca, on=ON)
    assert found is not None
    assert b"http://localhost:8080/crl/lgpki-org-g1/all.crl" in found.name


def test_a_responder_stands_on_no_list() -> None:
    """RFC 6960 4.2.2.2.1: nobody checks a responder, so no list names it."""
    facts = parse_facts("responder", {"common_name": "OCSP Responder"})
    assert point("ocsp-responder", facts, sample("jpki-sign_ca_2023.cer")) is None


def test_the_name_of_a_list_does_not_depend_on_the_day() -> None:
    """Design section 7: a partition is never renamed."""
    issuer = sample("jpki-auth_ca_2015.cer")
    days = (date(2016, 1, 1), date(2026, 11, 23), date(2035, 1, 1))
    terms = shipped_terms("jpki")
    assert len({distribution_point(PROFILES["jpki-auth"], terms, resident(), issuer, on=day) for day in days}) == 1


def test_the_hash_follows_the_issuer_s_key() -> None:
    """Ed25519 has its own hash (RFC 8410 3); RSA and EC take the profile's."""
    profile = PROFILES["jpki-sign"]
    curve = ec.generate_private_key(ec.SECP384R1()).public_key()
    algorithm = hash_algorithm(profile, curve)
    assert algorithm is not None
    assert algorithm.name == profile.signature_hash
