"""Write ``docs/error-codes.md`` from the front end's own table; run it as ``python -m docs.data.error_codes``."""

import re
from pathlib import Path

from ra.errors import FAULTS
from ra.languages import FOLDER, read_catalogue

PAGE = Path(__file__).parents[1] / "error-codes.md"

BLOCKS = {
    "1": "A case and its contents",
    "2": "Lists and files",
    "3": "The centre and the database",
    "4": "Who is logged in, and what they may do",
    "5": "The request itself",
}


def page() -> str:
    """The document: for each code its status, and what, why and what to do in Japanese and in English."""
    japanese = read_catalogue(FOLDER / "ja")
    lines = [
        "# Error codes of the officers' pages",
        "",
        "Every refusal carries a code, what failed, why, what to do, and a number to quote. Programs get the code in",
        "`application/problem+json` (RFC 9457). “…” stands where a page names facts of the case. This page is made by",
        "`python -m docs.data.error_codes`.",
    ]
    for block, title in BLOCKS.items():
        codes = [code for code in sorted(FAULTS) if code.startswith(f"E-{block}")]
        if codes:
            lines += ["", f"## {title}", "", "| code | HTTP | 日本語 | English |", "|---|---|---|---|"]
        for code in codes:
            fault = FAULTS[code]
            messages = (fault.what, fault.why, fault.remedy)
            ja = "".join(str(japanese[each].string) for each in messages)
            lines.append(f"| {code} | {fault.status} | {shown(ja)} | {shown(' '.join(messages))} |")
    return "\n".join(lines) + "\n"


def shown(text: str) -> str:
    """A message with its placeholders left open."""
    return re.sub(r"%\(\w+\)[sd]", "…", text).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
