"""`roster`: written, signed by two administrators, then entered; and a card or token signs like a key file."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.roster import parse_roster, roster_document
from cli.config import Config, load_config
from cli.demo.home import token_lines
from cli.wiring import open_token, token_config
from hsm.generation import KeyAlgorithm
from hsm.provision import initialise
from tests.fixtures.home import Answer, Home


@pytest.fixture
def draft(home: Home, tmp_path: Path) -> dict[str, Any]:
    """The newest roster with the next version's number, as an administrator begins to edit it."""
    home.ninsho("roster", "show", "-o", tmp_path / "newest.json")
    written: dict[str, Any] = json.loads((tmp_path / "newest.json").read_text("utf-8"))
    written["version"] += 1
    written["made_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return written


def saved(folder: Path, draft: dict[str, Any]) -> Path:
    """The draft as a file, indented as editors leave it."""
    path = folder / "next.json"
    path.write_text(json.dumps(draft, ensure_ascii=False, indent=4), "utf-8")
    return path


def signed(home: Home, file: Path, *administrators: str) -> Path:
    """The file with the signatures of those administrators."""
    for name in administrators:
        file = Path(home.ninsho("roster", "sign", file, *home.signs(name)).body["file"])
    return file


def enter(home: Home, folder: Path, draft: dict[str, Any]) -> Answer:
    """Sign a draft twice and enter it."""
    return home.ninsho("roster", "enter", signed(home, saved(folder, draft), "administrator-1", "administrator-2"))


def test_two_signatures_put_a_roster_into_force(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """What is entered is what every later command believes."""
    assert enter(home, tmp_path, draft).body["version"] == draft["version"]
    assert home.ninsho("roster", "show").body["roster"] == draft


def test_one_signature_is_too_few(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """One administrator appoints nobody; the database keeps the roster it had."""
    answer = home.ninsho("roster", "enter", signed(home, saved(tmp_path, draft), "administrator-1"))
    assert (answer.status, answer.error["code"]) == (4, "ca.document-signers-too-few")
    assert home.ninsho("roster", "show").body["roster"]["version"] < draft["version"]


def test_an_administrator_signs_once(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """A second person is needed: exit status 6."""
    once = signed(home, saved(tmp_path, draft), "administrator-1")
    answer = home.ninsho("roster", "sign", once, *home.signs("administrator-1"))
    assert (answer.status, answer.error["code"]) == (6, "cli.second-person-roster")


@pytest.mark.parametrize(("person", "key"), [("reception-1", "reception-1"), ("administrator-1", "administrator-2")])
def test_only_an_administrators_own_key_signs(
    home: Home, tmp_path: Path, draft: dict[str, Any], person: str, key: str
) -> None:
    """Who the administrators are stands in the configuration, not in the roster."""
    file = saved(tmp_path, draft)
    answer = home.ninsho("roster", "sign", file, "--as", person, "--with-key", home.key(key))
    assert (answer.status, answer.error["code"]) == (4, "cli.refused-administrator")


def test_check_says_what_changes(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """Whoever signs sees beforehand who comes, who goes and whose entry is another."""
    draft["persons"] = [each for each in draft["persons"] if each["code"] != "head-1"]
    draft["persons"][0]["name"] = "受付 別子"
    body = home.ninsho("roster", "check", saved(tmp_path, draft)).body
    assert body["changes"] == ["removes person head-1", f"changes person {draft['persons'][0]['code']}"]
    assert (body["signed_by"], body["complete"]) == ([], False)


def test_check_writes_the_form_that_a_ceremony_signs(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """RFC 8785, whatever an editor has left; a ceremony's script names its digest, and refuses any other form."""
    target = tmp_path / "roster.json"
    body = home.ninsho("roster", "check", saved(tmp_path, draft), "-o", target).body
    assert target.read_bytes() == roster_document(parse_roster(target.read_bytes()))
    assert json.loads(target.read_text("utf-8")) == draft
    assert body["sha256"] == sha256(target.read_bytes()).hexdigest()


def test_an_edited_roster_has_no_signature(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """A signature covers every octet of the canonical form; a changed name is found."""
    file = signed(home, saved(tmp_path, draft), "administrator-1")
    file.write_bytes(file.read_bytes().replace("受付".encode(), "偽者".encode()))
    for command in ("check", "enter"):
        answer = home.ninsho("roster", command, file)
        assert (answer.status, answer.error["code"]) == (4, "ca.document-signature-invalid")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 1, "made_at": "2026-01-01T00:00:00Z"}, "ca.document-outdated"),
        ({"deployment": "another"}, "ca.document-deployment"),
        ({"persons": "none"}, "ca.document-malformed"),
        ({"extra": 1}, "ca.document-malformed"),
    ],
)
def test_check_refuses(home: Home, tmp_path: Path, draft: dict[str, Any], change: dict[str, Any], code: str) -> None:
    """An old version, another deployment, a field of another type or one too many: each by its code."""
    answer = home.ninsho("roster", "check", saved(tmp_path, {**draft, **change}))
    assert (answer.status, answer.error["code"]) == (4, code)


def test_roles_that_exclude_each_other_are_refused(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """The desk never decides (NIAP PP_CA FMT_SMR.2)."""
    draft["persons"][0]["roles"] = ["reception", "approve"]
    answer = home.ninsho("roster", "check", saved(tmp_path, draft))
    assert (answer.status, answer.error["code"]) == (4, "ca.roster-roles-exclude")


def with_card(home: Home) -> Config:
    """The home's configuration with one more token: an officer's, named "card"."""
    pins = home.write("pin", b"a card's PIN")
    lines = [*token_lines("card", "officer")[:-1], f'pin_file = "{pins}"']
    edited = home.config.path.with_name("with-card.toml")
    edited.write_text(home.config.path.read_text("utf-8") + "\n".join(lines) + "\n", "utf-8")
    config = load_config(edited)
    initialise(token_config(config, "card"), "security officer", "a card's PIN")
    return config


def test_a_token_signs_like_a_key_file(home: Home, tmp_path: Path, draft: dict[str, Any]) -> None:
    """An officer's key in a PKCS#11 token is enrolled by the roster, and leaves the same evidence."""
    config = with_card(home)
    with open_token(config, "card") as token:
        public = token.generate("head-1", KeyAlgorithm.P_256).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
    head = next(each for each in draft["persons"] if each["code"] == "head-1")
    head["credentials"].append({**head["credentials"][0], "code": "card-head-1", "spki": spki})
    assert enter(home, tmp_path, draft).status == 0
    number = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1")).body["application"]
    card = ("--as", "head-1", "--with-token", "card", "--with-label", "head-1")
    home.ninsho("application", "examine", number, *home.signs("examiner-1"))
    approved = home.ninsho("--config", config.path, "application", "approve", number, *card).body
    assert approved["state"] == "ready"
    signatures = home.ninsho("application", "show", number).body["signatures"]
    assert {each["role"]: each["credential"] for each in signatures}["approval"] == "card-head-1"


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        (("--with-token", "issuing", "--with-label", "jpki-auth-g1"), 4, "cli.refused-token"),
        (("--with-token", "root", "--with-label", "lgpki-root-g1"), 4, "cli.refused-token"),
        (("--with-token", "nowhere", "--with-label", "head-1"), 3, "cli.not-found"),
        (("--with-token", "root"), 2, "cli.usage"),
        ((), 2, "cli.usage"),
    ],
)
def test_a_persons_key_lies_in_a_token_that_people_open(
    home: Home, options: tuple[str, ...], status: int, code: str
) -> None:
    """Neither a program's token nor a ceremony's is opened to sign for a person."""
    answer = home.ninsho("cert", "issue", *home.case(), "--as", "head-1", *options)
    assert (answer.status, answer.error["code"]) == (status, code)
