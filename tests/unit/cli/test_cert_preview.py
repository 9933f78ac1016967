"""`cert preview`: what a certificate would contain, without a CA; what is left open comes from the profile's rule."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from policies.description import describe
from tests.fixtures.home import Home, in_process
from tests.fixtures.vectors import sample


def authority(home: Home) -> Path:
    """The published certificate of the authority that issues to residents."""
    return Path(home.config.publication_root()) / "ca" / "jpki-auth-g1.cer"


def test_a_residents_certificate_ends_by_the_profiles_rule(home: Home, tmp_path: Path) -> None:
    """Facts and issuer are enough: birthday, card and authority say when it ends (fact sheet c.2)."""
    issuer = authority(home)
    options = ("--profile", "jpki-auth", "--public-key", issuer, "--issuer", issuer, "--facts", home.facts())
    said = in_process("cert", "preview", *options, "--text")
    assert "2031-01-02 23:59:59 JST" in said.out
    body = in_process("--json", "cert", "preview", *options, "-o", tmp_path / "tbs.der").body
    assert (tmp_path / "tbs.der").read_bytes().hex() == body["tbs"]


def test_a_residents_certificate_needs_facts(home: Home) -> None:
    """Without them nobody knows when it would end; exit status 2."""
    issuer = authority(home)
    options = ("--profile", "jpki-auth", "--public-key", issuer, "--issuer", issuer)
    answer = in_process("--json", "cert", "preview", *options)
    assert (answer.status, answer.error["code"]) == (2, "cli.preview")


def test_an_unknown_profile_is_not_found(home: Home) -> None:
    """Exit status 3, and the profiles there are."""
    answer = in_process("--json", "cert", "preview", "--profile", "jpki", "--public-key", authority(home))
    assert (answer.status, answer.error["code"]) == (3, "cli.not-found-profile")
    assert "jpki-sign" in answer.error["next"]


def test_a_link_needs_the_two_certificates_only(tmp_path: Path) -> None:
    """RFC 4210 4.4: name, key and life come from what both generations show of themselves."""
    root = sample("lgpki-appca-g3-root.cer")
    files = [tmp_path / "new.cer", tmp_path / "old.cer"]
    for file in files:
        file.write_bytes(root.public_bytes(Encoding.DER))
    options = ("--profile", "lgpki-app-link", "--public-key", files[0], "--issuer", files[1])
    body = in_process("--json", "cert", "preview", *options).body
    lines = describe(bytes.fromhex(str(body["tbs"]))).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("not")] == [
        f"{root.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
        f"{root.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
    ]
    assert lines[3].removeprefix("issuer").strip() == lines[6].removeprefix("subject").strip()


def test_a_peer_that_shows_no_certificate_is_asked_for_it(golden_key: rsa.RSAPublicKey, tmp_path: Path) -> None:
    """A key alone has neither name nor life."""
    file = tmp_path / "key.pem"
    file.write_bytes(golden_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    answer = in_process("--json", "cert", "preview", "--profile", "lgpki-app-link", "--public-key", file)
    assert (answer.status, answer.error["code"]) == (1, "cli.file")
