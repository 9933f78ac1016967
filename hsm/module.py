"""One PKCS#11 module in this process: loading, locking, starting, restarting and forking.

A PKCS#11 library keeps one state per process, whoever loaded it. So there is one `Module` per path, and all tokens
behind it share its life: a restart ends the sessions and logins of every one of them, and each logs in again when it is
next used.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pkcs11
from pkcs11._pkcs11 import lib as Library  # noqa: N812  # a class, whatever its name

from hsm.cryptoki import Cryptoki, ReturnedError
from hsm.errors import EnvironmentConflict, ModuleMissing, TokenUnavailable

__all__ = ["Module", "started_alone"]

_DRAIN_SECONDS = 30.0  # longer than any key generation
_START_SECONDS = 60.0
_POLL_SECONDS = 0.01


@contextmanager
def started_alone(lock: Path, token: str) -> Iterator[None]:
    """Hold the lock file that processes of one token take round start, login and key generation.

    SoftHSM rewrites the token's file at every login, and a process that initialises in that instant does not see the
    token. Raises TokenUnavailable after a minute, so that a process that hangs does not hang all others.
    """
    end = time.monotonic() + _START_SECONDS
    with lock.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TokenUnavailable(token, f"another process holds {lock.name}") from None
                time.sleep(_POLL_SECONDS)
        yield


class Module:
    """The PKCS#11 module at one path. `generation` grows with each start; what an earlier generation made is dead.

    Calls into the module run inside `shared`, many at a time. Starting and ending it happens inside `alone`, after the
    calls under way have come back, because C_Finalize below a running call would crash the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generation = 0
        self.cryptoki: Cryptoki
        self.library: Library
        self._loaded = False
        self._running = False
        self._users = 0
        self._environment: Mapping[str, str] = {}
        self._renew_lock()

    @classmethod
    def at(cls, path: Path) -> "Module":
        """The one Module of this process for `path`, however the path is spelt."""
        resolved = path.resolve()
        return _MODULES.setdefault(resolved, cls(resolved))

    @property
    def running(self) -> bool:
        """Whether the module is initialised in this very process; a forked child starts with False."""
        return self._running

    @contextmanager
    def shared(self) -> Iterator[None]:
        """A stretch of calls into the module; waits while somebody is alone."""
        with self._condition:
            while self._occupied:
                self._condition.wait()
            self._calls += 1
        try:
            yield
        finally:
            with self._condition:
                self._calls -= 1
                if not self._calls:
                    self._condition.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No call is under way inside. Raises TokenUnavailable when one does not come back within 30 seconds."""
        self._occupy()
        try:
            yield
        finally:
            self._vacate()

    def attach(self, environment: Mapping[str, str]) -> None:
        """Count one more token in use. Only inside `alone`.

        The module reads the environment variables when it starts (SoftHSM: SOFTHSM2_CONF), so tokens in use at the same
        time must agree on them: EnvironmentConflict.
        """
        if self._users and dict(environment) != dict(self._environment):
            raise EnvironmentConflict(self.path)
        self._environment = dict(environment)
        self._users += 1

    def detach(self) -> None:
        """Count one token less; the last one ends the module. Only inside `alone`."""
        self._users -= 1
        if not self._users and self._running:
            self._running = False
            self.generation += 1
            self.cryptoki.finalize()

    def start(self) -> None:
        """Start the module, or start it again. Only inside `alone` and `started_alone`.

        Raises ModuleMissing when there is none to load, ReturnedError or PKCS11Error when it refuses to start.
        """
        os.environ.update(self._environment)
        self.generation += 1
        if not self._loaded:
            self._load()
        elif self._running:
            self._running = False
            # A module whose token was torn away may fail to say goodbye; whether it starts again is what counts.
            with suppress(ReturnedError):
                self.cryptoki.finalize()
        self.cryptoki.initialize()
        self._running = True

    def _load(self) -> None:
        try:
            self.cryptoki = Cryptoki(self.path)
        except (OSError, AttributeError) as error:
            reason = "it is not a PKCS#11 module" if self.path.is_file() else "there is no such file"
            raise ModuleMissing(self.path, reason) from error
        self.library = pkcs11.lib(str(self.path))
        self.library.finalize()  # it initialised for one thread; never call its finalize or reinitialize after this
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._after_fork_in_parent,
            after_in_child=self._after_fork_in_child,
        )
        self._loaded = True

    def _renew_lock(self) -> None:
        self._condition = threading.Condition()
        self._occupied = False
        self._calls = 0

    def _occupy(self) -> None:
        with self._condition:
            if not self._condition.wait_for(lambda: not self._occupied, _DRAIN_SECONDS):
                raise TokenUnavailable(self.path.name, "the module is being restarted")
            self._occupied = True
            if not self._condition.wait_for(lambda: not self._calls, _DRAIN_SECONDS):
                self._occupied = False
                self._condition.notify_all()
                raise TokenUnavailable(self.path.name, "a call into the module does not return")

    def _vacate(self) -> None:
        with self._condition:
            self._occupied = False
            self._condition.notify_all()

    def _before_fork(self) -> None:
        # Inside the library a mutex held by another thread would stay locked in the child for ever.
        try:
            self._occupy()
            self._forking = True
        except TokenUnavailable:
            self._forking = False

    def _after_fork_in_parent(self) -> None:
        if self._forking:
            self._vacate()

    def _after_fork_in_child(self) -> None:
        # PKCS#11 2.40, 6.6.1: a child begins anew with C_Initialize; inherited handles are not its own.
        self._renew_lock()
        self._running = False
        self.generation += 1


# The library's state is one per process, and this table only says so. A module, once loaded, is never unloaded.
_MODULES: dict[Path, Module] = {}
