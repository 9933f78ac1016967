"""Bring the front end's catalogues up to date with its pages; run it as ``python -m docs.data.catalogues``.

Every message id of templates and code gets an entry in ``ra/translations/<language>/<group>.po``; entries that nobody
uses any more go. English entries repeat the id. A Japanese entry that is missing is written empty, and listed: fill it
in before you commit, a test finds what was forgotten. A group is a folder of templates with the pages of that name;
what belongs to none, or to several, stands in ``shell.po``.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
RA = ROOT / "ra"
SHELL = "shell"
LANGUAGES = ("ja", "en")

KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "mark": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
DATA = {"Fault": (1, 2, 3), "Entry": (1,), "Stage": (1,)}
"""Tables whose arguments at these places, counted from 0, are message ids."""

MessageId = str | tuple[str, ...]


class Found(NamedTuple):
    """A message where it was found."""

    id: MessageId
    context: str | None
    source: str
    group: str


def found() -> Iterator[Found]:
    """Every message of the front end."""
    for path in sorted([*RA.rglob("*.py"), *RA.rglob("*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        source, group = str(path.relative_to(ROOT)), group_of(path)
        with path.open("rb") as file:
            for _, id, _, context in extract(method, file, KEYWORDS, options={"encoding": "utf-8", "silent": "false"}):
                yield Found(id, context, source, group)
        if path.suffix == ".py":
            for text in in_tables(ast.parse(path.read_text(encoding="utf-8"))):
                yield Found(text, None, source, group)


def in_tables(tree: ast.AST) -> Iterator[str]:
    """The messages of `DATA` in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DATA:
            for place in DATA[node.func.id]:
                argument = node.args[place] if place < len(node.args) else None
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def group_of(path: Path) -> str:
    """The group of pages that a file belongs to."""
    parts = path.relative_to(RA).parts
    name = parts[1].removesuffix(".py") if len(parts) > 1 and parts[0] in ("templates", "pages") else SHELL
    return name if (RA / "templates" / name).is_dir() else SHELL


def known(language: str) -> dict[tuple[MessageId, str | None], MessageId]:
    """What the catalogues of a language say now."""
    translations: dict[tuple[MessageId, str | None], MessageId] = {}
    for path in sorted((RA / "translations" / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and all(message.string if isinstance(message.string, tuple) else [message.string]):
                    translations[message.id, message.context] = message.string
    return translations


def write(language: str, groups: dict[str, list[Found]]) -> int:
    """Write the catalogues of a language; the number of entries that wait for a translation."""
    translations, missing = known(language), 0
    folder = RA / "translations" / language
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.po"):
        if path.stem not in groups:
            path.unlink()
    for group, messages in groups.items():
        catalogue = Catalog(locale=language)
        for each in messages:
            own = each.id if language == "en" else translations.get((each.id, each.context), "")
            missing += not own
            if not own:
                sys.stderr.write(f"{language}/{group}.po: {each.id!r}\n")
            catalogue.add(each.id, own or None, [(each.source, 0)], context=each.context)
        with (folder / f"{group}.po").open("wb") as file:
            write_po(file, catalogue, width=0, omit_header=True, sort_output=True, include_lineno=False)
    return missing


def grouped() -> dict[str, list[Found]]:
    """The messages by group; one that several groups use is the shell's."""
    everywhere = defaultdict(list)
    for each in found():
        everywhere[each.id, each.context].append(each)
    groups: dict[str, list[Found]] = defaultdict(list)
    for uses in everywhere.values():
        names = {each.group for each in uses}
        groups[names.pop() if len(names) == 1 else SHELL] += uses
    return dict(groups)


if __name__ == "__main__":
    sys.exit(1 if sum(write(language, grouped()) for language in LANGUAGES) else 0)
