"""The menu: which pages there are, for whom, on which site. A page appears in it as soon as it exists."""

from dataclasses import dataclass
from typing import Final

from flask import current_app, g, request, url_for
from flask_babel import gettext

from ca.roster import Role
from ra.office import Party, office
from ra.scope import DECIDERS, DESK, Scope

__all__ = ["MENU", "Entry", "Line", "across", "case_asked_for", "menu_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu: endpoint, message id of its label, the roles it is for (none: all), its site, its key."""

    endpoint: str
    label: str
    roles: tuple[Role, ...] = ()
    party: Party | None = "working"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the menu as it is shown; `current` when the page belongs to it."""

    label: str
    address: str
    key: str
    current: bool


_READERS: Final = (*DESK, *DECIDERS, Role.AUDIT)

MENU: Final = (
    Entry("home.counter", "Counter home", party=None),
    Entry("cases.new", "New case", (Role.RECEPTION,)),
    Entry("cases.listing", "Cases", _READERS),
    Entry("approvals.queue", "Approvals", DECIDERS, "approval"),
    Entry("search.find", "Search", _READERS),
    Entry("expiry.board", "Expiry", _READERS),
    Entry("ledgers.index", "Ledgers", _READERS),
    Entry("deferred.listing", "Deferred", (*DESK, *DECIDERS)),
    Entry("audit.trail", "Audit trail", (Role.HEAD, Role.AUDIT)),
    Entry("selfcheck.form", "Self-check", (Role.HEAD, Role.AUDIT)),
    Entry("ops.board", "Operation", (Role.ADMIN, Role.AUDIT)),
    Entry("staff.listing", "Staff and roles", (Role.HEAD, Role.AUDIT, Role.ADMIN)),
    Entry("signed.listing", "What I signed", (*DESK, *DECIDERS), party=None),
    Entry("home.help_page", "Help", party=None, key="F1"),
)


def menu_of(scope: Scope) -> tuple[Line, ...]:
    """The menu of this officer. A page of the other site is a link across; the approval site links to none."""
    entries = [
        entry
        for entry in MENU
        if entry.endpoint in current_app.view_functions
        and (not entry.roles or scope.may(*entry.roles))
        and (scope.party == "working" or entry.party != "working")
    ]
    return tuple(
        Line(gettext(entry.label), _address(entry, scope.party), entry.key, _is_current(entry)) for entry in entries
    )


def across(site: Party, endpoint: str) -> str:
    """The address of a page on the other site."""
    parties = office().parties
    return (parties.approval if site == "approval" else parties.working).origin + url_for(endpoint)


def case_asked_for() -> str | None:
    """The address of the page of the case that this request is about; None for a request about no case."""
    receipt = (request.view_args or {}).get("receipt")
    if receipt is None:
        return None
    return url_for("approvals.show" if g.get("party") == "approval" else "cases.show", receipt=receipt)


def _address(entry: Entry, site: Party) -> str:
    if entry.endpoint == "home.help_page":
        return url_for(entry.endpoint, on=request.endpoint)  # help begins with the page it was asked on
    if entry.party is None or entry.party == site:
        return url_for(entry.endpoint)
    return across(entry.party, entry.endpoint)


def _is_current(entry: Entry) -> bool:
    """The line of the page itself, or else the first line of its group that is no form for something new."""
    if any(each.endpoint == request.endpoint for each in MENU):
        return request.endpoint == entry.endpoint
    group, _, page = entry.endpoint.partition(".")
    return group != "home" and page != "new" and request.blueprint == group
