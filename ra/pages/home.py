"""The counter home, help, and what the accessibility tests found."""

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from ca.roster import Role
from ra.scan import scanned
from ra.scope import DECIDERS, DESK, OFFICERS, public, roles

__all__ = ["PAGES"]

PAGES: Final = Blueprint("home", __name__)


@PAGES.get("/")
@roles(*OFFICERS)
def counter() -> str:
    """The counter home."""
    return render_template("home/counter.html")


@PAGES.get("/find")
@roles(*DESK, *DECIDERS, Role.AUDIT)
def find() -> Response:
    """Where the scanned or typed text leads: a receipt number to its case, everything else to the search."""
    text = request.args.get("q", "")
    kind, value = scanned(text)
    if kind == "receipt":
        return redirect(f"/cases/{value}", 303)
    return redirect(f"/search?{urlencode({'q': text[:100]})}", 303)


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
