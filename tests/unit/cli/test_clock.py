"""The signer's clock gives the time only while it can be right (requirement TIM-1)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cli.clock import ClockRefused, SignerClock, kept_time, newest_signed
from tests.fixtures.officers import NOW
from tests.fixtures.signing import House, house, houses

__all__ = ["house", "houses"]


class Machine:
    """A machine whose clock can be set, beside one that cannot."""

    def __init__(self) -> None:
        self.now, self.seconds = NOW, 1000.0

    def passes(self, span: timedelta) -> None:
        """Time passes, for both clocks alike."""
        self.now += span
        self.seconds += span.total_seconds()

    def clock(self, folder: Path, **known: object) -> SignerClock:
        """A signer's clock on this machine, as one start makes it."""
        return SignerClock(
            folder / "clock",
            lambda: self.now,
            lambda: self.seconds,
            known.get("known"),  # type: ignore[arg-type]  # a time or nothing
            accept=bool(known.get("accept")),
        )


@pytest.fixture
def machine() -> Machine:
    """A machine with the right time."""
    return Machine()


def test_time_that_passes_is_given(machine: Machine, tmp_path: Path) -> None:
    """A signer that runs for years is not stopped by their length."""
    clock = machine.clock(tmp_path)
    machine.passes(timedelta(days=1000))
    assert clock() == NOW + timedelta(days=1000)


@pytest.mark.parametrize(
    "glitch",
    [timedelta(days=400), timedelta(days=1, seconds=2), -timedelta(minutes=6), -timedelta(days=400)],
)
def test_a_clock_that_jumps_is_refused_until_it_is_back(machine: Machine, tmp_path: Path, glitch: timedelta) -> None:
    """TIM-1: one list dated in the future would refuse every list after it; so nothing is dated then."""
    clock = machine.clock(tmp_path)
    machine.passes(timedelta(seconds=1))
    machine.now += glitch
    for _ in range(3):
        with pytest.raises(ClockRefused) as refused:
            clock()
        machine.passes(timedelta(seconds=1))
    assert refused.value.code == "cli.clock"
    assert (kept_time(tmp_path / "clock") or NOW) <= NOW + timedelta(seconds=1)
    machine.now -= glitch
    assert clock() == machine.now


@pytest.mark.parametrize("correction", [timedelta(minutes=4), -timedelta(minutes=4)])
def test_the_correction_of_a_time_service_is_followed(machine: Machine, tmp_path: Path, correction: timedelta) -> None:
    """TIM-1: a drifted clock that is put right does not stop the signer."""
    clock = machine.clock(tmp_path)
    machine.now += correction
    assert clock() == NOW + correction


def test_many_small_steps_are_one_jump(machine: Machine, tmp_path: Path) -> None:
    """TIM-1: a clock set ahead by an hour again and again gets no further than a day."""
    clock = machine.clock(tmp_path)

    def step() -> None:
        machine.passes(timedelta(seconds=1))
        machine.now += timedelta(hours=1)
        clock()

    for _ in range(24):
        step()
    with pytest.raises(ClockRefused):
        step()


def started(machine: Machine, folder: Path, ahead: timedelta, **known: object) -> Callable[[], SignerClock]:
    """A start so long after the signer last ran."""
    machine.clock(folder)()
    machine.now += ahead
    return lambda: machine.clock(folder, **known)


@pytest.mark.parametrize("ahead", [timedelta(days=31), -timedelta(minutes=6)])
def test_a_start_far_from_the_newest_time_is_refused(machine: Machine, tmp_path: Path, ahead: timedelta) -> None:
    """TIM-1: a machine that comes up with a wrong clock signs nothing, whatever its database was restored from."""
    with pytest.raises(ClockRefused, match=r"ahead|behind"):
        started(machine, tmp_path, ahead)()


@pytest.mark.parametrize("ahead", [timedelta(days=31), -timedelta(minutes=6)])
def test_a_person_can_vouch_for_the_clock(machine: Machine, tmp_path: Path, ahead: timedelta) -> None:
    """TIM-1: after a long rest, or when the newest time itself was wrong; the next start needs nobody."""
    assert started(machine, tmp_path, ahead, accept=True)()() == NOW + ahead
    assert machine.clock(tmp_path)() == NOW + ahead


def test_a_short_rest_needs_nobody(machine: Machine, tmp_path: Path) -> None:
    """TIM-1: a machine that was being repaired for four weeks starts by itself."""
    assert started(machine, tmp_path, timedelta(days=28))()() == NOW + timedelta(days=28)


def test_the_records_count_where_the_file_is_lost(machine: Machine, tmp_path: Path) -> None:
    """TIM-1: a clock set back behind what was signed would date new acts before old ones."""
    with pytest.raises(ClockRefused, match="behind"):
        machine.clock(tmp_path, known=NOW + timedelta(days=1))


def test_the_newest_time_is_kept_each_minute(machine: Machine, tmp_path: Path) -> None:
    """A write for every look would be one each second."""
    clock, file = machine.clock(tmp_path), tmp_path / "clock"
    assert kept_time(file) is None, "a start that fails for another reason leaves nothing behind"
    clock()
    for seconds, kept in ((59, 0), (1, 60), (30, 60), (30, 120)):
        machine.passes(timedelta(seconds=seconds))
        clock()
        assert kept_time(file) == NOW + timedelta(seconds=kept)


@pytest.mark.parametrize("content", [b"", b"tomorrow", b"2026-11-23T01:00:00", b"\xff" * 200])
def test_a_spoilt_file_is_refused(machine: Machine, tmp_path: Path, content: bytes) -> None:
    """Bad input is no reason to trust any time."""
    (tmp_path / "clock").write_bytes(content)
    with pytest.raises(ClockRefused, match="clock, which keeps"):
        machine.clock(tmp_path)


def test_only_signers_say_what_the_newest_time_is(house: House) -> None:
    """A counter's machine that is years ahead leaves its time in the trail, and does not stop the signer."""
    from store.audit import AuditChain

    case = house.issue_case("one")
    house.submit(case)
    signer = house.signer()
    signer.turn(NOW + timedelta(minutes=2))
    with house.ra.transaction() as tx:
        AuditChain("ra-1", "ra", "test").append(tx, "application.saved", {}, NOW + timedelta(days=900))
    assert newest_signed(signer.database) == NOW + timedelta(minutes=2)
