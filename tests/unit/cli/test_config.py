"""The configuration: what is well-formed and unsafe is refused when it is read."""

import json
import re
import shutil
from pathlib import Path

import pytest

from ca.ceremony.errors import ScriptRefused
from ca.passkeys import Parties, RelyingParty
from cli.config import Config, load_config
from cli.demo.home import PORTS, make_home, token_lines
from cli.errors import ConfigRefused, FileRefused, HomeRefused
from cli.wiring import parties_of, public_key_file
from store.database import Database, check_schema
from tests.fixtures.home import Home, in_process
from tests.unit.ca.ceremony.examples import changed


def edited(home: Home, folder: Path, old: str, new: str, *more: str) -> Config:
    """Read the home's configuration with one change and more lines at its end."""
    text = home.config.path.read_text("utf-8")
    assert old in text
    (folder / "ninsho.toml").write_text("\n".join((text.replace(old, new), *more, "")), "utf-8")
    return load_config(folder / "ninsho.toml")


def test_people_have_tokens_of_their_own(home: Home, tmp_path: Path) -> None:
    """Design section 3: an officer's token is one that no program opens."""
    config = edited(home, tmp_path, "", "", *token_lines("card", "officer"))
    assert config.token_of("officer") == ("card",)
    assert "card" not in config.token_of("signer") + config.token_of("ocsp") + config.token_of("audit")


@pytest.mark.parametrize("program", ["officer", "ocsp"])
def test_two_programs_never_share_a_token(home: Home, tmp_path: Path, program: str) -> None:
    """Design section 3: one token and PIN per program, and a person's is nobody else's."""
    lines = [line.replace('label = "card"', 'label = "issuing"') for line in token_lines("card", program)]
    with pytest.raises(ConfigRefused, match="token issuing is shared"):
        edited(home, tmp_path, "", "", *lines)


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        ('label = "card"\nserial = "0102"', False),
        ('label = "issuing"\nserial = "0102"', True),  # the other table does not say that it means another serial
        ('serial = "0102"', False),
    ],
)
def test_a_token_is_named_by_label_serial_or_both(home: Home, tmp_path: Path, names: str, shared: bool) -> None:
    """A serial beside the label tells a token from one put in its place; one that may be another's is refused."""
    lines = [line.replace('label = "card"', names) for line in token_lines("card", "officer")]
    if shared:
        with pytest.raises(ConfigRefused, match="token issuing is shared"):
            edited(home, tmp_path, "", "", *lines)
    else:
        assert "card" in edited(home, tmp_path, "", "", *lines).tokens


def test_two_tokens_of_one_label_differ_in_their_serials(home: Home, tmp_path: Path) -> None:
    """The same serial twice is one token whatever the labels say; two serials are two."""
    pairs = {"0102": True, "0304": False}
    for serial, shared in pairs.items():
        lines = [
            line.replace(f'label = "{name}"', f'label = "card"\nserial = "{number}"')
            for name, number in (("card-1", "0102"), ("card-2", serial))
            for line in token_lines(name, "officer")
        ]
        if shared:
            with pytest.raises(ConfigRefused, match="token card is shared"):
                edited(home, tmp_path, "", "", *lines)
        else:
            assert edited(home, tmp_path, "", "", *lines).token_of("officer") == ("card-1", "card-2")


@pytest.mark.parametrize("token", ["issuing", "responder", "audit"])
def test_no_key_of_a_program_lies_in_an_officers_token(home: Home, tmp_path: Path, token: str) -> None:
    """Design section 3: CA, responder and audit keys are in their programs' tokens only."""
    table = re.compile(rf'\[tokens.{token}]\nprogram = "\w+"')
    found = table.search(home.config.path.read_text("utf-8"))
    assert found
    with pytest.raises(ConfigRefused, match=f"names token {token}, which belongs to program officer"):
        edited(home, tmp_path, found[0], f'[tokens.{token}]\nprogram = "officer"')


@pytest.mark.parametrize("name", ["we?ird", "pct%41x", "hash#x", "a b", "日本"])
def test_a_home_may_have_any_name(home: Home, tmp_path: Path, name: str) -> None:
    """INP-1: the database is looked for in the configuration's own folder, whatever that is called."""
    (tmp_path / name).mkdir()
    config = edited(home, tmp_path / name, "", "")
    shutil.copyfile(home.config.home / "ninsho.db", tmp_path / name / "ninsho.db")
    database = Database(config.database_url(), "owner")
    check_schema(database)
    database.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [name]


def test_a_demo_home_in_a_folder_softhsm_cannot_name_is_refused(tmp_path: Path) -> None:
    """SoftHSM2's configuration has no way to write a #; nothing is made."""
    with pytest.raises(HomeRefused, match="comment"):
        make_home(tmp_path / "hash#x", None, PORTS, bytes)
    assert not (tmp_path / "hash#x").exists()


def test_config_show_hides_a_password(home: Home, tmp_path: Path) -> None:
    """What a command shows ends in terminals, logs and tickets; neither form of its output holds the password."""
    edited(home, tmp_path, "sqlite:///ninsho.db", "postgresql://ra:geheim@host/ninsho?sslmode=require")
    for form in ("--json",), ():
        answer = in_process("--config", tmp_path / "ninsho.toml", *form, "config", "show")
        assert answer.status == 0, answer.err
        assert "geheim" not in answer.out + answer.err
        assert "postgresql://ra:hidden@host/ninsho?sslmode=require" in answer.out


def test_a_database_url_that_is_none_is_refused(home: Home, tmp_path: Path) -> None:
    """The error names the key and never quotes what may hold a password."""
    config = edited(home, tmp_path, "sqlite:///ninsho.db", "geheim")
    with pytest.raises(ConfigRefused, match=r"database\.url: it is no database URL") as refused:
        config.database_url()
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("url", ["postgresql://ra:geheim@host/ninsho", "postgresql://ra@/x?password=geheim", "geheim"])
def test_a_password_among_the_arguments_is_refused(tmp_path: Path, url: str) -> None:
    """Whoever is logged in on the host sees the arguments of every program; nothing was made."""
    answer = in_process("--json", "demo", "--home", tmp_path / "home", "--postgres", url)
    assert answer.status == 2
    assert json.loads(answer.err.splitlines()[-1])["error"]["code"] == "cli.usage"
    assert "geheim" not in answer.out + answer.err
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("origin", "why"),
    [
        ("http://127.0.0.1:8561", "IP address"),
        ("https://[::1]:8561", "scheme://host"),
        ("http://desk.example.jp", "https only"),
        ("http://notlocalhost", "https only"),
        ("https://desk.example.jp/", "nothing after it"),
        ("https://desk.example.jp:443", "scheme://host"),
        ("https://Desk.example.jp", "scheme://host"),
        ("https://me@desk.example.jp", "scheme://host"),
        ("https://", "scheme://host"),
        ("https://desk.example.jp:99999", "ra.origin"),
        ("desk.example.jp", "scheme://host"),
    ],
)
def test_an_origin_is_one_that_browsers_offer_passkeys_on(home: Home, tmp_path: Path, origin: str, why: str) -> None:
    """WebAuthn Level 2 section 5.1.2: an RP ID is a domain; another spelling than the browser's would never match."""
    ours = home.config.ra
    assert ours is not None
    with pytest.raises(ConfigRefused, match=why):
        edited(home, tmp_path, f'origin = "{ours.origin}"', f'origin = "{origin}"')


@pytest.mark.parametrize("approval", ["https://desk.example.jp", "https://desk.example.jp:8443", "https://example.jp"])
def test_approvals_are_out_of_reach_of_the_working_pages(home: Home, tmp_path: Path, approval: str) -> None:
    """Design section 3: a page may use the passkeys of its own host and of those above it."""
    ours = home.config.ra
    assert ours is not None
    text = home.config.path.read_text("utf-8").replace(ours.approval_origin, approval)
    (tmp_path / "ninsho.toml").write_text(text.replace(ours.origin, "https://desk.example.jp"), "utf-8")
    with pytest.raises(ConfigRefused, match="host of their own"):
        load_config(tmp_path / "ninsho.toml")


def test_the_hosts_are_the_relying_parties(home: Home) -> None:
    """Design section 3: approval is another origin and RP ID than the working pages, never an IP address."""
    port = home.config.ra.port if home.config.ra else 0
    assert parties_of(home.config) == Parties(
        RelyingParty("localhost", f"http://localhost:{port}"),
        RelyingParty("approve.localhost", f"http://approve.localhost:{port}"),
    )


def test_without_a_front_end_no_passkey_is_believed(home: Home) -> None:
    """A program without a front end in its configuration knows no relying party."""
    assert parties_of(home.config.model_copy(update={"ra": None})) is None


def test_the_keys_of_terminals_are_read_when_the_configuration_is_checked(home: Home) -> None:
    """A terminal whose key is missing is told before a resident stands at the window."""
    text = home.config.path.read_text("utf-8").replace('"officers/terminal-branch-13103.key.pem"', '"nowhere.key.pem"')
    path = home.config.path.with_name("other.toml")
    path.write_text(text, "utf-8")
    answer = in_process("--config", path, "--json", "config", "check")
    path.unlink()
    assert (answer.status, answer.error["code"]) == (3, "cli.not-found")
    assert home.ninsho("config", "check").status == 0


def with_door(home: Home, folder: Path, door: str, *, demo: bool) -> Config:
    """Read the home's configuration with another door of its front end, as a demo home's or as one in earnest."""
    ours = home.config.ra
    assert ours is not None
    text = home.config.path.read_text("utf-8").replace(f"[ra]\nport = {ours.port}\n", f"[ra]\n{door}\n")
    if not demo:
        text = re.sub(r"(?m)^(pin_file = .*|demo = true)\n", "", text)
    (folder / "ninsho.toml").write_text(text, "utf-8")
    return load_config(folder / "ninsho.toml")


def test_outside_a_demo_home_the_front_end_has_no_port(home: Home, tmp_path: Path) -> None:
    """docs/decisions/0027: whoever reaches a port can send what only nginx may say; the error names what to do."""
    with pytest.raises(ConfigRefused, match=r"only a demo home has one; name ra\.socket") as refused:
        with_door(home, tmp_path, "port = 8561", demo=False)
    assert "config check" in refused.value.next


def test_outside_a_demo_home_the_front_end_has_a_socket(home: Home, tmp_path: Path) -> None:
    """The one door that an installation has."""
    config = with_door(home, tmp_path, 'socket = "run/ra.sock"', demo=False)
    assert config.ra is not None
    assert (config.demo, config.ra.socket, config.ra.port) == (False, Path("run/ra.sock"), None)


def test_client_certificates_need_the_socket(home: Home, tmp_path: Path) -> None:
    """docs/decisions/0027: also in a demo home nobody logs in by a header that anybody can send."""
    door = 'port = 8561\nofficer_authorities = ["cards.pem"]'
    with pytest.raises(ConfigRefused, match=r"officer_authorities need ra\.socket"):
        with_door(home, tmp_path, door, demo=True)


@pytest.mark.parametrize("door", ["", 'port = 8561\nsocket = "run/ra.sock"'])
def test_the_front_end_has_one_door(home: Home, tmp_path: Path, door: str) -> None:
    """Never a port beside the socket, and never neither."""
    with pytest.raises(ConfigRefused, match="name one of them"):
        with_door(home, tmp_path, door, demo=True)


@pytest.mark.parametrize(("length", "fits"), [(2, False), (3, True), (64, True), (65, False)])
def test_a_script_takes_every_deployment_that_a_configuration_has(
    home: Home, tmp_path: Path, length: int, fits: bool
) -> None:
    """The name never changes, so one that no ceremony can be held for would be found out too late."""
    name = "a" * length
    for refusal, read in (
        (ConfigRefused, lambda: edited(home, tmp_path, home.config.deployment, name).deployment),
        (ScriptRefused, lambda: changed("one-tier-ca", ("jpki-test", name)).deployment),
    ):
        if fits:
            assert read() == name
        else:
            with pytest.raises(refusal, match="deployment"):
                read()


@pytest.mark.parametrize(("content", "why"), [(None, "no such file"), (b"no key", "holds no public key in PEM")])
def test_a_key_that_is_missing_is_not_called_wrong(tmp_path: Path, content: bytes | None, why: str) -> None:
    """Whoever installs by the guide is told whether a file lacks or is another one."""
    path = tmp_path / "administrator-1.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileRefused, match=why):
        public_key_file(path)
