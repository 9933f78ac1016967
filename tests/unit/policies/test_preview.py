"""The preview of a certificate: what it takes, what it refuses, and its text."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from policies.description import describe
from policies.errors import ContentRefused, FactsRefused, NameRefused, PreviewRefused
from policies.preview import preview, read_public_key
from tests.fixtures.vectors import SERIAL, VECTORS, encoded, sample

TIMES: dict[str, Any] = {
    "serial": SERIAL,
    "not_before": datetime(2026, 11, 22, 15, tzinfo=UTC),
    "not_after": datetime(2046, 11, 22, 14, 59, 59, tzinfo=UTC),
}
KEY = ec.generate_private_key(ec.SECP384R1()).public_key()


def test_a_subject_sets_values_and_no_string_types() -> None:
    """RFC 4514 2.1: the last part stands first; the profile makes it a PrintableString."""
    tbs = preview("lgpki-app-root", KEY, subject="CN=Application CA G9 Root,O=LGPKI,C=JP", **TIMES)
    assert tbs.count(b"\x13\x16Application CA G9 Root") == 2


def test_subject_and_facts_say_the_same() -> None:
    """A subject made from facts is the subject given in words."""
    given = preview("lgpki-app-root", KEY, subject="CN=Application CA G9 Root,O=LGPKI,C=JP", **TIMES)
    assert preview("lgpki-app-root", KEY, facts={"common_name": "Application CA G9 Root"}, **TIMES) == given


@pytest.mark.parametrize(
    "subject",
    [
        "C=JP,O=LGPKI,CN=Application CA G9 Root",
        "CN=Application CA G9 Root,C=JP",
        "CN=Application CA G9 Root,O=LGPKI,C=JP,ST=x",
        "CN=Application CA G9 Root,OU=x,O=LGPKI,C=JP",
        "CN=Application CA G9 Root+O=LGPKI,C=JP",
        "CN=局,O=LGPKI,C=JP",
        "CN",
        "",
    ],
)
def test_a_subject_that_is_not_the_profile_s_is_refused(subject: str) -> None:
    """[[subject]]: the parts, their order and their string types are the profile's."""
    with pytest.raises(NameRefused):
        preview("lgpki-app-root", KEY, subject=subject, **TIMES)


def test_a_missing_mandatory_part_is_named() -> None:
    """Every mandatory part is named when it is missing."""
    with pytest.raises(NameRefused, match="CN"):
        preview("lgpki-app-root", KEY, subject="O=LGPKI,C=JP", **TIMES)


def test_an_unknown_profile_is_refused() -> None:
    """Only shipped profiles are previewed."""
    with pytest.raises(PreviewRefused, match="profile"):
        preview("root", KEY, **TIMES)


def test_a_time_without_a_zone_is_refused() -> None:
    """Times are aware."""
    with pytest.raises(PreviewRefused, match="time zone"):
        preview(
            "jpki-sign-ca",
            KEY,
            serial=1,
            not_before=datetime(2026, 1, 1),  # noqa: DTZ001 - the defect under test
            not_after=datetime(2036, 1, 1, tzinfo=UTC),
        )


def test_a_leaf_without_facts_is_refused() -> None:
    """A subject alone says nothing about the alternative names of a resident."""
    with pytest.raises(FactsRefused, match="missing"):
        preview("jpki-sign", KEY, subject="CN=x,L=y,L=z,C=JP", issuer=sample("jpki-sign_ca_2023.cer"), **TIMES)


def test_an_issuer_with_another_kind_of_key_is_refused(golden_key: rsa.RSAPublicKey) -> None:
    """An authority signs with RSA, EC or Ed25519."""
    key = dsa.generate_private_key(2048)
    name = x509.Name.from_rfc4514_string("CN=authority")
    signer = ed25519.Ed25519PrivateKey.generate()
    issuer = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, TIMES["not_before"], TIMES["not_after"])
        .add_extension(x509.SubjectKeyIdentifier(bytes(20)), False)
        .sign(signer, None)
    )
    with pytest.raises(ContentRefused, match="RSA nor EC"):
        preview("ocsp-responder", golden_key, facts={"common_name": "x"}, issuer=issuer, **TIMES)


@pytest.mark.parametrize(
    ("file", "organisation"), [("lgpki-appca-g3-sub1.cer", b"LGPKI"), ("jpki-sign_ca_2023.cer", b"JPKI")]
)
def test_a_responder_belongs_to_its_issuer_s_organisation(file: str, organisation: bytes) -> None:
    """Fact sheet b.6: one responder profile for both families, and the terms of the issuer."""
    tbs = preview("ocsp-responder", KEY, facts={"common_name": "OCSP Responder"}, issuer=sample(file), **TIMES)
    assert b"\x55\x04\x0a\x0c" + bytes([len(organisation)]) + organisation in tbs


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_key_is_read_from_a_certificate_or_alone(encoding: Encoding) -> None:
    """A certificate or a SubjectPublicKeyInfo, as PEM or DER."""
    real = sample("jpki-sign_ca_2023.cer")
    alone = real.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    assert read_public_key(real.public_bytes(encoding)) == real.public_key() == read_public_key(alone)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"key",
        bytes(65_537),
        dsa.generate_private_key(2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
)
def test_what_is_no_key_is_refused(data: bytes) -> None:
    """A clear error for anything else, of any size."""
    with pytest.raises(PreviewRefused, match="public key"):
        read_public_key(data)


def test_the_text_tells_every_field_in_order(tmp_path: Path) -> None:
    """The words of a signing certificate: names with string types, extensions in the order of the encoding."""
    tbs = encoded((VECTORS / "golden" / "jpki-sign.cnf").read_text(encoding="utf-8"), tmp_path)
    lines = describe(tbs).splitlines()
    assert lines[0].split() == ["version", "v3"]
    assert lines[1].split() == ["serialNumber", "07654321"]
    assert "notAfter           2031-02-17T14:59:59Z (2031-02-17 23:59:59 JST)" in lines
    assert "C=JP [printable], L=Kanagawa-ken [utf8], L=Yokohama-shi-Nishi-ku [utf8]" in lines[6]
    extensions = [line.split()[1:] for line in lines if line[:3].strip().isdigit() or line[2:3].isdigit()]
    assert [words[0] for words in extensions] == [
        "keyUsage",
        "subjectAltName",
        "certificatePolicies",
        "issuerAltName",
        "cRLDistributionPoints",
        "authorityInfoAccess",
        "authorityKeyIdentifier",
        "subjectKeyIdentifier",
    ]
    assert "      otherName 1.2.392.200149.8.5.5.1 吉田　花子 [utf8]" in lines
    assert "      authorityCertSerialNumber 067c6a21" in lines


@pytest.mark.parametrize(
    ("golden", "line"),
    [
        ("jpki-auth", "      clientAuth"),
        ("lgpki-user", "      rfc822Name tax-0042@pref.example.lg.jp"),
        ("lgpki-server", "      dNSName mid2.city.example.lg.jp"),
        ("lgpki-web", "        CPS http://www.lgpki.jp"),
        ("lgpki-org-ca", "      cA TRUE"),
        ("ocsp-responder", "      NULL"),
        ("lgpki-org-link", "      2.5.29.32.0"),
        ("lgpki-bridge-cross", "      1.2.392.200110.10.8.5.1.1.10 counts as 1.2.392.200110.10.8.5.1.0.10"),
        ("lgpki-bridge-cross", "      requireExplicitPolicy 0"),
    ],
)
def test_the_text_knows_every_extension(golden: str, line: str, tmp_path: Path) -> None:
    """No extension of a profile is told in hexadecimal digits only."""
    tbs = encoded((VECTORS / "golden" / f"{golden}.cnf").read_text(encoding="utf-8"), tmp_path)
    assert line in describe(tbs).splitlines()


def test_what_is_no_tbs_has_no_text() -> None:
    """Garbage is refused, not described."""
    with pytest.raises(ValueError, match=r"\S"):
        describe(b"\x05\x00")
