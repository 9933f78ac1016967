"""The named points of a ceremony, at one of which its process dies, and parts of the room that are half done there."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pkcs11 import Attribute, ObjectClass

from ca.ceremony.room import Room
from ca.retiring import KnownRetirements
from ca.statement import PrivateKey
from cli.ceremony.tokens import CeremonyTokens, OpenToken
from hsm.errors import PinRefused
from store.retired import RetirementRecord
from tests.fixtures.ceremonies import Hall

__all__ = ["Points", "fragile"]

TOO_SHORT = "1"
"""A user PIN that SoftHSM refuses once the token has its label and its SO PIN."""


class Points:
    """Counts the named points; the process dies at the one called `last`. The second "a" is "a#2"."""

    def __init__(self, last: str | None, images: Path | None = None) -> None:
        self.last = last
        self.images = images
        self.passed: list[str] = []
        self._seen: Counter[str] = Counter()
        self._step = ""

    def named(self, point: str) -> str:
        """The full name of a point that is passed next: those of the ledger do not know their step."""
        _, dot, _ = point.partition(".")
        whole = point if dot else f"{self._step}.{point}"
        again = self._seen[whole] + 1
        return whole if again == 1 else f"{whole}#{again}"

    def __call__(self, point: str) -> None:
        """Pass a point, or die there; after a step copies the hall."""
        name = self.named(point)
        self._step = name.partition(".")[0]
        self._seen[name.partition("#")[0]] += 1
        if name == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(name)
        if self.images is not None and name.endswith(".done"):
            Hall(self.images.parent / "hall").copied(self.images / self._step)


@dataclass(frozen=True, slots=True)
class FragileToken(OpenToken):
    """An open token whose keys are half there when the process dies at "half-generated" or "half-destroyed"."""

    points: Points

    def generate(self, label: str, algorithm: str) -> PrivateKey:
        """See `OpenToken.generate`."""
        key = super(FragileToken, self).generate(label, algorithm)
        if self.points.named("half-generated") == self.points.last:
            self._destroy_private_half(label)
        self.points("half-generated")
        return key

    def destroy(self, label: str) -> None:
        """See `OpenToken.destroy`."""
        if self.points.named("half-destroyed") == self.points.last:
            self._destroy_private_half(label)
        self.points("half-destroyed")
        super(FragileToken, self).destroy(label)

    def _destroy_private_half(self, label: str) -> None:
        with self.token._pool.writing() as work:
            for half in work.objects({Attribute.LABEL: label, Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
                half.destroy()


class FragileTokens(CeremonyTokens):
    """Tokens that are left half made at the points inside the maker's own functions."""

    def __init__(self, tokens: CeremonyTokens, points: Points) -> None:
        super().__init__(tokens._configs, tokens._memory)
        self._points = points

    def initialise(self, name: str, so_pin: str, user_pin: str) -> str:
        """See `CeremonyTokens.initialise`; passes a token with label and SO PIN and without a user PIN."""
        with suppress(PinRefused):
            super().initialise(name, so_pin, TOO_SHORT)
        self._points("half-initialised")
        return super().initialise(name, so_pin, user_pin)

    def back_up(self, name: str, target: Path, *, again: bool = False) -> bytes:
        """See `CeremonyTokens.back_up`; passes a file of which half is written, and one that is whole."""
        if self._points.named("half-copied") == self._points.last:
            target.with_name(f"{target.name}.partial").write_bytes(b"half")
        self._points("half-copied")
        digest = super().back_up(name, target, again=again)
        self._points("copied")
        return digest

    @contextmanager
    def restored(self, name: str, source: Path, pin: str) -> Iterator[OpenToken]:
        """See `CeremonyTokens.restored`; passes a throw-away token that is there."""
        with super().restored(name, source, pin) as token:
            self._points("restored")
            yield token

    @contextmanager
    def open(self, name: str, pin: str) -> Iterator[OpenToken]:
        """See `CeremonyTokens.open`."""
        with super().open(name, pin) as token:
            yield FragileToken(token.token, token.serial, self._points)


class FragileRetirements(KnownRetirements):
    """What is known of ended keys; passes a point between the folder and the database."""

    def __init__(self, known: KnownRetirements, points: Points) -> None:
        super().__init__(known._folder, known._administrators, known._deployment)
        self._points = points

    def keep(self, record: RetirementRecord) -> None:
        """See `KnownRetirements.keep`."""
        super().keep(record)
        self._points("written")


def fragile(room: Room, points: Points) -> Room:
    """The room with what may be left half done in it, and a ledger that passes its points."""
    assert isinstance(room.tokens, CeremonyTokens)
    ledger = replace(room.ledger, checkpoint=points)
    ended = FragileRetirements(room.ended, points)
    return replace(room, ledger=ledger, tokens=FragileTokens(room.tokens, points), ended=ended)
