"""The signer's loop: what goes wrong is waited for, and only a broken random source or clock stops it."""

import json
import os
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from ca.refusals import RandomFailed
from ca.serials import Random
from cli.chores import Chores
from cli.clock import kept_time
from cli.errors import LintersDied
from cli.signing import Heart, Stop, loop
from cli.waking import Wake
from cli.wiring import utc_now
from store.audit import links_from
from store.crls import latest_crl
from store.database import Database
from tests.fixtures.home import Home, as_program

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def looped(home: Home, folder: Path, random: Random = os.urandom, linters: Executor | None = None) -> bool:
    """Run the loop once with these; whether the lists of the authority of signing certificates exist."""
    with home.signer() as signer:
        chores = Chores(home.config, signer.database, signer.authorities, signer.audit, signer.serials, utc_now)
        waker = Wake(folder / "wake")
        heart = Heart(signer.database, utc_now)
        try:
            loop(
                replace(signer, random=random, linters=linters), chores, waker, Stop(), 0.1, once=True, beat=heart.beat
            )
        finally:
            waker.close()
        with signer.database.snapshot() as tx:
            return latest_crl(tx, "jpki-sign-g1", "ca") is not None or latest_crl(tx, "lgpki-org-g1", "ca") is not None


def test_a_turn_that_fails_leaves_the_chores(spare_home: Home, tmp_path: Path) -> None:
    """CRL-2: whatever keeps applications from being carried out, lists are made in time."""

    def away(length: int) -> bytes:
        raise OSError(5, "the device answers nothing")

    assert looped(spare_home, tmp_path, away)


def test_applications_do_not_wait_for_all_lists(spare_home: Home, tmp_path: Path) -> None:
    """REV-2: a country's lists take minutes; what comes in meanwhile is done between two of them."""
    assert looped(spare_home, tmp_path)
    spare_home.tamper("DELETE FROM crl")
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            spare_home.ninsho("cert", "issue", *spare_home.case(), *spare_home.everybody, "--wait", 0)

    with spare_home.signer() as signer:
        parts = signer.database, signer.authorities, signer.audit, signer.serials
        chores = Chores(spare_home.config, *parts, lambda: utc_now() + timedelta(hours=1))
        before = len(events(signer.database))
        waker = Wake(tmp_path / "wake")
        loop(signer, chores, waker, Stop(), 0.0, once=True, look=look)
        waker.close()
        done = events(signer.database)[before:]
    assert done.index("crl.published") < done.index("certificate.issued") < len(done) - 1
    assert done[-1] == "crl.published"


def test_a_signer_that_is_asked_to_stop_leaves_the_chores_of_a_country(spare_home: Home, tmp_path: Path) -> None:
    """A supervisor kills what has not ended in ninety seconds; all lists take longer, so the next start makes them."""
    assert looped(spare_home, tmp_path)
    stop, looks = Stop(), 0

    def look() -> None:
        nonlocal looks
        looks += 1
        stop.asked = looks == 2

    with spare_home.signer() as signer:
        parts = signer.database, signer.authorities, signer.audit, signer.serials
        chores = Chores(spare_home.config, *parts, lambda: utc_now() + timedelta(days=2))
        waker = Wake(tmp_path / "wake")
        before = len(events(signer.database))
        loop(signer, chores, waker, stop, 0.0, once=False, look=look)
        waker.close()
        assert events(signer.database)[before:] == ["crl.published"]


def events(database: Database) -> list[str]:
    """What the signer of these tests did, in order."""
    with database.snapshot() as tx:
        return [each.event for each in links_from(tx, "signer-test", 0)]


def test_a_random_source_that_cannot_be_trusted_stops_the_signer(spare_home: Home, tmp_path: Path) -> None:
    """NIAP PP_CA FPT_FLS.1: nothing more is signed until somebody has looked."""

    def broken(length: int) -> bytes:
        raise RandomFailed("it returned the same octets twice in a row")

    with pytest.raises(RandomFailed):
        looped(spare_home, tmp_path, broken)


def test_a_clock_far_from_the_newest_time_prevents_the_start(spare_home: Home) -> None:
    """TIM-1: nothing is signed by such a clock unless a person vouches for it; then it is the newest time."""
    file = spare_home.config.home / "state" / "clock"
    file.write_text((utc_now() - timedelta(days=31)).isoformat())
    spare_home.tamper("DELETE FROM audit_head WHERE program = 'signer'")
    run = ("--config", spare_home.config.path, "--json", "signer", "run", "--once")
    refused = as_program(*run)
    assert (refused.status, refused.error["code"]) == (1, "cli.clock")
    assert as_program(*run, "--accept-clock").status == 0
    assert (kept_time(file) or utc_now()) > utc_now() - timedelta(minutes=5)
    assert as_program(*run).status == 0


def test_signer_says_that_it_works(spare_home: Home, tmp_path: Path) -> None:
    """Page 1: the branches see whether the centre works by the beat that each turn leaves, 15 seconds apart at most."""
    spare_home.tamper("DELETE FROM heartbeat")
    assert json.loads(spare_home.ninsho("status").out)["signer"] == "stopped"
    looped(spare_home, tmp_path, os.urandom)
    said = json.loads(spare_home.ninsho("status").out)
    assert said["signer"] == "working"
    assert said["signer_beat"] is not None


def test_beats_are_fifteen_seconds_apart(spare_home: Home) -> None:
    """A busy signer writes no more than it must, and a clock that was set back does not silence it."""
    times = iter(NOON + timedelta(seconds=seconds) for seconds in (0, 14, 15, 29, -60))
    with spare_home.signer() as signer:
        heart = Heart(signer.database, lambda: next(times))
        written = []
        for _ in range(5):
            heart.beat()
            written.append(heart.beaten)
    assert [(time - NOON).total_seconds() for time in written if time is not None] == [0, 0, 15, 15, -60]


def test_linters_that_died_stop_the_signer(spare_home: Home, tmp_path: Path) -> None:
    """A pool of processes stays broken: the next signer tries what was at hand alone, and parks what kills linters."""
    spare_home.ninsho("cert", "issue", *spare_home.case(), *spare_home.everybody, "--wait", 0)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(os._exit, 1)
        with pytest.raises(LintersDied):
            looped(spare_home, tmp_path, linters=pool)
