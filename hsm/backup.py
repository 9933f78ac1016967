"""A token's backup and its restoration, as the maker of the token allows (RFC 3647 section 6.2.4).

SoftHSM keeps a token as a folder of files whose secrets are encrypted under its PIN, so a copy of the folder is the
backup, and is worth as much as the PIN is secret. For every other token the maker's own tool makes and restores the
backup; here only the digest of its file is taken.
"""

import io
import os
import re
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from errno import EEXIST
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from hsm.config import TokenConfig
from hsm.errors import BackupRefused, OperationRefused, TokenMissing, TokenUnavailable
from hsm.module import started_alone
from hsm.provision import described, softhsm_configuration
from hsm.vendors import VENDORS

__all__ = ["LARGEST_BACKUP", "back_up", "restore"]

LARGEST_BACKUP: Final = 16 * 1024 * 1024
"""Octets of an archive: a token of a CA holds some dozens of objects of a few kilobytes."""

_FOLDER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # SoftHSM names a token's folder by a UUID
_FILE = re.compile(r"[0-9A-Za-z-]{1,64}(\.[a-z]{1,8})?")
_TOKEN_FILE = "token.object"  # noqa: S105 - the name of a file
_SERIAL_DIGITS = 16  # SoftHSM takes the last digits of the UUID as the serial number


def back_up(config: TokenConfig, target: Path, *, again: bool = False) -> bytes:
    """Back the token up into the file `target` and return the file's SHA-256. Needs no PIN.

    A token of vendor backup "directory" goes into one archive, the same octets for the same token, written through to
    the disk, while no program starts, writes or logs into the token. A file that is there is never written over: it is
    this backup already, or FileExistsError is raised; only `again`, for a caller who knows that an interrupted run of
    its own wrote it, it is replaced: a login in between changes the token's files. For one of vendor backup "vendor"
    `target` is the file that the maker's tool wrote, FileNotFoundError without one. Raises BackupRefused for a token
    over LARGEST_BACKUP, TokenMissing, ModuleMissing, EnvironmentConflict, TokenUnavailable.
    """
    if VENDORS[config.vendor].backup == "vendor":
        with target.open("rb") as stream:
            return file_digest(stream, "sha256").digest()
    found = described(config)
    folder = _folder_of(config, found.serial)
    with started_alone(config.lock, config.name):
        archive = _archive(folder)
    if len(archive) > LARGEST_BACKUP:
        raise BackupRefused(target, f"it would have more than {LARGEST_BACKUP} octets")
    if not again and (target.is_symlink() or target.exists()):
        if not _holds(target, archive):
            raise FileExistsError(EEXIST, "A backup is never written over", str(target))
        return sha256(archive).digest()
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)  # of a backup that was interrupted
    _write_new(partial, archive)
    partial.rename(target)
    _sync(target.parent)
    return sha256(archive).digest()


def restore(config: TokenConfig, source: Path, digest: bytes, folder: Path) -> TokenConfig:
    """Restore the backup `source` of the token `config` into the SoftHSM home `folder`, and how it is reached there.

    `digest` is the SHA-256 that `back_up` returned. `folder` holds a softhsm2.conf or is made new. The token appears
    there whole or not at all; its PIN and its serial number are those it had. Raises BackupRefused for another or a
    damaged file, for one of another token, and where that token is already; OperationRefused when only the maker's tool
    restores; TokenUnavailable.
    """
    if VENDORS[config.vendor].backup == "vendor":
        raise OperationRefused(config.name, "only the tool of the token's maker restores its backups")
    name, files = _contents(source, digest)
    serial = name.replace("-", "")[-_SERIAL_DIGITS:]
    if config.serial not in (None, serial):
        raise BackupRefused(source, "it is the backup of another token")
    configuration = folder / "softhsm2.conf"
    if not configuration.exists():
        softhsm_configuration(folder)
    restored = replace(
        config,
        serial=serial,
        lock=config.lock if _home_of(config) == configuration.resolve() else folder / "token.lock",
        environment={"SOFTHSM2_CONF": str(configuration)},
    )
    with started_alone(restored.lock, restored.name):
        _put(source, files, _tokens(configuration, restored.name) / name)
    return restored


def _holds(file: Path, content: bytes) -> bool:
    """Whether a plain file has this content and no other."""
    plain = file.is_file() and not file.is_symlink()
    return plain and file.stat().st_size == len(content) and file.read_bytes() == content


def _home_of(config: TokenConfig) -> Path:
    return Path(config.environment.get("SOFTHSM2_CONF", "/etc/softhsm/softhsm2.conf")).resolve()


def _tokens(configuration: Path, token: str) -> Path:
    """The folder of tokens that a SoftHSM configuration names."""
    for line in configuration.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("#")[0].partition("=")
        if key.strip() == "directories.tokendir":
            return Path(value.strip())
    raise TokenUnavailable(token, f"{configuration} names no directories.tokendir")


def _folder_of(config: TokenConfig, serial: str) -> Path:
    tokens = _tokens(_home_of(config), config.name)
    found = [each for each in tokens.iterdir() if each.name.replace("-", "")[-_SERIAL_DIGITS:] == serial]
    if len(found) != 1:
        raise TokenMissing(config.name, len(found))
    return found[0]


def _archive(folder: Path) -> bytes:
    """A tar (POSIX 1003.1 ustar) of the folder's files without times, owners or the order of the disk."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in sorted(folder.iterdir()):
            content = file.read_bytes()
            member = tarfile.TarInfo(f"{folder.name}/{file.name}")
            member.size = len(content)
            member.mode = 0o600
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _contents(source: Path, digest: bytes) -> tuple[str, Mapping[str, bytes]]:
    """The name of the token's folder and its files, out of an archive that is what it was when it was made."""
    if source.stat().st_size > LARGEST_BACKUP:
        raise BackupRefused(source, f"it has more than {LARGEST_BACKUP} octets")
    archive = source.read_bytes()
    if sha256(archive).digest() != digest:
        raise BackupRefused(source, "its SHA-256 is not the recorded one")
    folders: set[str] = set()
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            for member in tar:
                folder, _, name = member.name.partition("/")
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is None or not _FOLDER.fullmatch(folder) or not _FILE.fullmatch(name):
                    raise BackupRefused(source, "it holds something that is no part of a token")
                folders.add(folder)
                files[name] = stream.read()
    except tarfile.TarError:
        raise BackupRefused(source, "it is no archive") from None
    if len(folders) != 1 or _TOKEN_FILE not in files:
        raise BackupRefused(source, "it does not hold one whole token")
    return folders.pop(), files


def _put(source: Path, files: Mapping[str, bytes], target: Path) -> None:
    """Write the files beside the folder of tokens and move them in at once, so that SoftHSM never sees half a token."""
    if target.exists():
        raise BackupRefused(source, "that token is there already, and is never overwritten")
    partial = target.parent.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a restoration that was interrupted
    partial.mkdir(mode=0o700)
    for name, content in files.items():
        _write_new(partial / name, content)
    _sync(partial)
    partial.rename(target)
    _sync(target.parent)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
