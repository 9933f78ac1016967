"""A resident's card in software: two SoftHSM2 tokens in a folder, for demonstrations and tests.

The folder of a card is its chip: `card-<number>-sign` and `card-<number>-auth`, each with its PIN, and a file for each
with the tries that are left, since SoftHSM2 itself never locks. The security officer's PIN beside them stands for the
municipality's right to reset a PIN. Keys and certificates are named by application and generation: `sign-1`, `sign-2`.

A holder's private key opens by the holder's PIN only. So a key that goes loses its public half and its certificate at
once, after which nothing finds it, and its private half when the PIN is next entered.
"""

import os
import re
import secrets
import string
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hsm.card import PIN_RULES, SLOTS, Card, Slot, check_pin
from hsm.card_errors import (
    CardAway,
    CardEmpty,
    CardExists,
    CardLocked,
    CertificateNotForCard,
    CertificateNotKept,
    WrongPin,
)
from hsm.config import TokenConfig
from hsm.errors import OperationRefused, PinRefused, TokenError, TokenMissing, TokenUnavailable
from hsm.generation import KeyAlgorithm
from hsm.keys import PublicKey
from hsm.provision import initialise, set_user_pin, softhsm_configuration
from hsm.public_objects import PublicObjects, public_objects
from hsm.token import Token

__all__ = ["NUMBER", "SoftCard", "SoftReader", "make_soft_card"]

NUMBER: Final = re.compile(r"[0-9A-Z]{4,20}", re.ASCII)
"""What a card may be numbered."""

_LYING = "reader"


class SoftReader:
    """A reader in software: a folder of cards, and a file in it that says which of them lies on the reader."""

    def __init__(self, folder: Path, module: Path) -> None:
        self.folder = folder
        self._module = module

    def card(self) -> Card | None:
        """The card that lies here now; None for none, and for a number that is no card's."""
        number = self.lying()
        return None if number is None or number not in self.numbers() else SoftCard(self.folder, number, self._module)

    def lying(self) -> str | None:
        """The number in the reader's file."""
        try:
            return (self.folder / _LYING).read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def numbers(self) -> tuple[str, ...]:
        """The numbers of all cards of the folder, in order."""
        return tuple(sorted(each.name for each in self.folder.iterdir() if NUMBER.fullmatch(each.name)))

    def put(self, number: str | None) -> None:
        """Lay the card of that number on the reader, or take the one away that lies there; LookupError for none."""
        if number is not None and number not in self.numbers():
            raise LookupError(f"there is no card {number}")
        _write(self.folder / _LYING, number or "")


def make_soft_card(folder: Path, number: str, module: Path) -> None:
    """Make an empty card in the folder of a reader: both PINs are drawn and forgotten, so each is set before use.

    Raises ValueError for a number that is none, CardExists, and what `hsm.provision.initialise` raises.
    """
    if NUMBER.fullmatch(number) is None:
        raise ValueError("a card's number has 4 to 20 upper-case letters and digits")
    chip = folder / number
    if chip.exists():
        raise CardExists(number)
    softhsm_configuration(chip)
    officer = secrets.token_hex(16)
    (chip / "officer.pin").touch(mode=0o600)
    _write(chip / "officer.pin", officer)
    card = SoftCard(folder, number, module)
    for slot in SLOTS:
        initialise(card.token_config(slot), officer, secrets.token_hex(16))
        _write(chip / f"{slot}.tries", str(PIN_RULES[slot].tries))


class SoftCard:
    """One card of a folder; see `hsm.card.Card` for what each method promises. One call at a time in a process."""

    def __init__(self, folder: Path, number: str, module: Path) -> None:
        self._reader = SoftReader(folder, module)
        self._chip = folder / number
        self._module = module
        self._number = number

    @property
    def number(self) -> str:
        """The card's number."""
        return self._number

    @property
    def present(self) -> bool:
        """Whether the reader's file names this card."""
        return self._reader.lying() == self._number

    def tries(self, slot: Slot) -> int:
        """The tries that are left."""
        self._require_presence()
        return int((self._chip / f"{slot}.tries").read_text(encoding="ascii"))

    def set_pin(self, slot: Slot, pin: str) -> None:
        """Set the PIN by the security officer's, and give all tries back."""
        check_pin(slot, pin)
        with self._there():
            set_user_pin(self.token_config(slot), (self._chip / "officer.pin").read_text(encoding="ascii"), pin)
            self._keep_tries(slot, PIN_RULES[slot].tries)

    def make_key(self, slot: Slot, algorithm: KeyAlgorithm, pin: str) -> PublicKey:
        """Make the next generation's key."""
        if algorithm.rsa_bits is None:
            raise OperationRefused(self._label(slot), "a card's keys are RSA keys")
        with self._there(), public_objects(self.token_config(slot)) as shown:
            certified = _generations(slot, shown.certificates())
            for generation in set(_generations(slot, shown.keys())) - set(certified):
                shown.remove_key(_name(slot, generation))
        with self._opened(slot, pin) as token:
            self._sweep(token)
            made = token.generate(_name(slot, max(certified, default=0) + 1), algorithm)
        return made.public_key()

    def prove(self, slot: Slot, octets: bytes, pin: str) -> bytes:
        """Sign by the newest generation's key."""
        with self._there(), public_objects(self.token_config(slot)) as shown:
            newest = self._newest(slot, shown.keys(), "key")
        with self._opened(slot, pin) as token:
            self._sweep(token)
            key = token.signing_key(newest)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise OperationRefused(token.name, "a card's keys are RSA keys")
            return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())

    def write(self, slot: Slot, certificate: bytes, authority: bytes) -> None:
        """Write both certificates under the label of the key, and compare what the token shows then."""
        certified = x509.load_der_x509_certificate(certificate).public_key()
        with self._there(), public_objects(self.token_config(slot)) as shown:
            fitting = [label for label, key in shown.keys().items() if key == certified]
            if not fitting:
                raise CertificateNotForCard(self._number, slot)
            shown.write_certificate(f"{fitting[0]}-ca", authority)
            shown.write_certificate(fitting[0], certificate)
        with self._there(), public_objects(self.token_config(slot)) as shown:
            kept = shown.certificates()
        if (kept.get(fitting[0]), kept.get(f"{fitting[0]}-ca")) != (certificate, authority):
            raise CertificateNotKept(self._number, slot)

    def read(self, slot: Slot) -> bytes:
        """Read the newest generation's certificate."""
        with self._there(), public_objects(self.token_config(slot)) as shown:
            kept = shown.certificates()
            return kept[self._newest(slot, kept, "certificate")]

    def settle(self, slot: Slot) -> None:
        """Take away every generation but the newest that has a certificate."""
        with self._there(), public_objects(self.token_config(slot)) as shown:
            newest = self._newest(slot, shown.certificates(), "certificate")
            _remove(slot, shown, lambda generation: _name(slot, generation) != newest)

    def give_up(self, slot: Slot) -> None:
        """Take away the newest generation, if there is an older one."""
        with self._there(), public_objects(self.token_config(slot)) as shown:
            newest, *older = _generations(slot, shown.keys()) or (0,)
            if older:
                _remove(slot, shown, lambda generation: generation == newest)

    def token_config(self, slot: Slot) -> TokenConfig:
        """The token of one application, for `hsm.token` and for anybody's PKCS#11 program."""
        return TokenConfig(
            module=self._module,
            label=self._label(slot),
            lock=self._chip / "lock",
            sessions=1,
            environment={"SOFTHSM2_CONF": str(self._chip / "softhsm2.conf")},
        )

    def _label(self, slot: Slot) -> str:
        return f"card-{self._number}-{slot}"

    def _newest(self, slot: Slot, labels: Iterable[str], what: str) -> str:
        generations = _generations(slot, labels)
        if not generations:
            raise CardEmpty(self._number, slot, what)
        return _name(slot, generations[0])

    @contextmanager
    def _opened(self, slot: Slot, pin: str) -> Iterator[Token]:
        """The token behind its PIN. The try is written down as used before the PIN is tried, whatever happens then."""
        with self._there():
            left = self.tries(slot)
            if left == 0:
                raise CardLocked(self._number, slot)
            self._keep_tries(slot, left - 1)
            try:
                token = Token.open(self.token_config(slot), pin)
            except PinRefused:
                raise WrongPin(self._number, slot, left - 1) from None
            except TokenError:  # the PIN was never tried
                self._keep_tries(slot, left)
                raise
            with token:
                self._keep_tries(slot, PIN_RULES[slot].tries)
                yield token

    @contextmanager
    def _there(self) -> Iterator[None]:
        """The card lies on the reader before and after; a token that went missing meanwhile is a card taken away."""
        self._require_presence()
        try:
            yield
        except (TokenMissing, TokenUnavailable):
            self._require_presence()
            raise

    def _require_presence(self) -> None:
        if not self.present:
            raise CardAway(self._number)

    def _keep_tries(self, slot: Slot, left: int) -> None:
        _write(self._chip / f"{slot}.tries", str(left))

    def _sweep(self, token: Token) -> None:
        """Destroy what has lost its public half: `settle` and `give_up` saw no PIN."""
        shown = token.objects()
        whole = {each.label for each in shown if each.kind == "public key"}
        for each in shown:
            if each.kind == "private key" and each.label not in whole:
                token.destroy(each.label)


def _remove(slot: Slot, shown: PublicObjects, unwanted: Callable[[int], bool]) -> None:
    for generation in filter(unwanted, _generations(slot, shown.keys())):
        name = _name(slot, generation)
        shown.remove_certificate(name)
        shown.remove_certificate(f"{name}-ca")
        shown.remove_key(name)


def _generations(slot: Slot, labels: Iterable[str]) -> tuple[int, ...]:
    """The generations among `labels`, newest first."""
    digits = (label.removeprefix(f"{slot}-") for label in labels)
    return tuple(sorted((int(each) for each in digits if set(each) <= set(string.digits) and each), reverse=True))


def _name(slot: Slot, generation: int) -> str:
    return f"{slot}-{generation}"


def _write(path: Path, text: str) -> None:
    """Put `text` into the file at once, as a whole and on the disk; it stays its owner's alone."""
    partial = path.with_name(f".{path.name}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
