"""The production server: granian's workers around a WSGI application made in each of them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 256
"""Questions one worker may have in hand: a thread waits for the whole body, and a slow client may keep it back.

granian has a deadline for headers and none for bodies, so `ocsp.web.BODIES` keeps half of the threads free of waiting.
"""
HEADER_SECONDS = 10  # a client that has not sent its headers by then is cut off, and so is an idle connection
HEADER_OCTETS = 16384  # as much of a request line and its headers as is read; a path may hold 8 KiB
SOCKET_MODE = 0o660  # to connect is to write: the socket's owner and its group may

Place: TypeAlias = Path | tuple[str, int]
"""Where a server listens: on the Unix socket of that name, or on a TCP address and port; never on both."""


def serve(
    make_application: Callable[[], "WSGIApplication"], place: Place, workers: int, threads: int = THREADS
) -> None:
    """Serve until SIGTERM or SIGINT; `make_application` runs once in each of `workers` processes, after the fork.

    There it opens the database and the key, so neither is shared between processes. A worker that dies is replaced;
    SIGHUP replaces all of them one by one, by which renewed responder certificates come into use.
    """
    uds = place if isinstance(place, Path) else None
    address, port = ("", 0) if isinstance(place, Path) else place
    Server(
        target="ocsp",
        address=address,
        port=port,
        uds=uds,
        uds_permissions=SOCKET_MODE,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=workers,
        blocking_threads=threads,
        backpressure=2 * threads,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_OCTETS, pipeline_flush=False
        ),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=1,
        log_access=False,
    ).serve(target_loader=make_application, wrap_loader=False)
