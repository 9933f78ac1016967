"""The people of a ceremony at one terminal of 80 columns: read-aloud lines, typed confirmations, shares on paper.

Everything works without colour and without a network. What is typed wrongly is asked again; what belongs to another
step or another person stops the ceremony.
"""

import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from ca.ceremony.errors import ConfirmationRefused, TimedOut
from ca.ceremony.presence import Confirmation, confirm
from ca.ceremony.room import Facts
from ca.ceremony.script import Person, Script, TokenPlan
from ca.ceremony.steps import Step, steps
from ca.statement import Domain, PrivateKey, sign
from cli.ceremony.fido2_key import SecurityKey
from cli.ceremony.screen import Screen

__all__ = ["Papers", "SilentPeople", "TerminalPeople", "TypedPapers", "WrittenPapers"]

PersonalKeys = Mapping[str, PrivateKey | SecurityKey]
"""What each person confirms with, by the person's code."""

Credentials = Mapping[str, PrivateKey]
"""The key of each person's credential, by the person's code."""


class Papers(Protocol):
    """How shares reach their custodians and come back."""

    def hand(self, person: Person, token: TokenPlan, share: str) -> None:
        """Give a share to its custodian alone."""

    def ask(self, person: Person, token: TokenPlan) -> str:
        """The share, from the custodian."""


class TypedPapers:
    """Shares in earnest: shown once on the cleared screen, written down by hand, typed from the paper."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def hand(self, person: Person, token: TokenPlan, share: str) -> None:
        """Show the share in rows of four words until its custodian presses Enter, then clear the screen.

        Nothing is shown before the custodian has said that only they look. Raises TimedOut; the screen is clear then.
        """
        self._answered(person, token, f"Only {person.name} ({person.code}) looks at the screen; press Enter")
        self._screen.wipe()
        try:
            self._screen.show(f"Share of {person.name} for token {token.label}:")
            words = share.split()
            for at in range(0, len(words), 4):
                row = "  ".join(f"{number:2}. {word:10}" for number, word in enumerate(words[at : at + 4], at + 1))
                self._screen.show(row, 2)
            prompt = "Write all the words down; press Enter when the paper is in its envelope"
            self._answered(person, token, prompt)
        finally:
            self._screen.wipe()

    def ask(self, person: Person, token: TokenPlan) -> str:
        """The words as typed from the paper, unseen. Raises TimedOut."""
        prompt = f"{person.name} ({person.code}) types the share of token {token.label}"
        typed = self._given(person, token, self._screen.ask_hidden(prompt))
        return " ".join(typed.lower().split())

    def _answered(self, person: Person, token: TokenPlan, prompt: str) -> None:
        self._given(person, token, self._screen.ask(prompt))

    def _given(self, person: Person, token: TokenPlan, typed: str | None) -> str:
        if typed is None:
            raise TimedOut(person.code, f"the share of token {token.label}", self._screen.limit)
        return typed


class WrittenPapers:
    """Shares of a rehearsal or a demonstration: files in a folder stand for the papers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hand(self, person: Person, token: TokenPlan, share: str) -> None:
        """Write the paper."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paper = self._paper(person, token)
        paper.touch(mode=0o600)
        paper.write_text(share + "\n", encoding="ascii")

    def ask(self, person: Person, token: TokenPlan) -> str:
        """Read the paper; empty when there is none."""
        paper = self._paper(person, token)
        return paper.read_text(encoding="ascii").strip() if paper.is_file() else ""

    def _paper(self, person: Person, token: TokenPlan) -> Path:
        return self._folder / f"{person.code}-{token.name}.txt"


class TerminalPeople:
    """Everybody in front of one screen."""

    def __init__(self, script: Script, screen: Screen, credentials: PersonalKeys, papers: Papers) -> None:
        self._script = script
        self._screen = screen
        self._credentials = credentials
        self._papers = papers
        self._steps = steps(script)
        self._phrases = {step.phrase(code) for step in self._steps for code in step.confirm}

    def announce(self, step: Step) -> None:
        """Show the step: what it does and what is read aloud, in both languages."""
        self._screen.show()
        self._screen.rule(f"{step.code} / S{len(self._steps):02d}", step.action)
        for words in (step.does.ja, step.does.en):
            self._screen.show(words, 3)
        self._screen.show(f"読み上げ  「{step.aloud.ja}」", 3)
        self._screen.show('Read out  "' + step.aloud.en + '"', 3)

    def done(self, step: Step, facts: Facts) -> None:
        """Show what the step has done: one line for each fact."""
        for name, value in facts.items():
            for place, line in enumerate(_lines(value)):
                self._screen.fact("" if place else name, line)
        self._screen.fact("done", step.code)

    def confirm(self, step: Step, person: Person, head: bytes) -> Confirmation:
        """Ask until the person's phrase is typed. Raises TimedOut, ConfirmationRefused for a phrase out of place."""
        phrase = step.phrase(person.code)
        while True:
            typed = self._screen.ask(f'{person.role.value.capitalize()} {person.name} types "{phrase}"')
            if typed is None:
                raise TimedOut(person.code, f"the confirmation of step {step.code}", self._screen.limit)
            given = " ".join(unicodedata.normalize("NFKC", typed).split())
            if given == phrase:
                return self._confirmed(step, person, head)
            if given in self._phrases:
                raise ConfirmationRefused(person.code, step.code, "what was typed belongs to another step or person")
            self._screen.show("That is not the phrase; nothing has happened.", 2)

    def sign(self, person: Person, domain: Domain, body: bytes) -> bytes:
        """A signature by the person's credential, after the confirmation that the step asked for."""
        key = self._key(person)
        if isinstance(key, SecurityKey):
            raise ConfirmationRefused(person.code, "any", "a FIDO2 key signs no record")
        return sign(key, domain, body)

    def hand_share(self, person: Person, token: TokenPlan, share: str) -> None:
        """See `Papers.hand`."""
        self._papers.hand(person, token, share)

    def ask_share(self, person: Person, token: TokenPlan) -> str:
        """See `Papers.ask`."""
        return self._papers.ask(person, token)

    def reason(self, step: Step) -> str:
        """Why the step is taken again, in the operator's words; asked until there are some."""
        while True:
            typed = self._screen.ask(f"Why was step {step.code} interrupted? It is taken again.")
            if typed is None:
                raise TimedOut("the operator", f"the reason for step {step.code}", self._screen.limit)
            if typed.strip():
                return typed.strip()[:500]

    def tell(self, line: str) -> None:
        """Show a line."""
        self._screen.show(line, 2)

    def _confirmed(self, step: Step, person: Person, head: bytes) -> Confirmation:
        key = self._key(person)
        if isinstance(key, SecurityKey):
            return key.confirm(self._script.digest, step.code, person.code, head)
        return confirm(key, self._script.digest, step.code, person.code, head)

    def _key(self, person: Person) -> PrivateKey | SecurityKey:
        key = self._credentials.get(person.code)
        if key is None:
            raise ConfirmationRefused(person.code, "any", "no credential was given for this person")
        return key


class SilentPeople:
    """Everybody in agreement, for the preparations of a rehearsal and for the demonstration; no hand is needed."""

    def __init__(self, script: Script, credentials: Credentials, papers: Papers, tell: Callable[[str], None]) -> None:
        self._script = script
        self._credentials = credentials
        self._papers = papers
        self._tell = tell

    def announce(self, step: Step) -> None:
        """Say nothing."""

    def done(self, step: Step, facts: Facts) -> None:
        """Say nothing."""

    def confirm(self, step: Step, person: Person, head: bytes) -> Confirmation:
        """Confirm at once."""
        return confirm(self._credentials[person.code], self._script.digest, step.code, person.code, head)

    def sign(self, person: Person, domain: Domain, body: bytes) -> bytes:
        """Sign at once."""
        return sign(self._credentials[person.code], domain, body)

    def hand_share(self, person: Person, token: TokenPlan, share: str) -> None:
        """See `Papers.hand`."""
        self._papers.hand(person, token, share)

    def ask_share(self, person: Person, token: TokenPlan) -> str:
        """See `Papers.ask`."""
        return self._papers.ask(person, token)

    def reason(self, step: Step) -> str:
        """The only one there is."""
        return "the program was interrupted"

    def tell(self, line: str) -> None:
        """Pass the line on."""
        self._tell(line)


def _lines(value: JsonValue) -> list[str]:
    """A fact as lines: names and values of a table, items of a list side by side."""
    if isinstance(value, dict):
        return [f"{name} {each}" for name, each in value.items()]
    if isinstance(value, list):
        return [" ".join(map(str, value)) or "none"]
    return [str(value)]
