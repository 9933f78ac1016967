"""The documents of installation and deployment say every key of the configuration, with its default, and no other."""

import re
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import get_args

import pytest
from pydantic.fields import FieldInfo

from cli.config import Config, load_config
from cli.config_sections import BranchSection, CounterSection, RASection, Section
from cli.exits import exit_of
from cli.pins import activated_pin
from hsm.errors import PinRefused, TokenMissing
from ocsp.server import HEADER_SECONDS
from store.migrations.versions.schema_0003_roles import GRANTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "deployment.md"
INSTALLATION = ROOT / "docs" / "installation.md"


def rows(page: Path, heading: str) -> list[tuple[str, str]]:
    """Keys and defaults of the table whose head follows `heading`."""
    _, _, below = page.read_text("utf-8").partition(f"{heading}| key | default | what it says |\n|---|---|---|\n")
    assert below
    lines = below.partition("\n\n")[0].splitlines()
    return [(cells[0].strip("` "), cells[1].strip("` ")) for line in lines if (cells := line.strip("|").split("|"))]


def settings(section: type[Section], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted keys of a configuration with their defaults, those of its tables among them."""
    for name, field in section.model_fields.items():
        kinds = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
        tables = [kind for kind in kinds if issubclass(kind, Section)]
        if tables:
            named = "" if field.annotation is tables[0] else "NAME."
            yield from settings(tables[0], f"{prefix}{name}.{named}")
        else:
            yield prefix + name, default_of(field)


def default_of(field: FieldInfo) -> str:
    """A field's default as the document writes it."""
    if field.is_required():
        return "required"
    return {"None": "none", "()": "[]", "False": "false"}.get(str(field.default), _literal(field.default))


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str | Path) else str(value)


def example(page: Path, beginning: str) -> str:
    """The configuration that a document shows: the indented block that begins so."""
    blocks = re.findall(r"(?:^    .*\n|^\n)+", page.read_text("utf-8"), re.MULTILINE)
    (shown,) = (block for block in blocks if block.lstrip().startswith(beginning))
    return re.sub(r"(?m)^    ", "", shown)


@pytest.mark.parametrize(
    ("table", "section"),
    [("[ra]", RASection), ("[ra.counter]", CounterSection), ("[ra.counter.branches.CODE]", BranchSection)],
)
def test_every_key_of_the_front_end_is_documented(table: str, section: type[Section]) -> None:
    """In the order of the section, each with the default that it has."""
    assert rows(PAGE, f"`{table}`:\n\n") == [(name, default_of(field)) for name, field in section.model_fields.items()]


def test_every_other_key_is_documented() -> None:
    """In the file's order, each with its default; `path` is no key, and `ra` stands in the deployment's document."""
    keys = [row for row in settings(Config) if row[0] != "path" and not row[0].startswith("ra.")]
    assert rows(INSTALLATION, "") == keys


def test_the_examples_are_one_configuration(tmp_path: Path) -> None:
    """What the two documents show is accepted together, as it stands there, outside a demo home."""
    shown = example(INSTALLATION, "deployment = ") + example(PAGE, "[ra]")
    (tmp_path / "ninsho.toml").write_text(shown, "utf-8")
    config = load_config(tmp_path / "ninsho.toml")
    assert not config.demo
    assert config.ra is not None
    assert config.ra.socket == Path("/run/ninsho-ra/ra.sock")
    assert config.ra.counter is not None
    assert set(config.ra.counter.branches) == {"branch-13103"}


def test_every_login_of_the_database_is_made() -> None:
    """A member of one role for each program that the schema knows."""
    text = INSTALLATION.read_text("utf-8")
    made = re.findall(r'CREATE ROLE "ninsho-(\w+)" LOGIN IN ROLE ninsho_(\w+);', text)
    assert sorted(made) == [(program, program) for program in sorted(GRANTS)]
    assert 'GRANT ninsho_ra TO "ninsho-owner";' in text  # who reads rosters in the role of `ra`


def test_a_units_credential_is_the_token_of_its_program(tmp_path: Path) -> None:
    """The file that an activation leaves is the one that systemd hands to the program, for every unit."""
    text = INSTALLATION.read_text("utf-8")
    (tmp_path / "ninsho.toml").write_text(example(INSTALLATION, "deployment = "), "utf-8")
    config = load_config(tmp_path / "ninsho.toml")
    units = dict(re.findall(r"\| `ninsho-(\w+)` \|[^|]+\| `([\w-]+)` \|", text))
    assert {unit: config.token_of(unit) for unit in ("signer", "ocsp", "audit", "ra")} == {
        unit: (token,) for unit, token in units.items()
    }
    assert f"LoadCredential=issuing.pin:{activated_pin(config, 'issuing')}\n" in text


@pytest.mark.parametrize("page", [INSTALLATION, PAGE], ids=lambda page: page.name)
def test_a_unit_starts_by_itself_after_the_activation(page: Path) -> None:
    """Until then its PIN is missing, and by systemd's defaults five vain starts within ten seconds are the last."""
    unit = unit_of(page)
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert (unit["Service"]["Restart"], unit["Service"]["RestartSec"]) == ("on-failure", "5")


@pytest.mark.parametrize("page", [INSTALLATION, PAGE], ids=lambda page: page.name)
def test_a_unit_that_writes_almost_nowhere_has_a_folder_for_drafts(page: Path) -> None:
    """Under `ProtectSystem=strict` nobody can write in /tmp, where lists are made."""
    service = unit_of(page)["Service"]
    assert (service["ProtectSystem"], service["PrivateTmp"]) == ("strict", "yes")


@pytest.mark.parametrize("page", [INSTALLATION, PAGE], ids=lambda page: page.name)
def test_a_unit_never_sends_a_refused_pin_again(page: Path) -> None:
    """Tokens lock themselves after a few; whatever else kept a program from starting is tried again."""
    assert unit_of(page)["Service"]["RestartPreventExitStatus"] == str(exit_of(PinRefused.code).value)
    assert exit_of(TokenMissing.code) != exit_of(PinRefused.code)


def unit_of(page: Path) -> RawConfigParser:
    """The systemd unit that a document shows."""
    unit = RawConfigParser()
    unit.read_string(example(page, "[Unit]"))
    return unit


def test_no_other_document_shows_the_front_ends_table() -> None:
    """A second example would not be held against the program, as this one is."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    assert [path for path in documents if re.search(r"(?m)^    \[ra\b", path.read_text("utf-8"))] == [PAGE]


@pytest.mark.parametrize("name", ["verifiers.conf", "officers.conf"])
def test_nginx_ends_an_idle_connection_before_the_program_does(name: str) -> None:
    """RFC 9112 section 9.5: a POST that meets the close of its connection is not repeated; nginx itself waits 60 s."""
    upstream = re.search(
        r"upstream \w+ \{(.*?)\n    \}", (ROOT / "deploy" / "nginx" / name).read_text("utf-8"), re.DOTALL
    )
    assert upstream is not None
    (seconds,) = re.findall(r"keepalive_timeout (\d+)s;", upstream[1])
    assert int(seconds) < HEADER_SECONDS


def test_the_socket_is_the_one_that_nginx_opens() -> None:
    """Document and shipped configuration name the same files."""
    nginx = (ROOT / "deploy" / "nginx" / "officers.conf").read_text("utf-8")
    for path in ("/run/ninsho-ra/ra.sock", "/etc/ninsho/tls/officers-ca.pem", "/var/log/nginx/officers.log"):
        assert path in nginx
        assert path in PAGE.read_text("utf-8")
