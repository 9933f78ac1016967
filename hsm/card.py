"""A resident's card as the counter's terminal uses it: two keys, each behind a PIN of its own.

What stands here is the whole of what a terminal asks of a card, so that a reader with PC/SC cards can take the place of
the cards in software. No PIN is kept anywhere in it: each call that needs one takes it and forgets it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal, Protocol, get_args

from hsm.card_errors import PinUnfit
from hsm.generation import KeyAlgorithm
from hsm.keys import PublicKey

__all__ = ["PIN_RULES", "SLOTS", "Card", "PinRule", "Reader", "Slot", "check_pin"]

Slot = Literal["sign", "auth"]
"""署名用, 利用者証明用: which of a card's two applications."""

SLOTS: Final[tuple[Slot, ...]] = get_args(Slot)


@dataclass(frozen=True, slots=True)
class PinRule:
    """What a PIN of one application may look like, and after how many wrong ones it locks (fact sheet c.5)."""

    shortest: int
    longest: int
    alphabet: re.Pattern[str]
    tries: int


PIN_RULES: Final[Mapping[Slot, PinRule]] = MappingProxyType(
    {
        "sign": PinRule(6, 16, re.compile(r"[A-Z0-9]*", re.ASCII), 5),
        "auth": PinRule(4, 4, re.compile(r"[0-9]*", re.ASCII), 3),
    }
)
"""署名用パスワード and 利用者証明用暗証番号."""


def check_pin(slot: Slot, pin: str, birth_date: str | None = None) -> None:
    """Refuse a new PIN that is not one or that anybody would try first; raises PinUnfit.

    Its `defect` says which rule: "length", "characters", "same" (0000), "run" (1234, 9876, ABCDEF), "birth-date": for
    the four digits any two parts of `birth_date` ("YYYY-MM-DD", unknown parts "00") or its year; for the password the
    whole date with or without its century. "mixed": the password has at least one letter and at least one digit.
    """
    rule = PIN_RULES[slot]
    if not rule.shortest <= len(pin) <= rule.longest:
        raise PinUnfit(slot, "length")
    if rule.alphabet.fullmatch(pin) is None:
        raise PinUnfit(slot, "characters")
    if len(set(pin)) == 1:
        raise PinUnfit(slot, "same")
    if {ord(after) - ord(before) for before, after in pairwise(pin)} in ({1}, {-1}):
        raise PinUnfit(slot, "run")
    if birth_date is not None and _tells_birth(slot, pin, birth_date):
        raise PinUnfit(slot, "birth-date")
    if slot == "sign" and (pin.isalpha() or pin.isdigit()):
        raise PinUnfit(slot, "mixed")


def _tells_birth(slot: Slot, pin: str, birth_date: str) -> bool:
    year, month, day = birth_date.split("-")
    if slot == "sign":
        return pin in {year + month + day, year[2:] + month + day}
    parts = [part for part in (year[2:], month, day) if part != "00"]
    return pin in {year} | {one + other for one in parts for other in parts if one is not other}


class Card(Protocol):
    """One card on a reader. Every method raises CardAway when it is not there any more; nothing is half done then.

    A new key stands beside the old one until `settle` or `give_up` says which of the two stays, so that a renewal that
    fails leaves the holder with what they had.
    """

    @property
    def number(self) -> str:
        """The number printed on the card: upper-case letters and digits."""

    @property
    def present(self) -> bool:
        """Whether the card lies on its reader now."""

    def tries(self, slot: Slot) -> int:
        """How many wrong PINs are left before the application locks; 0: it is locked."""

    def set_pin(self, slot: Slot, pin: str) -> None:
        """Give the application a new PIN by the municipality's right, whatever the old one was; unlocks it.

        Raises PinUnfit. Keys and certificates stay.
        """

    def make_key(self, slot: Slot, algorithm: KeyAlgorithm, pin: str) -> PublicKey:
        """Make an RSA key beside the one that has a certificate; it signs and never leaves.

        A key made before that never got its certificate is replaced. Raises WrongPin, CardLocked, OperationRefused for
        another kind of key.
        """

    def prove(self, slot: Slot, octets: bytes, pin: str) -> bytes:
        """The newest key's signature over `octets`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2).

        Raises WrongPin, CardLocked, CardEmpty.
        """

    def write(self, slot: Slot, certificate: bytes, authority: bytes) -> None:
        """Write a certificate and its authority's own, both in DER, to the key that it is for; may be repeated.

        Raises CertificateNotForCard when no key here is the certificate's, CertificateNotKept when the card shows
        something else afterwards.
        """

    def read(self, slot: Slot) -> bytes:
        """The newest certificate in DER; raises CardEmpty."""

    def settle(self, slot: Slot) -> None:
        """The certificate was handed over: only the newest one and its key stay."""

    def give_up(self, slot: Slot) -> None:
        """The hand-over failed: the newest key goes, with its certificate if it has one, unless it is the only one."""


class Reader(Protocol):
    """The place where a card is put."""

    def card(self) -> Card | None:
        """The card that lies here now."""
