"""The counter home, help, and what the accessibility tests found."""

import re
from importlib.metadata import version
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ca.roster import Role
from ra.accessibility import results
from ra.board import board_of, ending_credentials
from ra.errors import FAULTS
from ra.help import topics_for
from ra.navigation import across
from ra.office import office
from ra.pages.cases import KINDS
from ra.pages.certs import READERS
from ra.scope import DECIDERS, DESK, OFFICERS, party, public, roles, scope, scope_or_none
from ra.workflow import STAGES

__all__ = ["PAGES"]

PAGES: Final = Blueprint("home", __name__)


@PAGES.get("/")
@roles(*OFFICERS)
def counter() -> ResponseReturnValue:
    """The counter home (page 1): one box to scan or search, what waits, the cases at hand."""
    here, me = office(), scope()
    if party() == "approval":
        if me.may(*DECIDERS):
            return redirect(url_for("approvals.queue"), 303)
        return render_template("home/approval.html", working=across("working", "home.counter"))
    return render_template(
        "home/counter.html",
        board=board_of(here, me),
        ending=ending_credentials(here, me),
        approvals=across("approval", "approvals.queue"),
        kinds=KINDS,
        stages=STAGES,
        reader=me.may(*READERS),
        receives=me.may(Role.RECEPTION),
        decides=me.may(*DECIDERS),
        defers=me.may(*DESK, *DECIDERS),
    )


@PAGES.get("/help")
@public
def help_page() -> str:
    """Help (page 22): first for the page or the code it was asked on, then everything else."""
    code = request.args.get("code", "")
    return render_template(
        "home/help.html",
        topics=topics_for(request.args.get("on", "")),
        code=code if code in FAULTS else "",
        faults=FAULTS,
        blanks=_BLANKS,
        version=version("ninsho"),
        roster=None if scope_or_none() is None else office().roster(),
        contacts=_contacts(),
    )


@PAGES.get("/accessibility")
@public
def accessibility() -> str:
    """The accessibility statement (試験結果): what was tested, how, and what was found."""
    return render_template("home/accessibility.html", results=results())


_BLANKS: Final = {
    name: "…" for fault in FAULTS.values() for name in re.findall(r"%\((\w+)\)s", fault.what + fault.why + fault.remedy)
}
"""What stands in the table of codes where an error page names the facts of a case."""


def _contacts() -> list[tuple[str, str]]:
    """Whom an officer asks: the heads of the branch and the administrators, by name and role."""
    me = scope_or_none()
    if me is None:
        return []
    wanted = ((Role.HEAD, "Branch head"), (Role.ADMIN, "Administration"))
    return [
        (label, person.name)
        for role, label in wanted
        for person in office().roster().persons
        if role in person.roles and (me.branch in person.branches or not person.branches)
    ]
