"""The counter home, help, and what the accessibility tests found."""

from typing import Final

from flask import Blueprint, render_template

from ra.scope import OFFICERS, public, roles

__all__ = ["PAGES"]

PAGES: Final = Blueprint("home", __name__)


@PAGES.get("/")
@roles(*OFFICERS)
def counter() -> str:
    """The counter home."""
    return render_template("home/counter.html")


@PAGES.get("/help")
@public
def help_page() -> str:
    """Help, for the page it was asked on."""
    return render_template("home/help.html")


@PAGES.get("/accessibility")
@public
def accessibility() -> str:
    """The accessibility statement (試験結果)."""
    return render_template("home/accessibility.html")
