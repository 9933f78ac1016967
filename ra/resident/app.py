"""The resident's screen as a small program of its own, on this machine only; nothing of it is the front end's.

Every page works with a keyboard and without JavaScript. A form carries the stamp of the page it stands on, so an old
page, a double press and another site change nothing.
"""

import hmac
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from ra.resident.visit import LANGUAGES, MOVING, Bench, Language, Visit
from ra.resident.words import HTML_LANGUAGES, spoken

__all__ = ["create_resident_app"]

LOG: Final = logging.getLogger("ninsho.resident")
PAGES: Final = Blueprint("resident", __name__, template_folder="templates", static_folder="static")
TOKENS: Final = Path(__file__).parent.parent / "static" / "vendor" / "design-tokens-1.1.9"

MOST_OCTETS: Final = 4096
"""Octets of a form."""

REFRESH_SECONDS: Final = 2
"""How often a page that goes on by itself looks, with JavaScript or without."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_VISIT, _BENCH = "ninsho-visit", "ninsho-bench"


def create_resident_app(visit: Visit, hosts: Collection[str], bench: Bench | None = None) -> Flask:
    """The screen of a visit. It answers under `hosts` only (host and port as a browser names them).

    With a `bench`, which only a demonstration has, each page ends with buttons that lay cards on the reader.
    """
    app = Flask("ra.resident", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MOST_OCTETS, MAX_FORM_MEMORY_SIZE=MOST_OCTETS, MAX_FORM_PARTS=8)
    app.extensions[_VISIT], app.extensions[_BENCH] = visit, bench
    app.register_blueprint(PAGES)
    app.register_error_handler(Exception, _answer)

    @app.before_request
    def check_host() -> None:
        # a page of elsewhere may lead its own name to this machine, and would then share our origin
        if request.host not in hosts:
            abort(421)

    @app.after_request
    def complete(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return app


@PAGES.get("/")
def show() -> str:
    """The page of this moment."""
    view = _visit().view()
    language = view.language

    def say(name: str, **facts: object) -> str:
        return spoken(name, language, **facts)

    return render_template(
        f"resident/{view.page}.html",
        view=view,
        say=say,
        lang=HTML_LANGUAGES[language],
        bench=_bench(),
        moving=view.page in MOVING,
        seconds=REFRESH_SECONDS,
    )


@PAGES.get("/stamp")
def stamp() -> Response:
    """The stamp of the page of this moment: the script loads the page anew when it is another one."""
    return Response(_visit().view().stamp, mimetype="text/plain")


@PAGES.get("/tokens.css")
def tokens() -> Response:
    """The colours and sizes that all our pages share."""
    return send_from_directory(TOKENS, "tokens.css")


@PAGES.post("/language")
def language() -> AnyResponse:
    """Choose a language."""
    chosen: Language = next((each for each in LANGUAGES if each == request.form.get("language")), "ja")
    return _act(lambda visit: visit.choose(chosen))


@PAGES.post("/agree")
def agree() -> AnyResponse:
    """Agree to what will be done."""
    return _act(lambda visit: visit.agree())


@PAGES.post("/pin")
def pin() -> AnyResponse:
    """Enter a new PIN twice. The answer leads to the next page and holds nothing of what was typed."""
    form = request.form
    return _act(lambda visit: visit.enter(form["stamp"], form.get("first", ""), form.get("second", "")))


@PAGES.post("/again")
def again() -> AnyResponse:
    """Try again."""
    return _act(lambda visit: visit.again())


@PAGES.post("/reader")
def reader() -> AnyResponse:
    """Lay a card on the demonstration's reader, or take it away."""
    bench = _bench()
    if bench is None:
        abort(404)
    try:
        return _act(lambda _: bench.put(request.form.get("card") or None))
    except LookupError:
        abort(404)


def _act(act: Callable[[Visit], None]) -> AnyResponse:
    """Do what a form asks, if it comes from the page that is shown, and go to the page of this moment."""
    visit = _visit()
    if hmac.compare_digest(request.form.get("stamp", "").encode(), visit.view().stamp.encode()):
        act(visit)
    return redirect("/", 303)


def _answer(error: Exception) -> tuple[str, int]:
    """Say that something failed, never what was sent: a traceback would show the variables of a form."""
    status = (error.code or 500) if isinstance(error, HTTPException) else 500
    if status >= 500:
        LOG.error("%s at %s", type(error).__name__, request.endpoint)
    return render_template("resident/fault.html", status=status, lang="ja"), status


def _visit() -> Visit:
    held: Visit = current_app.extensions[_VISIT]
    return held


def _bench() -> Bench | None:
    held: Bench | None = current_app.extensions[_BENCH]
    return held
