"""Every paper of the examples, made once."""

from collections.abc import Callable

import pytest

from ca.seals import SealKey
from docs.data.example_papers import PAPERS
from ra.papers.sheet import Paper, paper_pdf
from ra.papers.words import Language

Made = Callable[[str, Language], bytes]
"""The sealed example of a form, by its name and language."""


@pytest.fixture(scope="session")
def examples() -> dict[str, Paper]:
    """The examples by the names of their forms."""
    return {paper.form.name: paper for paper in PAPERS}


@pytest.fixture(scope="session")
def made(examples: dict[str, Paper], seal_key: SealKey) -> Made:
    """Make an example once in each language."""
    kept: dict[tuple[str, str], bytes] = {}

    def make(name: str, language: Language) -> bytes:
        if (name, language) not in kept:
            kept[name, language] = paper_pdf(examples[name], language, seal_key)
        return kept[name, language]

    return make
