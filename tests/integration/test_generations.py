"""Two generations of one CA share a name: what OpenSSL makes of their lists (RFC 5280 section 6.3.3)."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from crl.drafts import ListSigner, published_name
from crl.issuance import Publisher
from policies.profile import load_crl_profiles
from store.audit import AuditChain
from store.partitions import partitions
from store.publication import Publication
from tests.fixtures.register import Register
from tests.unit.crl.samples import POINT, name_bytes
from tests.unit.ocsp.samples import SampleAuthority, issue, make_authority

G1, G2 = "jpki-sign-g1", "jpki-sign-g2"
REVOKED, GOOD = 0x1001, 0x1002


def leaf(authority: SampleAuthority, serial: int, now: datetime) -> x509.Certificate:
    """A certificate that names the partition's distribution point and its issuer's key."""
    point = x509.DistributionPoint([x509.DirectoryName(POINT)], None, None, None)
    key = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key)
    holder = rsa.generate_private_key(65537, 2048)
    extensions = (x509.CRLDistributionPoints([point]), identifier)
    return issue("holder", holder, *extensions, issuer=authority, serial=serial, now=now)


@dataclass(frozen=True)
class Verifier:
    """A folder with both CA certificates, two leaves of the first generation, and both generations' lists, as PEM."""

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
    for serial in (REVOKED, GOOD):
        register.issue(G1, "jpki-sign", serial, now)
        (folder / f"{serial:x}.cer").write_bytes(leaf(generations[0], serial, now).public_bytes(Encoding.PEM))
    register.revoke("jpki-sign", REVOKED, 1, now)
    profile = load_crl_profiles()["crl-jpki"]
    signers = [ListSigner(one.name, one.issuer, one.certificate, one.key, profile) for one in generations]
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
