"""The signer's loop: what goes wrong is waited for, and only a broken random source or clock stops it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ca.refusals import RandomFailed
from ca.serials import Random
from cli.chores import Chores
from cli.clock import kept_time
from cli.signing import Stop, loop
from cli.waking import Wake
from cli.wiring import utc_now
from store.crls import latest_crl
from tests.fixtures.home import Home, as_program

pytestmark = pytest.mark.xdist_group("home")


def looped(home: Home, folder: Path, random: Random) -> bool:
    """Run the loop once with this random source; whether the lists of the authority of signing certificates exist."""
    with home.signer() as signer:
        chores = Chores(home.config, signer.database, signer.authorities, signer.audit, signer.serials, utc_now)
        waker = Wake(folder / "wake")
        try:
            loop(replace(signer, random=random), chores, waker, Stop(), 0.1, once=True)
        finally:
            waker.close()
        with signer.database.snapshot() as tx:
            return latest_crl(tx, "jpki-sign-g1", "ca") is not None or latest_crl(tx, "lgpki-org-g1", "ca") is not None


def test_a_turn_that_fails_leaves_the_chores(spare_home: Home, tmp_path: Path) -> None:
    """CRL-2: whatever keeps applications from being carried out, lists are made in time."""

    def away(length: int) -> bytes:
        raise OSError(5, "the device answers nothing")

    assert looped(spare_home, tmp_path, away)


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
