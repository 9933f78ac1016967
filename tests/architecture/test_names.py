"""Our top-level names harm nobody and meet nobody (docs/decisions/0001)."""

import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_no_standard_module_has_our_name(name: str) -> None:
    """A package of ours never hides a module of the standard library."""
    assert name not in sys.stdlib_module_names


@pytest.mark.parametrize("name", PACKAGES)
def test_no_installed_distribution_has_our_name(name: str) -> None:
    """No dependency, direct or not, supplies a package with one of our names."""
    assert set(packages_distributions().get(name, [])) <= {"ninsho"}


def test_every_package_stands_in_the_layers() -> None:
    """A new folder cannot escape the import contracts: the layers name exactly the packages of the wheel."""
    layers = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "layers")["layers"]
    assert sorted(name.strip() for layer in layers for name in layer.split("|")) == sorted(PACKAGES)


def test_every_folder_with_code_is_a_package_of_the_wheel() -> None:
    """A top-level folder with an `__init__.py` is in the package list, or it would never be installed."""
    assert sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name in PACKAGES) == PACKAGES


def test_the_distribution_refuses_upload() -> None:
    """The classifier by which a package index refuses the upload is there."""
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]
