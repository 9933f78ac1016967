"""What passes through an officer's browser and is for nobody's eyes on the way, since addresses are kept and logged.

A card's number or a search in an address would stand in the browser's history and in the log of a proxy. Sealed
(AES-256-GCM, NIST SP 800-38D, under a key of the program's secret) it says nothing there, and opens for the officer
alone who was given it.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from ra.office import office
from ra.scope import scope

__all__ = ["MOST_CHARACTERS", "opened", "seal"]

MOST_CHARACTERS: Final = 4096
"""Characters of a token that are read."""

_NONCE: Final = 12


def seal(use: str, text: str) -> str:
    """The text as a token for an address, for the officer of this request and that use."""
    nonce = office().random(_NONCE)
    return urlsafe_b64encode(nonce + _cipher().encrypt(nonce, text.encode(), _bound_to(use))).decode().rstrip("=")


def opened(use: str, token: str) -> str | None:
    """The text of a token; None for one that is not ours, not for this officer or not for that use."""
    if len(token) > MOST_CHARACTERS:
        return None
    try:
        octets = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        return _cipher().decrypt(octets[:_NONCE], octets[_NONCE:], _bound_to(use)).decode()
    except (ValueError, InvalidTag):
        return None


def _cipher() -> AESGCM:
    secret: bytes = current_app.secret_key  # type: ignore[assignment]  # `create_app` takes octets
    return AESGCM(hmac.digest(secret, b"ninsho\0seal", "sha256"))


def _bound_to(use: str) -> bytes:
    return f"{use}\0{scope().person}".encode()
