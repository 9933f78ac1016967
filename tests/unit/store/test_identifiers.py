"""UUIDs of version 7 (RFC 9562 section 5.7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies

from store.errors import RecordRefused
from store.identifiers import uuid7

TIMES = strategies.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=strategies.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(TIMES, strategies.binary(min_size=10, max_size=10))
def test_fields_are_those_of_rfc_9562(now: datetime, noise: bytes) -> None:
    """RFC 9562 section 5.7: 48 bits of milliseconds, version 7, variant 10, and all 74 bits of the noise."""
    made = uuid7(now, lambda size: noise[:size])
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    kept = ((made.int >> 64) & 0xFFF) << 62 | made.int & ((1 << 62) - 1)
    assert kept == int.from_bytes(noise) & ((1 << 74) - 1)


def test_later_identifiers_sort_after_earlier_ones() -> None:
    """Lists ordered by id are ordered by time."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    made = [uuid7(now + timedelta(milliseconds=step), lambda size: b"\xff" * size) for step in range(100)]
    assert made == sorted(made)


def test_time_without_a_zone_is_refused() -> None:
    """A local time would sort wrongly."""
    with pytest.raises(RecordRefused):
        uuid7(datetime(2026, 11, 23), bytes)  # noqa: DTZ001 - the point of this test
