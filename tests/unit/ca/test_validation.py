"""Path validation without a network (RFC 5280 section 6)."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca.refusals import PathInvalid
from ca.validation import validate_path
from tests.fixtures.client_certificates import name_of

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ROOT_KEY, SUB_KEY, LEAF_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))


def certified(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
    begins: datetime = NOW - timedelta(days=10),
    digest: hashes.HashAlgorithm | None = None,
) -> x509.Certificate:
    """A certificate of one year, as cryptography makes it."""
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        x509.CertificateBuilder(name_of(issuer), name_of(subject), key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, digest or hashes.SHA256())
    )


def listed(
    issuer: str, key: ec.EllipticCurvePrivateKey, *revoked: x509.Certificate, ago: timedelta = timedelta(hours=2)
) -> x509.CertificateRevocationList:
    """A current list of `issuer`, complete in scope; the `revoked` were revoked that long `ago`."""
    builder = (
        x509.CertificateRevocationListBuilder(name_of(issuer), NOW - timedelta(hours=1), NOW + timedelta(hours=47))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for certificate in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder(certificate.serial_number, NOW - ago).build()
        )
    return builder.sign(key, hashes.SHA256())


ROOT = certified("Test Root", ROOT_KEY, "Test Root", ROOT_KEY, authority=True)
SUB = certified("Test Sub", SUB_KEY, "Test Root", ROOT_KEY, authority=True)
LEAF = certified("Test Leaf", LEAF_KEY, "Test Sub", SUB_KEY, authority=False)


def test_path_is_returned_from_root_to_leaf() -> None:
    """RFC 5280 6.1: a chain of valid certificates is a valid path."""
    assert validate_path(LEAF, [ROOT], NOW, intermediates=[SUB]) == (ROOT, SUB, LEAF)


def test_root_of_another_generation_with_the_same_name_is_not_an_anchor() -> None:
    """Design section 7: certificates are matched to a CA by key, never by name."""
    key = ec.generate_private_key(ec.SECP256R1())
    other = certified("Test Root", key, "Test Root", key, authority=True)
    with pytest.raises(PathInvalid):
        validate_path(LEAF, [other], NOW, intermediates=[SUB])


def test_missing_intermediate_leaves_no_path() -> None:
    """RFC 5280 6.1: every link of the chain must be at hand; nothing is fetched."""
    with pytest.raises(PathInvalid, match="no chain of issuers"):
        validate_path(LEAF, [ROOT], NOW)


@pytest.mark.parametrize(
    ("moment", "words"),
    [(NOW + timedelta(days=400), "has expired"), (NOW - timedelta(days=11), "not valid yet")],
    ids=["expired", "early"],
)
def test_path_holds_only_within_the_validity(moment: datetime, words: str) -> None:
    """RFC 5280 6.1.3 (a)(2): the moment asked about lies within every certificate's validity."""
    with pytest.raises(PathInvalid, match=words):
        validate_path(LEAF, [ROOT], moment, intermediates=[SUB])


def test_end_entity_cannot_issue() -> None:
    """RFC 5280 6.1.4 (k): without basicConstraints CA TRUE a certificate certifies nobody."""
    below = certified("Test Below", ROOT_KEY, "Test Leaf", LEAF_KEY, authority=False)
    with pytest.raises(PathInvalid):
        validate_path(below, [ROOT], NOW, intermediates=[SUB, LEAF])


def test_revoked_certificate_has_no_path() -> None:
    """RFC 5280 6.3: a certificate on the current list of its issuer is not valid."""
    crls = [listed("Test Root", ROOT_KEY), listed("Test Sub", SUB_KEY, LEAF)]
    with pytest.raises(PathInvalid, match="revoked"):
        validate_path(LEAF, [ROOT], NOW, intermediates=[SUB], crls=crls)


def test_revoked_this_very_second_is_revoked() -> None:
    """RFC 5280 6.3: times have whole seconds, and a revocation counts from the second it is dated."""
    crls = [listed("Test Root", ROOT_KEY), listed("Test Sub", SUB_KEY, LEAF, ago=timedelta(0))]
    with pytest.raises(PathInvalid, match="revoked"):
        validate_path(LEAF, [ROOT], NOW, intermediates=[SUB], crls=crls)


def test_the_last_second_is_valid() -> None:
    """RFC 5280 4.1.2.5: the validity period includes notAfter."""
    assert validate_path(LEAF, [ROOT], LEAF.not_valid_after_utc, intermediates=[SUB])[-1] == LEAF


def test_current_lists_without_the_certificate_leave_the_path_valid() -> None:
    """RFC 5280 6.3: not listed on the current lists of all issuers is not revoked."""
    crls = [listed("Test Root", ROOT_KEY), listed("Test Sub", SUB_KEY)]
    assert validate_path(LEAF, [ROOT], NOW, intermediates=[SUB], crls=crls)[-1] == LEAF


def test_lists_that_do_not_cover_the_certificate_are_not_enough() -> None:
    """RFC 5280 6.3.3: when lists are given, silence about a certificate is no answer."""
    with pytest.raises(PathInvalid, match="no current list"):
        validate_path(LEAF, [ROOT], NOW, intermediates=[SUB], crls=[listed("Test Root", ROOT_KEY)])


def test_error_names_no_subject() -> None:
    """An error text never holds a holder's name."""
    with pytest.raises(PathInvalid) as refused:
        validate_path(LEAF, [ROOT], NOW)
    assert "Test" not in str(refused.value)
