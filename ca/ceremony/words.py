"""A digest as words, so that people compare a public key aloud, without a screen between them."""

from typing import Final

from shamir_mnemonic.wordlist import WORDLIST

__all__ = ["DIGEST_WORDS", "digest_words"]

DIGEST_WORDS: Final = 8
"""Words read aloud: 80 bits, so that nobody finds a second key with the same ones."""

_BITS: Final = 10


def digest_words(sha256: bytes, count: int = DIGEST_WORDS) -> tuple[str, ...]:
    """Return the first `count` words (1 to 25) of a SHA-256 value, ten bits a word, most significant bit first.

    The words are those of SLIP-39, which differ from each other in their first four letters.
    """
    if len(sha256) != 32 or not 1 <= count <= 256 // _BITS:
        raise ValueError("a digest has 32 octets and is told in 1 to 25 words")
    number = int.from_bytes(sha256, "big")
    return tuple(WORDLIST[number >> 256 - _BITS * place & 1023] for place in range(1, count + 1))
