"""Every paper of the examples, made once, and what poppler reads on it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ca.ceremony.sealing import bearer_certificate
from ca.seals import SealKey
from docs.data.example_papers import AT, PAPERS
from ra.papers.sheet import Paper, paper_pdf
from ra.papers.words import Language

Made = Callable[[str, Language], bytes]
"""The sealed example of a form, by its name and language."""


@pytest.fixture(scope="session")
def examples() -> dict[str, Paper]:
    """The examples by the names of their forms."""
    return {paper.form.name: paper for paper in PAPERS}


@pytest.fixture(scope="session")
def seal_key() -> SealKey:
    """A branch's key, and the certificate that tells it."""
    key = rsa.generate_private_key(65537, 2048)
    return SealKey(key, bearer_certificate(key, "branch-13103", 0x1234, AT))


@pytest.fixture(scope="session")
def made(examples: dict[str, Paper], seal_key: SealKey) -> Made:
    """Make an example once in each language."""
    kept: dict[tuple[str, str], bytes] = {}

    def make(name: str, language: Language) -> bytes:
        if (name, language) not in kept:
            kept[name, language] = paper_pdf(examples[name], language, seal_key)
        return kept[name, language]

    return make


@pytest.fixture
def text_of(tmp_path: Path) -> Callable[[bytes], str]:
    """What poppler reads on a paper, without its spaces and line ends."""

    def read(pdf: bytes) -> str:
        (tmp_path / "paper.pdf").write_bytes(pdf)
        told = subprocess.run(
            ["pdftotext", "-layout", tmp_path / "paper.pdf", "-"], check=True, capture_output=True, text=True
        )
        return "".join(told.stdout.split())

    return read
