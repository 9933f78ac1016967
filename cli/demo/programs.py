"""The programs of a demo home as children of one command: start, wait until they answer, stop.

Each child is an ordinary `ninsho` command that an installation would run under its service supervisor.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from cli.errors import PortBusy, Unreachable

START_SECONDS = 60.0
STOP_SECONDS = 10.0


class Programs:
    """Children that live as long as this object's `running` block; their talk goes to files in `logs`."""

    def __init__(self, config: Path, logs: Path) -> None:
        self.config = config
        self.logs = logs
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start ``ninsho --config … ARGUMENTS`` as child `name`."""
        self.logs.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "cli.main", "--config", str(self.config), *arguments]
        with (self.logs / f"{name}.log").open("ab") as log:
            # the interpreter and module are ours; the arguments are the demo's own
            self.children[name] = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def check(self) -> None:
        """Raise `Unreachable` when a child has ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                raise Unreachable(f"The program '{name}'", f"it ended with status {child.returncode}; {self.why(name)}")

    def why(self, name: str) -> str:
        """The last line that child `name` wrote."""
        lines = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it wrote nothing"

    def wait_for_port(self, name: str, host: str, port: int) -> None:
        """Return when child `name` accepts connections; raises `Unreachable` after `START_SECONDS`."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check()
            with socket.socket() as probe:
                probe.settimeout(1.0)
                if probe.connect_ex((host, port)) == 0:
                    return
            time.sleep(0.05)
        raise Unreachable(f"The program '{name}'", f"port {port} was not open after {START_SECONDS:g} s")

    def stop(self) -> None:
        """Ask every child to end, and end what does not; nothing of the demo outlives its command."""
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children.clear()


@contextmanager
def running(config: Path, logs: Path) -> Iterator[Programs]:
    """Programs of the home of `config`, all stopped when the block ends, also by SIGTERM or a closed terminal."""
    programs = Programs(config, logs)
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield programs
    finally:
        programs.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Let a signal end the command as Ctrl-C does, so that its programs are stopped."""
    raise KeyboardInterrupt


@contextmanager
def reserved(preferred: Sequence[int], host: str) -> Iterator[list[int]]:
    """The `preferred` ports, or as many others when one of them is in use: nobody else reserves them in this block.

    Certificates name the port long before a program listens there, so it is held meanwhile. A program that shares its
    port among its own processes (SO_REUSEPORT), as the responder does, listens there all the same.
    """
    with ExitStack() as stack:
        try:
            held = [stack.enter_context(_hold(host, port)) for port in preferred]
        except PortBusy:
            held = [stack.enter_context(_hold(host, 0)) for _ in preferred]
        yield [each.getsockname()[1] for each in held]


@contextmanager
def demanded(port: int, host: str) -> Iterator[None]:
    """Hold `port` as `reserved` does; raises `PortBusy` when another program holds it."""
    with _hold(host, port):
        yield


def free_ports(preferred: Sequence[int], host: str) -> list[int]:
    """The ports that `reserved` would hold now, for a program that shares its port with nobody."""
    with reserved(preferred, host) as ports:
        return ports


def _hold(host: str, port: int) -> socket.socket:
    """A socket bound to `port`, or any when 0, that refuses other reservations but not our listeners."""
    held = socket.socket()
    try:
        # a port whose last connections are still fading is free; once bound, the kernel compares these options
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host, port))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError:
        held.close()
        raise PortBusy(port) from None
    return held
