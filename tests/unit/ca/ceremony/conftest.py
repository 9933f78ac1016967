"""Reading papers as a person does."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def text_of(tmp_path: Path) -> Callable[[bytes], str]:
    """The text of a PDF, as poppler reads it in reading order; pages end with a form feed."""

    def read(pdf: bytes) -> str:
        (tmp_path / "paper.pdf").write_bytes(pdf)
        command = ["pdftotext", tmp_path / "paper.pdf", "-"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return read
