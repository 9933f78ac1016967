"""What can go wrong with a card, each case under its own name; as in `hsm.errors`, none ever holds a PIN."""

from hsm.errors import TokenError

__all__ = [
    "CardAway",
    "CardEmpty",
    "CardExists",
    "CardLocked",
    "CertificateNotForCard",
    "CertificateNotKept",
    "PinUnfit",
    "WrongPin",
]


class CardAway(TokenError, ConnectionError):
    """The card is not on its reader."""

    code = "hsm.card-away"
    next = "Put the card back on the reader; what was begun is done again."

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"The card {self.number} is not on the reader."


class CardExists(TokenError, ValueError):
    """There is a card of that number; nothing was made."""

    code = "hsm.card-exists"
    next = "Choose another number; a card is never overwritten."

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"There is a card {self.number} already."


class PinUnfit(TokenError, ValueError):
    """A new PIN breaks a rule; `defect`: "length", "characters", "same", "run", "birth-date" or "mixed".

    `hsm.card.check_pin` says which is which.
    """

    code = "hsm.pin-unfit"
    next = "Choose another one by the rules shown."

    def __init__(self, slot: str, defect: str) -> None:
        super().__init__(slot, defect)
        self.slot = slot
        self.defect = defect

    def __str__(self) -> str:
        return f"The new PIN of the application {self.slot} breaks the rule '{self.defect}'."


class WrongPin(TokenError, PermissionError):
    """The card refused the PIN; it locks when no try is left."""

    code = "hsm.pin-wrong"
    next = "Have the holder enter it again, or reset it at the counter."

    def __init__(self, number: str, slot: str, left: int) -> None:
        super().__init__(number, slot, left)
        self.number = number
        self.slot = slot
        self.left = left

    def __str__(self) -> str:
        return f"The card {self.number} refused the PIN of the application {self.slot}; tries left: {self.left}."


class CardLocked(TokenError, PermissionError):
    """Too many wrong PINs: the application takes none until it is reset."""

    code = "hsm.card-locked"
    next = "Reset the PIN at the counter, after the holder's identity was checked."

    def __init__(self, number: str, slot: str) -> None:
        super().__init__(number, slot)
        self.number = number
        self.slot = slot

    def __str__(self) -> str:
        return f"The application {self.slot} of the card {self.number} is locked after too many wrong PINs."


class CardEmpty(TokenError, LookupError):
    """The application of the card holds no key, or no certificate."""

    code = "hsm.card-empty"
    next = "Have a key made and its certificate written first."

    def __init__(self, number: str, slot: str, what: str) -> None:
        super().__init__(number, slot, what)
        self.number = number
        self.slot = slot
        self.what = what

    def __str__(self) -> str:
        return f"The application {self.slot} of the card {self.number} holds no {self.what}."


class CertificateNotForCard(TokenError, LookupError):
    """No key of the application is the certificate's; nothing was written."""

    code = "hsm.card-wrong"
    next = "Put the card on the reader in which the key of this case was made."

    def __init__(self, number: str, slot: str) -> None:
        super().__init__(number, slot)
        self.number = number
        self.slot = slot

    def __str__(self) -> str:
        return f"No key of the application {self.slot} of the card {self.number} is the certificate's."


class CertificateNotKept(TokenError, ArithmeticError):
    """The card shows something else than what was just written to it."""

    code = "hsm.card-defective"
    next = "Write it once more; if it happens again, the card is defective and gets replaced."

    def __init__(self, number: str, slot: str) -> None:
        super().__init__(number, slot)
        self.number = number
        self.slot = slot

    def __str__(self) -> str:
        return f"The application {self.slot} of the card {self.number} does not show what was written to it."
