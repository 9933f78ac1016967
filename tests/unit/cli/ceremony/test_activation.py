"""Activation once per start of the machine needs a quorum (design section 3)."""

import os
import pty
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from ca.ceremony.shares import so_pin, split
from cli.config import load_config
from cli.errors import ConfigRefused
from cli.pins import PinUnavailable, pin_of
from cli.wiring import open_token, token_config
from tests.fixtures.ceremonies import tells
from tests.fixtures.commands import departures
from tests.fixtures.home import CHECKOUT, as_program
from tests.unit.cli.ceremony.conftest import Installation


def held(installation: Installation) -> list[str]:
    """The files that stay in memory."""
    return sorted(each.name for each in installation.memory.iterdir())


def test_a_quorum_activates_a_token(installation: Installation) -> None:
    """The PIN goes into one file of its owner's in memory, and opens the token from there."""
    answer = installation.activate(*installation.shares[:2])
    assert answer.body == {"schema": "ninsho.hsm.activate.v1", "token": "issuing", "active": True}
    assert list(departures(answer.body, "hsm activate")) == []
    name = f"{installation.config.deployment}.issuing.pin"
    assert held(installation) == [name]
    assert (installation.memory / name).stat().st_mode & 0o777 == 0o600
    with open_token(installation.config, "issuing") as token:
        assert token.objects() == ()


@pytest.mark.parametrize(("needed", "total"), [(2, 3), (3, 5), (2, 2)])
def test_every_quorum_activates_and_nothing_smaller(installation: Installation, needed: int, total: int) -> None:
    """Any `needed` of the shares, in any order, open the token; fewer end with status 6 and leave nothing behind."""
    divided = replace(installation, shares=split(installation.secret, needed, total, os.urandom))
    for few in combinations(divided.shares, needed - 1):
        answer = divided.activate(*few)
        assert (answer.status, answer.error["code"]) == (6, "ca.ceremony-shares")
        assert held(divided) == []
    for quorum in combinations(reversed(divided.shares), needed):
        assert divided.activate(*quorum).status == 0
        ended = divided.ninsho("hsm", "deactivate", "issuing").body
        assert ended["was_active"] is True
        assert list(departures(ended, "hsm deactivate")) == []
        assert held(divided) == []


def test_the_same_share_twice_is_no_quorum(installation: Installation) -> None:
    """One custodian stays one, however the words are spaced or written."""
    share = installation.shares[0]
    answer = installation.activate(share, f"  {share.upper().replace(' ', '  ')} ")
    assert (answer.status, answer.error["code"]) == (6, "ca.ceremony-shares")
    assert "a second time" in answer.error["message"]
    assert held(installation) == []


def test_a_forged_share_is_found_before_the_token_is_asked(installation: Installation) -> None:
    """A changed word fails the checksum: status 6, and no word stands in the error."""
    first, second = (share.split() for share in installation.shares[:2])
    second[5] = "academic" if second[5] != "academic" else "acid"
    answer = installation.activate(" ".join(first), " ".join(second))
    assert answer.status == 6
    assert answer.error["message"] == (
        "The shares are refused: share 2 has a word that is none of the list or not in its place."
    )
    assert held(installation) == []


def test_shares_of_two_secrets_give_nothing(installation: Installation, stranger: Installation) -> None:
    """A share of another token's set is told apart before the token is asked."""
    answer = installation.activate(installation.shares[0], stranger.shares[1])
    assert (answer.status, answer.error["code"]) == (6, "ca.ceremony-shares")


def test_a_wrong_combination_is_tried_once(installation: Installation, stranger: Installation, tmp_path: Path) -> None:
    """Shares of another secret fit together: the token refuses their PIN, and is never asked about it again."""
    answer = stranger.activate(*stranger.shares[:2])
    assert (answer.status, answer.error["code"]) == (11, "hsm.pin-refused")
    text = installation.config.path.read_text("utf-8")
    installation.config.path.write_text(text.replace("libsofthsm2.so", "absent.so"), "utf-8")
    answer = stranger.activate(*stranger.shares[1:])  # another quorum of the same secret, and no token to ask
    assert (answer.status, answer.error["code"]) == (7, "cli.pin-combination")
    installation.config.path.write_text(text, "utf-8")
    assert installation.activate(*installation.shares[:2]).status == 0
    assert stranger.pin not in "".join(each.read_text() for each in installation.memory.iterdir())


def test_an_active_token_asks_nobody(installation: Installation) -> None:
    """Once per start of the machine: a second activation is refused before a share is read."""
    installation.activate(*installation.shares[:2])
    answer = installation.ninsho("hsm", "activate", "issuing", "--share-fd", 999)
    assert (answer.status, answer.error["code"]) == (4, "cli.refused-activation")


def test_a_crashed_program_starts_again_unattended(installation: Installation) -> None:
    """Programs without a terminal open the token time and again while the activation lasts, and not before."""
    command = ("--config", installation.config.path, "--json", "hsm", "ls", "issuing")
    before = as_program(*command)
    assert (before.status, before.error["code"]) == (7, "cli.pin")
    installation.activate(*installation.shares[1:])
    assert [as_program(*command).status for _ in range(2)] == [0, 0]


def test_after_a_restart_of_the_machine_the_pin_is_nowhere(installation: Installation) -> None:
    """What was in memory is gone, and nothing else has it."""
    installation.activate(*installation.shares[:2])
    shutil.rmtree(installation.memory)
    with pytest.raises(PinUnavailable, match="no terminal"):
        pin_of(installation.config, "issuing")


def test_nothing_on_the_disk_opens_the_token(installation: Installation) -> None:
    """Outside a quorum there is no PIN: not in the home, not in the token's folder, also while it is active."""
    installation.activate(*installation.shares[:2])
    softhsm = Path(token_config(installation.config, "issuing").environment["SOFTHSM2_CONF"]).parent
    secrets = [installation.pin, so_pin(installation.secret), installation.secret.hex(), *installation.shares]
    folders = (installation.config.home, softhsm)
    octets = b"".join(each.read_bytes() for folder in folders for each in folder.rglob("*") if each.is_file())
    assert octets
    for text in (*secrets, installation.secret.hex().upper()):
        assert text.encode() not in octets
    assert installation.secret not in octets


def test_a_folder_on_a_disk_is_refused(installation: Installation, tmp_path: Path) -> None:
    """A PIN never gets to where it would outlive the machine's restart; no share is read before that is known."""
    text = installation.config.path.read_text("utf-8")
    installation.config.path.write_text(text.replace(str(installation.memory), str(CHECKOUT)), "utf-8")
    answer = installation.ninsho("hsm", "activate", "issuing", "--share-fd", 999)
    assert (answer.status, answer.error["code"]) == (2, "cli.config-memory")
    assert "lies on a disk" in answer.error["message"]


def test_a_folder_open_to_others_is_refused(installation: Installation) -> None:
    """Whoever could swap the file could use up the token's attempts."""
    installation.memory.chmod(0o755)
    answer = installation.activate(*installation.shares[:2])
    assert (answer.status, answer.error["code"]) == (2, "cli.config-memory")
    assert held(installation) == []


@pytest.mark.parametrize("token", ["root", "absent"])
def test_only_tokens_of_running_programs_are_activated(installation: Installation, token: str) -> None:
    """An offline root's PIN never stays in memory: its token is opened in a ceremony, share by share."""
    assert installation.ninsho("hsm", "activate", token, "--share-fd", 999).status in (3, 4)
    assert held(installation) == []


def test_without_a_terminal_and_descriptors_nobody_can_type(installation: Installation) -> None:
    """Shares are no arguments, and standard input is no terminal here."""
    answer = as_program("--config", installation.config.path, "--json", "hsm", "activate", "issuing")
    assert (answer.status, answer.error["code"]) == (6, "ca.ceremony-shares")
    assert "no terminal" in answer.error["message"]


def test_shares_are_typed_unseen(installation: Installation) -> None:
    """At a terminal each custodian types the share; no word is shown, and the last needed one ends the questions."""
    terminal, screen = pty.openpty()
    command = (sys.executable, "-m", "cli.main", "--config", installation.config.path, "hsm", "activate", "issuing")
    program = subprocess.Popen(
        ("setsid", "--ctty", "--wait", *command), cwd=CHECKOUT, stdin=screen, stdout=screen, stderr=screen
    )
    os.close(screen)
    seen = typed(terminal, installation.shares[:2])
    assert program.wait(30) == 0, seen
    assert "share 1 taken" in seen
    assert "is active until this machine restarts" in seen
    assert not any(tells(seen, share.split()) for share in installation.shares)
    assert max(map(len, seen.splitlines())) <= 80


def typed(terminal: int, shares: tuple[str, ...]) -> str:
    """Type one share at each question, and return everything the terminal showed."""
    waiting, seen = list(shares), ""
    while True:
        try:
            seen += os.read(terminal, 4096).decode()
        except OSError:  # the program has ended
            os.close(terminal)
            return seen
        if waiting and seen.count("to end)") > len(shares) - len(waiting):
            os.write(terminal, waiting.pop(0).encode() + b"\n")


def test_a_pin_file_is_refused_outside_a_demo(installation: Installation, tmp_path: Path) -> None:
    """`config check`: PIN files exist only in a demo home."""
    text = installation.config.path.read_text("utf-8")
    old = "[tokens.issuing]\n"
    installation.config.path.write_text(text.replace(old, f'{old}pin_file = "issuing.pin"\n'), "utf-8")
    answer = installation.ninsho("config", "check")
    assert (answer.status, answer.error["code"]) == (2, "cli.config")
    with pytest.raises(ConfigRefused, match="PIN file"):
        load_config(installation.config.path)
