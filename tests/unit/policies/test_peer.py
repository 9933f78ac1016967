"""What a peer shows of itself: the source of name, key and key identifier of links and cross-certificates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from policies.content import certificate_builder, validity_for
from policies.errors import ContentRefused, FactsRefused, PreviewRefused, ValidityRefused
from policies.facts import PeerFacts, parse_facts
from policies.names import fact_text
from policies.peer import peer_of
from policies.preview import preview
from policies.profile import load_profiles
from policies.terms import shipped_terms
from policies.validity import PeerRule, peer_validity
from tests.fixtures.vectors import SERIAL, GoldenCase, sample

KEY = ec.derive_private_key(20261123, ec.SECP384R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "見本政府")])
NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
TERMS = shipped_terms("lgpki")
PROFILES = load_profiles()
LINK = PROFILES["lgpki-org-link"]


def pem(made: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """As facts hold it."""
    return made.public_bytes(Encoding.PEM).decode("ascii")


REQUEST = pem(x509.CertificateSigningRequestBuilder(NAME).sign(KEY, hashes.SHA256()))
CERTIFICATE = pem(sample("lgpki-appca-g3-root.cer"))


def test_a_certificate_says_all() -> None:
    """RFC 5280 4.2.1.2, RFC 4210 4.4.1: name, key, key identifier and life are read from it, and nothing is added."""
    root = sample("lgpki-appca-g3-root.cer")
    peer = peer_of(PeerFacts(certificate=CERTIFICATE))
    assert peer is not None
    assert peer.name_der == root.subject.public_bytes()
    assert (peer.public_key, peer.key_identifier) == (
        root.public_key(),
        root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest,
    )
    assert (peer.not_before, peer.not_after) == (root.not_valid_before_utc, root.not_valid_after_utc)


def test_a_request_says_name_and_key_only() -> None:
    """RFC 2986 4.1: a request has no life, and what extensions it asks for is not read."""
    peer = peer_of(PeerFacts(request=REQUEST))
    assert peer is not None
    assert (peer.name_der, peer.public_key) == (NAME.public_bytes(), KEY.public_key())
    assert (peer.key_identifier, peer.not_before, peer.not_after) == (None, None, None)


def test_a_certificate_without_key_identifier_has_none() -> None:
    """RFC 5280 4.2.1.2: then ours is made from the key."""
    builder = x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1, NOW, NOW + timedelta(days=1))
    peer = peer_of(PeerFacts(certificate=pem(builder.sign(KEY, hashes.SHA256()))))
    assert peer is not None
    assert peer.key_identifier is None


def test_other_facts_name_no_peer() -> None:
    """Residents, staff, authorities and responders have the names that their profiles make."""
    assert peer_of(parse_facts("authority", {})) is None


def test_a_peer_has_no_fact_that_a_profile_could_name() -> None:
    """[[subject]]: nothing of a peer's name is put together here."""
    with pytest.raises(KeyError):
        fact_text(PeerFacts(request=REQUEST), "common_name", NOW.date())


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({}, "certificate"),
        ({"certificate": CERTIFICATE, "request": REQUEST}, "certificate"),
        ({"certificate": REQUEST}, "certificate"),
        ({"request": CERTIFICATE}, "request"),
        ({"certificate": CERTIFICATE.replace("MII", "MIJ", 1)}, "certificate"),
    ],
)
def test_what_shows_no_peer_is_refused(facts: dict[str, str], field: str) -> None:
    """Exactly one certificate or request, readable."""
    with pytest.raises(FactsRefused) as refused:
        peer_of(PeerFacts(**facts))
    assert refused.value.field == field


@pytest.mark.parametrize("certificate", ["", "MIIB", "-----BEGIN CERTIFICATE-----\n" + "A" * 12_000])
def test_what_is_no_pem_or_too_long_is_refused_unparsed(certificate: str) -> None:
    """Sizes are bounded before parsing."""
    with pytest.raises(FactsRefused) as refused:
        parse_facts("peer", {"certificate": certificate})
    assert refused.value.field == "certificate"


def test_a_key_that_cannot_certify_here_is_refused() -> None:
    """DSA has no place in any profile."""
    key = dsa.generate_private_key(2048)
    builder = x509.CertificateBuilder(NAME, NAME, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    with pytest.raises(FactsRefused):
        peer_of(PeerFacts(certificate=pem(builder.sign(KEY, hashes.SHA256()))))


OLD = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
NEW = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2036, 11, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("peer", "authority", "expected"),
    [(NEW, OLD, (NEW[0], OLD[1])), (OLD, NEW, OLD)],
    ids=["NewWithOld", "OldWithNew"],
)
def test_a_link_lives_as_rfc_4210_says(
    peer: tuple[datetime, datetime], authority: tuple[datetime, datetime], expected: tuple[datetime, datetime]
) -> None:
    """RFC 4210 4.4.1: from the generation of the key in it to the end of the old one, whichever signs."""
    made = peer_validity(
        PeerRule("peer"), peer_not_before=peer[0], peer_not_after=peer[1], now=NOW, authority_not_after=authority[1]
    )
    assert (made.not_before, made.not_after) == expected


@pytest.mark.parametrize(
    ("peer_ends", "authority_ends", "expected"),
    [
        (
            datetime(2040, 1, 1, tzinfo=UTC),
            datetime(2040, 1, 1, tzinfo=UTC),
            datetime(2031, 11, 22, 14, 59, 59, tzinfo=UTC),
        ),
        (datetime(2028, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)),
        (datetime(2040, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)),
        (None, datetime(2040, 1, 1, tzinfo=UTC), datetime(2031, 11, 22, 14, 59, 59, tzinfo=UTC)),
    ],
    ids=["years", "peer", "authority", "request"],
)
def test_a_cross_certificate_ends_with_the_first_of_three(
    peer_ends: datetime | None, authority_ends: datetime, expected: datetime
) -> None:
    """Fact sheet b.8: five years at most, and never past either certificate; it begins with the day in Japan."""
    made = peer_validity(
        PeerRule("day", 5),
        peer_not_before=OLD[0],
        peer_not_after=peer_ends,
        now=NOW,
        authority_not_after=authority_ends,
    )
    assert (made.not_before, made.not_after) == (datetime(2026, 11, 22, 15, tzinfo=UTC), expected)


def test_nothing_is_linked_to_what_has_ended() -> None:
    """RFC 4210 4.4.1: past the end of the old key a link would be valid at no time."""
    with pytest.raises(ValidityRefused) as refused:
        peer_validity(
            PeerRule("peer"), peer_not_before=OLD[0], peer_not_after=OLD[1], now=OLD[1], authority_not_after=NEW[1]
        )
    assert refused.value.code == "validity.peer-ended"


def test_a_request_cannot_be_linked() -> None:
    """RFC 4210 4.4.1: a link begins with a certificate, and a request has no beginning."""
    with pytest.raises(ValidityRefused) as refused:
        validity_for(LINK, PeerFacts(request=REQUEST), now=NOW, authority_not_after=NEW[1])
    assert refused.value.code == "validity.peer-without-certificate"


@pytest.mark.parametrize("facts", [None, parse_facts("authority", {})])
def test_without_a_peer_no_life_can_be_told(facts: PeerFacts | None) -> None:
    """[validity]: the rule needs the peer."""
    with pytest.raises(ContentRefused, match="peer"):
        validity_for(LINK, facts, now=NOW, authority_not_after=NEW[1])


def test_only_the_peer_s_key_is_certified(golden_case: Callable[[str], GoldenCase]) -> None:
    """RFC 5280 4.1.2.7: what is certified is the key that the peer shows, not another at hand."""
    case = golden_case("lgpki-org-link")
    facts = parse_facts("peer", case.facts)
    validity = validity_for(LINK, facts, now=NOW, authority_not_after=NEW[1])
    with pytest.raises(ContentRefused, match="subjectPublicKeyInfo"):
        certificate_builder(LINK, TERMS, facts, KEY.public_key(), issuer=case.issuer, serial=SERIAL, validity=validity)


def test_a_preview_takes_no_subject_for_a_peer(
    golden_case: Callable[[str], GoldenCase], golden_key: rsa.RSAPublicKey
) -> None:
    """A peer's name is its own."""
    case = golden_case("lgpki-org-link")
    with pytest.raises(PreviewRefused, match="peer"):
        preview(
            "lgpki-org-link",
            golden_key,
            serial=SERIAL,
            not_before=case.not_before,
            not_after=case.not_after,
            subject="C=JP",
            facts=case.facts,
            issuer=case.issuer,
        )
