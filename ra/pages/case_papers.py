"""The papers of a case as PDF, opened in the browser and printed from there; sealed when they leave the counter.

A paper is made in the request that asks for it: it is a page or two of bounded fields, which takes about a second, and
the visitor stands at the counter. Nothing of it is kept on the server, so no copy of a name outlives its print, and
there is no queue that could lose one. How often an officer may ask is limited (`ra.app.Limits`).
"""

from typing import Final

from flask import Blueprint, Response, request
from flask_babel import get_locale, gettext
from pydantic import ValidationError

from ca.paper_errors import PaperRefused
from ca.roster import Role
from ra.case_papers import Printing, fitting, paper_of
from ra.errors import PageError
from ra.fees import read_fee, remember_printed
from ra.languages import DEFAULT
from ra.office import office
from ra.outcome import settled
from ra.papers.sheet import Form, paper_pdf
from ra.papers.words import Language
from ra.scan import fold_code
from ra.scope import roles, scope
from ra.submission import Desk

__all__ = ["PAGES", "PRINTERS", "offered"]

PAGES: Final = Blueprint("case_papers", __name__, url_prefix="/cases")

PRINTERS: Final = (Role.RECEPTION, Role.EXAMINE, Role.HEAD)
"""Who prints a case's papers."""


@PAGES.get("/<receipt>/papers/<name>.pdf")
@roles(*PRINTERS)
def pdf(receipt: str, name: str) -> Response:
    """A paper that fits the case as it stands, in the language `lang` or that of the page."""
    file = settled(office(), scope(), fold_code(receipt))
    printing = Printing(office(), file, scope().name, read_fee(request.args.get("fee", "0")))
    language = _language()
    try:
        octets = paper_pdf(paper_of(printing, name), language, office().seal)
    except PaperRefused as error:
        raise PageError("E-1702", {"why": str(error)}) from None
    except ValidationError:  # a field is longer than the form has room for
        raise PageError("E-1702", {"why": gettext("A text is too long for its place.")}) from None
    if "fee" in request.args:
        remember_printed(file.record.receipt, printing.fee)
    answer = Response(octets, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{file.record.receipt}-{name}-{language}.pdf"'
    return answer


def offered(desk: Desk) -> tuple[Form, ...]:
    """The papers that this officer may print of the case as it stands, the main one first."""
    if desk.office.counter is None or not desk.scope.may(*PRINTERS):
        return ()
    return fitting(desk.file)


def _language() -> Language:
    wanted = request.args.get("lang") or str(get_locale() or DEFAULT)
    if wanted == "ja":
        return "ja"
    if wanted == "en":
        return "en"
    raise PageError("E-5006")
