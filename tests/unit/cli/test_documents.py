"""What commands print with --json is what docs/commands.md says: keys, types and nothing else."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from cli.wiring import utc_now
from tests.fixtures.commands import CHECKOUT, departures
from tests.fixtures.home import Home


@dataclass(frozen=True, slots=True)
class Scene:
    """An installation with something of everything: what the commands below are asked about."""

    home: Home
    folder: Path
    serial: str
    phone: str
    leaf: Path
    list: Path
    waiting: str
    roster: Path


@pytest.fixture(scope="module")
def scene(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Certificates, lists, a waiting case, a roster to sign."""
    folder = tmp_path_factory.mktemp("scene")
    serial = home.issued()["serial"]
    phone = home.issued(profile="jpki-auth-phone")["serial"]
    home.ninsho("cert", "export", serial, "-o", folder / "leaf.pem")
    with home.signing():
        home.ninsho("revoke", "hold", "jpki-auth", phone, *home.signs("reception-1"))
        home.ninsho("crl", "publish", "--issuer", "jpki-auth")
    waiting = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1")).body["application"]
    home.ninsho("roster", "show", "-o", folder / "newest.json")
    draft = json.loads((folder / "newest.json").read_text("utf-8"))
    draft["version"] += 1
    (folder / "next.json").write_text(json.dumps(draft), "utf-8")
    published = Path(home.config.publication_root()) / "crl" / "jpki-auth-g1" / "13103.crl"
    return Scene(home, folder, serial, phone, folder / "leaf.pem", published, waiting, folder / "next.json")


def signed_roster(scene: Scene) -> str:
    """The roster of the scene with both signatures."""
    target = scene.folder / "both.json"
    scene.home.ninsho("roster", "sign", scene.roster, "-o", target, *scene.home.signs("administrator-1"))
    scene.home.ninsho("roster", "sign", target, *scene.home.signs("administrator-2"))
    return str(target)


Arguments = Callable[[Scene], tuple[object, ...]]

# Every command whose document this test process can have; the others are tried where their servers run.
RUNS: dict[str, Arguments] = {
    "application approve": lambda s: ("application", "approve", examined(s), *s.home.signs("approver-1")),
    "application examine": lambda s: ("application", "examine", s.waiting, *s.home.signs("examiner-1")),
    "application list": lambda s: ("application", "list"),
    "application show": lambda s: ("application", "show", s.waiting),
    "audit checkpoint": lambda s: ("audit", "checkpoint"),
    "audit verify": lambda s: ("audit", "verify"),
    "ca ls": lambda s: ("ca", "ls"),
    "ca show": lambda s: ("ca", "show", "jpki-auth-g1"),
    "ceremony check": lambda s: ("ceremony", "check", CHECKOUT / "docs" / "ceremonies" / "one-tier-ca.toml"),
    "ceremony program": lambda s: ("ceremony", "program"),
    "cert challenge": lambda s: ("cert", "challenge", "--public-key", s.home.public_key()),
    "cert export": lambda s: ("cert", "export", s.serial, "-o", s.folder / "again.pem"),
    "cert find": lambda s: ("cert", "find"),
    "cert hand-over": lambda s: ("cert", "hand-over", "jpki-auth", not_handed_over(s), *s.home.signs("reception-1")),
    "cert issue": lambda s: ("cert", "issue", *s.home.case(), *s.home.everybody, "--hand-over"),
    "cert lint": lambda s: ("cert", "lint", s.leaf),
    "cert preview": lambda s: preview(s),
    "cert show": lambda s: ("cert", "show", "jpki-auth", s.phone),
    "cert verify": lambda s: ("cert", "verify", s.leaf),
    "config check": lambda s: ("config", "check"),
    "config show": lambda s: ("config", "show"),
    "crl publish": lambda s: ("crl", "publish", "--issuer", "jpki-auth"),
    "crl show": lambda s: ("crl", "show", s.list),
    "crl verify": lambda s: ("crl", "verify", s.list),
    "db check": lambda s: ("db", "check"),
    "db upgrade": lambda s: ("db", "upgrade"),
    "doctor": lambda s: ("doctor",),
    "hsm bench": lambda s: ("hsm", "bench", "root", "--key", "lgpki-root-g1", "--seconds", 0.1),
    "hsm ls": lambda s: ("hsm", "ls", "root"),
    "hsm slots": lambda s: ("hsm", "slots"),
    "ra seal-certificate": lambda s: without_seal_certificate(s),
    "revoke release": lambda s: (
        *("revoke", "release", "jpki-auth", s.phone),
        *s.home.signs("reception-1"),
        *s.home.with_("--approve", "approver-1"),
    ),
    "revoke hold": lambda s: ("revoke", "hold", "jpki-auth", s.serial, *s.home.signs("reception-1")),
    "revoke cert": lambda s: (
        *("revoke", "cert", "jpki-auth", s.serial, "--event", "death", "--yes"),
        *s.home.signs("register-1"),
    ),
    "revoke reasons": lambda s: ("revoke", "reasons"),
    "roster check": lambda s: ("roster", "check", s.roster),
    "roster sign": lambda s: (
        *("roster", "sign", s.roster, "-o", s.folder / "one.json"),
        *s.home.signs("administrator-1"),
    ),
    "roster enter": lambda s: ("roster", "enter", signed_roster(s)),
    "roster signed": lambda s: ("roster", "signed", "--as", "reception-1"),
    "roster show": lambda s: ("roster", "show"),
}


def not_handed_over(scene: Scene) -> str:
    """The serial number of a certificate that waits for its holder."""
    home = scene.home
    serial: str = home.ninsho("cert", "issue", *home.case(), *home.everybody).body["certificate"]["serial"]
    return serial


def examined(scene: Scene) -> str:
    """The number of a case that was examined."""
    home = scene.home
    number: str = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1")).body["application"]
    home.ninsho("application", "examine", number, *home.signs("examiner-1"))
    return number


def without_seal_certificate(scene: Scene) -> tuple[object, ...]:
    """The command in a home whose seal has no certificate yet."""
    config = scene.home.config
    assert config.ra is not None
    assert config.ra.seal_certificate is not None
    config.at(config.ra.seal_certificate).unlink()
    return "ra", "seal-certificate"


def preview(scene: Scene) -> tuple[object, ...]:
    """The options of a preview of a CA certificate."""
    return "cert", "preview", "--profile", "jpki-sign-ca", "--public-key", scene.leaf


@pytest.mark.parametrize("name", RUNS)
def test_a_document_is_as_documented(scene: Scene, name: str) -> None:
    """One document with its schema, the documented keys with values of the documented types, and no others."""
    with scene.home.signing():
        body = scene.home.ninsho(*RUNS[name](scene)).body
    assert body["schema"] == f"ninsho.{name.replace(' ', '.')}.v1"
    assert list(departures(body, name)) == []


def test_a_document_of_a_stale_list_comes_before_the_error(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """`status` prints its document even when its exit status says that a list is over."""
    monkeypatch.setattr("cli.status.utc_now", lambda: utc_now() + timedelta(days=60))
    answer = scene.home.ninsho("status")
    assert (answer.status, answer.error["code"]) == (10, "cli.stale")
    assert list(departures(json.loads(answer.out), "status")) == []
