"""Officers on the command line: who signs, with which key, and which credential of the roster that key is.

A key comes from a file or from a token; what is left behind is the same signature. The roster decides whose it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ca.roster import Roster
from ca.statement import PrivateKey, PublicKey, key_octets
from ca.warrant_errors import PersonUnknown
from cli.config import Config
from cli.counter import Officer
from cli.errors import CommandError, NotFound
from cli.pins import asked_pin
from cli.wiring import open_token, private_key_file, token_config
from hsm.errors import TokenMissing
from hsm.provision import public_key_shown

_META = "ninsho.signature"
_ENCRYPTED = b"ENCRYPTED"

F = TypeVar("F", bound=Callable[..., Any])


class KeyNotEnrolled(CommandError):
    """The key given is none of the person's credentials in the newest roster."""

    code = "cli.refused-credential"

    def __init__(self, person: str) -> None:
        super().__init__(f"The key given is no credential of {person} in the newest roster.")
        self.person = person
        self.next = "Give that person's own key, or have the roster signed anew with this one."


class TokenNotPersonal(CommandError):
    """A token that a program or a ceremony opens is not one that people sign with."""

    code = "cli.refused-token"

    def __init__(self, token: str, program: str) -> None:
        super().__init__(f"Token {token} belongs to the program '{program}', and no person signs with it.")
        self.token = token
        self.next = "Give a token whose program is 'officer', which people open themselves."


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a person's key is: a PEM file, or a token of the configuration and the key's label in it."""

    file: Path | None
    token: str | None = None
    label: str | None = None
    pin_descriptor: int | None = None

    @contextmanager
    def opened(self, config: Config, ask: Callable[[str], str] = asked_pin) -> Iterator[PrivateKey]:
        """The key, as long as the block lasts; `ask` asks for the PIN of the token of that name.

        Raises `NotFound`, `FileRefused`, `TokenNotPersonal`, hsm's errors, and what `ask` raises.
        """
        if self.file is not None:
            yield private_key_file(self.file, password_for(self.file))
            return
        with open_token(config, self._personal(config), self.pin_descriptor, ask=ask) as token:
            yield token.signing_key(str(self.label))

    def public_key(self, config: Config) -> PublicKey | None:
        """The public key where it is seen without a PIN or password; None where it is not, or the token is away.

        Raises what `opened` raises of a key file and of the configuration; TokenMissing when two tokens answer.
        """
        if self.file is not None:
            return None if _encrypted(self.file) else private_key_file(self.file).public_key()
        reached = token_config(config, self._personal(config))
        try:
            return public_key_shown(reached, str(self.label))
        except TokenMissing as missing:
            if missing.found:
                raise
            return None

    def _personal(self, config: Config) -> str:
        """The name of the token, which the configuration has for people."""
        name = str(self.token)
        section = config.tokens.get(name)
        if section is None:
            raise NotFound(f"Token {name}", f"The configuration has: {', '.join(sorted(config.tokens))}.")
        if section.program != "officer":
            raise TokenNotPersonal(name, section.program)
        return name


@dataclass(frozen=True, slots=True)
class Signature:
    """A person who signs in this run, and where the key is."""

    person: str
    source: KeySource

    @contextmanager
    def officer(self, config: Config, roster: Roster) -> Iterator[Officer]:
        """The person with the key and its credential; raises what `KeySource.opened` and `officer_of` raise."""
        with self.source.opened(config) as key:
            yield officer_of(roster, self.person, key)


def officer_of(roster: Roster, person: str, key: PrivateKey) -> Officer:
    """The person of `roster` whose credential `key` is; raises PersonUnknown, `KeyNotEnrolled`."""
    known = roster.person(person)
    if known is None:
        raise PersonUnknown(person)
    spki = key_octets(key.public_key())
    for credential in known.credentials:
        if credential.spki == spki:
            return Officer(person, credential.code, key)
    raise KeyNotEnrolled(person)


def password_for(file: Path) -> bytes | None:
    """The password of an encrypted key file, asked for on the terminal; None for a file that has none."""
    if not _encrypted(file):
        return None
    answer: str = click.prompt(f"Password of {file.name}", hide_input=True, err=True)
    return answer.encode()


def _encrypted(file: Path) -> bool:
    return file.is_file() and _ENCRYPTED in file.read_bytes()[:4096]


class PersonAndKey(click.ParamType[Signature]):
    """Another person who signs in the same run: PERSON=KEYFILE."""

    name = "PERSON=KEYFILE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Signature:
        """The person and the key file."""
        if isinstance(value, Signature):
            return value
        person, equals, file = str(value).partition("=")
        if not (person and equals and file):
            self.fail(f"{value!r} is not of the form PERSON=KEYFILE", param, ctx)
        return Signature(person, KeySource(Path(file)))


PERSON_AND_KEY = PersonAndKey()


def remember(context: click.Context, parameter: click.Parameter, value: object) -> object:
    """Keep what one of the options of `signed_by` said, for `signature_of`."""
    context.meta.setdefault(_META, {})[parameter.name] = value
    return value


_key_file = click.Path(path_type=Path)
_OPTIONS = (
    click.option(
        "--as", "person", required=True, metavar="PERSON", help="Who signs.", expose_value=False, callback=remember
    ),
    click.option(
        "--with-key", type=_key_file, metavar="FILE", help="That person's key.", expose_value=False, callback=remember
    ),
    click.option("--with-token", metavar="NAME", help="Or an officer's token …", expose_value=False, callback=remember),
    click.option(
        "--with-label", metavar="LABEL", help="… and the key's label in it.", expose_value=False, callback=remember
    ),
    click.option(
        "--pin-fd", type=int, metavar="FD", help="Where the token's PIN is.", expose_value=False, callback=remember
    ),
)


def signed_by(command: F) -> F:
    """Add the options that say who signs and with which key; `signature_of` gives what they said."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def signature_of(context: click.Context) -> Signature:
    """Who signs in this run; raises click's UsageError unless either a key file or a token's key is given."""
    said = context.meta[_META]
    source = KeySource(said["with_key"], said["with_token"], said["with_label"], said["pin_fd"])
    if (source.file is None) == (source.token is None) or (source.token is None) != (source.label is None):
        raise click.UsageError("give either --with-key FILE, or --with-token NAME and --with-label LABEL")
    return Signature(said["person"], source)
