"""A renewal of an authority's key, seen by those who verify: which path they find over links (RFC 4210 section 4.4).

Both generations sign from tokens. OpenSSL, GnuTLS and pyhanko-certvalidator get the old root, the new root or both.
"""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.authority import Authority
from ca.refusals import PathInvalid
from ca.validation import validate_path
from crl.drafts import published_name
from crl.issuance import Publisher
from crl.signer import ListSigner
from hsm.generation import KeyAlgorithm
from hsm.token import Token
from policies.lists import list_name
from policies.profile import load_crl_profiles
from store.partitions import partitions
from store.publication import Publication
from tests.fixtures.renewal import OLD_AGE, PROFILES, Renewal, serial
from tests.fixtures.signing import resident_facts
from tests.fixtures.tokens import PIN, SoftHSM

FACTS = {"body": "13103", "dns_names": ["www.city.minato.example.jp"]}
OLD, NEW, NEW_WITH_OLD, OLD_WITH_NEW = "old", "new", "new-with-old", "old-with-new"
LINKS = (NEW_WITH_OLD, OLD_WITH_NEW)

PATHS = {
    "old leaf, both roots": ("old-leaf", (OLD, NEW), (OLD,)),
    "new leaf, both roots": ("new-leaf", (OLD, NEW), (NEW,)),
    "new leaf, old root": ("new-leaf", (OLD,), (OLD, NEW_WITH_OLD)),
    "old leaf, new root": ("old-leaf", (NEW,), (NEW, OLD_WITH_NEW)),
    "old leaf, old root": ("old-leaf", (OLD,), (OLD,)),
    "new leaf, new root": ("new-leaf", (NEW,), (NEW,)),
}
"""A leaf, the roots that are trusted, and the authorities on the right path from the root down to the leaf."""
OVER_A_LINK = ("new leaf, old root", "old leaf, new root")


@dataclass(frozen=True)
class Files:
    """Certificates in PEM, <name>.pem in a folder, as verifiers get them."""

    folder: Path

    def put(self, name: str, *certificates: x509.Certificate) -> None:
        """Write one or several into a file."""
        text = b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
        (self.folder / f"{name}.pem").write_bytes(text)

    def get(self, name: str) -> x509.Certificate:
        """The certificate of that name."""
        return x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes())

    def bundle(self, *names: str) -> Path:
        """Several of them in one file, which may be empty."""
        file = self.folder / f"bundle-{'-'.join(names)}.pem"
        file.write_bytes(b"".join((self.folder / f"{name}.pem").read_bytes() for name in names))
        return file

    def openssl(self, leaf: str, roots: tuple[str, ...], links: tuple[str, ...], *options: str) -> tuple[bool, int]:
        """Whether `openssl verify` accepts the leaf, and how many certificates its chain has."""
        command = ["openssl", "verify", "-x509_strict", "-show_chain", *options]
        command += ["-trusted", str(self.bundle(*roots)), *(["-untrusted", str(self.bundle(*links))] if links else [])]
        done = run([*command, f"{self.folder / leaf}.pem"])
        return done.returncode == 0, done.stdout.count("depth=")

    def gnutls(self, leaf: str, roots: tuple[str, ...], links: tuple[str, ...]) -> bool:
        """Whether `certtool --verify` accepts the leaf, sent with these links."""
        done = run(
            [
                "certtool",
                "--verify",
                "--load-ca-certificate",
                self.bundle(*roots),
                "--infile",
                self.bundle(leaf, *links),
            ]
        )
        return done.returncode == 0 and "Chain verification output: Verified." in done.stdout

    def gnutls_chain(self, *names: str) -> bool:
        """Whether `certtool --verify-chain` accepts these, leaf first and root last."""
        done = run(["certtool", "--verify-chain", "--infile", self.bundle(*names)])
        return done.returncode == 0 and "Chain verification output: Verified." in done.stdout

    def pyhanko(
        self, leaf: str, roots: tuple[str, ...], links: tuple[str, ...], now: datetime
    ) -> tuple[x509.Certificate, ...]:
        """The path that our own validation finds."""
        anchors, others = [self.get(name) for name in roots], [self.get(name) for name in links]
        return validate_path(self.get(leaf), anchors, now, intermediates=others)


def run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """One program, with what it says."""
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def token_keys(softhsm: SoftHSM) -> Iterator[Callable[[str], rsa.RSAPrivateKey]]:
    """Makes keys in two tokens: each generation has its own."""
    opened = {name: Token.open(softhsm.make(f"renewal-{name}"), PIN) for name in (OLD, NEW)}

    def make(name: str) -> rsa.RSAPrivateKey:
        key = opened[name.split("-")[0]].generate(name, KeyAlgorithm.RSA_2048)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    yield make
    for token in opened.values():
        token.close()


def holder_key() -> rsa.RSAPublicKey:
    """The key of a leaf."""
    return rsa.generate_private_key(65537, 2048).public_key()


def leaves(renewal: Renewal) -> tuple[tuple[str, Authority, datetime], ...]:
    """When which generation issued its leaf."""
    return (OLD, renewal.old, renewal.now - OLD_AGE / 4), (NEW, renewal.new, renewal.now - timedelta(days=1))


def publish(renewal: Renewal, made: Files) -> None:
    """Both generations publish every list; they lie together in lists.pem."""
    signers = [
        ListSigner(
            one.name,
            one.issuer,
            one.certificate,
            one.key,
            load_crl_profiles()["crl-lgpki"],
            partial(list_name, [PROFILES[name] for name in one.profiles], one.terms, one.certificate),
            (),
        )
        for one in (renewal.old, renewal.new)
    ]
    publication = Publication(made.folder / "public")
    publisher = Publisher(renewal.register.signer, publication, renewal.ledger.audit, lambda: renewal.now)
    with renewal.register.signer.snapshot() as tx:
        found = partitions(tx, "lgpki-org", renewal.now)
    text = b""
    for partition in found:
        publisher.publish(signers, partition)
        for signer in signers:
            crl = x509.load_der_x509_crl(publication.get(published_name(signer.authority, partition.code)))
            text += crl.public_bytes(Encoding.PEM)
    (made.folder / "lists.pem").write_bytes(text)


@pytest.fixture(scope="module")
def files(token_keys: Callable[[str], rsa.RSAPrivateKey], tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Both generations of the Organisation CA, both links, and a server's certificate of each generation."""
    made = Files(tmp_path_factory.mktemp("renewal"))
    now = datetime.now(UTC).replace(microsecond=0)
    renewal = Renewal.make(made.folder, "lgpki-org", token_keys("old-org"), token_keys("new-org"), now)
    made.put(OLD, renewal.old.certificate)
    made.put(NEW, renewal.new.certificate)
    made.put(NEW_WITH_OLD, renewal.link(renewal.new, renewal.old))
    made.put(OLD_WITH_NEW, renewal.link(renewal.old, renewal.new))
    for name, authority, at in leaves(renewal):
        made.put(f"{name}-leaf", renewal.leaf(authority, "lgpki-server", FACTS, holder_key(), at))
    gone = renewal.leaf(renewal.new, "lgpki-server", FACTS, holder_key(), now - timedelta(days=1))
    made.put("new-leaf-revoked", gone)
    renewal.register.revoke("lgpki-org", gone.serial_number, 4, now - timedelta(hours=1))
    publish(renewal, made)
    renewal.close()
    return made


@pytest.mark.parametrize("links", [LINKS, LINKS[::-1]], ids=["one order", "the other order"])
@pytest.mark.parametrize("case", PATHS)
def test_every_verifier_finds_the_path(files: Files, case: str, links: tuple[str, ...]) -> None:
    """RFC 4210 4.4.2: whoever trusts one generation verifies what the other issued; both links lie at hand."""
    leaf, roots, path = PATHS[case]
    assert files.openssl(leaf, roots, links) == (True, len(path) + 1)
    assert files.pyhanko(leaf, roots, links, datetime.now(UTC)) == (*map(files.get, path), files.get(leaf))


@pytest.mark.parametrize("case", PATHS)
def test_gnutls_accepts_the_path(files: Files, case: str) -> None:
    """RFC 4210 4.4.2: GnuTLS takes a chain as it is sent, so the leaf comes with the link it needs."""
    leaf, roots, path = PATHS[case]
    assert files.gnutls(leaf, roots, path[:0:-1])
    assert files.gnutls_chain(leaf, *path[::-1])


@pytest.mark.parametrize("case", OVER_A_LINK)
def test_without_the_link_there_is_no_path(files: Files, case: str) -> None:
    """Design section 7: the generations share a name and not a key; nobody takes one root for the other."""
    leaf, roots, path = PATHS[case]
    other = tuple(link for link in LINKS if link not in path)
    assert not files.openssl(leaf, roots, other)[0]
    assert not files.gnutls(leaf, roots, other)
    with pytest.raises(PathInvalid):
        files.pyhanko(leaf, roots, other, datetime.now(UTC))


@pytest.mark.parametrize("case", PATHS)
def test_policies_survive_a_link(files: Files, case: str) -> None:
    """RFC 5280 6.1.3 (d): over a link that asserts anyPolicy a leaf's policy is valid for those who demand it."""
    leaf, roots, _ = PATHS[case]
    policy = files.get(leaf).extensions.get_extension_for_class(x509.CertificatePolicies).value[0].policy_identifier
    demanded = ("-explicit_policy", "-policy")
    assert files.openssl(leaf, roots, LINKS, *demanded, policy.dotted_string)[0]
    assert not files.openssl(leaf, roots, LINKS, *demanded, f"{policy.dotted_string}.1")[0]


@pytest.mark.parametrize("case", PATHS)
def test_lists_are_found_over_a_link(files: Files, case: str) -> None:
    """RFC 5280 6.3.3: link and leaf stand on lists of the generation that signed them, under the one name of both."""
    leaf, roots, path = PATHS[case]
    checked = ("-crl_check_all", "-extended_crl", "-CRLfile", str(files.folder / "lists.pem"))
    assert files.openssl(leaf, roots, LINKS, *checked) == (True, len(path) + 1)


def test_a_revoked_leaf_is_refused_over_a_link(files: Files) -> None:
    """RFC 5280 6.3.3: who trusts the old root only learns what the new generation revoked."""
    checked = ("-crl_check_all", "-extended_crl", "-CRLfile", str(files.folder / "lists.pem"))
    assert files.openssl("new-leaf-revoked", (OLD,), LINKS)[0]
    assert not files.openssl("new-leaf-revoked", (OLD,), LINKS, *checked)[0]


def forced_link(other: Authority, under: Authority) -> x509.Certificate:
    """A link as `ca.links` would make it, made past it: for the authorities to which it refuses one."""
    own, above = other.certificate, under.certificate
    ends = min(own.not_valid_after_utc, above.not_valid_after_utc)
    builder = x509.CertificateBuilder(
        above.subject, own.subject, own.public_key(), serial(), own.not_valid_before_utc, ends
    )
    for kind in (x509.SubjectKeyIdentifier, x509.KeyUsage, x509.BasicConstraints):
        extension = own.extensions.get_extension_for_class(kind)
        builder = builder.add_extension(extension.value, extension.critical)
    identifier = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False
    ).sign(under.key, hashes.SHA256())


def by_key_alone(leaf: x509.Certificate, authority: Authority) -> x509.Certificate:
    """The leaf once more, but for its authorityKeyIdentifier, which has no issuer and serial number."""
    builder = x509.CertificateBuilder(
        leaf.issuer,
        leaf.subject,
        leaf.public_key(),
        serial(),
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
    )
    for extension in leaf.extensions:
        value = extension.value
        if isinstance(value, x509.AuthorityKeyIdentifier):
            value = x509.AuthorityKeyIdentifier(value.key_identifier, None, None)
        builder = builder.add_extension(value, extension.critical)
    return builder.sign(authority.key, hashes.SHA256())


@pytest.fixture(scope="module")
def residents(token_keys: Callable[[str], rsa.RSAPrivateKey], tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The same for a CA of residents, whose leaves name issuer and serial number, with links made past `ca.links`."""
    made = Files(tmp_path_factory.mktemp("residents"))
    now = datetime.now(UTC).replace(microsecond=0)
    renewal = Renewal.make(made.folder, "jpki-auth", token_keys("old-auth"), token_keys("new-auth"), now)
    made.put(OLD, renewal.old.certificate)
    made.put(NEW, renewal.new.certificate)
    made.put(NEW_WITH_OLD, forced_link(renewal.new, renewal.old))
    made.put(OLD_WITH_NEW, forced_link(renewal.old, renewal.new))
    for name, authority, at in leaves(renewal):
        leaf = renewal.leaf(
            authority, "jpki-auth", resident_facts(name) | {"pseudonym": "A1B2C3D4E5F6G7"}, holder_key(), at
        )
        made.put(f"{name}-leaf", leaf)
        made.put(f"{name}-leaf-by-key", by_key_alone(leaf, authority))
    renewal.close()
    return made


@pytest.mark.parametrize("case", OVER_A_LINK)
def test_with_jpki_s_key_identifier_a_link_leads_nowhere(residents: Files, case: str) -> None:
    """RFC 5280 4.2.1.1: the leaf names the serial number of the self-signed certificate, which no link has.

    OpenSSL and pyhanko-certvalidator compare it; GnuTLS and Java do not (docs/decisions/0016). The same leaf without
    issuer and serial number is verified over the same link: these two alone stand in the way.
    """
    leaf, roots, path = PATHS[case]
    now, by_key = datetime.now(UTC), f"{leaf}-by-key"
    assert not residents.openssl(leaf, roots, LINKS)[0]
    assert residents.openssl(by_key, roots, LINKS) == (True, len(path) + 1)
    with pytest.raises(PathInvalid, match="no chain of issuers"):
        residents.pyhanko(leaf, roots, LINKS, now)
    assert residents.pyhanko(by_key, roots, LINKS, now) == (*map(residents.get, path), residents.get(by_key))


@pytest.mark.parametrize("case", [case for case in PATHS if case not in OVER_A_LINK])
def test_jpki_s_leaves_are_verified_with_the_root_of_their_generation(residents: Files, case: str) -> None:
    """Fact sheet b.1: verifiers hold the self-signed certificates of all generations, which have one name."""
    leaf, roots, path = PATHS[case]
    assert residents.openssl(leaf, roots, ()) == (True, 2)
    assert residents.gnutls(leaf, roots, ())
    assert residents.pyhanko(leaf, roots, (), datetime.now(UTC)) == (*map(residents.get, path), residents.get(leaf))
