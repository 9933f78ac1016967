"""The application: one program, two sites. Where officers work, and, under another name, where they approve."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Blueprint, Flask, g, request, session, url_for
from flask_babel import get_locale
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

from ca.roster import Branch
from ra import dates, terminal_api
from ra.access import SITES, check_access
from ra.answers import FrontEnd, answer_errors
from ra.centre import centre
from ra.edge import Edge, guard
from ra.headers import set_headers
from ra.languages import DEFAULT, LANGUAGES, Languages, chosen
from ra.navigation import menu_of
from ra.office import OFFICE, Office, Party, office
from ra.pages import (
    approvals,
    case_papers,
    cases,
    certs,
    deferred,
    desk,
    expiry,
    home,
    ledgers,
    login,
    ops,
    search,
    selfcheck,
    signed,
    staff,
    trail,
)
from ra.scope import Scope, access_of, check_declared, public, role_names, scope_or_none
from ra.sessions import LOCK_AFTER, login_manager

__all__ = ["PAGES", "Limits", "create_app"]

BOTH: Final[frozenset[Party]] = frozenset({"working", "approval"})
WORKING: Final[frozenset[Party]] = frozenset({"working"})
APPROVAL: Final[frozenset[Party]] = frozenset({"approval"})

PAGES: Final[tuple[tuple[Blueprint, frozenset[Party]], ...]] = (
    (login.PAGES, BOTH),
    (desk.PAGES, BOTH),
    (home.PAGES, BOTH),
    (certs.PAGES, WORKING),
    (search.PAGES, WORKING),
    (expiry.PAGES, WORKING),
    (ledgers.PAGES, WORKING),
    (ops.PAGES, WORKING),
    (selfcheck.PAGES, WORKING),
    (trail.PAGES, WORKING),
    (staff.PAGES, WORKING),
    (signed.PAGES, BOTH),
    (terminal_api.PAGES, WORKING),
    (cases.PAGES, WORKING),
    (case_papers.PAGES, WORKING),
    (approvals.PAGES, APPROVAL),
    (deferred.PAGES, WORKING),
)
"""Every group of pages, and the sites it is on. On another site it does not exist."""

SEARCHES: Final = ("home.counter", "search.find", "search.asked")
"""Pages with a large box to scan into; every other page of the working site has a small one."""

MOST_OCTETS: Final = 1024 * 1024
"""Octets of a request's body, files included."""

MOST_FORM_OCTETS: Final = 256 * 1024
MOST_FORM_FIELDS: Final = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests are answered.

    `login`: attempts to log in from one address. `terminal`: those of one terminal, which asks every second, and
    `terminals`: those of all terminals behind one address. `papers`: those of one officer.
    `all`: any others of one officer or address.
    """

    login: str = "60 per minute"
    terminal: str = "180 per minute"
    terminals: str = "6000 per minute"
    papers: str = "60 per minute"
    all: str = "600 per minute"


def create_app(of: Office, secret_key: bytes, edge: Edge | None = None, limits: Limits | None = None) -> Flask:
    """The front end of an office; `secret_key` (32 octets or more) signs its cookies and never leaves it.

    Raises TypeError for a view that declares no roles and ValueError for origins that cannot be served safely.
    """
    if len(secret_key) < 32:
        raise ValueError("the secret of the front end has 32 octets or more")
    app = FrontEnd("ra")
    secure = of.parties.working.origin.startswith("https://")
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="__Host-ninsho" if secure else "ninsho",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=24),
        MAX_CONTENT_LENGTH=MOST_OCTETS,
        MAX_FORM_MEMORY_SIZE=MOST_FORM_OCTETS,
        MAX_FORM_PARTS=MOST_FORM_FIELDS,
        WTF_CSRF_TIME_LIMIT=24 * 3600,
        BABEL_DEFAULT_TIMEZONE="Asia/Tokyo",
    )
    app.extensions[OFFICE] = of
    guard(app, of, edge or Edge())
    set_headers(app, secure)
    Languages().init_app(app, default_locale="ja", locale_selector=chosen)
    login_manager().init_app(app, add_context_processor=False)
    answer_errors(app, of)
    app.before_request(check_access)
    register_pages(app, limits or Limits())
    protect_forms(app)
    app.context_processor(shell)
    app.jinja_env.filters.update(
        day=dates.day, minute=dates.minute, second=dates.second, era_day=dates.era_day, on_paper=dates.day_on_paper
    )
    check_declared(app)
    return app


def register_pages(app: Flask, limits: Limits) -> None:
    """Take in every group of pages, and limit how often they are asked for."""
    public(app.view_functions["static"])
    limiter = Limiter(
        asker,
        app=app,
        default_limits=[limits.all],
        default_limits_exempt_when=lambda: request.endpoint == "static",
        storage_uri="memory://",
    )
    limiter.limit(limits.login, key_func=get_remote_address, methods=["POST"])(login.PAGES)
    limiter.limit(limits.terminal, key_func=terminal_api.asking)(terminal_api.PAGES)
    limiter.limit(limits.terminals, key_func=get_remote_address)(terminal_api.PAGES)
    limiter.limit(limits.papers, key_func=asker)(case_papers.PAGES)
    for pages, sites in PAGES:
        app.register_blueprint(pages)
        app.extensions.setdefault(SITES, {})[pages.name] = sites


def asker() -> str:
    """Who is counted together: one session, or one address without any."""
    return session.get("_user_id") or get_remote_address()


def protect_forms(app: Flask) -> None:
    """Demand a form's token of every request that changes something, but for those that authenticate themselves."""
    forms = CSRFProtect(app)
    for view in app.view_functions.values():
        access = access_of(view)
        if access is not None and access.kind == "machine":
            forms.exempt(view)


def shell() -> dict[str, object]:
    """What every page's frame shows."""
    me = scope_or_none()
    here = office()
    site = g.get("party", "working")
    return {
        "me": me,
        "centre": None if me is None else centre(here),
        "party": site,
        "demo": here.demo,
        "deployment": here.deployment,
        "locale": str(get_locale() or DEFAULT),
        "languages": LANGUAGES,
        "menu": () if me is None else menu_of(me),
        "finds": me is not None and site == "working" and me.may(*certs.READERS) and request.endpoint not in SEARCHES,
        "role_names": "" if me is None else role_names(me.roles),
        "branches": () if me is None else branches_of(me),
        "origins": {"working": here.parties.working.origin, "approval": here.parties.approval.origin},
        "lock_seconds": int(LOCK_AFTER.total_seconds()),
        "keys": session.get("keys", "on"),
        "here": request.full_path.rstrip("?") if request.method == "GET" else url_for("home.counter"),
    }


def branches_of(me: Scope) -> tuple[Branch, ...]:
    """The branches an officer may choose, in the roster's order."""
    return tuple(branch for branch in office().roster().branches if branch.code in me.branches)
