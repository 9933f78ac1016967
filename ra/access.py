"""The door of every view: it exists on this site, somebody is logged in, is not locked out, and has the role."""

from collections.abc import Mapping
from typing import Final

from flask import current_app, g, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ra.errors import PageError
from ra.locking import locked_page
from ra.navigation import case_asked_for
from ra.office import Party
from ra.scope import access_of, check_role, party
from ra.sessions import Officer, used

__all__ = ["LOOKING", "SITES", "check_access", "officer_or_none"]

SITES: Final = "ninsho-sites"
"""Where an application keeps which group of pages is on which sites, among Flask's extensions."""


LOOKING: Final = "seen"
"""The argument of a page that looks by itself whether something has moved: that is nobody's use of the session."""


def officer_or_none() -> Officer | None:
    """Whose session stands behind this request."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def check_access() -> Response | None:
    """Let a request pass, or answer it with the login page or the lock page; raises PageError E-5001 or E-4101."""
    if request.endpoint == "static":
        return None
    officer = officer_or_none()
    g.scope = None if officer is None else officer.scope
    if request.endpoint is None:
        return None
    sites: Mapping[str, frozenset[Party]] = current_app.extensions[SITES]
    if party() not in sites[request.blueprint or ""]:
        raise PageError("E-5001")
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None or access.kind != "officers":
        return None
    if officer is None:
        return _to_login()
    if officer.locked and not access.while_locked:
        # its form is offered to be sent again under a new token, so it needs one of ours first
        current_app.extensions["csrf"].protect()
        return locked_page(officer)
    if not access.while_locked and LOOKING not in request.args:
        used(officer)
    check_role(access)
    return None


def _to_login() -> Response:
    """To the login page, and from there back to the page that was wanted, or to the case whose form came too late."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else case_asked_for()
    ended = "1" if "_user_id" in session or request.method == "POST" else None
    return redirect(url_for("login.form", next=wanted, ended=ended), 303)
