"""Errors of the administrators' face. Like every error of the house they carry `code`, a sentence, and `next`."""

from pathlib import Path


class CommandError(Exception):
    """A command cannot go on: `str()` says what and why, `next` what to do, `code` is stable."""

    code: str = "cli.failed"
    next: str = "See the command's --help."


class ConfigRefused(CommandError):
    """A configuration file that says something unknown, impossible or unsafe."""

    code = "cli.config"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"The configuration {path} cannot be used: {why}.")
        self.path = path
        self.next = f"Correct {path.name} and run 'ninsho --config {path} config check'."


class FileRefused(CommandError):
    """A file that a command was given, or that its configuration names, is not what it should be."""

    code = "cli.file"

    def __init__(self, path: Path, why: str, advice: str = "Correct the file and run the command again.") -> None:
        super().__init__(f"The file {path} cannot be used: {why}.")
        self.path = path
        self.next = advice


class HomeRefused(CommandError):
    """A demo home that cannot be made or served."""

    code = "cli.config-home"

    def __init__(self, path: Path, why: str, advice: str) -> None:
        super().__init__(f"The demo home {path} cannot be used: {why}.")
        self.path = path
        self.next = advice


class NotFound(CommandError):
    """Something named on the command line does not exist here."""

    code = "cli.not-found"

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} was not found.")
        self.next = advice


class PortBusy(CommandError):
    """A port that certificates name is held by another program."""

    code = "cli.busy-port"

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} of this host is in use, and the certificates of this home name it.")
        self.port = port
        self.next = "Stop the other program, or make another home with --home DIR."


class SocketBusy(CommandError):
    """A socket on which another program answers."""

    code = "cli.busy-socket"

    def __init__(self, path: Path) -> None:
        super().__init__(f"Another program answers on the socket {path}.")
        self.path = path
        self.next = "Stop the other program, or name another socket in the configuration."


class Unreachable(CommandError):
    """A service of this installation does not answer."""

    code = "cli.unreachable"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} does not answer: {why}.")
        self.next = "Check with 'ninsho status' that its program runs."


class LintersDied(CommandError):
    """A process that lints certificates for the signer ended; the certificate it had at hand may be what ended it."""

    code = "cli.linters-died"

    def __init__(self) -> None:
        super().__init__("A process that lints for the signer died, and without it nothing is issued.")
        self.next = "Start the signer again: it tries what was at hand one by one, and parks what ends it three times."


class TimedOut(CommandError):
    """The signer did not finish the work in the time given; the work itself is saved and goes on."""

    code = "cli.timeout"

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} was not finished within {seconds:g} s. It is saved and will not be done twice.")
        self.next = "Check that 'ninsho signer run' is running, then ask again with the same command."


class Disagreement(CommandError):
    """A check of this installation found something that must not be."""

    code = "cli.disagreement"

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.next = advice


def code_of(error: Exception) -> str:
    """The stable code of an error; for one that has none, the class of the exception under ``cli.internal``."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else f"cli.internal.{type(error).__name__}"


def spoken(error: Exception) -> str:
    """What a log may say of an error: its sentence if it is ours, otherwise its class, since texts of others leak."""
    return str(error) if isinstance(getattr(error, "code", None), str) else f"unexpected {type(error).__name__}"
