"""How a holder is named in this deployment: by a keyed digest, never by what a register calls them."""

import hashlib
import hmac

__all__ = ["holder_name"]


def holder_name(salt: bytes, reference: str) -> bytes:
    """HMAC-SHA-256 of the register's reference (a resident record code, a post) under the deployment's salt."""
    return hmac.digest(salt, reference.encode(), hashlib.sha256)
