"""Links between generations and cross-certificates, as ceremonies make them (RFC 4210 4.4, RFC 5280 3.2)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca.authority import Authority
from ca.errors import CAError, ProfileNotListed, RequestSignatureInvalid
from ca.link_errors import KeyItsOwn, LinkLeadsNowhere, NameItsOwn, NamesDiffer, PeerRefused
from ca.links import cross_certificate
from ca.refusals import ProfileUnfit
from policies.errors import KeyRefused, ValidityRefused
from store.certificates import CertificateFilter, find
from tests.fixtures.bridge import BRIDGE, BRIDGE_NAME, IDENTIFIER, UTF8, bridge
from tests.fixtures.renewal import PROFILES, Renewal, changed, serial

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
OLD, NEW = (ec.derive_private_key(20261123 + number, ec.SECP384R1()) for number in range(2))
WEAK = ec.derive_private_key(20261130, ec.SECP521R1())


@pytest.fixture
def renewal(tmp_path: Path) -> Iterator[Renewal]:
    """Two generations of the Organisation CA."""
    made = Renewal.make(tmp_path, "lgpki-org", OLD, NEW, NOW)
    yield made
    made.close()


@pytest.fixture
def residents(tmp_path: Path) -> Iterator[Renewal]:
    """Two generations of a CA of residents, whose certificates name issuer and serial number of their CA's."""
    made = Renewal.make(tmp_path, "jpki-auth", OLD, NEW, NOW)
    yield made
    made.close()


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> Any:  # noqa: ANN401 - of that kind
    """The extension of a certificate."""
    return certificate.extensions.get_extension_for_class(kind).value


def made(renewal: Renewal, profile: str) -> tuple[str, ...]:
    """The states of what was begun under a profile."""
    with renewal.register.signer.snapshot() as tx:
        return tuple(row.state for row in find(tx, CertificateFilter(profile=profile)))


def request(name: x509.Name = BRIDGE_NAME) -> x509.CertificateSigningRequest:
    """A bridge's request, with an extension that nobody may copy."""
    builder = x509.CertificateSigningRequestBuilder(name).add_extension(x509.BasicConstraints(False, None), True)
    return builder.sign(BRIDGE, hashes.SHA256())


def unproven() -> x509.CertificateSigningRequest:
    """The request with another signature than the key's."""
    der = request().public_bytes(Encoding.DER)
    return x509.load_der_x509_csr(der[:-1] + bytes([der[-1] ^ 1]))


def crossed(
    renewal: Renewal,
    shown: x509.Certificate | x509.CertificateSigningRequest,
    *,
    under: Authority | None = None,
    profile: str = "lgpki-bridge-cross",
) -> x509.Certificate:
    """The cross-certificate of the new generation for what a bridge shows."""
    return cross_certificate(
        "gpki-bridge",
        PROFILES[profile],
        shown,
        under=under or renewal.new,
        serial=serial(),
        ledger=renewal.ledger,
        now=NOW,
    )


@pytest.mark.parametrize("direction", ["NewWithOld", "OldWithNew"])
def test_a_link_is_what_rfc_4210_says(renewal: Renewal, direction: str) -> None:
    """RFC 4210 4.4.1: one name, the other's key and key identifier, from its beginning to the end of the old one."""
    other, under = (renewal.new, renewal.old) if direction == "NewWithOld" else (renewal.old, renewal.new)
    link = renewal.link(other, under)
    assert link.issuer.public_bytes() == link.subject.public_bytes() == other.certificate.subject.public_bytes()
    assert link.public_key() == other.certificate.public_key()
    assert extension(link, x509.SubjectKeyIdentifier) == extension(other.certificate, x509.SubjectKeyIdentifier)
    key_identifier = extension(link, x509.AuthorityKeyIdentifier)
    assert key_identifier.key_identifier == extension(under.certificate, x509.SubjectKeyIdentifier).digest
    assert (key_identifier.authority_cert_issuer, key_identifier.authority_cert_serial_number) == (None, None)
    assert link.not_valid_before_utc == other.certificate.not_valid_before_utc
    assert link.not_valid_after_utc == renewal.old.certificate.not_valid_after_utc
    link.verify_directly_issued_by(under.certificate)


def test_a_link_is_recorded_like_any_other(renewal: Renewal) -> None:
    """ISS-1: a serial number of the issuer's, exact bytes and status; the key stays that of its generation."""
    link = renewal.link(renewal.new, renewal.old)
    with renewal.register.signer.snapshot() as tx:
        (row,) = find(tx, CertificateFilter(profile="lgpki-org-link"))
        (own,) = find(tx, CertificateFilter(authority="lgpki-org-g2", profile="lgpki-org-ca"))
    assert (row.authority, row.serial, row.state, row.partition) == (
        "lgpki-org-g1",
        link.serial_number,
        "issued",
        "ca",
    )
    assert (row.tbs, row.certificate) == (link.tbs_certificate_bytes, link.public_bytes(Encoding.DER))
    assert (row.holder, row.key_hash) == (own.holder, own.key_hash)


def test_generations_of_two_names_are_not_linked(renewal: Renewal, tmp_path: Path) -> None:
    """RFC 4210 4.4: a link joins keys of one name; two names need a cross-certificate."""
    (tmp_path / "other").mkdir()
    other = Renewal.make(tmp_path / "other", "jpki-auth", BRIDGE, NEW, NOW)
    with pytest.raises(NamesDiffer):
        renewal.link(other.new, renewal.old)
    other.close()
    assert made(renewal, "lgpki-org-link") == ()


def test_a_generation_is_not_linked_to_itself(renewal: Renewal) -> None:
    """RFC 4210 4.4: old and new key differ."""
    with pytest.raises(KeyItsOwn):
        renewal.link(renewal.new, renewal.new)


@pytest.mark.parametrize("direction", ["NewWithOld", "OldWithNew"])
def test_generations_of_jpki_are_not_linked(residents: Renewal, direction: str) -> None:
    """RFC 5280 4.2.1.1, fact sheet b.2, b.3: a leaf that names issuer and serial number knows no link as its issuer."""
    pair = (residents.new, residents.old) if direction == "NewWithOld" else (residents.old, residents.new)
    with pytest.raises(LinkLeadsNowhere, match="serial number") as refused:
        residents.link(*pair)
    assert refused.value.profile == "jpki-auth"
    assert made(residents, "lgpki-org-link") == ()


def test_a_link_is_refused_for_the_profiles_of_either_generation(renewal: Renewal) -> None:
    """RFC 5280 4.2.1.1: a generation that will issue as JPKI does is not linked, whatever the other one does."""
    listed = {**renewal.new.profiles, "jpki-auth": PROFILES["jpki-auth"].digest}
    with pytest.raises(LinkLeadsNowhere):
        renewal.link(changed(renewal.new, profiles=listed), renewal.old)


def test_a_link_needs_every_profile_at_hand(renewal: Renewal) -> None:
    """Whether a link can be used is not guessed."""
    some = {name: profile for name, profile in PROFILES.items() if name != "lgpki-server"}
    with pytest.raises(ProfileNotListed, match="lgpki-server"):
        renewal.link(renewal.new, renewal.old, profiles=some)


@pytest.mark.parametrize("act", ["link", "cross"])
def test_a_record_must_list_the_profile(renewal: Renewal, act: str) -> None:
    """Requirement ROL-2: a ceremony uses only profile files that two administrators signed for."""
    under = changed(renewal.old, profiles={"lgpki-server": PROFILES["lgpki-server"].digest})
    with pytest.raises(ProfileNotListed):
        _ = renewal.link(renewal.new, under) if act == "link" else crossed(renewal, bridge(), under=under)


@pytest.mark.parametrize("profile", ["lgpki-bridge-cross", "lgpki-org-ca", "lgpki-server"])
def test_only_a_link_s_profile_makes_a_link(renewal: Renewal, profile: str) -> None:
    """TURKTRUST 2012: a profile of another kind never makes an authority's certificate."""
    with pytest.raises(ProfileUnfit):
        renewal.link(renewal.new, renewal.old, profile=profile)


@pytest.mark.parametrize("profile", ["lgpki-org-link", "lgpki-app-sub", "lgpki-post"])
def test_only_a_cross_certificate_s_profile_makes_one(renewal: Renewal, profile: str) -> None:
    """The same for another authority's key."""
    with pytest.raises(ProfileUnfit):
        crossed(renewal, bridge(), profile=profile)


def test_an_ended_generation_is_not_linked(renewal: Renewal) -> None:
    """RFC 4210 4.4.1: past the end of the old key its link would be valid at no time."""
    late = Renewal(
        renewal.ledger,
        renewal.register,
        renewal.old.certificate.not_valid_after_utc + timedelta(days=1),
        renewal.old,
        renewal.new,
    )
    with pytest.raises(PeerRefused, match="not in force"):
        late.link(late.old, late.new)
    with pytest.raises(ValidityRefused):
        late.link(late.new, late.old)


def test_a_cross_certificate_has_the_bridge_s_name_key_and_identifier(renewal: Renewal) -> None:
    """RFC 5280 4.1.2.6, 4.2.1.2: octet for octet, so that what the bridge issues chains to it."""
    shown = bridge()
    cross = crossed(renewal, shown)
    assert cross.subject.public_bytes() == shown.subject.public_bytes()
    assert cross.public_key() == shown.public_key()
    assert extension(cross, x509.SubjectKeyIdentifier).digest == IDENTIFIER
    assert cross.not_valid_after_utc == datetime(2031, 11, 22, 14, 59, 59, tzinfo=UTC)
    cross.verify_directly_issued_by(renewal.new.certificate)


def test_a_cross_certificate_maps_policies_and_demands_one(renewal: Renewal) -> None:
    """RFC 5280 4.2.1.5, 4.2.1.11: the bridge's policy counts as the post's, and some policy is required."""
    cross = crossed(renewal, bridge())
    terms = renewal.new.terms
    assert [policy.policy_identifier.dotted_string for policy in extension(cross, x509.CertificatePolicies)] == [
        terms.policy("post")
    ]
    assert extension(cross, x509.PolicyConstraints) == x509.PolicyConstraints(0, None)
    mappings = cross.extensions.get_extension_for_oid(x509.ExtensionOID.POLICY_MAPPINGS)
    assert mappings.critical
    oids = [x509.ObjectIdentifier(terms.policy(key)) for key in ("post", "bridge")]
    assert isinstance(mappings.value, x509.UnrecognizedExtension)
    assert mappings.value.value == b"\x30\x20\x30\x1e" + b"".join(encoded(oid) for oid in oids)


def encoded(oid: x509.ObjectIdentifier) -> bytes:
    """The DER of an OID, as an extended key usage of that one purpose has it."""
    return x509.ExtendedKeyUsage([oid]).public_bytes()[2:]


def test_a_cross_certificate_ends_with_the_bridge_s_own(renewal: Renewal) -> None:
    """Fact sheet b.8: a key is not vouched for past the life that its owner gave it."""
    shown = bridge(years=3)
    assert crossed(renewal, shown).not_valid_after_utc == shown.not_valid_after_utc


def test_a_request_is_certified_without_its_extensions(renewal: Renewal) -> None:
    """RFC 2986, requirement ISS-5: name and key count; the key identifier is made from the key."""
    cross = crossed(renewal, request())
    assert cross.subject.public_bytes() == BRIDGE_NAME.public_bytes()
    assert extension(cross, x509.SubjectKeyIdentifier) == x509.SubjectKeyIdentifier.from_public_key(BRIDGE.public_key())
    assert extension(cross, x509.BasicConstraints).ca


@pytest.mark.parametrize(
    ("shown", "refusal"),
    [
        (lambda: bridge(signer=NEW), PeerRefused),
        (lambda: bridge(authority=False), PeerRefused),
        (lambda: bridge(usage=False), PeerRefused),
        (lambda: bridge(extensions=False), PeerRefused),
        (lambda: bridge(begins=NOW + timedelta(days=1)), PeerRefused),
        (lambda: bridge(begins=NOW - timedelta(days=800), years=2), PeerRefused),
        (lambda: request(x509.Name([])), PeerRefused),
        (unproven, RequestSignatureInvalid),
        (lambda: bridge(key=NEW), KeyItsOwn),
    ],
    ids=[
        "signed by another",
        "no authority",
        "signs no certificates",
        "says nothing",
        "not yet valid",
        "ended",
        "request without name",
        "request that proves nothing",
        "our own key",
    ],
)
def test_what_proves_no_authority_is_refused(
    renewal: Renewal, shown: Callable[[], x509.Certificate], refusal: type[CAError]
) -> None:
    """RFC 4210 4.4, RFC 2986 4.2: a self-signed certificate in force or a signed request, of another authority."""
    with pytest.raises(refusal):
        crossed(renewal, shown())
    assert made(renewal, "lgpki-bridge-cross") == ()


def test_our_own_name_is_no_other_authority_s(renewal: Renewal) -> None:
    """RFC 5280 7.1: names are equal whatever string types they have, and then it is a generation."""
    name = x509.Name(
        [x509.NameAttribute(part.oid, str(part.value), UTF8) for part in renewal.new.certificate.subject][1:]
    )
    own = x509.Name([next(iter(renewal.new.certificate.subject)), *name])
    with pytest.raises(NameItsOwn):
        crossed(renewal, bridge(name=own))


def test_a_key_that_the_profile_does_not_take_is_refused(renewal: Renewal) -> None:
    """[key]: the bridge's key is judged as any other."""
    with pytest.raises(KeyRefused):
        crossed(renewal, bridge(key=WEAK))
