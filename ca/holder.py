"""How a holder is named in this deployment: by a digest, never by what a register calls them."""

import hashlib
import hmac

__all__ = ["holder_name", "holder_of_body"]


def holder_name(salt: bytes, reference: str) -> bytes:
    """HMAC-SHA-256 of the register's reference (a resident record code, a post) under the deployment's salt."""
    return hmac.digest(salt, reference.encode(), hashlib.sha256)


def holder_of_body(name: str) -> bytes:
    """SHA-256 of the name of an authority or a responder: it is no person, so nothing is to be hidden by a salt."""
    return hashlib.sha256(name.encode()).digest()
