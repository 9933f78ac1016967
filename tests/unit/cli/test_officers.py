"""Whose key it is, and how it is read: the roster decides, and a file's password is asked for."""

from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ca.warrant_errors import PersonUnknown
from cli.officers import PERSON_AND_KEY, KeyNotEnrolled, Signature, officer_of, password_for
from tests.fixtures.home import Home
from tests.fixtures.officers import make_office, software_key

PASSWORD = b"a password"


def test_a_key_is_the_credential_that_the_roster_says() -> None:
    """The code of the credential is looked up by the key's SubjectPublicKeyInfo."""
    officer = officer_of(make_office().roster, "examiner-minato", software_key("examiner-minato"))
    assert (officer.person, officer.credential) == ("examiner-minato", "key-examiner-minato")


def test_another_persons_key_is_refused() -> None:
    """A key signs for the person who has it in the roster, and for nobody else."""
    with pytest.raises(KeyNotEnrolled):
        officer_of(make_office().roster, "examiner-minato", software_key("approver-minato"))
    with pytest.raises(PersonUnknown):
        officer_of(make_office().roster, "nobody", software_key("examiner-minato"))


def test_an_encrypted_key_files_password_is_asked_for(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer goes nowhere but to the key; a plain file asks nothing."""
    key = load_pem_private_key(home.key("reception-1").read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)))
    asked: list[str] = []

    def answer(text: str, hide_input: bool, err: bool) -> str:
        assert (hide_input, err) == (True, True)
        asked.append(text)
        return PASSWORD.decode()

    monkeypatch.setattr(click, "prompt", answer)
    assert password_for(home.key("reception-1")) is None
    body = home.ninsho("cert", "issue", *home.case(), "--as", "reception-1", "--with-key", locked).body
    assert (body["state"], asked) == ("waiting", ["Password of locked.pem"])


def test_a_key_file_that_is_none_says_so_without_quoting_it(home: Home) -> None:
    """The file is refused, not the configuration, and nothing of the file is in the message."""
    file = home.write("pem", b"-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n")
    answer = home.ninsho("cert", "issue", *home.case(), "--as", "reception-1", "--with-key", file)
    assert (answer.status, answer.error["code"]) == (1, "cli.file")
    assert "secret" not in answer.err


def test_a_mistyped_password_is_about_the_key_file(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is sent to correct a configuration that is in order, nor told of options that a command lacks."""
    key = load_pem_private_key(home.key("reception-1").read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)))
    monkeypatch.setattr(click, "prompt", lambda text, hide_input, err: "another")
    said = home.ninsho("cert", "issue", *home.case(), "--as", "reception-1", "--with-key", locked).error
    assert (said["code"], str(locked) in said["message"]) == ("cli.file", True)
    assert "password" in said["next"]
    assert "config" not in said["message"] + said["next"]
    missing = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1")[:3], tmp_path / "none.pem").error
    assert (missing["code"], "--with-key" in missing["next"]) == ("cli.not-found", False)


@pytest.mark.parametrize("value", ["", "approver-1", "approver-1=", "=key.pem"])
def test_another_signer_is_person_and_key(value: str) -> None:
    """PERSON=KEYFILE, both given."""
    with pytest.raises(click.BadParameter):
        PERSON_AND_KEY.convert(value, None, None)


def test_a_key_files_name_may_hold_an_equals_sign() -> None:
    """Only the first one divides."""
    signature = PERSON_AND_KEY.convert("approver-1=a=b.pem", None, None)
    assert isinstance(signature, Signature)
    assert (signature.person, str(signature.source.file)) == ("approver-1", "a=b.pem")
