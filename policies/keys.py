"""Which subject keys may be certified, and which are too weak to be."""

from dataclasses import dataclass

__all__ = ["KeyRule"]


@dataclass(frozen=True, slots=True)
class KeyRule:
    """The subject keys a profile accepts; what is not listed is refused.

    `rsa_bits`: permitted modulus lengths in bits, e.g. (2048,); empty means no RSA.
    `curves`: permitted named curves as in RFC 5480 and SEC 2, e.g. ("secp256r1", "secp384r1"); empty means no EC.
    `ed25519`: whether Ed25519 (RFC 8410) is permitted.
    """

    rsa_bits: tuple[int, ...]
    curves: tuple[str, ...]
    ed25519: bool
