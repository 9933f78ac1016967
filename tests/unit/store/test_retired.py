"""Retirements: never taken back, neither in the database nor in the folder beside it."""

from datetime import datetime
from pathlib import Path

import pytest

from store.database import Database
from store.errors import RetiredRefused
from store.retired import (
    MOST_FILE_OCTETS,
    RetiredFolder,
    RetirementRecord,
    add_retirement,
    retirement_digests,
    retirement_records,
)
from store.rosters import DocumentSignature

SIGNATURES = (DocumentSignature("administrator-1", b"one"), DocumentSignature("administrator-2", b"two"))
FIRST, SECOND = bytes(32), b"\xff" * 32


def made(now: datetime, digest: bytes = FIRST) -> RetirementRecord:
    """A record."""
    return RetirementRecord(digest, "jpki-sign-g1", b"{}", SIGNATURES, now)


def test_record_reads_back_and_is_kept_once(database: Database, now: datetime) -> None:
    """The statement comes back byte for byte; entered again it changes nothing."""
    with database.transaction() as tx:
        assert add_retirement(tx, made(now, SECOND))
        assert add_retirement(tx, made(now))
        assert not add_retirement(tx, made(now))
    with database.snapshot() as tx:
        assert retirement_records(tx) == (made(now), made(now, SECOND))
        assert retirement_digests(tx) == (FIRST, SECOND)


def test_folder_keeps_the_first_content(tmp_path: Path) -> None:
    """A file is written once: nothing that comes later replaces it, and another program reads the same."""
    folder = RetiredFolder(tmp_path / "retired")
    assert folder.digests() == frozenset()
    folder.add(FIRST, b"first")
    folder.add(FIRST, b"second")
    other = RetiredFolder(tmp_path / "retired")
    assert other.files(other.digests()) == {FIRST: b"first"}
    assert [file.name for file in (tmp_path / "retired").iterdir()] == [f"{FIRST.hex()}.json"]


@pytest.mark.parametrize("name", ["note.txt", "00.json", f"{'0' * 64}.txt", f"{'A' * 64}.json"])
def test_a_strange_file_is_refused(tmp_path: Path, name: str) -> None:
    """Whoever put it there may have removed others: a program that cannot know which keys ended signs nothing."""
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(RetiredRefused):
        RetiredFolder(tmp_path).digests()


def test_a_file_is_bounded(tmp_path: Path) -> None:
    """What is larger than any statement is not read."""
    (tmp_path / f"{FIRST.hex()}.json").write_bytes(b" " * (MOST_FILE_OCTETS + 1))
    folder = RetiredFolder(tmp_path)
    with pytest.raises(RetiredRefused):
        folder.files(folder.digests())


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A statement that could not be made durable is never taken for kept."""
    (tmp_path / "retired").write_bytes(b"")
    with pytest.raises(RetiredRefused):
        RetiredFolder(tmp_path / "retired").add(FIRST, b"{}")
