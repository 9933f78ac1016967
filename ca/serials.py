"""Serial numbers: unpredictable, positive, never twice under one issuer (RFC 5280 section 4.1.2.2)."""

from collections.abc import Callable

from ca.refusals import RandomFailed

__all__ = ["SERIAL_OCTETS", "Random", "SerialNumbers"]

Random = Callable[[int], bytes]
"""A cryptographic generator: asked for n octets it returns exactly n (os.urandom, a token's C_GenerateRandom)."""

SERIAL_OCTETS = 16
_SMALLEST = 1 << (8 * SERIAL_OCTETS - 9)
_DRAWS = 4


class SerialNumbers:
    """Serial numbers for one signer, drawn from `random`.

    Sixteen octets are taken as one unsigned number: no bit is fixed, so DER writes 16 octets, or 17 when the top
    bit is set; RFC 5280 allows 20. A draw whose DER would be shorter than 16 octets (one in 512) is drawn again.
    Uniqueness is the database's to enforce; what a broken generator gives away is refused here.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._last: bytes | None = None

    def draw(self) -> int:
        """Return the next serial number.

        Raises RandomFailed when the generator returns too few octets, one octet over and over, or its last answer
        again: then nothing more may be issued until somebody has looked (NIAP PP_CA FPT_FLS.1).
        """
        for _ in range(_DRAWS):
            drawn = self._octets()
            serial = int.from_bytes(drawn, "big")
            if serial >= _SMALLEST:
                return serial
        raise RandomFailed(f"{_DRAWS} draws in a row were below 2^{8 * SERIAL_OCTETS - 9}")

    def _octets(self) -> bytes:
        drawn = self._random(SERIAL_OCTETS)
        if len(drawn) != SERIAL_OCTETS:
            raise RandomFailed(f"it returned {len(drawn)} octets instead of {SERIAL_OCTETS}")
        if len(set(drawn)) == 1:
            raise RandomFailed("it returned the same octet over and over")
        if drawn == self._last:
            raise RandomFailed("it returned the same octets twice in a row")
        self._last = drawn
        return drawn
