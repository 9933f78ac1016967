"""The bars of a receipt number, read back from the printed paper as a scanner reads them."""

import subprocess
from io import BytesIO
from itertools import groupby

import pytest
from PIL import Image

from docs.data.example_papers import NUMBER
from ra.papers.code128 import bars
from tests.unit.ra.papers.conftest import Made

# ISO/IEC 15417, table 1: the widths of bars and spaces of the values 0 to 105, and of the stop pattern
TABLE = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231
    113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211
    212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131
    113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
    314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211
    241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141
    214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214
    211232 2331112
"""
WIDTHS = TABLE.split()
CODE_A, CODE_B, CODE_C, STOP = 103, 104, 105, 106
SWITCHES = {99: "C", 100: "B", 101: "A"}


def _row(pdf: bytes) -> list[tuple[bool, int]]:
    """One line of dots through the bars at 300 dots an inch: whether dark, and for how many dots."""
    command = ["pdftoppm", "-r", "300", "-gray", "-png", "-"]
    printed = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    picture = Image.open(BytesIO(printed)).convert("L")
    rows = (_runs(picture, y) for y in range(0, picture.height, 60))
    before: list[tuple[bool, int]] = []
    for row in rows:
        if len(row) > 100 and row == before:  # bars are the one thing that looks the same half a centimetre below
            return row
        before = row
    raise AssertionError("no bars on the paper")


def _runs(picture: Image.Image, y: int) -> list[tuple[bool, int]]:
    dark = [picture.getpixel((x, y)) < 128 for x in range(picture.width)]  # type: ignore[operator]  # a grey dot
    return [(value, len(list(run))) for value, run in groupby(dark)]


def _values(runs: list[tuple[bool, int]]) -> list[int]:
    """The values of the symbols between the quiet zones."""
    dots = [length for _, length in runs[1:-1]]
    module = sum(dots) / (11 * ((len(dots) - 7) // 6) + 13)
    widths = "".join(str(round(each / module)) for each in dots)
    symbols = [widths[at : at + 6] for at in range(0, len(widths) - 7, 6)] + [widths[-7:]]
    return [WIDTHS.index(each) for each in symbols]


def _text(values: list[int]) -> str:
    charset, text = {CODE_A: "A", CODE_B: "B", CODE_C: "C"}[values[0]], ""
    for value in values[1:]:
        if value in SWITCHES and SWITCHES[value] != charset:
            charset = SWITCHES[value]
        else:
            text += f"{value:02d}" if charset == "C" else chr(value + 32)
    return text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_scanner_reads_the_receipt_number(made: Made, language: str) -> None:
    """Start, check symbol modulo 103, stop; and what stands between them is the number."""
    values = _values(_row(made("receipt", language)))  # type: ignore[arg-type]  # one of the two languages
    *content, check, stop = values
    assert stop == STOP
    assert check == sum(value * max(at, 1) for at, value in enumerate(content)) % 103
    assert _text(content) == NUMBER


def test_a_module_is_wide_enough_for_a_scanner(made: Made) -> None:
    """At least 0.19 mm, with ten of them white on either side."""
    runs = _row(made("receipt", "ja"))
    millimetres = 25.4 / 300
    module = sum(length for _, length in runs[1:-1]) / 211 * millimetres
    assert module > 0.19
    assert min(runs[0][1], runs[-1][1]) * millimetres >= 10 * module


def test_the_drawing_says_what_it_is() -> None:
    """ISO 14289-1, 7.3: a figure has a text; what it is made of cannot leave it."""
    assert "<title>R&amp;&lt;1</title>" in bars("R&<1")
