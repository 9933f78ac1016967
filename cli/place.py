"""Where the front end listens: on a Unix socket that only nginx may open, or in a demo home on a TCP port.

To connect to a Unix socket takes the right to write it and to enter its folder (unix(7)). The socket is its owner's
and its group's; the folder keeps others out even while the socket is made, and lets nobody put another in its place.
"""

import os
import socket
from pathlib import Path
from stat import S_ISSOCK, S_IWGRP

from cli.config import Config
from cli.errors import ConfigRefused, SocketBusy
from cli.verifiers import demand_silence
from ocsp.server import Place

MOST_OCTETS = 107
"""Octets of a socket's name (unix(7): ``sun_path`` holds 108, and the last is zero)."""

OTHERS = 0o007


def place_of(config: Config) -> Place:
    """Where the front end of this installation listens; raises `ConfigRefused` where it cannot."""
    section = config.ra
    if section is not None and section.socket is not None:
        return config.at(section.socket)
    if section is not None and section.port is not None:
        return section.host, section.port
    raise ConfigRefused(config.path, "ra: it names no socket and no port")


def spelt(place: Place) -> str:
    """A place as it is told to a person."""
    return str(place) if isinstance(place, Path) else f"{place[0]}:{place[1]}"


def check_place(config: Config) -> None:
    """See that the front end can listen there, alone and safely.

    Raises `ConfigRefused` for a socket whose folder is open to others, `SocketBusy` or `PortBusy` when somebody
    answers there. A socket that a program left behind when it was killed is removed.
    """
    place = place_of(config)
    if not isinstance(place, Path):
        demand_silence(*place)
        return
    check_folder(config, place)
    clear(config, place)


def check_folder(config: Config, place: Path) -> None:
    """Refuse a socket whose folder is not this user's own and closed to others; raises `ConfigRefused`."""
    folder = place.parent
    if len(os.fsencode(place)) > MOST_OCTETS:
        raise ConfigRefused(config.path, f"ra.socket: a socket's whole path has {MOST_OCTETS} octets at most")
    try:
        state = folder.stat()
    except OSError:
        raise ConfigRefused(
            config.path, f"ra.socket: its folder {folder} is not there; make it with mode 0750"
        ) from None
    if state.st_uid != os.geteuid():
        raise ConfigRefused(config.path, f"ra.socket: {folder} belongs to another user than the one that runs this")
    if state.st_mode & (OTHERS | S_IWGRP):
        why = f"ra.socket: {folder} is open to others than its owner and nginx's group; give it mode 0750"
        raise ConfigRefused(config.path, why)


def clear(config: Config, place: Path) -> None:
    """Remove a socket on which nobody answers any more.

    Raises `SocketBusy` when somebody does, and `ConfigRefused` for a file that is no socket.
    """
    if not place.exists():
        return
    if not S_ISSOCK(place.stat().st_mode):
        raise ConfigRefused(config.path, f"ra.socket: {place} is a file of another kind")
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(str(place)) == 0:
            raise SocketBusy(place)
    place.unlink()
