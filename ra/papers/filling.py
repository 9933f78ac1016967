"""How a paper's page is filled: both languages in the headings, every value escaped, visible and printable.

The main language stands large, the other small beside it. What people wrote is shown as text and nothing else.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ca.ceremony.pages import grouped, visible
from policies.characters import GETA, substitute
from policies.errors import CharacterRefused
from ra.dates import day_on_paper, minute_on_paper
from ra.papers.code128 import bars
from ra.papers.words import (
    CARE,
    CASES,
    CHECK_RESULTS,
    CHECKS,
    OUTCOMES,
    PROMISES,
    STATES,
    THINGS,
    VISITORS,
    Language,
    Words,
    certificate_words,
    event_words,
)

__all__ = ["filled"]

_TAIL: Final = 8
"""Digits of a serial number that a citizen compares."""

_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


def filled(template: str, values: Mapping[str, object], language: Language, lacking: Collection[str]) -> str:
    """Fill a template of `ra/papers/templates`; characters among `lacking` stand as their substitutes, and it says so.

    A glyph that is shown for itself is never substituted: it stands as its code point.
    """
    told: dict[str, str] = {}
    page = _environment().get_template(template)
    return page.render(values, language=language, lacking=lacking, told=told)


@pass_context
def _shown(context: Context, value: object) -> object:
    """What stands on the page for a value: of a text, what can be seen and what the font has."""
    if type(value) is not str:
        return value
    return visible(_printable(value, context["lacking"], context["told"]))


@pass_context
def _say(context: Context, ja: str, en: str) -> str:
    """The words of the main language."""
    return ja if context["language"] == "ja" else en


@pass_context
def _both(context: Context, ja: str, en: str) -> Markup:
    """The words of the main language, and small beside them those of the other."""
    main, other, lang = (ja, en, "en") if context["language"] == "ja" else (en, ja, "ja")
    return Markup('{} <span class="other" lang="{}">{}</span>').format(main, lang, other)


@pass_context
def _words(context: Context, words: Words) -> Markup:
    return _both(context, words.ja, words.en)


@pass_context
def _day(context: Context, at: datetime | date) -> str:
    return day_on_paper(at, context["language"])


@pass_context
def _time(context: Context, at: datetime) -> str:
    return minute_on_paper(at, context["language"])


def _printable(text: str, lacking: Collection[str], told: dict[str, str]) -> str:
    """The text with substitutes for what the font lacks; `told` collects them by character."""
    found = [each for each in text if each in lacking]
    told.update({each: _stand_in(each) for each in found})
    return "".join(told.get(each, each) for each in text)


def _stand_in(character: str) -> str:
    try:
        return substitute(character, limit=1).text
    except CharacterRefused:
        return GETA


@pass_context
def _glyph(context: Context, text: str) -> Markup:
    """One character large, with its code points; where the font lacks it, the code points alone."""
    points = " ".join(f"U+{ord(each):04X}" for each in text)
    if any(each in context["lacking"] for each in text) or visible(text) != text:
        return Markup('<span class="glyph none">{}</span>').format(points)
    return Markup('<span class="glyph">{}</span><span class="points">{}</span>').format(text, points)


@pass_context
def _written(context: Context, text: str) -> Markup:
    """A text of the register where it is compared: what the font lacks stands as its code point, not substituted."""
    return Markup("{}").format(visible(text, context["lacking"]))


def _selects(text: str) -> bool:
    """Whether a variation selector asks for one glyph of a character, which the font may not have."""
    return any(ord(each) in selectors for each in text for selectors in _SELECTORS)


def _tail(serial: int) -> str:
    """The last digits of a serial number, in hexadecimal as every tool shows it."""
    return "…" + f"{serial:0{_TAIL}X}"[-_TAIL:]


def _hexadecimal(octets_or_serial: bytes | int) -> str:
    if isinstance(octets_or_serial, bytes):
        return grouped(octets_or_serial)
    text = f"{octets_or_serial:X}"
    return grouped(text.zfill(len(text) + len(text) % 2))


def _yen(amount: int) -> str:
    return f"{amount:,}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ra.papers"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(tail=_tail, hexadecimal=_hexadecimal, yen=_yen, bars=bars, ord=ord)
    environment.filters.update(certificate=certificate_words, event=event_words)
    environment.tests.update(selecting=_selects)
    environment.globals.update(say=_say, both=_both, w=_words, glyph=_glyph, written=_written, day=_day, time=_time)
    environment.globals.update(
        cases=CASES, visitors=VISITORS, things=THINGS, promises=PROMISES, states=STATES, outcomes=OUTCOMES, care=CARE
    )
    environment.globals.update(checks=CHECKS, check_results=CHECK_RESULTS, style=_style())
    return environment


def _style() -> Markup:
    style = resources.files("ra.papers").joinpath("templates", "style.css").read_text("utf-8")
    return Markup(style)  # noqa: S704 - our own file
