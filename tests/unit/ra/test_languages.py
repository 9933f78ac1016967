"""Both languages say everything that the pages say."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from docs.data import catalogues
from ra.languages import FOLDER, LANGUAGES, read_catalogue
from tests.fixtures.front import Front


def test_japanese_is_shown_until_another_language_is_chosen(front: Front) -> None:
    """Japanese first, whatever the browser asks for; English by the switch, and it stays."""
    browser = front.stranger()
    assert '<html lang="ja">' in browser.get("/login", Accept_Language="en").text
    browser.post("/language", {"language": "en", "next": "/login"})
    assert '<html lang="en">' in browser.get("/login").text


def test_another_language_is_refused(front: Front) -> None:
    """Only what there is can be chosen."""
    browser = front.stranger()
    browser.get("/login")
    assert browser.post("/language", {"language": "xx"}).status_code == 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_is_missing_or_left_over(language: str) -> None:
    """Every message of templates and code is translated; none is fuzzy, none is translated for nobody."""
    catalogue = read_catalogue(FOLDER / language)
    used = {(each.id, each.context) for each in catalogues.found()}
    entries = {(message.id, message.context): message for message in catalogue if message.id}
    assert used - set(entries) == set()
    assert set(entries) - used == set()
    for message in entries.values():
        parts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(parts), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.po")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_translation_names_the_same_facts(path: Path) -> None:
    """A placeholder that is lost or invented would break a page in one language only."""
    with path.open("rb") as file:
        for message in read_po(file, locale=path.parent.name):
            assert list(message.check()) == [], message.id


def test_each_message_stands_in_the_file_of_its_group() -> None:
    """``python -m docs.data.catalogues`` was run: files and groups agree, so two groups seldom change one file."""
    for language in LANGUAGES:
        groups = {path.stem: path for path in (FOLDER / language).glob("*.po")}
        assert set(groups) == set(catalogues.grouped())
