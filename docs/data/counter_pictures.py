"""Make the pictures of the counter's papers anew, from the examples of `example_papers.py`.

.venv/bin/python -m docs.data.counter_pictures        (needs pdftoppm of poppler-utils)
"""

import subprocess
from io import BytesIO
from pathlib import Path

from PIL import Image

from docs.data.example_papers import PAPERS
from ra.papers.sheet import paper_pdf
from ra.papers.words import Language

PICTURES = Path(__file__).parents[1] / "pictures"
SHOWN: dict[str, tuple[tuple[str, Language], ...]] = {
    "papers-hand-over.png": (("hand-over-sheet", "ja"), ("hand-over-sheet", "en")),
    "papers-counter.png": (("receipt", "ja"), ("receipt", "en"), ("deposit-slip", "ja"), ("revocation-proof", "ja")),
}


def main() -> None:
    """Write one picture for each row of SHOWN."""
    examples = {paper.form.name: paper for paper in PAPERS}
    for name, row in SHOWN.items():
        _save(name, [_page(paper_pdf(examples[form], language, None)) for form, language in row])


def _page(pdf: bytes, resolution: int = 70) -> Image.Image:
    command = ["pdftoppm", "-r", str(resolution), "-gray", "-png", "-"]
    drawn = subprocess.run(command, input=pdf, capture_output=True, check=True)  # noqa: S603 - Debian's program
    return Image.open(BytesIO(drawn.stdout)).convert("L")


def _save(name: str, pages: list[Image.Image]) -> None:
    width, height = sum(each.width for each in pages), max(each.height for each in pages)
    whole = Image.new("L", (width + 12 * (len(pages) - 1), height), 128)
    at = 0
    for page in pages:
        whole.paste(page, (at, 0))
        at += page.width + 12
    whole.quantize(16).save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    main()
