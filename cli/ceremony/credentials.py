"""The credentials that people confirm with in earnest: keys of their own tokens; key files in demo homes only."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import click

from ca.ceremony.errors import PeopleRefused
from ca.ceremony.script import Script
from ca.statement import PrivateKey, key_octets
from cli.ceremony.fido2_key import SecurityKey
from cli.ceremony.people import PersonalKeys
from cli.config import Config
from cli.errors import CommandError
from cli.officers import KeySource

__all__ = ["opened_credentials", "person_source"]


class CredentialRefused(CommandError):
    """What was given for a person cannot confirm a ceremony."""

    code = "cli.refused-credential"

    def __init__(self, person: str, why: str) -> None:
        super().__init__(f"The credential given for {person} cannot be used: {why}.")
        self.next = "Give PERSON=TOKEN:LABEL for a token that the person opens; the script says whose key it must be."


@contextmanager
def opened_credentials(config: Config, script: Script, given: Sequence[str]) -> Iterator[PersonalKeys]:
    """The keys of the people, open while the block lasts: each is the one that the script names.

    Raises CredentialRefused, PeopleRefused for somebody without one, and what opening a token raises.
    """
    with ExitStack() as stack:
        keys: dict[str, PrivateKey | SecurityKey] = {}
        for each in given:
            code, _, source = each.partition("=")
            if code not in {person.code for person in script.people} or not source or code in keys:
                raise CredentialRefused(code, "it is of the form PERSON=KEY, once for each person of the script")
            named = script.person(code).credential
            if named.id is not None:
                keys[code] = SecurityKey(bytes.fromhex(named.id), partial(_asked_pin, code))
                continue
            keys[code] = key = stack.enter_context(person_source(config, code, source).opened(config))
            if key_octets(key.public_key()) != named.spki:
                raise CredentialRefused(code, "it is another key than the script names")
        missing = tuple(person.code for person in script.people if person.code not in keys)
        if missing:
            raise PeopleRefused(missing, "no credential was given for them")
        yield keys


def _asked_pin(person: str) -> str:
    """The PIN of a person's FIDO2 key, from the terminal."""
    answer: str = click.prompt(f"PIN of the FIDO2 key of {person}", hide_input=True, err=True)
    return answer


def person_source(config: Config, code: str, source: str) -> KeySource:
    """Where a person's key is: TOKEN:LABEL of a token that people open, or a PEM file in a demo home."""
    token, colon, label = source.partition(":")
    if colon and token in config.tokens:
        return KeySource(None, token, label)
    if not config.demo:
        raise CredentialRefused(code, "a key file is for demo homes and rehearsals")
    return KeySource(Path(source))
