"""`cert lint` and `cert verify`: findings and broken paths end in exit status 5."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.fixtures.home import Home, in_process


@pytest.fixture(scope="module")
def leaf(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a certificate of the installation."""
    target = tmp_path_factory.mktemp("leaf") / "leaf.pem"
    home.ninsho("cert", "export", home.issued()["serial"], "-o", target)
    return target


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A self-signed certificate of nobody known, which may sign certificates and does not say that it is a CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    wrong = builder.add_extension(x509.KeyUsage(*[False] * 5, True, *[False] * 3), critical=False)
    path = tmp_path / "stranger.pem"
    path.write_bytes(wrong.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return path


def test_what_we_issue_keeps_its_profile(home: Home, leaf: Path) -> None:
    """No finding of the profile's clauses, and none of RFC 5280 above a notice."""
    findings = home.ninsho("cert", "lint", leaf, "--profile", "jpki-auth").body["findings"]
    assert {each["severity"] for each in findings} <= {"notice"}


def test_another_profile_is_not_kept(home: Home, leaf: Path) -> None:
    """The clauses of another profile are broken, each told by its code; exit status 5."""
    answer = home.ninsho("cert", "lint", leaf, "--profile", "jpki-auth-phone")
    body: dict[str, Any] = json.loads(answer.out)
    assert answer.status == 5
    assert any(each["code"].startswith("profile.") for each in body["findings"])


def test_lint_needs_no_installation(stranger: Path, tmp_path: Path) -> None:
    """RFC 5280 alone is asked of any file, without a configuration."""
    answer = in_process("--config", tmp_path / "none.toml", "--json", "cert", "lint", stranger)
    codes = [each["code"] for each in json.loads(answer.out)["findings"]]
    assert (answer.status, any(code.startswith("pkix.") for code in codes)) == (5, True)


def test_a_path_leads_to_a_published_root(home: Home, leaf: Path) -> None:
    """The answer names the authorities of the path, the root first."""
    body = home.ninsho("cert", "verify", leaf).body
    assert body["revocation_checked"] is False
    assert "O=JPKI-TEST" in body["authorities"][0]


def test_a_stranger_has_no_path(home: Home, stranger: Path) -> None:
    """Exit status 5 with the validator's reason in words that name nobody."""
    answer = home.ninsho("cert", "verify", stranger)
    assert (answer.status, answer.error["code"]) == (5, "ca.path-invalid")
    assert "stranger" not in answer.error["message"]


def test_a_file_that_is_no_certificate(home: Home) -> None:
    """A file of anything else is refused by name."""
    for command in ("lint", "verify"):
        answer = home.ninsho("cert", command, home.facts())
        assert (answer.status, answer.error["code"]) == (1, "cli.file")


@pytest.fixture(scope="module")
def current_list(home: Home, leaf: Path) -> Path:
    """The published list of the leaf's municipality."""
    with home.signing():
        home.ninsho("crl", "publish", "--issuer", "jpki-auth")
    return Path(home.config.publication_root()) / "crl" / "jpki-auth-g1" / "13103.crl"


def test_a_list_that_covers_the_certificate_clears_it(home: Home, leaf: Path, current_list: Path) -> None:
    """With its municipality's list the answer says that revocation was looked at (RFC 5280 section 6.3)."""
    body = home.ninsho("cert", "verify", leaf, "--crl", current_list).body
    assert body["revocation_checked"] is True


def test_a_list_of_another_place_clears_nothing(home: Home, leaf: Path, current_list: Path) -> None:
    """A partition covers the certificates that name it, no others (RFC 5280 section 5.2.5)."""
    other = current_list.with_name("ca.crl")
    answer = home.ninsho("cert", "verify", leaf, "--crl", other)
    assert (answer.status, answer.error["code"]) == (5, "ca.path-invalid")


def test_a_revoked_certificate_has_no_path(home: Home, tmp_path: Path) -> None:
    """A list published after the revocation ends the path."""
    issued = home.issued()
    home.ninsho("cert", "export", issued["serial"], "-o", tmp_path / "revoked.pem")
    with home.signing():
        revoke = ("revoke", "cert", issued["issuer"], issued["serial"], "--event", "death", "--yes")
        home.ninsho(*revoke, *home.signs("register-1"))
        home.ninsho("crl", "publish", "--issuer", "jpki-auth")
    newest = Path(home.config.publication_root()) / "crl" / "jpki-auth-g1" / "13103.crl"
    answer = home.ninsho("cert", "verify", tmp_path / "revoked.pem", "--crl", newest)
    assert (answer.status, answer.error["code"]) == (5, "ca.path-invalid")
    assert "revoked" in answer.error["message"]
