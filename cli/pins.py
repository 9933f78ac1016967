"""Where a token's PIN comes from: a file descriptor, a credential of the service supervisor, a demo's file, a prompt.

Never an argument and never an environment variable: both are readable by other programs of the same user.
"""

import os
from pathlib import Path

import click

from cli.config import Config, TokenSection
from cli.errors import CommandError

LONGEST_PIN = 256


class PinUnavailable(CommandError):
    """No PIN can be had for a token: nothing was tried on the token, so no attempt is used up."""

    code = "cli.pin"

    def __init__(self, token: str, why: str) -> None:
        super().__init__(f"There is no PIN for token {token}: {why}.")
        self.next = "Give --pin-fd, run on a terminal, or pass a systemd credential named '<token>.pin'."


def pin_of(config: Config, name: str, descriptor: int | None = None) -> str:
    """The user PIN of token `name` of `config`; raises `PinUnavailable`. The caller forgets it after use."""
    section = config.tokens[name]
    if descriptor is not None:
        with os.fdopen(descriptor, "r", encoding="utf-8", closefd=False) as stream:
            return checked(name, stream.readline(LONGEST_PIN + 2))
    source = credential(name) or demo_file(config, section)
    if source is not None:
        if not source.is_file():
            raise PinUnavailable(name, f"{source} is not there")
        return checked(name, source.read_text(encoding="utf-8"))
    if not os.isatty(0):
        raise PinUnavailable(name, "no terminal to ask on")
    return checked(name, click.prompt(f"User PIN of token {name}", hide_input=True, err=True))


def credential(name: str) -> Path | None:
    """The supervisor's credential for token `name` (systemd's LoadCredential), if one was passed."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / f"{name}.pin" if folder else None
    return path if path is not None and path.is_file() else None


def demo_file(config: Config, section: TokenSection) -> Path | None:
    """The demo home's PIN file; `cli.config` refuses one anywhere else."""
    return config.at(section.pin_file) if section.pin_file is not None else None


def checked(name: str, text: str) -> str:
    """`text` without its line end, refused when empty or too long to be a PIN."""
    pin = text.rstrip("\r\n")
    if not 4 <= len(pin) <= LONGEST_PIN:
        raise PinUnavailable(name, "what was given is empty or no PIN")
    return pin
