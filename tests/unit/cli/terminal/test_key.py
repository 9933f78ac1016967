"""The terminal's enrolled key: in a PEM file, or in a token named by a URI (RFC 7512)."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ca.statement import key_octets
from cli.errors import NotFound
from cli.terminal.key import opened_key
from hsm.errors import PinRefused
from hsm.generation import KeyAlgorithm
from hsm.token import Token, TokenConfig
from tests.fixtures.officers import software_key
from tests.fixtures.tokens import MODULE, PIN


@pytest.fixture
def descriptor() -> Iterator[int]:
    """A file descriptor that gives the PIN."""
    reading, writing = os.pipe()
    os.write(writing, f"{PIN}\n".encode())
    os.close(writing)
    yield reading
    os.close(reading)


def test_a_key_in_a_file(tmp_path: Path) -> None:
    """As an officer's."""
    key = software_key("terminal")
    path = tmp_path / "terminal.key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with opened_key(str(path), None) as opened:
        assert key_octets(opened.public_key()) == key_octets(key.public_key())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(NotFound), opened_key(str(tmp_path / "absent.pem"), None):
        pass


@pytest.fixture
def uri(token_config: TokenConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A key in a token of the test's own, as its URI."""
    with Token.open(token_config, PIN) as token:
        token.generate("terminal 1", KeyAlgorithm.P_256)
    for name, value in token_config.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return f"pkcs11:token={token_config.label};object=terminal%201?module-path={MODULE}"


def test_a_key_in_a_token(uri: str, descriptor: int) -> None:
    """It signs there; the PIN comes from a file descriptor, never from an argument."""
    with opened_key(uri, descriptor) as opened:
        assert len(key_octets(opened.public_key())) == 91


def test_a_wrong_pin_is_tried_once(uri: str, tmp_path: Path) -> None:
    """Tokens lock themselves."""
    path = tmp_path / "pin"
    path.write_text("another-pin")
    with path.open() as file, pytest.raises(PinRefused), opened_key(uri, file.fileno()):
        pass


@pytest.mark.parametrize(
    "said",
    [
        "pkcs11:",
        "pkcs11:token=a;object=b",
        "pkcs11:token=a?module-path=/m.so",
        "pkcs11:token=a;object=b?module-path=/m.so&pin-value=1234",
        "pkcs11:token=a;token=b;object=c?module-path=/m.so",
    ],
)
def test_another_uri_is_refused(said: str) -> None:
    """A PIN in it above all."""
    with pytest.raises(click.UsageError, match="pkcs11:token="), opened_key(said, None):
        pass
