"""Publication: a version is put once, the current name is swapped, a reader always gets one whole version."""

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest

from store.errors import NotPublished, PublicationAway, RecordRefused, VersionExists
from store.publication import Publication

NAME = "crl/jpki-sign-g1/13101.crl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the place of a folder that does not exist yet."""
    return tmp_path / "public"


def test_current_name_is_a_plain_file_with_the_newest_content(folder: Path) -> None:
    """A web server can serve the folder as it is; older versions stay."""
    publication = Publication(folder)
    publication.put(NAME, b"first", "1")
    publication.put(NAME, b"second", "2")
    assert (folder / NAME).read_bytes() == publication.get(NAME) == b"second"
    assert (folder / NAME).stat().st_mode & 0o777 == 0o644
    assert publication.get(NAME, "1") == b"first"
    assert publication.versions(NAME) == ("1", "2")


def test_same_content_again_is_no_error(folder: Path) -> None:
    """After a crash between the put and the swap the same step is simply done again."""
    publication = Publication(folder)
    publication.put(NAME, b"first", "1")
    (folder / NAME).unlink()
    publication.put(NAME, b"first", "1")
    assert publication.get(NAME) == b"first"


def test_version_is_never_overwritten(folder: Path) -> None:
    """CRL-4: other content under a published version is refused; the current name keeps what it held."""
    publication = Publication(folder)
    publication.put(NAME, b"first", "1")
    with pytest.raises(VersionExists):
        publication.put(NAME, b"other", "1")
    assert publication.get(NAME) == publication.get(NAME, "1") == b"first"


def test_large_file_is_streamed(folder: Path, tmp_path: Path) -> None:
    """CRL-6: a list is published from its spool file, in parts, and read back in parts; create-once holds."""
    spool = tmp_path / "spool"
    spool.write_bytes(os.urandom(1 << 20) * 20)
    publication = Publication(folder)
    publication.put(NAME, spool, "1")
    digest = sha256()
    for part in publication.stream(NAME):
        digest.update(part)
    assert digest.digest() == sha256(spool.read_bytes()).digest()
    publication.put(NAME, spool, "1")
    spool.write_bytes(os.urandom(1 << 20) * 20)
    with pytest.raises(VersionExists):
        publication.put(NAME, spool, "1")


def test_small_file_is_published_from_its_path(folder: Path, tmp_path: Path) -> None:
    """A short list comes from a spool file too."""
    spool = tmp_path / "spool"
    spool.write_bytes(b"short")
    publication = Publication(folder)
    publication.put(NAME, spool, "1")
    assert publication.get(NAME) == b"short"


def test_reader_never_sees_a_cut_or_mixed_file(folder: Path) -> None:
    """CRL-4: while 150 versions replace one another, every read gives one whole version."""
    publication = Publication(folder)
    publication.put(NAME, b"\0" * 300_000, "first")
    done = Event()

    def read() -> set[int]:
        seen = set()
        while not done.is_set():
            content = (folder / NAME).read_bytes()
            assert len(content) == 300_000
            assert content == content[:1] * 300_000
            seen.add(content[0])
        return seen

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for number in range(1, 151):
                publication.put(NAME, bytes([number]) * 300_000, str(number))
        finally:
            done.set()
        assert all(len(reader.result()) > 1 for reader in readers)


def test_object_store_has_the_same_promises() -> None:
    """Another store than a folder: put once, swap, versions, and what is missing."""
    publication = Publication("memory://")
    publication.put(NAME, b"first", "1")
    publication.put(NAME, b"second", "2")
    assert (publication.get(NAME), publication.get(NAME, "1")) == (b"second", b"first")
    with pytest.raises(VersionExists):
        publication.put(NAME, b"other", "2")
    with pytest.raises(NotPublished):
        publication.get("crl/jpki-sign-g1/27100.crl")


def test_full_or_read_only_place_leaves_the_current_name(folder: Path) -> None:
    """DSK-1: when the place fails, the name still holds what it held."""
    publication = Publication(folder)
    publication.put(NAME, b"first", "1")
    (folder / "versions" / NAME).rename(folder / "versions" / "away")
    (folder / "versions" / NAME).write_bytes(b"a file stands where the folder was")
    with pytest.raises(PublicationAway):
        publication.put(NAME, b"second", "2")
    assert publication.get(NAME) == b"first"


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../x", "a/../b", ".hidden", "a//b", "versions/x", "a b", "x" * 201]
)
def test_name_outside_the_place_is_refused(folder: Path, name: str) -> None:
    """INP-3: a name is a path below the root and nothing else."""
    with pytest.raises(RecordRefused):
        Publication(folder).put(name, b"x", "1")


def test_missing_spool_file_is_a_clear_error(folder: Path, tmp_path: Path) -> None:
    """The body's own absence is not taken for that of a published file."""
    with pytest.raises(RecordRefused):
        Publication(folder).put(NAME, tmp_path / "nothing", "1")
