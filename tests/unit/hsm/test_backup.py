"""Backups of tokens and their restoration (RFC 3647 section 6.2.4)."""

import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from hsm import backup
from hsm.backup import back_up, restore
from hsm.errors import BackupRefused, OperationRefused, PinRefused, TokenMissing, TokenUnavailable
from hsm.generation import KeyAlgorithm
from hsm.keys import SigningKey
from hsm.token import Token, TokenConfig
from tests.fixtures.tokens import PIN, SoftHSM

MESSAGE = b"to be signed"
FOLDER = "d31cc79c-cd96-6cb4-d111-e0aaff9a4d8f"


@pytest.fixture
def public_key(token_config: TokenConfig) -> object:
    """The public half of a key "ca" made in the test's token, which is closed again."""
    with Token.open(token_config, PIN) as token:
        return token.generate("ca", KeyAlgorithm.P_256).public_key()


def signature(key: SigningKey) -> bytes:
    """A signature of MESSAGE by an EC key."""
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))


def archive(*members: tuple[str, bytes]) -> bytes:
    """A tar archive of those files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_a_restored_token_signs_with_the_same_key(
    token_config: TokenConfig, public_key: ec.EllipticCurvePublicKey, tmp_path: Path
) -> None:
    """The test restore of KEY ceremonies: another SoftHSM home, the same PIN, serial number and public key."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    restored = restore(token_config, tmp_path / "ca.backup", digest, tmp_path / "elsewhere")
    assert (restored.label, restored.serial) == (token_config.label, token_config.serial)
    with Token.open(restored, PIN) as token:
        key = token.signing_key("ca")
        assert key.public_key() == public_key
        public_key.verify(signature(key), MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_a_backup_does_not_open_without_the_pin(token_config: TokenConfig, public_key: object, tmp_path: Path) -> None:
    """The copy is as closed as the token: it is encrypted under the PIN by SoftHSM itself."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    restored = restore(token_config, tmp_path / "ca.backup", digest, tmp_path / "elsewhere")
    with pytest.raises(PinRefused):
        Token.open(restored, "another-pin")
    assert PIN.encode() not in (tmp_path / "ca.backup").read_bytes()


def test_two_backups_of_one_token_are_the_same_octets(token_config: TokenConfig, tmp_path: Path) -> None:
    """Nothing of time, owner or place goes into the archive, so its SHA-256 in a transcript can be checked again."""
    first = back_up(token_config, tmp_path / "first")
    second = back_up(replace(token_config, serial=None), tmp_path / "second")
    assert first == second == sha256((tmp_path / "first").read_bytes()).digest()


def test_a_backup_is_its_owners_alone_and_never_written_over(token_config: TokenConfig, tmp_path: Path) -> None:
    """Mode 0600; a file that is there stays, such as the backup that an earlier ceremony made under that name."""
    back_up(token_config, tmp_path / "ca.backup")
    assert (tmp_path / "ca.backup").stat().st_mode & 0o777 == 0o600
    (tmp_path / "older.backup").write_bytes(b"of another time")
    with pytest.raises(FileExistsError):
        back_up(token_config, tmp_path / "older.backup")
    assert (tmp_path / "older.backup").read_bytes() == b"of another time"


def test_a_backup_that_is_there_already_is_found_again(token_config: TokenConfig, tmp_path: Path) -> None:
    """A step that was interrupted after its backup was written is taken again, and nothing is removed for it."""
    first = back_up(token_config, tmp_path / "ca.backup")
    written = (tmp_path / "ca.backup").stat().st_ino
    assert back_up(token_config, tmp_path / "ca.backup") == first
    assert (tmp_path / "ca.backup").stat().st_ino == written


def test_only_an_interrupted_run_gives_way_to_the_next(token_config: TokenConfig, tmp_path: Path) -> None:
    """What the caller knows to be its own is replaced as a whole; the file of the maker's tool is never touched."""
    (tmp_path / "ca.backup").write_bytes(b"of the run before")
    digest = back_up(token_config, tmp_path / "ca.backup", again=True)
    assert sha256((tmp_path / "ca.backup").read_bytes()).digest() == digest
    (tmp_path / "hsm.blob").write_bytes(b"made by another tool")
    back_up(replace(token_config, vendor="generic"), tmp_path / "hsm.blob", again=True)
    assert (tmp_path / "hsm.blob").read_bytes() == b"made by another tool"


def test_an_interrupted_backup_is_made_anew(token_config: TokenConfig, tmp_path: Path) -> None:
    """What an interrupted run left behind is no backup and does not stand in the way."""
    (tmp_path / "ca.backup.partial").write_bytes(b"half")
    back_up(token_config, tmp_path / "ca.backup")
    assert [each.name for each in tmp_path.iterdir()] == ["ca.backup"]


def test_a_token_of_another_serial_number_is_not_backed_up(token_config: TokenConfig, tmp_path: Path) -> None:
    """Label and serial number must both agree; nothing is written."""
    with pytest.raises(TokenMissing):
        back_up(replace(token_config, serial="0" * 16), tmp_path / "ca.backup")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda octets: octets[:700] + bytes([octets[700] ^ 1]) + octets[701:], id="one bit"),
        pytest.param(lambda octets: octets[:-512], id="cut short"),
        pytest.param(lambda octets: octets + b"\0", id="longer"),
        pytest.param(lambda octets: b"", id="empty"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    token_config: TokenConfig, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Whatever is not the recorded file, to the bit, is no backup."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    (tmp_path / "damaged").write_bytes(damage((tmp_path / "ca.backup").read_bytes()))
    with pytest.raises(BackupRefused, match="its SHA-256 is not the recorded one"):
        restore(token_config, tmp_path / "damaged", digest, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no archive at all", "no archive"),
        (archive(), "one whole token"),
        (archive((f"{FOLDER}/generation", b"1")), "one whole token"),
        (archive((f"{FOLDER}/token.object", b"1"), (f"{FOLDER[::-1]}/x.object", b"1")), "no part of a token"),
        (archive((f"{FOLDER}/token.object", b"1"), (f"{'0' * 8}{FOLDER[8:]}/a.object", b"1")), "one whole token"),
        (archive((f"{FOLDER}/../../token.object", b"1")), "no part of a token"),
        (archive(("/etc/passwd", b"1")), "no part of a token"),
    ],
)
def test_only_the_files_of_one_token_are_restored(
    token_config: TokenConfig, tmp_path: Path, content: bytes, reason: str
) -> None:
    """A digest says that a file is the recorded one, not that it is a token: no other path is ever written."""
    (tmp_path / "made-up").write_bytes(content)
    with pytest.raises(BackupRefused, match=reason):
        restore(token_config, tmp_path / "made-up", sha256(content).digest(), tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_the_backup_of_another_token_is_refused(softhsm: SoftHSM, token_config: TokenConfig, tmp_path: Path) -> None:
    """The serial number tells two backups apart."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    with pytest.raises(BackupRefused, match="another token"):
        restore(replace(token_config, serial="0" * 16), tmp_path / "ca.backup", digest, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_token_that_is_there_is_not_restored_over(token_config: TokenConfig, tmp_path: Path) -> None:
    """A restoration never brings back a destroyed key into a token that lives."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    home = Path(token_config.environment["SOFTHSM2_CONF"]).parent
    with pytest.raises(BackupRefused, match="never overwritten"):
        restore(token_config, tmp_path / "ca.backup", digest, home)
    Token.open(token_config, PIN).close()


def test_a_lost_token_comes_back_into_its_home(
    softhsm: SoftHSM, token_config: TokenConfig, public_key: object, tmp_path: Path
) -> None:
    """After the loss of its folder the token is restored where it was, beside the other tokens of that home."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    softhsm.token_directory(token_config).rename(tmp_path / "lost")
    restored = restore(token_config, tmp_path / "ca.backup", digest, softhsm.directory)
    assert restored == token_config
    with Token.open(restored, PIN) as token:
        assert token.signing_key("ca").public_key() == public_key


def test_a_token_too_large_to_be_one_is_not_backed_up(
    token_config: TokenConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sizes are bounded on the way out, so that what was written can be read, and on the way in before reading."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    monkeypatch.setattr(backup, "LARGEST_BACKUP", 100)
    with pytest.raises(BackupRefused, match="more than 100 octets"):
        back_up(token_config, tmp_path / "again")
    with pytest.raises(BackupRefused, match="more than 100 octets"):
        restore(token_config, tmp_path / "ca.backup", digest, tmp_path / "elsewhere")


def test_a_configuration_without_tokens_is_named(token_config: TokenConfig, tmp_path: Path) -> None:
    """A softhsm2.conf that does not say where tokens lie is an error of that file, not a crash."""
    digest = back_up(token_config, tmp_path / "ca.backup")
    (tmp_path / "softhsm2.conf").write_text("log.level = ERROR\n")
    with pytest.raises(TokenUnavailable, match=r"names no directories\.tokendir"):
        restore(token_config, tmp_path / "ca.backup", digest, tmp_path)


def test_the_makers_own_backup_is_recorded_by_its_digest(token_config: TokenConfig, tmp_path: Path) -> None:
    """Vendor backup "vendor": the HSM's tool made the file; what stays here is its SHA-256, and no restoration."""
    config = replace(token_config, vendor="generic")
    (tmp_path / "hsm.blob").write_bytes(b"made by another tool")
    assert back_up(config, tmp_path / "hsm.blob") == sha256(b"made by another tool").digest()
    with pytest.raises(FileNotFoundError):
        back_up(config, tmp_path / "absent.blob")
    with pytest.raises(OperationRefused, match="only the tool of the token's maker"):
        restore(config, tmp_path / "hsm.blob", sha256(b"made by another tool").digest(), tmp_path / "elsewhere")
