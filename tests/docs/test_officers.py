"""The counter's handbook in both languages says what the program does."""

import tomllib
from pathlib import Path

import pytest

from policies.limits import HOLDS_AN_HOUR

ROOT = Path(__file__).parents[2]
ENGLISH = (ROOT / "docs" / "officers.md").read_text("utf-8")
JAPANESE = (ROOT / "docs" / "officers.ja.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ENGLISH, f"at most {HOLDS_AN_HOUR} certificates within an hour"),
        (JAPANESE, f"1時間に一時停止できる証明書は{HOLDS_AN_HOUR}枚までです"),
    ],
    ids=["en", "ja"],
)
def test_the_most_suspensions_of_an_hour_are_told(text: str, sentence: str) -> None:
    """An officer who comes to the limit knows it from the handbook."""
    assert sentence in text


def test_the_event_of_the_handbook_does_what_it_says() -> None:
    """A change of name or address revokes the certificate for signing, and not the one for logging in."""
    table = tomllib.loads((ROOT / "policies" / "data" / "life_events.toml").read_text("utf-8"))
    (change,) = (event for event in table["events"] if event["en"].startswith("Name, address"))
    assert "sign" in change["effects"]["affiliationChanged"]
    assert "auth" in change["effects"]["nothing"]
    assert "after a change of name or address" in ENGLISH
