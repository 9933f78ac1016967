"""The demo's resident register, from which the counter reads."""

from datetime import date
from pathlib import Path
from random import Random

from cli.demo.people import FOREIGN, residents
from cli.demo.plot import event_of
from cli.demo.register import card_number, enter_register, entries, kana_of
from ra.register import RegisterFile

PEOPLE = list(residents(200, date(2026, 11, 23), Random(1)))  # noqa: S311 - a lot, no secret


def test_who_died_is_not_in_the_register() -> None:
    """Everybody else is, once, by the number of their card."""
    found = {entry.card for entry in entries(PEOPLE)}
    assert found == {card_number(one.number) for one in PEOPLE if event_of(one) != "death"}


def test_who_moved_stands_at_the_new_address() -> None:
    """The register follows the story, so that a new signing certificate carries the new address."""
    by_card = {entry.card: entry for entry in entries(PEOPLE)}
    moved = next(one for one in PEOPLE if event_of(one) == "record-change")
    assert by_card[card_number(moved.number)].address != moved.address


def test_every_japanese_name_has_its_reading() -> None:
    """Officers search by kana; a foreign resident's name stands in Roman letters."""
    japanese = [one.name for one in PEOPLE if one.name not in FOREIGN]
    assert all(map(kana_of, japanese))
    assert kana_of("髙橋　葵") == "タカハシ　アオイ"


def test_it_is_read_again_by_its_cards(tmp_path: Path) -> None:
    """The file is for its owner only, and gives the person of a card."""
    (tmp_path / "state").mkdir()
    assert enter_register(tmp_path, PEOPLE) > 150
    file = tmp_path / "state" / "register.json"
    assert file.stat().st_mode & 0o777 == 0o600
    register = RegisterFile(file)
    first = register.by_card(card_number(0))
    assert first is not None
    assert first.reference == "resident-0"
    assert register.by_card("K99999999") is None
