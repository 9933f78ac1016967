"""Where a token's PIN comes from: a file descriptor, the service supervisor, a quorum's activation, a demo, a prompt.

Never an argument and never an environment variable: both are readable by other programs of the same user.
"""

import os
from collections.abc import Callable
from pathlib import Path

import click

from cli.config import Config
from cli.errors import CommandError
from cli.memory import kept

LONGEST_PIN = 256
LONGEST_SHARE = 400


class PinUnavailable(CommandError):
    """No PIN can be had for a token: nothing was tried on the token, so no attempt is used up."""

    code = "cli.pin"

    def __init__(self, token: str, why: str) -> None:
        super().__init__(f"There is no PIN for token {token}: {why}.")
        self.next = f"Activate it with 'ninsho hsm activate {token}', give --pin-fd, or run on a terminal."


def asked_pin(name: str) -> str:
    """The user PIN of token `name` as typed at the terminal, unseen; raises `PinUnavailable` without one."""
    if not os.isatty(0):
        raise PinUnavailable(name, "no terminal to ask on")
    answer: str = click.prompt(f"User PIN of token {name}", hide_input=True, err=True)
    return answer


def pin_of(config: Config, name: str, descriptor: int | None = None, *, ask: Callable[[str], str] = asked_pin) -> str:
    """The user PIN of token `name` of `config`, from whoever `ask` asks where nothing else has it.

    The caller forgets it after use. Raises `PinUnavailable`, and what `ask` raises.
    """
    if descriptor is not None:
        return checked(name, first_line(descriptor, LONGEST_PIN))
    supplied = supervisors_pin(name) or kept(activated_pin(config, name)) or demo_pin(config, name)
    return checked(name, supplied if supplied is not None else ask(name))


def supervisors_pin(name: str) -> str | None:
    """What the supervisor's credential for token `name` holds (systemd's LoadCredential), if one was passed."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / f"{name}.pin" if folder else None
    return path.read_text(encoding="utf-8") if path is not None and path.is_file() else None


def activated_pin(config: Config, name: str) -> Path:
    """The file in memory where the activation of token `name` puts the PIN; systemd's LoadCredential may name it."""
    return config.activation.folder / f"{config.deployment}.{name}.pin"


def first_line(descriptor: int, longest: int) -> str:
    """The first line of a file descriptor, which stays open; no more of it than `longest` characters and a line end."""
    with os.fdopen(descriptor, "r", encoding="utf-8", closefd=False) as stream:
        return stream.readline(longest + 2)


def demo_pin(config: Config, name: str) -> str | None:
    """What the demo home's PIN file holds; `cli.config` refuses one anywhere else. Raises `PinUnavailable`."""
    file = config.tokens[name].pin_file
    if file is None:
        return None
    if not config.at(file).is_file():
        raise PinUnavailable(name, f"{config.at(file)} is not there")
    return config.at(file).read_text(encoding="utf-8")


def checked(name: str, text: str) -> str:
    """`text` without its line end, refused when empty or too long to be a PIN."""
    pin = text.rstrip("\r\n")
    if not 4 <= len(pin) <= LONGEST_PIN:
        raise PinUnavailable(name, "what was given is empty or no PIN")
    return pin
