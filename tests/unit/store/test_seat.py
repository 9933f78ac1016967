"""The signer's seat: one on SQLite, none needed on PostgreSQL."""

import subprocess
import sys
from pathlib import Path

import pytest

from store.errors import SeatTaken
from store.seat import SignerSeat


def test_second_signer_on_sqlite_refuses_to_start(sqlite_url: str) -> None:
    """Design section 3: one signer at a time, and the seat is free when it leaves."""
    with SignerSeat(sqlite_url), pytest.raises(SeatTaken):
        SignerSeat(sqlite_url)
    SignerSeat(sqlite_url).leave()


def test_seat_is_free_after_its_process_was_killed(sqlite_url: str) -> None:
    """A signer that died holds nothing: the next one starts at once."""
    program = (
        "import sys; from store.seat import SignerSeat; "
        "seat = SignerSeat(sys.argv[1]); print('sits', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, sqlite_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"sits\n"
        with pytest.raises(SeatTaken):
            SignerSeat(sqlite_url)
        other.kill()
        other.wait(10)
    SignerSeat(sqlite_url).leave()


def test_postgresql_has_no_seat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 3: on PostgreSQL signers share the work by SKIP LOCKED; a second one sits, and no file is made."""
    monkeypatch.chdir(tmp_path)
    url = "postgresql://ninsho@/ninsho"
    with SignerSeat(url), SignerSeat(url):
        assert list(tmp_path.iterdir()) == []
