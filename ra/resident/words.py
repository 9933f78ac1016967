"""The words of the resident's screen in its three languages; officers' pages have catalogues of their own."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from ra.resident.visit import LANGUAGES, Language

__all__ = ["HTML_LANGUAGES", "all_words", "spoken"]

_FILE: Final = Path(__file__).with_name("words.toml")

HTML_LANGUAGES: Final[Mapping[Language, str]] = {"ja": "ja", "en": "en", "easy": "ja"}
"""The language of each for browsers and screen readers (RFC 5646)."""


@cache
def all_words() -> Mapping[str, Mapping[Language, str]]:
    """Every text by its name, in every language; ValueError when one lacks a language."""
    texts: Mapping[str, Mapping[Language, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    for name, text in texts.items():
        if set(text) != set(LANGUAGES):
            raise ValueError(f"{name} is not in every language")
    return texts


def spoken(name: str, language: Language, **facts: object) -> str:
    """A text with its facts filled in; KeyError for a name that is none."""
    return all_words()[name][language].format_map(facts)
