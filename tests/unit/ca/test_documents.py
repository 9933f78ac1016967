"""Papers are PDF/A-3b in one embedded font, made of nothing but what is given, and made alike every time."""

import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents import FONT, Attachment, attachments_of, edition, edition_of, render, render_tagged
from ca.errors import TooLarge
from ca.paper_errors import CharactersNotPrintable, PageReachesOut, PaperOverflows, PaperUnreadable

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PAGE = "<p>鍵生成式 Key ceremony <b>S03 sato</b> 01ab cdef</p><p style='break-before:page'>二頁 second</p>"
SCRIPT = Attachment("script.toml", "The script", "application/toml", 'id = "儀式"\n'.encode() * 50)


@pytest.fixture(scope="module")
def paper() -> bytes:
    """A paper of two pages with one file inside."""
    return render(PAGE, title="議事録 (minutes)", language="ja", at=AT, attachments=[SCRIPT])


def test_a_paper_declares_itself_as_pdf_a_3b(paper: bytes) -> None:
    """ISO 19005-3, 6.6.4 and 6.2.3: part 3, level B in the metadata, an sRGB output intent, an identifier."""
    reader = PdfFileReader(BytesIO(paper))
    metadata = reader.root["/Metadata"].data
    assert b'pdfaid:part="3"' in metadata
    assert b'pdfaid:conformance="B"' in metadata
    (intent,) = reader.root["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].data[36:40] == b"acsp"
    assert len(reader.trailer["/ID"]) == 2


def test_title_language_time_and_edition_stand_in_the_metadata(paper: bytes) -> None:
    """ISO 32000-1, 14.3 and 14.9.2: what a reader and an archive are told about the paper."""
    reader = PdfFileReader(BytesIO(paper))
    assert reader.root["/Lang"] == "ja"
    assert reader.trailer["/Info"]["/Title"] == "議事録 (minutes)"
    assert "20261123093000Z" in reader.trailer["/Info"]["/CreationDate"]
    assert edition_of(paper) == edition()


def test_every_font_is_the_one_of_the_house_and_embedded(paper: bytes, tmp_path: Path) -> None:
    """ISO 19005-3, 6.2.11.4.1: all fonts are embedded; one family holds Japanese, Latin and figures."""
    (tmp_path / "paper.pdf").write_bytes(paper)
    listed = subprocess.run(["pdffonts", tmp_path / "paper.pdf"], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()[2:]]
    assert rows
    assert all(f"+{FONT}" in row[0] and row[-5:-2] == ["yes", "yes", "yes"] for row in rows)


def test_a_monospaced_style_is_set_in_the_font_of_the_house_too() -> None:
    """The font is not left to a style sheet: a family that the machine lacks would look otherwise elsewhere."""
    paper = render("<code style='font-family:monospace'>01ab</code>", title="x", language="en", at=AT)
    assert b"DejaVu" not in paper


def test_what_is_printed_can_be_read_by_a_machine(paper: bytes, tmp_path: Path) -> None:
    """The text of a page is its text: people and tests read the same lines."""
    (tmp_path / "paper.pdf").write_bytes(paper)
    text = subprocess.run(["pdftotext", tmp_path / "paper.pdf", "-"], check=True, capture_output=True, text=True).stdout
    assert "鍵生成式 Key ceremony S03 sato 01ab cdef" in text


def test_the_same_page_and_time_give_the_same_octets(paper: bytes) -> None:
    """A paper can be made anew and compared, so nothing in it comes from the clock or from chance."""
    again = render(PAGE, title="議事録 (minutes)", language="ja", at=AT, attachments=[SCRIPT])
    assert again == paper


@pytest.mark.parametrize(
    "page",
    [
        "<img src='http://example.invalid/a.png'>",
        "<img src='file:///etc/hostname'>",
        "<img src='data:image/png;base64,AAAA'>",
        "<link rel='stylesheet' href='https://example.invalid/a.css'>",
        "<style>@import 'http://example.invalid/a.css'</style>",
        "<style>p { background: url(http://example.invalid/b.png) }</style><p>x</p>",
        "<style>@font-face { font-family: a; src: url(http://example.invalid/f.ttf) }</style><p>x</p>",
    ],
)
def test_nothing_is_ever_fetched(page: str) -> None:
    """A paper is made in a room without a network; a page that names an address is refused, not left incomplete."""
    with pytest.raises(PageReachesOut):
        render(page, title="x", language="en", at=AT)


def test_a_character_that_the_font_lacks_is_named() -> None:
    """No paper shows an empty box where a person's name should be."""
    with pytest.raises(CharactersNotPrintable) as refused:
        render("<p>署名 \U0001f600 abc</p>", title="x", language="ja", at=AT)
    assert refused.value.code_points == ("U+1F600",)


def test_an_attachment_says_what_it_is(paper: bytes) -> None:
    """ISO 19005-3, 6.8: an embedded file has its name, media type, description and its relation to the pages."""
    reader = PdfFileReader(BytesIO(paper))
    (reference,) = reader.root["/AF"]
    file = reference.get_object()
    assert (file["/UF"], file["/Desc"], file["/AFRelationship"]) == ("script.toml", "The script", "/Source")
    assert file["/EF"]["/F"]["/Subtype"] == "/application/toml"
    assert "20261123093000Z" in file["/EF"]["/F"]["/Params"]["/ModDate"]


def test_attachments_come_out_as_they_went_in(paper: bytes) -> None:
    """What travels inside is the file itself."""
    assert attachments_of(paper) == {"script.toml": SCRIPT.data}


def test_a_paper_without_attachments_has_none() -> None:
    """An empty mapping is an answer."""
    assert attachments_of(render("<p>x</p>", title="x", language="en", at=AT)) == {}


def test_an_attachment_is_never_unpacked_past_the_limit(monkeypatch: pytest.MonkeyPatch, paper: bytes) -> None:
    """A small paper may hold a file that unpacks to any size."""
    monkeypatch.setattr("ca.documents.LIMIT", len(paper))
    packed = render("<p>x</p>", title="x", language="en", at=AT, attachments=[Attachment("a", "", "a/b", bytes(10**6))])
    assert len(packed) < len(paper)
    with pytest.raises(TooLarge):
        attachments_of(packed)


@pytest.mark.parametrize("octets", [b"", b"%PDF-1.7\n", b"\0" * 2000])
def test_what_is_no_paper_is_refused(octets: bytes) -> None:
    """Octets from outside end in a refusal with a code."""
    with pytest.raises(PaperUnreadable):
        attachments_of(octets)
    with pytest.raises(PaperUnreadable):
        edition_of(octets)


def test_a_paper_is_bounded_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch, paper: bytes) -> None:
    """Sizes are known before anything is taken apart."""
    monkeypatch.setattr("ca.documents.LIMIT", len(paper) - 1)
    with pytest.raises(TooLarge):
        attachments_of(paper)


def test_a_tagged_paper_declares_itself_as_pdf_ua_1() -> None:
    """ISO 14289-1, 5 and 7.1: part 1 in the metadata, marked content, a structure, a language and a title to show."""
    tagged = render_tagged("<h1>受付票</h1><p>x</p>", title="受付票", language="ja", at=AT, most_pages=1)
    root = PdfFileReader(BytesIO(tagged)).root
    assert b'pdfuaid:part="1"' in root["/Metadata"].data
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert (root["/Lang"], root["/StructTreeRoot"]["/K"][0]["/S"]) == ("ja", "/Document")


def test_a_tagged_paper_is_made_alike_every_time() -> None:
    """As every paper: the same page and time, the same octets."""
    once, twice = (render_tagged(PAGE, title="x", language="ja", at=AT, most_pages=2) for _ in range(2))
    assert once == twice


def test_a_form_never_grows_past_its_pages() -> None:
    """A slip that runs over would lose its second half at the printer."""
    with pytest.raises(PaperOverflows) as refused:
        render_tagged(PAGE, title="x", language="ja", at=AT, most_pages=1)
    assert (refused.value.pages, refused.value.most) == (2, 1)
