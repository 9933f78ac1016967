"""Serving the resident's screen to the one browser of this machine."""

from socketserver import TCPServer, ThreadingMixIn
from typing import Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from cli.terminal.errors import ScreenBusy

__all__ = ["HOST", "ScreenServer"]

HOST: Final = "127.0.0.1"


class ScreenServer(ThreadingMixIn, WSGIServer):
    """A server on loopback only, whatever is asked; raises ScreenBusy for a port that is taken.

    It writes no log: nothing of a resident's turn is recorded.
    """

    daemon_threads = True
    allow_reuse_port = True  # whoever starts the terminal may hold the port for it; only the same user can

    def __init__(self, port: int) -> None:
        try:
            super().__init__((HOST, port), _Quiet)
        except OSError:
            raise ScreenBusy(port) from None

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser may call this server, the first one preferred."""
        return f"{HOST}:{self.server_port}", f"localhost:{self.server_port}"

    def server_bind(self) -> None:
        """Bind, and look up no name: the library would ask the network for this machine's."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = 30  # a browser opens connections ahead, and may never use them

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""
