"""What verifiers reach: status answers, and the published lists and CA certificates, on one port.

Each worker makes its own application: token, database and answers are never shared between processes.
"""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.answering import RenewedResponder, answering, certificates, delegates
from cli.config import Config
from cli.errors import PortBusy
from cli.wiring import open_database, open_token
from crl.web import PublicationApplication
from hsm.token import Token

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def check_start(config: Config, now: datetime) -> int:
    """Open everything once, before any worker does, and close it again: how many authorities can be answered for.

    Raises what a worker would raise, where somebody sees it: `TokenShared`, WrongResponderKey, hsm's errors; and
    `PortBusy`, since workers share their port and would share it with a responder that runs already.
    """
    demand_silence(config.ocsp.host, config.ocsp.port)
    database = open_database(config, "ocsp")
    tokens = responder_tokens(config)
    try:
        keys = answering(config, database, tokens)
        return len(delegates(config, keys, certificates(database, keys, now)))
    finally:
        for token in tokens.values():
            token.close()
        database.close()


def demand_silence(host: str, port: int) -> None:
    """Raise `PortBusy` when somebody answers on `port` of `host`."""
    with suppress(OSError), socket.create_connection((host, port), 1.0):
        raise PortBusy(port)


def responder_tokens(config: Config) -> dict[str, Token]:
    """The tokens of the ocsp program, open."""
    return {name: open_token(config, name) for name in config.token_of("ocsp")}


def verifiers_application(config: Config, clock: Callable[[], datetime]) -> Callable[[], "WSGIApplication"]:
    """What makes the application in each worker; `clock` gives aware UTC times."""

    def make() -> "WSGIApplication":
        database = open_database(config, "ocsp")
        keys = answering(config, database, responder_tokens(config))
        status = RenewedResponder(config, database, keys, clock)
        files = PublicationApplication(Path(config.publication_root()))

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            chosen = status if environ["PATH_INFO"].startswith("/ocsp") else files
            return chosen(environ, start_response)

        return application

    return make


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
