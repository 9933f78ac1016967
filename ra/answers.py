"""How an error becomes a page: its code, what, why and what to do, and a number to quote. Never a trace.

The log gets the number, the kind of the error and the places in the code, but no message: a message may quote a person.
"""

import logging
import traceback
from base64 import b32encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from ra.errors import PageError
from ra.navigation import case_asked_for
from ra.office import Office
from ra.scope import access_of
from store.errors import DatabaseAway

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

__all__ = ["FrontEnd", "answer_errors"]

LOG: Final = logging.getLogger("ninsho.ra")

_CODES: Final[Mapping[type[Exception], str]] = {
    CSRFError: "E-4102",
    RateLimitExceeded: "E-4103",
    DatabaseAway: "E-3001",
}
"""Errors of libraries and other rooms that have a page of their own; a subclass counts as its base."""

_STATUSES: Final[Mapping[int, str]] = {404: "E-5001", 405: "E-5002", 413: "E-5003"}


_NOWHERE: Final = frozenset({"E-1001", "E-5001"})
"""Errors of an address with nothing behind it, to which no way leads back."""


class FrontEnd(Flask):
    """A Flask application that never writes the words of an error to its log."""

    def log_exception(self, exc_info: "OptExcInfo") -> None:
        """Do nothing: `answer_errors` logs what may be told."""


def answer_errors(app: Flask, office: Office) -> None:
    """Answer every error of `app` with a page, or with problem+json (RFC 9457) where a program asked."""

    def answer(error: Exception) -> Response:
        cause = getattr(error, "original_exception", None) or error
        shown = page_error(cause)
        number = b32encode(office.random(5)).decode()
        if shown.fault.status >= 500:
            log(number, shown, cause)
            g.scope = None  # the frame of the page asks nothing of what has just failed
        response = problem(shown, number) if for_program(app) else page(shown, number)
        response.status_code = shown.fault.status
        return response

    for kind in (PageError, HTTPException, *_CODES):
        app.register_error_handler(kind, answer)


def page_error(error: Exception) -> PageError:
    """What an officer is told about `error`."""
    if isinstance(error, PageError):
        return error
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return PageError(code)
    if isinstance(error, HTTPException):
        code = _STATUSES.get(error.code or 500, "E-5006" if (error.code or 500) < 500 else "E-5000")
        return PageError(code, {"limit": f"{(request.max_content_length or 0) // 1024} KiB"})
    return PageError("E-5000")


def log(number: str, shown: PageError, error: Exception) -> None:
    """Write what happened where, without the words of the error."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames[-8:]))
    LOG.error("%s %s %s %s at %s", number, shown.code, type(error).__name__, request.endpoint, places)


def for_program(app: Flask) -> bool:
    """Whether a program sent this request, which no officer will read the answer of."""
    view = app.view_functions.get(request.endpoint or "")
    access = None if view is None else access_of(view)
    return access is not None and access.kind == "machine"


def problem(shown: PageError, number: str) -> Response:
    """The error as a problem document."""
    words = shown.words()
    response = jsonify(
        type="about:blank",
        title=words["what"],
        detail=f"{words['why']} {words['remedy']}",
        status=shown.fault.status,
        code=shown.code,
        instance=number,
    )
    response.content_type = "application/problem+json"
    return response


def page(shown: PageError, number: str) -> Response:
    """The error as a page."""
    return make_response(render_template("shell/error.html", number=number, back=way_back(shown), **shown.words()))


def way_back(shown: PageError) -> str:
    """The address of the case that was refused something, or of the form or list that was asked for something else.

    It is "" where the counter home alone is left.
    """
    if shown.code in _NOWHERE:
        return ""
    case = case_asked_for()
    if case is not None:
        return case if request.method == "POST" or case != request.path else ""
    asked = request.method == "POST" or (shown.fault.status == 400 and bool(request.args))
    pages = current_app.create_url_adapter(request)
    return request.path if asked and pages is not None and pages.test(method="GET") else ""
