"""What a terminal does with a card: make keys that prove themselves, write certificates that it has checked."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from ca.application import Proof
from ca.notification import notify
from ca.request import possession_challenge
from ca.statement import PrivateKey, key_octets
from ca.terminal_messages import CertificateToWrite, Draft, ReadBack, ReportedKey, Slot
from cli.terminal.errors import CertificateUntrusted
from hsm.card import Card
from hsm.generation import KeyAlgorithm

__all__ = ["ALGORITHM", "Station"]

ALGORITHM: Final = KeyAlgorithm.RSA_2048
"""Of every card of today (fact sheet c.8)."""


@dataclass(frozen=True, slots=True)
class Station:
    """An enrolled terminal: its code in the roster, its window and its key; `random` gives that many octets.

    `authorities` are the certificates of those whose certificates it writes, as this machine was given them.
    """

    deployment: str
    code: str
    window: str
    key: PrivateKey
    authorities: tuple[x509.Certificate, ...]
    random: Callable[[int], bytes]

    def make_key(self, card: Card, draft: Draft, pin: str) -> ReportedKey:
        """Set the PIN of an application, have its new key made and proved, and sign that it was made here.

        Raises hsm's errors of cards.
        """
        card.set_pin(draft.slot, pin)
        key = key_octets(card.make_key(draft.slot, ALGORITHM, pin))
        challenge = possession_challenge(self.deployment, draft.application, draft.salt, key)
        proof = notify(
            self.key,
            self.code,
            Proof("challenge", card.prove(draft.slot, challenge, pin)),
            deployment=self.deployment,
            application_id=draft.application,
            salt=draft.salt,
            subject_key=key,
            window=self.window,
        )
        return ReportedKey(draft.slot, draft.application, key, proof.value, proof.terminal_signature or b"")

    def write(self, card: Card, given: CertificateToWrite) -> ReadBack:
        """Check a certificate, write it with its authority's, and read it back.

        Raises CertificateUntrusted before anything is written, and hsm's errors of cards.
        """
        self._check(given)
        card.write(given.slot, given.certificate, given.authority)
        return read_back(card, given.slot)

    def _check(self, given: CertificateToWrite) -> None:
        known = [each for each in self.authorities if each.public_bytes(Encoding.DER) == given.authority]
        if not known:
            raise CertificateUntrusted("this terminal does not know its authority")
        try:
            x509.load_der_x509_certificate(given.certificate).verify_directly_issued_by(known[0])
        except (ValueError, TypeError, InvalidSignature):
            raise CertificateUntrusted("the authority that it names did not issue it") from None


def read_back(card: Card, slot: Slot) -> ReadBack:
    """The digest of what the card shows."""
    return ReadBack(slot, hashlib.sha256(card.read(slot)).digest())
