"""The used applications: appended, durable before the act is, never forgotten before they expire."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import UsedRefused
from store.used import KEPT, UsedApplications, UseOnce

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def use(id: UUID, expires_at: datetime = NOW + WEEK) -> UseOnce:
    """The use of an application that expires in a week."""
    return UseOnce(id, expires_at)


def test_a_use_outlives_the_process(tmp_path: Path) -> None:
    """Design section 3: an application is used once, whatever becomes of the database and the process."""
    first = UsedApplications(tmp_path / "used", NOW)
    assert not first.holds(ONE)
    first.add([use(ONE), use(TWO)])
    first.add([])
    assert first.holds(ONE)
    again = UsedApplications(tmp_path / "used", NOW)
    assert [again.holds(id) for id in (ONE, TWO, THREE)] == [True, True, False]


def test_expired_applications_are_dropped_at_start(tmp_path: Path) -> None:
    """The file is bounded: an expired application is refused by its own date, a clock set back a little included."""
    UsedApplications(tmp_path / "used", NOW).add([use(ONE), use(TWO, NOW + 2 * WEEK)])
    at_the_edge = UsedApplications(tmp_path / "used", NOW + WEEK + KEPT)
    assert at_the_edge.holds(ONE)
    later = UsedApplications(tmp_path / "used", NOW + WEEK + KEPT + timedelta(seconds=1))
    assert [later.holds(ONE), later.holds(TWO)] == [False, True]
    assert len((tmp_path / "used").read_bytes().splitlines()) == 1


def test_another_signer_of_the_same_file_is_seen(tmp_path: Path) -> None:
    """Design section 3: several signers may share a PostgreSQL database, and then share this file."""
    mine, other = (UsedApplications(tmp_path / "used", NOW) for _ in range(2))
    other.add([use(ONE, NOW)])
    assert mine.holds(ONE)
    other.add([use(TWO)])
    third = UsedApplications(tmp_path / "used", NOW + WEEK)  # drops the first line, so all others move
    third.add([use(THREE)])
    assert [mine.holds(id) for id in (TWO, THREE)] == [True, True]


def test_half_a_record_was_never_acknowledged(tmp_path: Path) -> None:
    """A power cut during an append leaves half a line; the act it belongs to was not committed."""
    file = tmp_path / "used"
    UsedApplications(file, NOW).add([use(ONE), use(TWO)])
    file.write_bytes(file.read_bytes()[:-7])
    again = UsedApplications(file, NOW)
    assert [again.holds(ONE), again.holds(TWO)] == [True, False]
    again.add([use(THREE)])
    third = UsedApplications(file, NOW)
    assert [third.holds(id) for id in (ONE, TWO, THREE)] == [True, False, True]


@given(at=st.integers(0, 53), octet=st.integers(0, 255))
def test_a_damaged_file_is_refused_and_not_taken_for_empty(
    tmp_path_factory: pytest.TempPathFactory, at: int, octet: int
) -> None:
    """A line that cannot be read stops the signer; the lines beside it are never lost."""
    file = tmp_path_factory.mktemp("damaged") / "used"
    UsedApplications(file, NOW).add([use(ONE), use(TWO)])
    content = bytearray(file.read_bytes())
    content[at] = octet
    file.write_bytes(content)
    try:
        found = UsedApplications(file, NOW - 10_000 * WEEK)
    except UsedRefused:
        return
    assert found.holds(TWO)
