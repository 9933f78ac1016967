"""What can go wrong with a token, each case under its own name.

Every error derives from a built-in beside `TokenError`, so that layers which may not import `hsm` can still tell a
token that is away (`ConnectionError`: wait and try again) from a refused PIN (`PermissionError`: stop) and from a key
that is not there (`LookupError`: wrong configuration). None of them ever holds a PIN or key material.
"""

from pathlib import Path
from typing import ClassVar

__all__ = [
    "AttributeRefused",
    "BackupRefused",
    "EnvironmentConflict",
    "KeyMissing",
    "KeyRemains",
    "KeyStaysInToken",
    "LabelInUse",
    "ModuleMissing",
    "OperationRefused",
    "PinRefused",
    "SignatureRefused",
    "TokenAlreadyOpen",
    "TokenError",
    "TokenMissing",
    "TokenUnavailable",
    "TwoKeys",
    "WrongKey",
]


class TokenError(Exception):
    """Any failure of `hsm`. `code` is stable, `str()` says what and why, `next` says what to do."""

    code: ClassVar[str] = "hsm.error"
    next: ClassVar[str] = "Look at the token with `ninsho hsm ls`."

    def __init__(self, *facts: object) -> None:
        # OSError, above ConnectionError and PermissionError, would take two facts for an error number and its text.
        Exception.__init__(self, *facts)


class ModuleMissing(TokenError, LookupError):
    """There is no PKCS#11 module at the configured path, or the file there is none."""

    code = "hsm.module-missing"
    next = "Install the token's PKCS#11 module, or correct its path in the configuration."

    def __init__(self, module: Path, reason: str) -> None:
        super().__init__(module, reason)
        self.module = module
        self.reason = reason

    def __str__(self) -> str:
        return f"The PKCS#11 module {self.module} cannot be used: {self.reason}."


class EnvironmentConflict(TokenError, ValueError):
    """The module is in use in this process under another environment, which it reads once only."""

    code = "hsm.environment-conflict"
    next = "Close the other tokens of this process first, or give every token of a program the same environment."

    def __init__(self, module: Path) -> None:
        super().__init__(module)
        self.module = module

    def __str__(self) -> str:
        return f"The PKCS#11 module {self.module} already runs in this process with other environment variables."


class TokenMissing(TokenError, ConnectionError):
    """No token, or more than one, answers to the configured label and serial number."""

    code = "hsm.token-missing"
    next = "Compare the configured label and serial number with `ninsho hsm slots`."

    def __init__(self, token: str, found: int = 0) -> None:
        super().__init__(token, found)
        self.token = token
        self.found = found

    def __str__(self) -> str:
        if self.found:
            return f"{self.found} tokens answer to {self.token}, and only one may."
        return f"No token answers to {self.token}."


class TokenAlreadyOpen(TokenError, ValueError):
    """The token is open in this process; a second login would not even check the PIN (PKCS#11 2.40, 5.6)."""

    code = "hsm.token-already-open"
    next = "Use the token that is open, or close it first."

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token

    def __str__(self) -> str:
        return f"The token {self.token} is open in this process already."


class TokenUnavailable(TokenError, ConnectionError):
    """The token does not answer, even after a new session and a restart of its module; it may come back by itself."""

    code = "hsm.token-unavailable"
    next = "Check that the token is reachable; the next operation tries again."

    def __init__(self, token: str, reason: str) -> None:
        super().__init__(token, reason)
        self.token = token
        self.reason = reason

    def __str__(self) -> str:
        return f"The token {self.token} is unavailable: {self.reason}."


class PinRefused(TokenError, PermissionError):
    """The token refused the PIN. It is never sent again, since tokens lock themselves after a few wrong ones."""

    code = "hsm.pin-refused"
    next = "Find out which PIN is right before the token locks, then start the program again."

    def __init__(self, token: str, reason: str) -> None:
        super().__init__(token, reason)
        self.token = token
        self.reason = reason

    def __str__(self) -> str:
        return f"The token {self.token} refused the PIN: {self.reason}."


class KeyMissing(TokenError, LookupError):
    """The token holds no such key, or holds it without its public half or without leave to sign."""

    code = "hsm.key-missing"
    next = "List the token's objects with `ninsho hsm ls` and correct the label."

    def __init__(self, token: str, label: str, reason: str) -> None:
        super().__init__(token, label, reason)
        self.token = token
        self.label = label
        self.reason = reason

    def __str__(self) -> str:
        return f"The key {self.label} cannot be used on the token {self.token}: {self.reason}."


class TwoKeys(TokenError, LookupError):
    """Several keys carry one label, so the label does not say which one is meant."""

    code = "hsm.two-keys"
    next = "List the token's objects with `ninsho hsm ls`; a ceremony must decide which key stays."

    def __init__(self, token: str, label: str) -> None:
        super().__init__(token, label)
        self.token = token
        self.label = label

    def __str__(self) -> str:
        return f"The token {self.token} holds more than one key of the label {self.label}."


class LabelInUse(TokenError, LookupError):
    """A key or token of that label exists; nothing was made."""

    code = "hsm.label-in-use"
    next = "Choose another label; an existing key is never overwritten."

    def __init__(self, token: str, label: str) -> None:
        super().__init__(token, label)
        self.token = token
        self.label = label

    def __str__(self) -> str:
        return f"The label {self.label} is in use on {self.token}."


class WrongKey(TokenError, LookupError):
    """The key of that label is not the key of the given certificate."""

    code = "hsm.wrong-key"
    next = "Compare the certificate's public key with the token's by `ninsho hsm ls`; one of the two names is wrong."

    def __init__(self, token: str, label: str) -> None:
        super().__init__(token, label)
        self.token = token
        self.label = label

    def __str__(self) -> str:
        return f"The key {self.label} on the token {self.token} is not the key of the certificate."


class AttributeRefused(TokenError, ValueError):
    """The token made a key with other attributes than it was told; the key was destroyed again."""

    code = "hsm.attribute-refused"
    next = "Do not use this token for CA keys before its maker has explained the difference."

    def __init__(self, token: str, label: str, attribute: str) -> None:
        super().__init__(token, label, attribute)
        self.token = token
        self.label = label
        self.attribute = attribute

    def __str__(self) -> str:
        return f"The token {self.token} did not give the new key {self.label} the required attribute {self.attribute}."


class OperationRefused(TokenError, ValueError):
    """The token works but cannot do what was asked, for instance because it lacks the mechanism."""

    code = "hsm.operation-refused"
    next = "Choose a key algorithm the token supports."

    def __init__(self, token: str, reason: str) -> None:
        super().__init__(token, reason)
        self.token = token
        self.reason = reason

    def __str__(self) -> str:
        return f"The token {self.token} refuses the operation: {self.reason}."


class SignatureRefused(TokenError, ArithmeticError):
    """The token returned a signature that its own public key does not verify; it was thrown away."""

    code = "hsm.signature-refused"
    next = "Stop using the token: either it is defective or its private and public keys do not belong together."

    def __init__(self, token: str, label: str) -> None:
        super().__init__(token, label)
        self.token = token
        self.label = label

    def __str__(self) -> str:
        return f"The signature of the key {self.label} on the token {self.token} does not verify."


class KeyRemains(TokenError, RuntimeError):
    """The token said that it destroyed a key, and still shows it."""

    code = "hsm.key-remains"
    next = "Do not count the key as destroyed; put the token away and have its maker explain it."

    def __init__(self, token: str, label: str) -> None:
        super().__init__(token, label)
        self.token = token
        self.label = label

    def __str__(self) -> str:
        return f"The token {self.token} still shows the key {self.label}, which it was told to destroy."


class BackupRefused(TokenError, ValueError):
    """A file is not the backup of the token it should be; nothing was written."""

    code = "hsm.backup-refused"
    next = "Find the file whose SHA-256 the minutes of the backup's ceremony name."

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"The backup {self.file} is refused: {self.reason}."


class KeyStaysInToken(TokenError, PermissionError):
    """The caller asked for something other than a signature: an export, a decryption or a key agreement."""

    code = "hsm.key-stays-in-token"
    next = "Ask this key for signatures only."

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label

    def __str__(self) -> str:
        return f"The key {self.label} only signs and never leaves its token."
