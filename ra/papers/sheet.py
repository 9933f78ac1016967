"""A paper: what every kind of it shows, and how it becomes octets.

Each kind is a frozen dataclass of bounded fields, checked when it is made, that shows exactly these fields. There is no
field for a PIN or a password, and never will be: the front end does not know them.
"""

from collections.abc import Collection
from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, ClassVar, Final, Literal, Protocol, TypeAlias

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, encode
from ca.documents import render_tagged
from ca.paper_errors import CharactersNotPrintable
from ca.seals import SealKey, seal
from ra.papers.filling import filled
from ra.papers.words import Language, Words

__all__ = ["Counter", "Form", "Name", "Number", "Paper", "Short", "Text", "paper_digest", "paper_pdf"]

Number: TypeAlias = Annotated[str, Field(pattern=r"\AR[0-9]{5}-[0-9]{6}-[0-9]{4,6}\z")]
"""A receipt number."""

Short: TypeAlias = Annotated[str, Field(max_length=40)]
Name: TypeAlias = Annotated[str, Field(max_length=100)]
Text: TypeAlias = Annotated[str, Field(max_length=200)]

_DIGESTED: Final = 64 * 1024


@plain_dataclass(frozen=True, slots=True)
class Form:
    """What all papers of a kind have in common: its name in files and seals, its title, its sheet, its most pages.

    `handed_out` papers leave the counter, so they are sealed; the others are signed by hand and kept.
    """

    name: str
    title: Words
    sheet: Literal["a6", "a5", "a5 landscape", "a4"]
    pages: int
    handed_out: bool


@dataclass(frozen=True, slots=True, config=CONFIG)
class Counter:
    """Whose paper it is: the branch's counter in both languages, and the telephone that answers in its hours.

    `sample` papers of a demo home say so in large letters.
    """

    name: Short
    name_en: Annotated[str, Field(max_length=60)]
    telephone: Annotated[str, Field(pattern=r"\A[0-9+() -]{3,24}\z")]
    sample: bool


class Paper(Protocol):
    """What every kind of paper shows. `at` (aware UTC, to the second) is when the paper was first made."""

    form: ClassVar[Form]

    @property
    def counter(self) -> Counter:
        """Whose paper it is."""

    @property
    def receipt(self) -> str:
        """The receipt number of the case."""

    @property
    def at(self) -> datetime:
        """When it was first made; a reprint is of the same time, and so of the same octets."""


def paper_digest(paper: Paper) -> bytes:
    """SHA-256 of the canonical form (RFC 8785) of what the paper shows; its first half is printed on it.

    Whoever keeps it with the case can compare a paper that comes back, in whichever language it was.
    """
    shown = encode(TypeAdapter(type(paper)), paper, document=paper.form.name, limit=_DIGESTED)
    return sha256(paper.form.name.encode() + b"\n" + shown).digest()


def paper_pdf(paper: Paper, language: Language, key: SealKey | None) -> bytes:
    """The paper as tagged PDF, in Japanese or English with the headings in both, sealed with `key` if it is handed out.

    The same paper, language and key give the same pages; an RSA key gives the same octets. A character that the font
    lacks is printed as its substitute in a certificate, and the paper says so.

    Raises PaperOverflows, FontMissing, and what `ca.seals.seal` raises.
    """
    sealing = key if paper.form.handed_out else None
    try:
        pdf = _rendered(paper, language, sealing is not None, ())
    except CharactersNotPrintable as error:
        lacking = {chr(int(each.removeprefix("U+"), 16)) for each in error.code_points}
        pdf = _rendered(paper, language, sealing is not None, lacking)
    if sealing is None:
        return pdf
    reason, field = f"{paper.form.title.ja} {paper.form.title.en}", f"seal-{paper.form.name}"
    return seal(pdf, sealing.key, sealing.certificate, field=field, reason=reason, at=_last_told(paper))


def _last_told(paper: Paper) -> datetime:
    """The last moment of which the paper tells what happened: nobody seals what is still to come."""
    done_at: datetime | None = getattr(paper, "done_at", None)
    return paper.at if done_at is None else max(paper.at, done_at)


def _rendered(paper: Paper, language: Language, sealed: bool, lacking: Collection[str]) -> bytes:
    html = filled(
        paper.form.name + ".html",
        {"paper": paper, "form": paper.form, "sealed": sealed, "digest": paper_digest(paper)[:16]},
        language,
        lacking,
    )
    title = paper.form.title.ja if language == "ja" else paper.form.title.en
    return render_tagged(
        html, title=f"{title} {paper.receipt}", language=language, at=paper.at, most_pages=paper.form.pages
    )
