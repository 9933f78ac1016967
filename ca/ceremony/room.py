"""The room of a ceremony: everything an act may touch, as ports that the composition root fills.

Tokens, people and lists stand behind protocols, so the acts are the same in a rehearsal and in earnest, and can be
read without knowing PKCS#11, a terminal or the publisher of lists.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from ca.authority import Authority, AuthorityStatement
from ca.ceremony.entry import Entry
from ca.ceremony.errors import CeremonyStopped
from ca.ceremony.presence import Confirmation
from ca.ceremony.script import Person, Script, TokenPlan
from ca.ceremony.steps import Step
from ca.issuance import Checkpoint, Ledger
from ca.retiring import KnownRetirements
from ca.roster import Roster
from ca.serials import SerialNumbers
from ca.statement import Domain, PrivateKey
from policies.profile import CertificateProfile
from policies.terms import AuthorityTerms
from store.publication import Publication

__all__ = ["Act", "Attempt", "CeremonyToken", "Facts", "Lists", "ObjectView", "People", "Room", "Signed", "Tokens"]

Facts = Mapping[str, JsonValue]
"""What an event has to tell in the transcript; never a secret."""


class ObjectView(Protocol):
    """What a token shows of one object; None where it does not say."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - the PKCS#11 object class in words
    @property
    def label(self) -> str: ...  # noqa: D102 - CKA_LABEL
    @property
    def algorithm(self) -> str | None: ...  # noqa: D102 - "rsa-2048", "p-256"
    @property
    def sign(self) -> bool | None: ...  # noqa: D102 - CKA_SIGN
    @property
    def sensitive(self) -> bool | None: ...  # noqa: D102 - CKA_SENSITIVE
    @property
    def extractable(self) -> bool | None: ...  # noqa: D102 - CKA_EXTRACTABLE
    @property
    def local(self) -> bool | None: ...  # noqa: D102 - CKA_LOCAL
    @property
    def always_sensitive(self) -> bool | None: ...  # noqa: D102 - CKA_ALWAYS_SENSITIVE
    @property
    def never_extractable(self) -> bool | None: ...  # noqa: D102 - CKA_NEVER_EXTRACTABLE


class CeremonyToken(Protocol):
    """An open token. Every method raises ConnectionError when the token is away."""

    @property
    def serial(self) -> str:
        """The token's serial number."""

    def generate(self, label: str, algorithm: str) -> PrivateKey:
        """Make a key pair that never leaves, read its attributes back, try it; LookupError for a label in use."""

    def signing_key(self, label: str) -> PrivateKey:
        """The key of this label; LookupError without one or with two."""

    def destroy(self, label: str) -> None:
        """Destroy both halves of a key and ask the token that they are gone."""

    def objects(self) -> Sequence[ObjectView]:
        """All objects the token shows."""

    def health(self, label: str) -> None:
        """Let the key sign something fresh and verify it."""


class Tokens(Protocol):
    """The tokens of the script, each reached by its name, label and serial number."""

    def present(self, name: str) -> bool:
        """Whether a token of the script's label is there and has a user PIN."""

    def initialise(self, name: str, so_pin: str, user_pin: str) -> str:
        """Make the token; its serial number."""

    def open(self, name: str, pin: str) -> AbstractContextManager[CeremonyToken]:
        """Log in once; a refused PIN (PermissionError) is never tried again."""

    def back_up(self, name: str, target: Path, *, again: bool) -> bytes:
        """Copy the closed token, protected by its own PIN; the SHA-256 of the file.

        Only `again` does the copy take the place of a file that is there: one that this ceremony began.
        """

    def restored(self, name: str, source: Path, pin: str) -> AbstractContextManager[CeremonyToken]:
        """A throw-away token made from the backup, open; it is gone afterwards."""


class People(Protocol):
    """The people of the script, at the terminal."""

    def announce(self, step: Step) -> None:
        """Show what happens next and what is read aloud."""

    def confirm(self, step: Step, person: Person, head: bytes) -> Confirmation:
        """Wait until the person has typed the step's phrase and signed; raises TimedOut after the script's timeout."""

    def sign(self, person: Person, domain: Domain, body: bytes) -> bytes:
        """A signature by the person's own credential."""

    def hand_share(self, person: Person, token: TokenPlan, share: str) -> None:
        """Show a share to its custodian alone, until it is written down."""

    def ask_share(self, person: Person, token: TokenPlan) -> str:
        """The share that the custodian types from the paper."""

    def done(self, step: Step, facts: Facts) -> None:
        """Show what a step has done, as the transcript holds it."""

    def reason(self, step: Step) -> str:
        """Why the step is taken again."""

    def tell(self, line: str) -> None:
        """Say a line that everybody should read."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A file that an act has published: its name and the SHA-256 of its octets."""

    name: str
    sha256: bytes


class Lists(Protocol):
    """The publisher of revocation lists."""

    def sign(self, authority: Authority, days: int | None) -> Sequence[Signed]:
        """Sign and publish every list of the authority, valid for so many days; None: until its own end."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is there. `expected` are the reviewed digests of certificates, `opened` the tokens that are open now.

    `statement` gives an authority's believed record, None without one; `terms` those of an authority of the script;
    `ended` is what the installation knows of keys that ended;
    `files` reads a file that the script names beside itself. `software` is the digest of the running program;
    `rehearsed` are the entries of a complete rehearsal, none where no rehearsal is compared with.
    """

    script: Script
    tokens: Tokens
    people: People
    lists: Lists
    ledger: Ledger
    publication: Publication
    serials: SerialNumbers
    random: Callable[[int], bytes]
    clock: Callable[[], datetime]
    profiles: Mapping[str, CertificateProfile]
    terms: Callable[[str], AuthorityTerms]
    statement: Callable[[str], AuthorityStatement | None]
    roster: Callable[[], Roster | None]
    ended: KnownRetirements
    files: Callable[[str], bytes]
    beside: Path
    software: bytes
    expected: Mapping[str, bytes]
    rehearsed: Sequence[Entry] = ()
    opened: dict[str, CeremonyToken] = field(default_factory=dict)
    closing: dict[str, AbstractContextManager[CeremonyToken]] = field(default_factory=dict)

    def open(self, name: str, pin: str) -> CeremonyToken:
        """Open a token and keep it open until `close`."""
        manager = self.tokens.open(name, pin)
        self.opened[name] = manager.__enter__()
        self.closing[name] = manager
        return self.opened[name]

    def token(self, name: str) -> CeremonyToken:
        """The open token of this name; CeremonyStopped when it is not open."""
        if name not in self.opened:
            raise CeremonyStopped(f"token {name} is not open")
        return self.opened[name]

    def close(self, name: str) -> None:
        """Log out of a token; nothing happens for one that is not open."""
        self.opened.pop(name, None)
        manager = self.closing.pop(name, None)
        if manager is not None:
            manager.__exit__(None, None, None)

    @contextmanager
    def closed_at_the_end(self) -> Iterator["Room"]:
        """The room; every token is closed when the block ends, however it ends."""
        try:
            yield self
        finally:
            for name in tuple(self.closing):
                self.close(name)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that a step is taken. `earlier` are the entries of the times before it that do not count.

    `note` writes an event that must not get lost; `reached` is passed at named points, where tests stop the process.
    """

    step: Step
    earlier: tuple[Entry, ...]
    note: Callable[[str, Facts], None]
    reached: Checkpoint

    @property
    def again(self) -> bool:
        """Whether the step was begun before: interrupted, or done and not signed for (`confirmations.done_steps`)."""
        return bool(self.earlier)

    def noted(self, event: str) -> bool:
        """Whether an earlier attempt wrote this event."""
        return any(each.event == event for each in self.earlier)

    def fact(self, name: str) -> str:
        """A parameter of the step."""
        return self.step.facts[name]


Act = Callable[[Room, Attempt], Facts]
"""Takes a step; returns what the transcript records of it. Taken again, it first finds out what stands already."""
