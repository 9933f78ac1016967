"""Serial numbers (RFC 5280 section 4.1.2.2; requirements SER-1 and SER-3)."""

import random
from collections.abc import Callable

import pytest

from ca.refusals import RandomFailed
from ca.serials import SerialNumbers


def seeded(seed: int) -> Callable[[int], bytes]:
    """A repeatable generator: the statistics below must not fail once in a while."""
    return random.Random(seed).randbytes  # noqa: S311  # a test of statistics, no secret


def der_length(serial: int) -> int:
    """Octets of the INTEGER's content in DER."""
    return serial.bit_length() // 8 + 1


def test_serials_are_positive_unique_and_of_16_or_17_octets() -> None:
    """RFC 5280 4.1.2.2: positive, at most 20 octets; ours are never shorter than 16."""
    serials = SerialNumbers(seeded(1))
    drawn = [serials.draw() for _ in range(20_000)]
    assert len(set(drawn)) == 20_000
    assert min(drawn) > 0
    assert {der_length(serial) for serial in drawn} == {16, 17}


def test_no_bit_of_a_serial_is_fixed() -> None:
    """SER-1: over 20,000 serials each of the 128 bits is set in 45 to 55 per cent."""
    serials = SerialNumbers(seeded(2))
    drawn = [serials.draw() for _ in range(20_000)]
    for bit in range(128):
        share = sum(serial >> bit & 1 for serial in drawn) / len(drawn)
        assert 0.45 < share < 0.55, bit


@pytest.mark.parametrize(
    ("generator", "reason"),
    [
        (lambda count: bytes(count), "same octet"),
        (lambda count: b"\xff" * count, "same octet"),
        (lambda count: bytes(range(count - 1)), "15 octets instead of 16"),
        (lambda count: b"", "0 octets instead of 16"),
    ],
    ids=["zeros", "ones", "short", "empty"],
)
def test_a_generator_that_gives_itself_away_stops_issuance(generator: Callable[[int], bytes], reason: str) -> None:
    """SER-3, NIAP PP_CA FPT_FLS.1: no serial is made of a failed generator's octets."""
    with pytest.raises(RandomFailed, match=reason):
        SerialNumbers(generator).draw()


def test_a_generator_that_repeats_itself_stops_issuance() -> None:
    """SER-3: the same sixteen octets twice in a row are a failed generator, not bad luck."""
    serials = SerialNumbers(lambda count: bytes(range(1, count + 1)))
    serials.draw()
    with pytest.raises(RandomFailed, match="twice in a row"):
        serials.draw()


def test_a_generator_stuck_below_the_smallest_serial_stops_issuance() -> None:
    """SER-1: a run of draws with nine leading zero bits happens once in 2^36; it is taken for a failure."""
    counter = iter(range(1, 100))
    serials = SerialNumbers(lambda count: bytes(count - 1) + bytes([next(counter)]))
    with pytest.raises(RandomFailed, match="4 draws in a row"):
        serials.draw()
