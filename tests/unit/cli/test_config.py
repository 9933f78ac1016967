"""The configuration: what is well-formed and unsafe is refused when it is read."""

import re
from pathlib import Path

import pytest

from cli.config import Config, load_config
from cli.demo.home import token_lines
from cli.errors import ConfigRefused
from tests.fixtures.home import Home

pytestmark = pytest.mark.xdist_group("home")


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


@pytest.mark.parametrize("token", ["issuing", "responder", "audit"])
def test_no_key_of_a_program_lies_in_an_officers_token(home: Home, tmp_path: Path, token: str) -> None:
    """Design section 3: CA, responder and audit keys are in their programs' tokens only."""
    table = re.compile(rf'\[tokens.{token}]\nprogram = "\w+"')
    found = table.search(home.config.path.read_text("utf-8"))
    assert found
    with pytest.raises(ConfigRefused, match=f"names token {token}, which belongs to program officer"):
        edited(home, tmp_path, found[0], f'[tokens.{token}]\nprogram = "officer"')
