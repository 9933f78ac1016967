"""What an officer sets at the desk: language, branch, function keys; leaving, locking, and being there."""

from typing import Final

from flask import Blueprint, Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from ra.access import officer_or_none
from ra.errors import PageError
from ra.languages import LANGUAGES
from ra.paths import local_path
from ra.scope import OFFICERS, public, roles, scope
from ra.sessions import close, lock

__all__ = ["PAGES"]

PAGES: Final = Blueprint("desk", __name__)


@PAGES.post("/language")
@public
def language() -> AnyResponse:
    """Show the pages in another language from now on."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        raise PageError("E-5006")
    session["language"] = wanted
    return _back()


@PAGES.post("/branch")
@roles(*OFFICERS)
def branch() -> AnyResponse:
    """Work for another branch of the officer's from now on."""
    wanted = request.form.get("branch", "")
    if wanted not in scope().branches:
        raise PageError("E-5001")
    session["branch"] = wanted
    return _back()


@PAGES.post("/keys")
@roles(*OFFICERS)
def keys() -> AnyResponse:
    """Turn the function keys on or off in this browser."""
    session["keys"] = "off" if request.form.get("keys") == "off" else "on"
    return _back()


@PAGES.post("/alive")
@roles(*OFFICERS)
def alive() -> Response:
    """Somebody works on the page: a script says so while keys are pressed, and the session stays open."""
    return Response(status=204)


@PAGES.post("/lock")
@roles(*OFFICERS, while_locked=True)
def lock_now() -> AnyResponse:
    """Lock the session, as when leaving the desk."""
    lock()
    return redirect(url_for("login.unlock_form", next=local_path(request.form.get("next"))), 303)


@PAGES.post("/logout")
@public
def leave() -> AnyResponse:
    """End the session, if there is one."""
    officer = officer_or_none()
    if officer is not None:
        close(officer)
    return redirect(url_for("login.form"), 303)


def _back() -> AnyResponse:
    return redirect(local_path(request.form.get("next")), 303)
