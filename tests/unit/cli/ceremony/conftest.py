"""An installation without PIN files: its token is opened by custodians who hold shares of its secret."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from ca.ceremony.script import TokenPlan
from ca.ceremony.shares import so_pin, split, user_pin
from cli.ceremony.tokens import CeremonyTokens, planned_tokens
from cli.config import Config, load_config
from cli.demo.home import PORTS, configuration
from tests.fixtures.home import Answer, in_earnest, in_process
from tests.fixtures.tokens import SoftHSM

NEEDED, TOTAL = 2, 3
NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Installation:
    """A configuration whose token "issuing" was made with both PINs of a secret in shares, 2 of 3."""

    config: Config
    secret: bytes
    shares: tuple[str, ...]
    memory: Path

    @property
    def pin(self) -> str:
        """The user PIN, which nobody in the room knows."""
        return user_pin(self.secret)

    def ninsho(self, *arguments: object) -> Answer:
        """Run the command on this installation in this process."""
        return in_process("--config", self.config.path, "--json", *arguments)

    def activate(self, *shares: str) -> Answer:
        """Run ``ninsho hsm activate issuing``, each share from a file descriptor of its own."""
        descriptors = [readable(share + "\n") for share in shares]
        try:
            return self.ninsho("hsm", "activate", "issuing", *(f"--share-fd={each}" for each in descriptors))
        finally:
            for each in descriptors:
                os.close(each)


def readable(text: str) -> int:
    """A file descriptor from which `text` is read."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on tmpfs; removing it is what a restart of the machine does."""
    folder = Path(tempfile.mkdtemp(prefix="ninsho-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def label() -> str:
    """A label that no other test gives a token."""
    return f"issuing-{next(NUMBERS)}"


@pytest.fixture
def config(softhsm: SoftHSM, label: str, memory: Path, tmp_path: Path) -> Config:
    """A configuration of a production installation whose token "issuing" is not made yet."""
    home = tmp_path / "home"
    home.mkdir()
    text = in_earnest(configuration("home", None, PORTS, os.urandom))
    text = "\n".join((text, "[activation]", f'folder = "{memory}"', ""))
    text = text.replace('"softhsm/softhsm2.conf"', f'"{softhsm.configuration}"')
    (home / "ninsho.toml").write_text(text.replace('label = "issuing"', f'label = "{label}"'), "utf-8")
    return load_config(home / "ninsho.toml")


@pytest.fixture
def tokens(config: Config, label: str, memory: Path) -> CeremonyTokens:
    """The tokens of a ceremony that makes "issuing"."""
    return planned_tokens(config, [TokenPlan(name="issuing", label=label, new=True)], memory)


@pytest.fixture
def installation(config: Config, tokens: CeremonyTokens, memory: Path) -> Installation:
    """The installation after its token was made; nothing knows a PIN but the shares."""
    secret = os.urandom(16)
    tokens.initialise("issuing", so_pin(secret), user_pin(secret))
    return Installation(config, secret, split(secret, NEEDED, TOTAL, os.urandom), memory)


@pytest.fixture
def stranger(installation: Installation) -> Installation:
    """The same installation with well-made shares of another secret."""
    secret = os.urandom(16)
    return replace(installation, secret=secret, shares=split(secret, NEEDED, TOTAL, os.urandom))
