"""The credentials that people confirm with in earnest: keys of their own tokens; key files in demo homes only.

A key is open for one confirmation or signature. Its person types the PIN then, and nothing keeps it.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from ca.ceremony.errors import PeopleRefused
from ca.ceremony.script import Person, Script
from ca.statement import PrivateKey, PublicKey, key_octets
from cli.ceremony.fido2_key import SecurityKey
from cli.ceremony.screen import Screen
from cli.config import Config
from cli.errors import CommandError
from cli.officers import KeySource
from cli.pins import PinUnavailable
from hsm.errors import PinRefused, TokenMissing

__all__ = ["CredentialRefused", "GivenKeys", "person_source"]

PIN_TRIES: Final = 2
"""How often a PIN is asked for at once. Many cards lock themselves after three wrong ones."""


class CredentialRefused(CommandError):
    """What was given for a person cannot confirm a ceremony."""

    code = "cli.refused-credential"

    def __init__(self, person: str, why: str) -> None:
        super().__init__(f"The credential given for {person} cannot be used: {why}.")
        self.next = "Give PERSON=TOKEN:LABEL for a token that the person opens; the script says whose key it must be."


class GivenKeys:
    """The keys that were given on the command line, PERSON=KEY, one for each person of the script.

    Making it refuses what is seen without a PIN: raises CredentialRefused, PeopleRefused for somebody without a key,
    NotFound, FileRefused, TokenNotPersonal, and hsm's errors for a module that does not work.
    """

    def __init__(self, config: Config, script: Script, given: Sequence[str], screen: Screen) -> None:
        self._config = config
        self._screen = screen
        self._sources: dict[str, KeySource | SecurityKey] = {}
        for each in given:
            code, _, source = each.partition("=")
            if code not in {person.code for person in script.people} or not source or code in self._sources:
                raise CredentialRefused(code, "it is of the form PERSON=KEY, once for each person of the script")
            self._sources[code] = self._source(script.person(code), source)
        missing = tuple(person.code for person in script.people if person.code not in self._sources)
        if missing:
            raise PeopleRefused(missing, "no credential was given for them")

    @contextmanager
    def opened(self, person: Person) -> Iterator[PrivateKey | SecurityKey]:
        """The person's key, as long as the block lasts; a PIN that the token refuses is asked for once more.

        Raises CredentialRefused for another key than the script names, TimedOut, InputEnded, and what opening a token
        raises. A FIDO2 key asks for its PIN when it confirms.
        """
        source = self._sources[person.code]
        if isinstance(source, SecurityKey):
            yield source
            return
        with ExitStack() as stack:
            key = self._entered(stack, person, source)
            _refuse_other(person, key.public_key())
            yield key

    def _source(self, person: Person, source: str) -> KeySource | SecurityKey:
        if person.credential.id is not None:
            return SecurityKey(bytes.fromhex(person.credential.id), partial(self._pin, person, "the FIDO2 key"))
        found = person_source(self._config, person.code, source)
        tokens = [each.token for each in self._sources.values() if isinstance(each, KeySource) and each.token]
        if found.token in tokens:
            raise CredentialRefused(person.code, "somebody else's key is in the same token")
        shown = found.public_key(self._config)
        if shown is not None:
            _refuse_other(person, shown)
        return found

    def _entered(self, stack: ExitStack, person: Person, source: KeySource, tries: int = PIN_TRIES) -> PrivateKey:
        try:
            return stack.enter_context(source.opened(self._config, partial(self._token_pin, person)))
        except (PinRefused, PinUnavailable, TokenMissing) as refused:
            if tries == 1:
                raise
            self._screen.show(f"{refused} It is tried once more.", 2)
        return self._entered(stack, person, source, tries - 1)

    def _token_pin(self, person: Person, token: str) -> str:
        return self._pin(person, f"token {token}")

    def _pin(self, person: Person, holder: str) -> str:
        what = f"the PIN of {holder}"
        return self._screen.ask_hidden(f"{person.name} ({person.code}) types {what}", person.code, what)


def person_source(config: Config, code: str, source: str) -> KeySource:
    """Where a person's key is: TOKEN:LABEL of a token that people open, or a PEM file in a demo home."""
    token, colon, label = source.partition(":")
    if colon and token in config.tokens:
        return KeySource(None, token, label)
    if not config.demo:
        raise CredentialRefused(code, "a key file is for demo homes and rehearsals")
    return KeySource(Path(source))


def _refuse_other(person: Person, key: PublicKey) -> None:
    if key_octets(key) != person.credential.spki:
        raise CredentialRefused(person.code, "it is another key than the script names")
