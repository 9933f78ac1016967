"""Activation of a token by a quorum: once after each start of the machine, and never by one person.

Custodians type their shares of the token's secret; the PIN that follows from it is tried once and then kept in memory
(`cli.memory`), where the token's program finds it when it starts, and when it starts again after a crash. After the
machine's restart the PIN is nowhere, and the custodians come again.
"""

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import click

from ca.ceremony.errors import SharesRefused
from ca.ceremony.shares import MOST_SHARES, combine, user_pin
from cli.config import Config
from cli.errors import CommandError
from cli.memory import check_folder, forget, keep, kept
from cli.output import say
from cli.pins import LONGEST_SHARE, activated_pin, first_line
from cli.wiring import token_config
from hsm.errors import PinRefused
from hsm.token import Token

__all__ = ["ActivationRefused", "CombinationRefused", "activate", "asked_shares", "deactivate", "read_shares", "secret"]

ACTIVATED: Final = ("signer", "ocsp", "audit", "ra")
"""The programs that start by themselves; a ceremony's tokens and people's cards are opened by people."""


class ActivationRefused(CommandError):
    """A token that is not to be activated, or is active already; nobody need type a share."""

    code = "cli.refused-activation"

    def __init__(self, token: str, why: str, advice: str) -> None:
        super().__init__(f"The token {token} is not activated: {why}.")
        self.token = token
        self.next = advice


class CombinationRefused(CommandError):
    """Shares that fit together and gave a PIN which this token has refused before; the token is not asked again."""

    code = "cli.pin-combination"

    def __init__(self, token: str) -> None:
        super().__init__(f"The token {token} has refused the PIN of these shares before, and it is not tried again.")
        self.token = token
        self.next = "Find the shares of this token: those that were given belong together, and to another secret."


def activate(config: Config, name: str, shares: Iterable[str]) -> None:
    """Open the token `name` once with the PIN of a quorum's shares, then keep the PIN in memory for its program.

    Whatever can be refused without a share is refused before the first one is taken. Raises ActivationRefused,
    NotInMemory, SharesRefused (the token was not asked), CombinationRefused, PinRefused, TokenMissing,
    TokenUnavailable, TokenAlreadyOpen.
    """
    place = activated_pin(config, name)
    program = config.tokens[name].program
    if program not in ACTIVATED:
        raise ActivationRefused(name, f"program {program} asks people for it", "Activate tokens of programs that run.")
    check_folder(place.parent)
    if place.exists():
        raise ActivationRefused(name, "it is active already", f"To end that: ninsho hsm deactivate {name}.")
    pin = user_pin(secret(shares))
    _try_once(config, name, pin, place.with_suffix(".refused"))
    keep(place, f"{pin}\n")


def deactivate(config: Config, name: str) -> bool:
    """Forget the PIN of the token `name`; whether it was active. Its program, once it runs, is not stopped."""
    place = activated_pin(config, name)
    forget(place.with_suffix(".refused"))
    return forget(place)


def secret(shares: Iterable[str]) -> bytes:
    """The secret of a quorum's shares; no more shares are taken than are needed.

    Raises SharesRefused: at once for a share given twice, otherwise when the shares are at their end.
    """
    given: list[str] = []
    refused = SharesRefused("none is given")
    for share in shares:
        words = " ".join(share.lower().split())
        if words in given:
            raise SharesRefused(f"share {len(given) + 1} is given a second time")
        given.append(words)
        try:
            return combine(given)
        except SharesRefused as error:  # too few of them, as long as more may come
            refused = error
    raise refused


def asked_shares(name: str) -> Iterator[str]:
    """Ask one custodian after another at the terminal, unseen, until nobody is left; raises SharesRefused without one.

    An empty line says that nobody is left.
    """
    if not os.isatty(0):
        raise SharesRefused("there is no terminal where custodians could type them")
    for number in range(1, MOST_SHARES + 1):
        question = f"Token {name}, share {number} (20 words, unseen; empty line to end)"
        share: str = click.prompt(question, default="", show_default=False, hide_input=True, err=True)
        if not share.strip():
            return
        say(f"share {number} taken")
        yield share


def read_shares(descriptors: Iterable[int]) -> Iterator[str]:
    """One share from the first line of each file descriptor."""
    return (first_line(descriptor, LONGEST_SHARE) for descriptor in descriptors)


def _try_once(config: Config, name: str, pin: str, refused: Path) -> None:
    """Log into the token and out again; a PIN it refuses is remembered by its digest and never sent again."""
    digest = sha256(pin.encode()).hexdigest()
    before = (kept(refused) or "").split()
    if digest in before:
        raise CombinationRefused(name)
    try:
        Token.open(token_config(config, name), pin).close()
    except PinRefused:
        keep(refused, "\n".join((*before, digest)))
        raise
