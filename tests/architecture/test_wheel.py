"""What is installed is what the project says: our eight packages with their data, and nothing else."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"ca", "cli", "crl", "hsm", "ocsp", "policies", "ra", "store"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of the files in a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with ZipFile(built) as archive:
        return archive.namelist()


def test_the_top_level_is_exactly_our_packages(wheel: list[str]) -> None:
    """Tests, docs and benchmarks are never installed."""
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_profiles_and_tables_are_inside(wheel: list[str]) -> None:
    """Data that the code reads at run time travels with it."""
    wanted = {
        "policies/profiles/jpki-sign.toml",
        "policies/terms/jpki.toml",
        "ca/ceremony/templates/minutes.html",
        "ra/templates/base.html",
        "ra/static/ninsho.css",
        "ra/static/vendor/design-tokens-1.1.9/tokens.css",
        "ra/translations/ja/shell.po",
    }
    assert wanted <= set(wheel)


def test_the_console_script_is_the_one_public_name(wheel: list[str]) -> None:
    """One command, `ninsho`, is what an installation adds to the path."""
    (entry_points,) = [name for name in wheel if name.endswith("entry_points.txt")]
    assert entry_points.startswith("ninsho-")
