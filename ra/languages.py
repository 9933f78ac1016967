"""The languages of the pages: message ids in English, catalogues as people write them, one file per group of pages.

The catalogues are read when a process starts; nothing compiled lies beside them that could be older than they are.
"""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import session
from flask_babel import Babel, Domain, get_locale

__all__ = ["DEFAULT", "FOLDER", "LANGUAGES", "Languages", "chosen", "mark", "read_catalogue"]

LANGUAGES: Final[Mapping[str, str]] = {"ja": "日本語", "en": "English"}
"""Code and own name of each language, in the order in which they are offered."""

DEFAULT: Final = "ja"
FOLDER: Final = Path(__file__).with_name("translations")


def mark(message: str) -> str:
    """A message id that stands in data and is translated where it is shown; docs/data/catalogues.py finds it here."""
    return message


def chosen() -> str:
    """The language of this browser's session; Japanese until another is chosen."""
    language = session.get("language", DEFAULT)
    return language if language in LANGUAGES else DEFAULT


def read_catalogue(folder: Path) -> Catalog:
    """All messages of a language: ``folder/*.po`` joined. An id in two files must mean the same; ValueError if not."""
    joined = Catalog(locale=folder.name)
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            part = read_po(file, locale=folder.name, abort_invalid=True)
        for message in part:
            if not message.id:
                continue
            known = joined.get(message.id, message.context)
            if known is not None and known.string != message.string:
                raise ValueError(f"{path}: {message.id!r} is translated in two ways")
            joined[message.id] = message
    return joined


class _Catalogues(Domain):  # type: ignore[misc]  # flask_babel publishes no types
    """The messages of every language, held ready."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._languages = {language: _messages(folder / language) for language in LANGUAGES}

    def get_translations(self) -> NullTranslations:
        """The messages of the language of this request; the ids themselves outside a request."""
        locale = get_locale()
        return NullTranslations() if locale is None else self._languages[locale.language]


@cache
def _messages(folder: Path) -> Translations:
    """The catalogue as Flask-Babel takes one, read once in a process."""
    octets = BytesIO()
    write_mo(octets, read_catalogue(folder))
    octets.seek(0)
    return Translations(octets)


class Languages(Babel):  # type: ignore[misc]  # flask_babel publishes no types
    """Flask-Babel over catalogues of this form."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__()
        self._domain = _Catalogues(folder)

    @property
    def domain_instance(self) -> Domain:
        """Where messages are looked up."""
        return self._domain
