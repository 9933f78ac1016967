"""Make the pictures of docs/ceremony.md anew: a rehearsal at the terminal, pages of its script and of its minutes.

.venv/bin/python docs/data/ceremony_pictures.py        (needs pdftoppm of poppler-utils)
"""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageFont

from ca.ceremony.minutes import minutes_pdf
from cli.output import display_width

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "ceremonies" / "one-tier-ca.toml"
FONT = "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf"
CELL = (9, 19)
PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    """Write script.png, terminal.png and minutes.png."""
    with TemporaryDirectory() as folder:
        paper, transcript = Path(folder, "script.pdf"), Path(folder, "rehearsal.jsonl")
        _ninsho("ceremony", "script", SCRIPT, "--lang", "ja", "-o", paper)
        steps = json.loads(_ninsho("--json", "ceremony", "check", SCRIPT))["steps"]
        typed = "".join(f"{person} {each['step']}\n" for each in steps for person in each["confirm"])
        shown = _ninsho("ceremony", "rehearse", SCRIPT, "--transcript", transcript, typed=typed)
        minutes = minutes_pdf(SCRIPT.read_bytes(), transcript.read_bytes())
        _save("script.png", [_page(paper.read_bytes(), 1), _page(paper.read_bytes(), 3)])
        _save("minutes.png", [_page(minutes, 1), _page(minutes, 7)])
        _save("terminal.png", [_terminal(shown)])


def _ninsho(*arguments: object, typed: str = "") -> str:
    command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=ROOT, input=typed, capture_output=True, text=True, check=True
    )
    return done.stdout


def _terminal(shown: str) -> Image.Image:
    """The screen while a certificate is signed: every character in the cell of a terminal."""
    lines = shown.splitlines()
    first = next(number for number, line in enumerate(lines) if "S07 /" in line)
    part = lines[first : first + 26]
    picture = Image.new("L", (80 * CELL[0] + 20, len(part) * CELL[1] + 20), 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, CELL[1] - 5)
    for row, line in enumerate(part):
        column = 0
        for character in line:
            pen.text((10 + column * CELL[0], 10 + row * CELL[1]), character, font=font, fill=0)
            column += display_width(character)
    return picture


def _page(pdf: bytes, number: int, resolution: int = 70) -> Image.Image:
    command = ["pdftoppm", "-r", str(resolution), "-f", str(number), "-l", str(number), "-gray", "-png", "-"]
    return Image.open(
        BytesIO(
            subprocess.run(  # noqa: S603 - Debian's program
                command, input=pdf, capture_output=True, check=True
            ).stdout
        )
    )


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
