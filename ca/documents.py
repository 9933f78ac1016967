"""Papers: PDF/A-3b (ISO 19005-3) or tagged PDF (ISO 14289-1), one embedded font, nothing fetched from anywhere.

The same page, time and libraries give the same octets, so that a paper can be made anew and compared. `edition` names
the libraries, and every paper says in its metadata which edition made it.
"""

import zlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from io import BytesIO
from typing import Any, Final, Literal

import pydyf  # type: ignore[import-untyped]  # it publishes no types, and is met here only
import weasyprint
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from weasyprint.css import ColorProfile
from weasyprint.text.ffi import pango
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from ca.errors import TooLarge
from ca.paper_errors import CharactersNotPrintable, FontMissing, PageReachesOut, PaperOverflows, PaperUnreadable

__all__ = [
    "FONT",
    "LIMIT",
    "Attachment",
    "attachments_of",
    "edition",
    "edition_of",
    "place_at",
    "render",
    "render_tagged",
]

FONT: Final = "IPAexGothic"
"""The family every paper is set in (Debian package fonts-ipaexfont-gothic): Japanese, Latin and figures in one file."""

LIMIT: Final = 64 * 1024 * 1024
"""Octets of a paper that is read, and of one attachment once it is unpacked."""

_SRGB: Final = "--srgb"
_APPEND_ONLY: Final = 3


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels inside a paper: `name` in ASCII, what it is in one line, its media type and its octets."""

    name: str
    description: str
    media_type: str
    data: bytes


def edition() -> str:
    """Name the libraries that decide about the octets of a paper made here."""
    parts = (weasyprint.VERSION, pydyf.__version__, pango.pango_version(), zlib.ZLIB_RUNTIME_VERSION)
    return "WeasyPrint {}, pydyf {}, Pango {}, zlib {}".format(*parts)


def render(
    html: str,
    *,
    title: str,
    language: Literal["ja", "en"],
    at: datetime,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Return the page as PDF/A-3b, made at `at` (aware UTC, to the second), set in FONT whatever the style asks for.

    Raises PageReachesOut when the page names an address, CharactersNotPrintable when FONT lacks a character,
    FontMissing when it is not installed.
    """
    document = _laid_out(html, color_profiles=_colours(), output_intent=_SRGB, pdf_variant="pdf/a-3b")
    _describe(document.metadata, title, language, at)
    pdf: bytes = document.write_pdf(
        finisher=_finish,
        attachments=[_attached(each, at) for each in attachments],
        output_intent=_SRGB,
        pdf_variant="pdf/a-3b",
    )
    return pdf


def render_tagged(html: str, *, title: str, language: Literal["ja", "en"], at: datetime, most_pages: int) -> bytes:
    """Return the page as PDF 1.7 with tags as PDF/UA-1 wants them, which a screen reader reads aloud in their order.

    As `render`; also raises PaperOverflows when it would have more than `most_pages` pages.
    """
    document = _laid_out(html, pdf_variant="pdf/ua-1")
    if len(document.pages) > most_pages:
        raise PaperOverflows(len(document.pages), most_pages)
    _describe(document.metadata, title, language, at)
    pdf: bytes = document.write_pdf(finisher=_finish, pdf_variant="pdf/ua-1", pdf_identifier=True)
    return pdf


def _laid_out(html: str, **options: Any) -> Any:  # noqa: ANN401  # WeasyPrint publishes no types
    page = weasyprint.HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=(), fail_on_errors=True))
    one_font = weasyprint.CSS(string=f"* {{ font-family: {FONT} !important }}")
    try:
        return page.render(stylesheets=[one_font], **options)
    except FatalURLFetchingError:
        raise PageReachesOut from None


def _describe(metadata: Any, title: str, language: str, at: datetime) -> None:  # noqa: ANN401  # as above
    metadata.title = title
    metadata.lang = language
    metadata.created = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata.generator = edition()


def _colours() -> dict[str, Any]:
    """The library's own sRGB profile as the output intent of PDF/A, from octets: by itself it leaves the file open."""
    profile = resources.files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()
    return {_SRGB: ColorProfile(BytesIO(profile), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))}


def _attached(attachment: Attachment, at: datetime) -> Any:  # noqa: ANN401  # WeasyPrint publishes no types
    """The library's own attachment, with the media type as given instead of one guessed from the machine's tables."""
    attached = weasyprint.Attachment(
        string=attachment.data,
        name=attachment.name,
        description=attachment.description,
        created=at,
        modified=at,
        relationship="Source",
    )
    attached.source = nullcontext((BytesIO(attachment.data), None, None, attachment.media_type))
    return attached


def _finish(document: Any, pdf: Any) -> None:  # noqa: ANN401  # WeasyPrint publishes no types
    """Refuse fonts of the machine, and lay out an empty form, so that a seal later adds to it and changes nothing."""
    _check_fonts(document.fonts.values())
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))  # each file is associated once
    form = pydyf.Dictionary({"Fields": pydyf.Array(), "SigFlags": _APPEND_ONLY})
    pdf.add_object(form)
    pdf.catalog["AcroForm"] = form.reference


def _check_fonts(fonts: Any) -> None:  # noqa: ANN401  # WeasyPrint publishes no types
    used = list(fonts)
    lacking = {chr(point) for font in used for point in font.missing}
    for font in used:
        if font.family != FONT:
            lacking.update(text[0] for text in font.to_unicode.values() if text)
    if used and all(font.family != FONT for font in used):
        raise FontMissing(FONT)
    if lacking:
        raise CharactersNotPrintable(tuple(f"U+{ord(each):04X}" for each in sorted(lacking)))


def edition_of(pdf: bytes) -> str:
    """Return the edition that a paper says it was made by; empty when it says nothing. Raises PaperUnreadable."""
    try:
        return str(_reader(pdf).trailer["/Info"]["/Creator"])
    except KeyError:
        return ""
    except (PdfError, ValueError, TypeError) as error:
        raise PaperUnreadable(type(error).__name__) from None


def attachments_of(pdf: bytes) -> Mapping[str, bytes]:
    """Return the files inside a paper by name. Raises TooLarge past LIMIT, PaperUnreadable for anything else."""
    try:
        names = _reader(pdf).root["/Names"]["/EmbeddedFiles"]["/Names"]
        files = [(str(names[at]), names[at + 1]["/EF"]["/F"]) for at in range(0, len(names), 2)]
        return {name: _unpacked(stream.encoded_data) for name, stream in files}
    except KeyError:
        return {}
    except (PdfError, ValueError, TypeError, IndexError, zlib.error) as error:
        raise PaperUnreadable(type(error).__name__) from None


def place_at(pdf: bytes, offset: int) -> str:
    """Name what stands at an offset of a whole paper made here: "page 3", "file script.toml", else "its structure"."""
    reader = _reader(pdf)
    named = {each.raw_get("/Contents").idnum: f"page {at}" for at, each in enumerate(_pages(reader), 1)}
    for file in reader.root.get("/AF", ()):
        named[file.get_object()["/EF"].raw_get("/F").idnum] = f"file {file.get_object()['/F']}"
    positions = {reader.xrefs[generic.Reference(number)]: number for number in range(1, int(reader.trailer["/Size"]))}
    before = [each for each in positions if isinstance(each, int) and each <= offset]
    return named.get(positions[max(before)], "its structure") if before else "its structure"


def _pages(reader: PdfFileReader) -> list[Any]:
    """The pages, which stand in one flat list in what is made here."""
    return [each.get_object() for each in reader.root["/Pages"]["/Kids"]]


def _reader(pdf: bytes) -> PdfFileReader:
    if len(pdf) > LIMIT:
        raise TooLarge(len(pdf), LIMIT)
    return PdfFileReader(BytesIO(pdf))


def _unpacked(packed: bytes) -> bytes:
    """Inflate no more than LIMIT octets; the checksum at the end must be there and right."""
    inflater = zlib.decompressobj()
    data = inflater.decompress(packed, LIMIT)
    if not inflater.eof:
        raise TooLarge(LIMIT + 1, LIMIT) if inflater.unconsumed_tail else zlib.error("the end is missing")
    return data
