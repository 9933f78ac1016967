"""Two generations of one CA share a name: what OpenSSL makes of their lists (RFC 5280 section 6.3.3)."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.hierarchy import self_signed_certificate
from ca.issuance import Issued, Ledger, issue
from ca.preparation import Plan, prepare_plan
from crl.drafts import published_name
from crl.issuance import Publisher
from crl.signer import ListSigner
from policies.facts import parse_facts
from policies.lists import list_name
from policies.profile import load_crl_profiles, load_profiles
from policies.terms import AuthorityTerms, load_terms, terms_template
from store.audit import AuditChain
from store.partitions import Partition, partitions
from store.publication import Publication
from tests.fixtures.register import Register
from tests.fixtures.renewal import serial
from tests.unit.crl.samples import POINT, name_bytes
from tests.unit.crl.samples import names as sample_names
from tests.unit.ocsp.samples import SampleAuthority, make_authority
from tests.unit.ocsp.samples import issue as sample_certificate

G1, G2 = "jpki-sign-g1", "jpki-sign-g2"
REVOKED, GOOD = 0x1001, 0x1002
ISSUER = "lgpki-org"
LGPKI = (f"{ISSUER}-g1", f"{ISSUER}-g2")
PROFILES = load_profiles()
FACTS = {"body": "13103", "dns_names": ["www.city.minato.example.jp"]}


def leaf(authority: SampleAuthority, serial: int, now: datetime) -> x509.Certificate:
    """A certificate that names the partition's distribution point and its issuer's key."""
    point = x509.DistributionPoint([x509.DirectoryName(POINT)], None, None, None)
    key = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key)
    holder = rsa.generate_private_key(65537, 2048)
    extensions = (x509.CRLDistributionPoints([point]), identifier)
    return sample_certificate("holder", holder, *extensions, issuer=authority, serial=serial, now=now)


@dataclass(frozen=True)
class Verifier:
    """A folder with both generations' CA certificates (both.pem), leaves (*.cer) and lists (*.pem), all in PEM."""

    folder: Path

    def verify(self, name: str, *lists: str) -> str:
        """What OpenSSL says of a leaf, with these lists at hand and both CA certificates trusted."""
        command = ["openssl", "verify", "-crl_check", "-extended_crl", "-CAfile", "both.pem"]
        for one in lists:
            command += ["-CRLfile", f"{one}.pem"]
        done = subprocess.run(
            [*command, f"{name}.cer"], cwd=self.folder, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    """The first generation issued two certificates and revoked one; both generations then published the partition."""
    folder, now = tmp_path_factory.mktemp("generations"), datetime.now(UTC)
    generations = [make_authority(name, "jpki-sign", rsa.generate_private_key(65537, 2048), now) for name in (G1, G2)]
    register = Register.make(folder, name_bytes(POINT))
    for number in (REVOKED, GOOD):
        register.issue(G1, "jpki-sign", number, now)
        (folder / f"{number:x}.cer").write_bytes(leaf(generations[0], number, now).public_bytes(Encoding.PEM))
    register.revoke("jpki-sign", REVOKED, 1, now)
    profile = load_crl_profiles()["crl-jpki"]
    signers = [
        ListSigner(one.name, one.issuer, one.certificate, one.key, profile, sample_names, ()) for one in generations
    ]
    publication = Publication(folder / "public")
    audit = AuditChain("signer-1", "signer", "test")
    publisher = Publisher(register.signer, publication, audit, lambda: datetime.now(UTC))
    with register.signer.snapshot() as tx:
        (partition,) = partitions(tx, "jpki-sign", now)
    publisher.publish(signers, partition)
    for name in (G1, G2):
        found = x509.load_der_x509_crl(publication.get(published_name(name, partition.code)))
        (folder / f"{name}.pem").write_bytes(found.public_bytes(Encoding.PEM))
    both = [one.certificate.public_bytes(Encoding.PEM) for one in generations]
    (folder / "both.pem").write_bytes(b"".join(both))
    register.close()
    return Verifier(folder)


def test_both_lists_at_hand(verifier: Verifier) -> None:
    """The revoked certificate of the old generation is refused as revoked; the other is accepted."""
    assert "certificate revoked" in verifier.verify(f"{REVOKED:x}", G1, G2)
    assert f"{GOOD:x}.cer: OK" in verifier.verify(f"{GOOD:x}", G1, G2)


def test_only_the_new_generation_s_list_at_hand(verifier: Verifier) -> None:
    """A revoked certificate of the old generation is never accepted by a list of the new one, of the same name."""
    said = verifier.verify(f"{REVOKED:x}", G2)
    assert "OK" not in said
    assert "certificate revoked" in said or "unable to get certificate CRL" in said


def test_only_its_own_generation_s_list_at_hand(verifier: Verifier) -> None:
    """The generation that issued a certificate can revoke it and vouch for it alone."""
    assert "certificate revoked" in verifier.verify(f"{REVOKED:x}", G1)
    assert f"{GOOD:x}.cer: OK" in verifier.verify(f"{GOOD:x}", G1)


@dataclass(frozen=True)
class Generation:
    """One generation of the Organisation CA, with its terms, key and certificate."""

    name: str
    terms: AuthorityTerms
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def url(self) -> str:
        """Where its list of staff and servers is fetched."""
        (url,) = self.terms.crl_urls("organisation", "all")
        return url

    def list_signer(self) -> ListSigner:
        """The generation as the signer of its lists."""
        profiles = [PROFILES["lgpki-server"], PROFILES["lgpki-post"]]
        named = partial(list_name, profiles, self.terms, self.certificate)
        return ListSigner(self.name, ISSUER, self.certificate, self.key, load_crl_profiles()["crl-lgpki"], named, ())


class Organisation:
    """The two generations at work in one folder: a register, a place of publication, and what a verifier has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.register = Register.make(folder)
        self.audit = AuditChain("signer-1", "signer", "test")
        self.ledger = Ledger(self.register.signer, self.audit)
        self.publication = Publication(folder / "public")
        self.clock = datetime.now(UTC) - timedelta(minutes=1)
        self.publisher = Publisher(self.register.signer, self.publication, self.audit, lambda: self.clock)
        self.verifier = Verifier(folder)
        self.generations = [self.ceremony(name) for name in LGPKI]
        both = [one.certificate.public_bytes(Encoding.PEM) for one in self.generations]
        (folder / "both.pem").write_bytes(b"".join(both))

    def ceremony(self, name: str) -> Generation:
        """Make a generation: all have one distinguished name."""
        key = ec.generate_private_key(ec.SECP384R1())
        terms = load_terms(terms_template("lgpki"), base_url="http://pki.example.jp", authority=name)
        profile = PROFILES["lgpki-org-ca"]
        certificate = self_signed_certificate(
            name, profile, terms, {}, key, serial=serial(), ledger=self.ledger, now=datetime.now(UTC)
        )
        return Generation(name, terms, key, certificate)

    def issue(self, generation: Generation, name: str) -> x509.Certificate:
        """Issue a server's certificate and write it to the verifier's folder."""
        plan = Plan(
            authority=generation.name,
            issuer=ISSUER,
            issuer_certificate=generation.certificate,
            key=generation.key,
            terms=generation.terms,
            profile=PROFILES["lgpki-server"],
            facts=parse_facts("staff", FACTS),
            subject_key=rsa.generate_private_key(65537, 2048).public_key(),
            holder=os.urandom(32),
            serial=serial(),
        )
        now = datetime.now(UTC)
        (outcome,) = issue([prepare_plan(plan, now)], self.ledger, now)
        assert isinstance(outcome, Issued)
        certificate = x509.load_der_x509_certificate(outcome.certificate)
        (self.folder / f"{name}.cer").write_bytes(certificate.public_bytes(Encoding.PEM))
        return certificate

    def partition(self, code: str) -> Partition:
        """The partition as the store knows it now."""
        with self.register.signer.snapshot() as tx:
            return next(one for one in partitions(tx, ISSUER, datetime.now(UTC)) if one.code == code)

    def due(self, generations: Sequence[Generation]) -> list[str]:
        """The partitions of which a list must be made."""
        return [one.code for one in self.publisher.due([each.list_signer() for each in generations])]

    def publish(self, code: str) -> None:
        """Publish a partition by both generations, one second after the last one."""
        self.clock += timedelta(seconds=1)
        self.publisher.publish([one.list_signer() for one in self.generations], self.partition(code))
        for one in self.generations:
            found = self.published(one.name, code)
            (self.folder / f"{one.name}.pem").write_bytes(found.public_bytes(Encoding.PEM))

    def published(self, authority: str, code: str) -> x509.CertificateRevocationList:
        """The list in force."""
        return x509.load_der_x509_crl(self.publication.get(published_name(authority, code)))


def names(point: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """The names in a certificate's CRLDP or a list's IDP, as one DER."""
    if isinstance(point, x509.Certificate):
        (only,) = point.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        full = only.full_name
    else:
        full = point.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.full_name
    return x509.SubjectAlternativeName(full or ()).public_bytes()


@pytest.fixture
def organisation(tmp_path: Path) -> Iterator[Organisation]:
    """Two generations of the Organisation CA, with no certificate but their own."""
    made = Organisation(tmp_path)
    yield made
    made.register.close()


def test_both_generations_issue_and_publish_side_by_side(organisation: Organisation) -> None:
    """RFC 5280 6.3.3: each generation's certificates are judged by its own list, which holds what either revoked."""
    first, second = organisation.generations
    good = [organisation.issue(one, f"good-{one.name}") for one in organisation.generations]
    bad = [organisation.issue(one, f"bad-{one.name}") for one in organisation.generations]
    for one in bad:
        organisation.register.revoke(ISSUER, one.serial_number, 4, datetime.now(UTC))
    organisation.publish("all")
    for generation, certificate in zip((first, second), good, strict=True):
        published = organisation.published(generation.name, "all")
        assert names(published) == names(certificate)
        assert generation.url.encode() in names(published)
        assert sorted(entry.serial_number for entry in published) == sorted(one.serial_number for one in bad)
        for lists in ([generation.name], LGPKI):
            assert f"good-{generation.name}.cer: OK" in organisation.verifier.verify(f"good-{generation.name}", *lists)
            assert "certificate revoked" in organisation.verifier.verify(f"bad-{generation.name}", *lists)


def test_new_generation_publishes_before_its_first_certificate(organisation: Organisation) -> None:
    """Decision 0004: every living generation signs every list, at first under the name the issuer's others have."""
    first, second = organisation.generations
    certificate = organisation.issue(first, "good")
    organisation.publish("all")
    assert names(organisation.published(second.name, "all")) == names(certificate)


def test_first_certificate_of_a_generation_makes_its_list_due(organisation: Organisation) -> None:
    """CRL-5: a list that names another distribution point than its generation's certificates is replaced at once."""
    first, second = organisation.generations
    organisation.issue(first, "old")
    for code in ("all", "ca"):
        organisation.publish(code)
    assert organisation.due([first, second]) == []
    certificate = organisation.issue(second, "new")
    assert organisation.due([first, second]) == ["all"]
    organisation.publish("all")
    assert names(organisation.published(second.name, "all")) == names(certificate)
    assert "new.cer: OK" in organisation.verifier.verify("new", second.name)
    assert organisation.due([first, second]) == []
