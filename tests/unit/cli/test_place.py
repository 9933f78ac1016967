"""Where the front end listens: a socket that only its owner and nginx's group may open, and that nobody can replace."""

import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cli.config import Config, load_config
from cli.errors import ConfigRefused, SocketBusy
from cli.place import MOST_OCTETS, check_place, place_of, spelt
from tests.fixtures.home import Home


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the user who runs this, closed to others; its path is short, as a socket's must be."""
    with TemporaryDirectory(prefix="ninsho-") as made:
        yield Path(made)


@pytest.fixture
def listening(home: Home, folder: Path, tmp_path: Path) -> Callable[[str], Config]:
    """Gives the home's configuration with its front end on the socket of that name."""
    ours = home.config.ra
    assert ours is not None

    def named(socket_name: str) -> Config:
        text = home.config.path.read_text("utf-8")
        door = f'[ra]\nsocket = "{folder / socket_name}"\n'
        (tmp_path / "ninsho.toml").write_text(text.replace(f"[ra]\nport = {ours.port}\n", door), "utf-8")
        return load_config(tmp_path / "ninsho.toml")

    return named


def test_a_socket_in_a_closed_folder_is_accepted(listening: Callable[[str], Config], folder: Path) -> None:
    """Its owner may do all, nginx's group may enter, others nothing."""
    folder.chmod(0o750)
    config = listening("ra.sock")
    check_place(config)
    assert (place_of(config), spelt(place_of(config))) == (folder / "ra.sock", f"{folder}/ra.sock")


def test_a_demo_home_has_a_port(home: Home) -> None:
    """Nothing stands before it, and it listens on this machine only."""
    assert home.config.ra is not None
    assert place_of(home.config) == ("127.0.0.1", home.config.ra.port)


@pytest.mark.parametrize("mode", [0o751, 0o754, 0o752, 0o770, 0o777])
def test_a_folder_open_to_others_is_refused(listening: Callable[[str], Config], folder: Path, mode: int) -> None:
    """Who may enter could connect while the socket is made; who may write could listen in its place (unix(7))."""
    folder.chmod(mode)
    with pytest.raises(ConfigRefused, match="0750"):
        check_place(listening("ra.sock"))


def test_a_folder_that_is_not_there_is_refused(listening: Callable[[str], Config]) -> None:
    """It is made by whoever decides whose it is; systemd's RuntimeDirectory does so."""
    with pytest.raises(ConfigRefused, match="is not there"):
        check_place(listening("missing/ra.sock"))


def test_a_path_that_no_socket_can_have_is_refused(listening: Callable[[str], Config]) -> None:
    """The kernel's own limit, told before the program starts its workers (unix(7))."""
    with pytest.raises(ConfigRefused, match=str(MOST_OCTETS)):
        check_place(listening("s" * MOST_OCTETS))


def test_a_file_of_another_kind_is_left_alone(listening: Callable[[str], Config], folder: Path) -> None:
    """A mistyped path deletes nothing."""
    (folder / "ra.sock").write_text("a letter", "utf-8")
    with pytest.raises(ConfigRefused, match="another kind"):
        check_place(listening("ra.sock"))
    assert (folder / "ra.sock").read_text("utf-8") == "a letter"


def test_a_socket_that_answers_is_not_taken(listening: Callable[[str], Config], folder: Path) -> None:
    """A second front end is refused, and the first goes on."""
    with closing(socket.socket(socket.AF_UNIX)) as first:
        first.bind(str(folder / "ra.sock"))
        first.listen()
        with pytest.raises(SocketBusy) as refused:
            check_place(listening("ra.sock"))
        assert (refused.value.code, stat.S_ISSOCK((folder / "ra.sock").stat().st_mode)) == ("cli.busy-socket", True)


def test_a_socket_left_behind_is_removed(listening: Callable[[str], Config], folder: Path) -> None:
    """A program that was killed does not keep the next one from starting."""
    with closing(socket.socket(socket.AF_UNIX)) as killed:
        killed.bind(str(folder / "ra.sock"))
    check_place(listening("ra.sock"))
    assert not (folder / "ra.sock").exists()
