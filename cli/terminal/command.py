"""`ninsho terminal`: composes the terminal from its key, its card reader, the front end and the resident's screen."""

import os
import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import click
from cryptography import x509

from cli.errors import NotFound
from cli.output import say

__all__ = ["terminal"]

SOFT = "soft:"
LOOK_SECONDS = 1.0
"""How often the front end is asked."""


@click.command()
@click.option("--terminal", "code", required=True, metavar="CODE", help="This terminal's code in the roster.")
@click.option("--deployment", required=True, metavar="NAME", help="The installation that it belongs to.")
@click.option("--window", required=True, metavar="001A", help="The window where it stands.")
@click.option("--key", required=True, metavar="FILE|URI", help="Its enrolled key: a PEM file, or a pkcs11: URI.")
@click.option("--pin-fd", type=int, metavar="FD", help="Where the PIN of the key's token is.")
@click.option("--front", required=True, metavar="URL", help="The front end, e.g. https://desk.example.jp.")
@click.option(
    "--front-ca",
    type=click.Path(exists=True, dir_okay=False),
    help="Who signed its TLS certificate (PEM); otherwise those the system trusts.",
)
@click.option("--card", "reader", required=True, metavar="soft:DIR", help="The reader: a folder of cards in software.")
@click.option(
    "--module",
    type=click.Path(path_type=Path),
    default=Path("/usr/lib/softhsm/libsofthsm2.so"),
    show_default=True,
    help="The PKCS#11 module of cards in software.",
)
@click.option(
    "--authorities",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of CA certificates (*.cer, DER): only theirs are written to cards.",
)
@click.option("--screen", type=click.IntRange(0, 65535), default=8563, show_default=True, help="The screen's port.")
def terminal(
    code: str,
    deployment: str,
    window: str,
    key: str,
    pin_fd: int | None,
    front: str,
    front_ca: str | None,
    reader: str,
    module: Path,
    authorities: Path,
    screen: int,
) -> None:
    """Run a counter's terminal: hold the card, make its keys, write its certificates, show the resident's screen.

    It asks the front end what is to be done at its window and tells it what was done, signed by its key. PINs stay
    between the screen and the card. The screen is at http://127.0.0.1:PORT/ for this machine alone. Ends on SIGTERM.

    \b
    Example:
      ninsho terminal --terminal terminal-branch-13103 --deployment demo-1a2b3c4d --window 001A \\
        --key terminal.key.pem --front http://localhost:8561 --card soft:cards --authorities public/ca
    """
    from cli.terminal.front_end import FrontEnd, is_front_end
    from cli.terminal.key import opened_key
    from cli.terminal.screen_server import ScreenServer
    from cli.terminal.station import Station
    from cli.terminal.visit import TerminalVisit
    from cli.wiring import elapsed_seconds, utc_now
    from hsm.soft_card import SoftReader
    from ra.resident.app import create_resident_app

    if not is_front_end(front):
        raise click.UsageError("--front is a URL of scheme, host and port, such as https://desk.example.jp")
    if not reader.startswith(SOFT) or not Path(reader.removeprefix(SOFT)).is_dir():
        raise click.UsageError("--card is soft:DIR, a folder of cards in software")
    trust = None if front_ca is None else ssl.create_default_context(cafile=front_ca)
    with opened_key(key, pin_fd) as opened:
        station = Station(deployment, code, window, opened, known_authorities(authorities), os.urandom)
        cards = SoftReader(Path(reader.removeprefix(SOFT)), module)
        visit = TerminalVisit(station, FrontEnd(front, station, utc_now, trust), cards, elapsed_seconds)
        with ScreenServer(screen) as server:
            server.set_app(create_resident_app(visit, server.hosts, cards))
            Thread(target=server.serve_forever, daemon=True).start()
            say(f"the resident's screen is at http://{server.hosts[0]}/")
            work(visit.turn)


def known_authorities(folder: Path) -> tuple[x509.Certificate, ...]:
    """The certificates in a folder's ``*.cer`` files; raises `NotFound` for a folder without any."""
    found = tuple(x509.load_der_x509_certificate(path.read_bytes()) for path in sorted(folder.glob("*.cer")))
    if not found:
        raise NotFound(f"A CA certificate in {folder}", "Give the folder with the authorities' certificates (*.cer).")
    return found


def work(turn: Callable[[], None]) -> None:
    """Take turns until SIGTERM."""
    ended = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    while not ended.wait(LOOK_SECONDS):
        turn()
