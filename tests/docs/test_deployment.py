"""The deployment's document says every key of the front end's configuration, with its default, and no other."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from cli.config import BranchSection, Config, CounterSection, RASection, Section, check_door

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "deployment.md"


def rows(table: str) -> list[tuple[str, str]]:
    """Keys and defaults of the table under a section's name."""
    _, _, below = PAGE.read_text("utf-8").partition(f"`{table}`:\n\n")
    assert below
    lines = below.partition("\n\n")[0].splitlines()[2:]
    return [(cells[0].strip("` "), cells[1].strip("` ")) for line in lines if (cells := line.strip("|").split("|"))]


def default_of(field: FieldInfo) -> str:
    """A field's default as the document writes it."""
    if field.is_required():
        return "required"
    return {"None": "none", "()": "[]"}.get(str(field.default), _literal(field.default))


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize(
    ("table", "section"),
    [("[ra]", RASection), ("[ra.counter]", CounterSection), ("[ra.counter.branches.CODE]", BranchSection)],
)
def test_every_key_is_documented(table: str, section: type[Section]) -> None:
    """In the order of the section, each with the default that it has."""
    assert rows(table) == [(name, default_of(field)) for name, field in section.model_fields.items()]


def test_the_example_is_one() -> None:
    """What is shown as a configuration is accepted as one outside a demo home, as every key stands there."""
    blocks = re.findall(r"(?:^    .*\n|^\n)+", PAGE.read_text("utf-8"), re.MULTILINE)
    (shown,) = (block for block in blocks if block.lstrip().startswith("[ra]"))
    section = RASection.model_validate(tomllib.loads(re.sub(r"(?m)^    ", "", shown))["ra"])
    check_door(Config.model_construct(demo=False), section)
    assert section.socket == Path("/run/ninsho-ra/ra.sock")
    assert section.counter is not None
    assert set(section.counter.branches) == {"branch-13103"}


def test_no_other_document_shows_the_front_ends_table() -> None:
    """A second example would not be held against the program, as this one is."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    assert [path for path in documents if re.search(r"(?m)^    \[ra\b", path.read_text("utf-8"))] == [PAGE]


def test_the_socket_is_the_one_that_nginx_opens() -> None:
    """Document and shipped configuration name the same files."""
    nginx = (ROOT / "deploy" / "nginx" / "officers.conf").read_text("utf-8")
    for path in ("/run/ninsho-ra/ra.sock", "/etc/ninsho/tls/officers-ca.pem", "/var/log/nginx/officers.log"):
        assert path in nginx
        assert path in PAGE.read_text("utf-8")
