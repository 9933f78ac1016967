"""The module's life in one process: sharing, being alone, and the lock file of its start."""

import threading
from pathlib import Path

import pytest

from hsm import module as hsm_module
from hsm.errors import TokenUnavailable
from hsm.module import Module, started_alone
from tests.fixtures.tokens import MODULE


@pytest.fixture
def module(tmp_path: Path) -> Module:
    """A module of its own that is never loaded; only its lock is used."""
    return Module(tmp_path / "module.so")


def test_one_library_is_one_module(tmp_path: Path) -> None:
    """Two spellings of a path lead to one library, which has one state per process."""
    link = tmp_path / "link.so"
    link.symlink_to(MODULE)
    assert Module.at(link) is Module.at(MODULE)


def test_many_share(module: Module) -> None:
    """Calls run beside each other."""
    with module.shared(), module.shared():
        assert not module.running


def test_alone_waits_for_the_calls_under_way(module: Module) -> None:
    """C_Finalize below a running call would crash, so it waits."""
    order, entered = [], threading.Event()

    def restart() -> None:
        entered.set()
        with module.alone():
            order.append("alone")

    with module.shared():
        other = threading.Thread(target=restart)
        other.start()
        entered.wait()
        order.append("shared")
    other.join()
    assert order == ["shared", "alone"]


def test_a_call_that_never_returns_is_reported(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging call makes the token unavailable; it is not cut off, and others go on."""
    monkeypatch.setattr(hsm_module, "_DRAIN_SECONDS", 0.02)
    with module.shared():
        with pytest.raises(TokenUnavailable, match="a call into the module does not return"), module.alone():
            pass
        with module.shared():
            pass


def test_a_restart_that_never_ends_is_reported(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for another's restart gives up in the end."""
    monkeypatch.setattr(hsm_module, "_DRAIN_SECONDS", 0.02)
    with (
        module.alone(),
        pytest.raises(TokenUnavailable, match="the module is being restarted"),
        module.alone(),
    ):
        pass


def test_the_start_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    """A start that failed does not block the next one."""
    lock = tmp_path / "lock"
    with pytest.raises(LookupError), started_alone(lock, "ca"):
        raise LookupError
    with started_alone(lock, "ca"):
        assert lock.exists()
