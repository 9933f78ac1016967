"""The version floor: only rises, outlives a restored database, survives a power cut."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.errors import FloorRefused
from store.floor import VersionFloor


def test_floor_rises_and_stays(tmp_path: Path) -> None:
    """Design section 3: a version once accepted is the lowest ever accepted, over restarts."""
    path = tmp_path / "roster.floor"
    assert VersionFloor(path).value == 0
    VersionFloor(path).raise_to(7)
    VersionFloor(path).raise_to(7)
    assert VersionFloor(path).value == 7
    assert [file.name for file in tmp_path.iterdir()] == ["roster.floor"]


def test_floor_never_falls(tmp_path: Path) -> None:
    """A lower version is refused and the file keeps its number."""
    floor = VersionFloor(tmp_path / "roster.floor")
    floor.raise_to(7)
    with pytest.raises(FloorRefused):
        floor.raise_to(6)
    assert floor.value == 7


def test_programs_that_raise_at_once_end_at_the_highest(tmp_path: Path) -> None:
    """Signers share the file: each raise is whole, none is lost to another and none breaks another."""
    path = tmp_path / "roster.floor"

    def raises(version: int) -> int:
        try:
            VersionFloor(path).raise_to(version)
        except FloorRefused:
            assert VersionFloor(path).value > version
        return version

    with ThreadPoolExecutor(8) as programs:
        highest = max(programs.map(raises, range(1, 201)))
    assert VersionFloor(path).value == highest
    assert [file.name for file in tmp_path.iterdir()] == ["roster.floor"]


@pytest.mark.parametrize("content", [b"", b"seven", b"-1", b"7" * 21])
def test_damaged_file_is_refused_and_not_taken_for_zero(tmp_path: Path, content: bytes) -> None:
    """A floor that cannot be read stops the program instead of accepting every roster."""
    path = tmp_path / "roster.floor"
    path.write_bytes(content)
    with pytest.raises(FloorRefused):
        _ = VersionFloor(path).value
    with pytest.raises(FloorRefused):
        VersionFloor(path).raise_to(9)
