"""The tokens of a ceremony: found by label and serial number, opened with the PIN that a quorum gives.

Nothing here keeps a PIN. What is made, copied and restored is what the token's maker allows (`hsm.vendors`).
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from ca.ceremony.script import TokenPlan
from ca.statement import PrivateKey
from cli.config import Config
from cli.errors import CommandError, ConfigRefused
from cli.memory import NotInMemory, check_folder
from cli.wiring import token_config
from hsm.backup import LARGEST_BACKUP, back_up, restore
from hsm.errors import BackupRefused
from hsm.generation import KeyAlgorithm
from hsm.objects import ObjectDescription
from hsm.provision import described, initialise, slots
from hsm.token import Token, TokenConfig

__all__ = ["CeremonyTokens", "FolderRefused", "OpenToken", "planned_tokens", "throw_away_folder"]

RESTORED: Final = "restored"
"""The folder of the throw-away token. Its name is always the same, so that the next sitting finds what was left."""


class FolderRefused(CommandError):
    """The folder of throw-away tokens is on a disk or open to others; nothing was written there."""

    code = "cli.refused-folder"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"The folder {path} cannot hold a throw-away token: {why}.")
        self.path = path
        self.next = "Find out who made it, remove it, and give the same command again."


@dataclass(frozen=True, slots=True)
class OpenToken:
    """An open token with the serial number it showed. `hsm.token.Token` says what each method raises."""

    token: Token
    serial: str

    def generate(self, label: str, algorithm: str) -> PrivateKey:
        """Make a key pair that never leaves, read its attributes back and try it; ValueError for no such algorithm."""
        return self.token.generate(label, KeyAlgorithm(algorithm))

    def signing_key(self, label: str) -> PrivateKey:
        """The key of this label."""
        return self.token.signing_key(label)

    def destroy(self, label: str) -> None:
        """Destroy both halves of a key and ask the token that they are gone."""
        self.token.destroy(label)

    def objects(self) -> Sequence[ObjectDescription]:
        """All objects the token shows."""
        return self.token.objects()

    def health(self, label: str) -> None:
        """Let the key sign something fresh and verify it."""
        self.token.health(label)


class CeremonyTokens:
    """The tokens of one ceremony by their names in the configuration.

    `configs` holds label and, but for a token that is made here, serial number. `memory` is a folder for the throw-away
    copies of tokens that a test restore makes; it should lie in memory.
    """

    def __init__(self, configs: Mapping[str, TokenConfig], memory: Path) -> None:
        self._configs = dict(configs)
        self._memory = memory
        self._digests: dict[Path, bytes] = {}

    def present(self, name: str) -> bool:
        """Whether a token of that label is there and has a user PIN, whatever its serial number."""
        config = self._configs[name]
        found = slots(config.module, config.environment)
        return any(each.label == config.label and each.user_pin_set for each in found)

    def initialise(self, name: str, so_pin: str, user_pin: str) -> str:
        """Make the token and return its serial number, by which alone it is opened from now on.

        Raises LabelInUse, TokenMissing when no slot is free, PinRefused, TokenUnavailable.
        """
        config = self._configs[name]
        serial = initialise(config, so_pin, user_pin).serial
        self._configs[name] = replace(config, serial=serial)
        return serial

    @contextmanager
    def open(self, name: str, pin: str) -> Iterator[OpenToken]:
        """The token, logged in with one attempt; closed when the block ends.

        Raises TokenMissing for no token of that label, for two, and for one of another serial number; PinRefused;
        TokenAlreadyOpen; TokenUnavailable.
        """
        with _opened(self._configs[name], pin) as token:
            yield token

    def back_up(self, name: str, target: Path, *, again: bool = False) -> bytes:
        """Copy the closed token, protected by its own PIN, into `target`; the SHA-256 of the file.

        Raises what `hsm.backup.back_up` raises.
        """
        self._digests[target] = back_up(self._configs[name], target, again=again)
        return self._digests[target]

    @contextmanager
    def restored(self, name: str, source: Path, pin: str) -> Iterator[OpenToken]:
        """A throw-away token made from the backup, open; it is gone when the block ends.

        So is one that a killed sitting has left in the same memory.

        A file that `back_up` made must be as it was made. No other token may be open meanwhile (EnvironmentConflict).
        Raises BackupRefused before anything is written, OperationRefused where only the maker's tool restores,
        PinRefused, TokenUnavailable.
        """
        if source.stat().st_size > LARGEST_BACKUP:
            raise BackupRefused(source, f"it has more than {LARGEST_BACKUP} octets")
        # made before an interruption, it is held against what the restored keys sign and against the transcript only
        digest = self._digests.get(source) or sha256(source.read_bytes()).digest()
        folder = self._memory / RESTORED
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        try:
            with _opened(restore(self._configs[name], source, digest, folder), pin) as token:
                yield token
        finally:
            shutil.rmtree(folder)


@contextmanager
def throw_away_folder(script: bytes) -> Iterator[Path]:
    """The folder in memory for the throw-away tokens of the script of this digest; gone when the block ends.

    Every sitting has the same one, where it finds what a killed sitting has left. Raises FolderRefused for one that
    others can write into.
    """
    folder = Path("/dev/shm") / f"ninsho-ceremony-{script.hex()[:32]}"  # noqa: S108 - checked to be this user's alone
    try:
        check_folder(folder)
    except NotInMemory as refused:
        raise FolderRefused(folder, refused.why) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def planned_tokens(config: Config, plans: Sequence[TokenPlan], memory: Path) -> CeremonyTokens:
    """The tokens that a script names, reached as the configuration says.

    Raises ConfigRefused where the configuration has no such token or calls it by another label or serial number.
    """
    return CeremonyTokens({plan.name: _reached(config, plan) for plan in plans}, memory)


def _reached(config: Config, plan: TokenPlan) -> TokenConfig:
    if plan.name not in config.tokens:
        raise ConfigRefused(config.path, f"the script names token {plan.name}, which is not there")
    known = token_config(config, plan.name)
    if known.label not in (None, plan.label):
        raise ConfigRefused(config.path, f"the script gives token {plan.name} another label")
    if known.serial not in (None, plan.serial):
        raise ConfigRefused(config.path, f"the script gives token {plan.name} another serial number")
    return replace(known, label=plan.label, serial=plan.serial)


@contextmanager
def _opened(config: TokenConfig, pin: str) -> Iterator[OpenToken]:
    # two tokens may carry one label: the one that is described is the one that gets the PIN
    serial = described(config).serial
    with Token.open(replace(config, serial=serial), pin) as token:
        yield OpenToken(token, serial)
