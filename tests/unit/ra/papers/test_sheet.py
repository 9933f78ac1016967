"""What holds for every paper: its sheet, its pages, its fonts, its octets, its digest and its seal."""

import dataclasses
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from pydantic import ValidationError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from ca.documents import FONT
from ca.paper_errors import PaperOverflows
from ca.seals import SealKey, check_seals
from docs.data.example_papers import AT, COUNTER, NUMBER, PAPERS
from ra.papers.receipt import Receipt
from ra.papers.sheet import Counter, Paper, paper_digest, paper_pdf
from ra.papers.words import Language
from tests.unit.ra.papers.conftest import Made

FORMS = [paper.form.name for paper in PAPERS]
HANDED_OUT = [paper.form.name for paper in PAPERS if paper.form.handed_out]
SHEETS = {"a4": (595, 842), "a5": (420, 595), "a5 landscape": (595, 420), "a6": (298, 420)}

every_form = pytest.mark.parametrize("name", FORMS)
both_languages = pytest.mark.parametrize("language", ["ja", "en"])


def _information(pdf: bytes, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "paper.pdf").write_bytes(pdf)
    told = subprocess.run(["pdfinfo", tmp_path / "paper.pdf"], check=True, capture_output=True, text=True).stdout
    return {name: value.strip() for name, value in (line.split(":", 1) for line in told.splitlines())}


@every_form
@both_languages
def test_a_paper_is_one_page_of_its_sheet(
    made: Made, examples: dict[str, Paper], tmp_path: Path, name: str, language: Language
) -> None:
    """A6 for the receipt, half of A4 for what is signed at the counter, A5 for the deposit slip, A4 for the rest."""
    told = _information(made(name, language), tmp_path)
    width, height = (round(float(each)) for each in told["Page size"].split()[0:3:2])
    assert (told["Pages"], width, height) == ("1", *SHEETS[examples[name].form.sheet])


@every_form
def test_a_paper_is_tagged(made: Made, tmp_path: Path, name: str) -> None:
    """ISO 14289-1: a screen reader reads it aloud in its order."""
    assert _information(made(name, "ja"), tmp_path)["Tagged"] == "yes"


@every_form
def test_a_table_has_headers_that_are_headers(made: Made, name: str) -> None:
    """ISO 14289-1, 7.5: cells that name a row or a column are TH."""
    kinds = {each["/S"] for each in _elements(PdfFileReader(BytesIO(made(name, "ja"))).root["/StructTreeRoot"])}
    assert {"/H1", "/Table", "/TR", "/TH", "/TD"} <= kinds


def _elements(node: object) -> list[dict[str, object]]:
    children = node.get("/K", []) if isinstance(node, dict) else []
    inner = [each.get_object() if hasattr(each, "get_object") else each for each in children]
    found = [each for each in inner if isinstance(each, dict) and "/S" in each]
    return found + [deeper for each in found for deeper in _elements(each)]


@every_form
def test_fonts_are_embedded(made: Made, tmp_path: Path, name: str) -> None:
    """A citizen's machine may have no Japanese font."""
    (tmp_path / "paper.pdf").write_bytes(made(name, "ja"))
    told = subprocess.run(["pdffonts", tmp_path / "paper.pdf"], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in told.splitlines()[2:]]
    assert rows
    assert all(f"+{FONT}" in row[0] and row[-5:-2] == ["yes", "yes", "yes"] for row in rows)


@every_form
def test_the_same_paper_gives_the_same_octets(
    made: Made, examples: dict[str, Paper], seal_key: SealKey, name: str
) -> None:
    """A reprint can be compared: nothing comes from the clock or from chance, and RSA seals alike."""
    assert paper_pdf(examples[name], "en", seal_key) == made(name, "en")


def test_papers_made_side_by_side_are_the_same(made: Made, examples: dict[str, Paper], seal_key: SealKey) -> None:
    """A worker of the front end prints for several counters at once, in its threads."""
    jobs: list[tuple[str, Language]] = [(name, language) for name in FORMS[:3] for language in ("ja", "en")]
    alone = [made(*job) for job in jobs]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda job: paper_pdf(examples[job[0]], job[1], seal_key), jobs)) == alone


@every_form
@both_languages
def test_receipt_number_and_digest_are_printed(
    made: Made,
    examples: dict[str, Paper],
    text_of: Callable[[bytes], str],
    name: str,
    language: Language,
) -> None:
    """A paper that comes back is compared with the case: by its number, and by half of its digest."""
    text = text_of(made(name, language))
    assert examples[name].receipt in text
    assert paper_digest(examples[name])[:16].hex() in text


@every_form
@both_languages
def test_titles_stand_in_both_languages(
    made: Made, examples: dict[str, Paper], text_of: Callable[[bytes], str], name: str, language: Language
) -> None:
    """A foreign resident and the clerk read the same paper."""
    title, text = examples[name].form.title, text_of(made(name, language))
    assert title.ja in text
    assert title.en.replace(" ", "") in text


@every_form
def test_a_sample_says_so(made: Made, text_of: Callable[[bytes], str], name: str) -> None:
    """What a demo home prints is never taken for a real paper."""
    assert "見本SAMPLE" in text_of(made(name, "ja"))


def test_a_real_paper_is_no_sample(examples: dict[str, Paper], text_of: Callable[[bytes], str]) -> None:
    """Outside a demo home nothing is written above the title."""
    real = Counter(COUNTER.name, COUNTER.name_en, COUNTER.telephone, sample=False)
    paper = dataclasses.replace(examples["receipt"], counter=real)  # type: ignore[type-var]  # a Paper is a dataclass
    assert "見本" not in text_of(paper_pdf(paper, "ja", None))


@pytest.mark.parametrize("field", ["receipt", "at", "kind"])
def test_the_digest_tells_papers_apart(field: str) -> None:
    """Whatever the paper shows is in it."""
    one = Receipt(COUNTER, NUMBER, AT, "issue", "self", "001A", ())
    other = {"receipt": "R13103-261123-0002", "at": AT + timedelta(seconds=1), "kind": "renew"}[field]
    assert paper_digest(dataclasses.replace(one, **{field: other})) != paper_digest(one)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HANDED_OUT)
def test_what_leaves_the_counter_is_sealed(made: Made, seal_key: SealKey, name: str) -> None:
    """One seal of the branch's key, over the whole file, dated by the paper."""
    pdf = made(name, "ja")
    (found,) = check_seals(pdf, [seal_key.key.public_key()])
    assert (found.field, found.at, found.revision) == (f"seal-{name}", AT, len(pdf))


@pytest.mark.parametrize("name", ["receipt", "hand-over-sheet", "revocation-proof"])
def test_readers_that_share_no_code_find_the_seal_valid(made: Made, tmp_path: Path, name: str) -> None:
    """Poppler's verdict."""
    (tmp_path / "paper.pdf").write_bytes(made(name, "ja"))
    told = subprocess.run(["pdfsig", "-nocert", tmp_path / "paper.pdf"], check=False, capture_output=True, text=True)
    assert told.stdout.count("Signature is Valid.") == 1
    assert "Total document signed" in told.stdout


@pytest.mark.parametrize("name", HANDED_OUT)
def test_pyhanko_finds_the_seal_valid(made: Made, name: str) -> None:
    """Its whole validation, with a path to the certificate."""
    (embedded,) = PdfFileReader(BytesIO(made(name, "ja"))).embedded_signatures
    root = asn1_x509.Certificate.load(embedded.signer_cert.dump())
    assert validate_pdf_signature(embedded, ValidationContext(trust_roots=[root], moment=AT)).bottom_line


@pytest.mark.parametrize("name", sorted(set(FORMS) - set(HANDED_OUT)))
def test_what_the_branch_keeps_is_signed_by_hand(made: Made, name: str) -> None:
    """No seal, and no word of one."""
    assert check_seals(made(name, "ja"), []) == ()


def test_without_a_seal_key_nothing_speaks_of_a_seal(
    examples: dict[str, Paper], text_of: Callable[[bytes], str]
) -> None:
    """A counter without a token still prints its receipts, and does not claim what they lack."""
    pdf = paper_pdf(examples["receipt"], "ja", None)
    assert check_seals(pdf, []) == ()
    assert "電子シール" not in text_of(pdf)


def test_a_field_is_bounded_where_the_paper_is_made() -> None:
    """Nothing is cut off at the printer: what is too long never becomes a paper, and the refusal repeats none of it."""
    with pytest.raises(ValidationError) as refused:
        Counter("あ" * 41, "x", "03-0000-0000", sample=True)
    assert "あ" not in str(refused.value)


def test_the_longest_names_still_fit(examples: dict[str, Paper]) -> None:
    """A deposit slip is one sheet of A5, whatever the length of a name in the register."""
    longest = dataclasses.replace(examples["deposit-slip"], name="あ" * 100, officer="い" * 100)  # type: ignore[type-var]
    assert paper_pdf(longest, "ja", None)


def test_more_than_the_sheet_holds_is_refused(examples: dict[str, Paper], monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip that would run over to a second sheet is not printed at all."""
    paper = examples["hand-over-sheet"]
    monkeypatch.setattr(type(paper), "form", dataclasses.replace(paper.form, sheet="a6", pages=1))
    with pytest.raises(PaperOverflows):
        paper_pdf(paper, "ja", None)
