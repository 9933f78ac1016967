"""The counter home, help, and what the accessibility tests found."""

from typing import Final

from flask import Blueprint, render_template, url_for

from ra.office import office
from ra.pages.cases import KINDS
from ra.pages.certs import READERS
from ra.scope import DECIDERS, OFFICERS, public, roles, scope
from ra.today import today
from ra.workflow import STAGES

__all__ = ["PAGES"]

PAGES: Final = Blueprint("home", __name__)


@PAGES.get("/")
@roles(*OFFICERS)
def counter() -> str:
    """The counter home: the box, what waits for this officer, and what the day has brought."""
    me, here = scope(), office()
    reads = me.party == "working" and me.may(*READERS)
    return render_template(
        "home/counter.html",
        reads=reads,
        today=today(here, me) if reads or me.may(*DECIDERS) else None,
        kinds=KINDS,
        stages=STAGES,
        approvals=here.parties.approval.origin + url_for("approvals.queue"),
    )


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
