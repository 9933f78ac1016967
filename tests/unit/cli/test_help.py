"""Help and documentation: every command shows an example and a documented shape, and the root's help is quick."""

import re
import subprocess
import sys
from collections.abc import Mapping

import click
import pytest

from cli.exits import EXIT_OF_CODE, Exit, exit_of
from cli.main import COMMANDS, root
from tests.fixtures.commands import CHECKOUT, PAGE, commands, documented, schemas_in_source

assert isinstance(root, click.Group)
TREE: Mapping[str, click.Command] = dict(commands(root))


@pytest.mark.parametrize("name", TREE)
def test_help_shows_an_example(name: str) -> None:
    """The first thing somebody looks for is a line to copy; it begins with the command itself."""
    text = TREE[name].help or ""
    assert re.search(rf"Examples?:\n(.*\n)*?\s+ninsho (--\S+ (?:[^\s-]\S* )?)*{name}\b", text), text


@pytest.mark.parametrize("name", TREE)
def test_a_command_is_documented(name: str) -> None:
    """Its section of docs/commands.md names its schema, or says that it prints no document."""
    section = documented()[name]
    assert section.schema == name.replace(" ", ".") or "No document." in section.text


def test_nothing_is_documented_that_does_not_exist() -> None:
    """Every command of the page is in the tree."""
    headings = re.findall(r"^### `ninsho ([a-z -]+)`$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(TREE)


def test_every_schema_in_the_source_is_documented() -> None:
    """A call of `document` names a schema of the page; where a part is computed, some schema fits."""
    schemas = {section.schema for section in documented().values() if section.schema}
    for written in schemas_in_source():
        pattern = re.escape(written).replace(re.escape("{}"), "[a-z-]+")
        assert any(re.fullmatch(pattern, schema) for schema in schemas), written


def test_the_root_lists_what_there_is() -> None:
    """The table of the root is alphabetical and each entry is a command or a group with a line of help."""
    assert list(COMMANDS) == sorted(COMMANDS)
    assert {name.split()[0] for name in TREE} == set(COMMANDS)


def test_the_roots_help_imports_nothing_heavy() -> None:
    """`ninsho --help` is for a person who waits: no cryptography, no database, no validation library."""
    program = (
        "import sys, cli.main\n"
        "sys.argv = ['ninsho', '--help']\n"
        "try:\n"
        "    cli.main.main()\n"
        "finally:\n"
        "    heavy = {'cryptography', 'sqlalchemy', 'pydantic', 'pkcs11', 'asn1crypto'} & set(sys.modules)\n"
        "    assert not heavy, heavy\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Examples:" in ran.stdout


def test_the_table_of_exit_statuses_is_the_programs() -> None:
    """Every status of the page exists and every status that exists is on the page."""
    rows = re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == list(Exit)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("hsm.pin-refused", Exit.PIN_REFUSED),
        ("hsm.token-missing", Exit.TOKEN),
        ("store.unknown-certificate", Exit.NOT_FOUND),
        ("store.key-blocked", Exit.REFUSED),
        ("store.database-away", Exit.DATABASE),
        ("ca.path-invalid", Exit.FINDINGS),
        ("ca.requester-decides", Exit.SECOND_PERSON),
        ("cli.timeout", Exit.TRY_LATER),
        ("keys.roca", Exit.REFUSED),
        ("unheard.of", Exit.FAILED),
    ],
)
def test_an_errors_code_decides_the_status(code: str, status: Exit) -> None:
    """The longest prefix of the table decides."""
    assert exit_of(code) is status


def test_the_table_of_codes_is_sorted() -> None:
    """So that a code is found, and entered once."""
    assert list(EXIT_OF_CODE) == sorted(EXIT_OF_CODE)
