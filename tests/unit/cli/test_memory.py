"""Secrets in memory: where they are written, and what is believed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.memory import LARGEST, NotInMemory, check_folder, forget, keep, kept


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder on tmpfs that is this user's alone."""
    made = Path(tempfile.mkdtemp(prefix="ninsho-", dir="/dev/shm"))
    yield made
    shutil.rmtree(made)


def test_what_is_kept_is_read_again_until_it_is_forgotten(folder: Path) -> None:
    """One file, replaced as a whole, its owner's alone; nothing of the way there remains."""
    keep(folder / "a.pin", "first\n")
    keep(folder / "a.pin", "second\n")
    assert kept(folder / "a.pin") == "second\n"
    assert [(each.name, each.stat().st_mode & 0o777) for each in folder.iterdir()] == [("a.pin", 0o600)]
    assert (forget(folder / "a.pin"), forget(folder / "a.pin")) == (True, False)
    assert kept(folder / "a.pin") is None


def test_a_missing_folder_is_made_for_its_owner(folder: Path) -> None:
    """/run is empty after a start of the machine."""
    keep(folder / "ninsho" / "a.pin", "secret")
    assert (folder / "ninsho").stat().st_mode & 0o777 == 0o700


def test_what_an_interrupted_write_left_is_replaced(folder: Path) -> None:
    """A half-written file never counts and never stands in the way."""
    (folder / ".a.pin.partial").write_text("ha")
    assert kept(folder / "a.pin") is None
    keep(folder / "a.pin", "whole")
    assert [each.name for each in folder.iterdir()] == ["a.pin"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_open_to_others_is_not_believed(folder: Path, mode: int) -> None:
    """Somebody else may have written it, or read it."""
    keep(folder / "a.pin", "secret")
    (folder / "a.pin").chmod(mode)
    with pytest.raises(NotInMemory, match="not this user's alone"):
        kept(folder / "a.pin")


def test_a_link_is_not_followed(folder: Path) -> None:
    """A link could lead to a disk; neither a file nor a folder is reached through one."""
    keep(folder / "a.pin", "secret")
    (folder / "b.pin").symlink_to(folder / "a.pin")
    with pytest.raises(NotInMemory, match="no plain file"):
        kept(folder / "b.pin")
    (folder / "real").mkdir(mode=0o700)
    (folder / "link").symlink_to(folder / "real")
    with pytest.raises(NotInMemory):
        keep(folder / "link" / "a.pin", "secret")
    assert list((folder / "real").iterdir()) == []


def test_what_is_no_file_is_not_believed(folder: Path) -> None:
    """A folder or a pipe in the file's place is refused, and not waited for."""
    (folder / "a.pin").mkdir()
    os.mkfifo(folder / "b.pin", 0o600)
    for name in ("a.pin", "b.pin"):
        with pytest.raises(NotInMemory, match="no plain file"):
            kept(folder / name)


def test_no_more_than_the_bound_is_read(folder: Path) -> None:
    """Sizes are bounded before anything looks at them."""
    keep(folder / "a.pin", "x" * (2 * LARGEST))
    assert len(kept(folder / "a.pin") or "") == LARGEST


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    """A file in the folder's place, or no place at all, is an error of the configuration."""
    (folder / "file").touch()
    for place in (folder / "file", folder / "absent" / "deeper"):
        with pytest.raises(NotInMemory):
            check_folder(place)
    assert kept(folder / "file" / "a.pin") is None
    assert kept(folder / "absent" / "a.pin") is None
