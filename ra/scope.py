"""Who asks, and what they may see and do: every view says which roles it is for, and asks `scope` for the rest.

A view without a declaration keeps the application from starting, so a forgotten check cannot be reached.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from flask import Flask, g
from flask_babel import gettext

from ca.roster import Role
from ra.errors import PageError
from ra.languages import mark
from ra.office import Party

__all__ = [
    "DECIDERS",
    "DESK",
    "OFFICERS",
    "ROLE_NAMES",
    "Access",
    "Scope",
    "access_of",
    "check_declared",
    "check_role",
    "machine",
    "party",
    "public",
    "role_names",
    "roles",
    "scope",
    "scope_or_none",
]

OFFICERS: Final = tuple(role for role in Role if role is not Role.REGISTER)
"""Every role of a person; the register feed is a system and has no pages."""

DESK: Final = (Role.RECEPTION, Role.EXAMINE)
DECIDERS: Final = (Role.APPROVE, Role.HEAD)

ROLE_NAMES: Final = {
    Role.RECEPTION: mark("Reception"),
    Role.EXAMINE: mark("Examination"),
    Role.APPROVE: mark("Approval"),
    Role.HEAD: mark("Branch head"),
    Role.AUDIT: mark("Audit"),
    Role.ADMIN: mark("Administration"),
    Role.REGISTER: mark("Register feed"),
}
"""Message ids of the roles' names."""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Scope:
    """An officer's reach in one request: what every query of the front end is limited to.

    `branches` are the codes of the branches whose objects exist for this officer; `branch` is the one chosen for new
    cases, "" for a person of none. `credential` opened the session, on the site `party`.
    """

    person: str
    name: str
    roles: frozenset[Role]
    branches: frozenset[str]
    branch: str
    credential: str
    party: Party

    def may(self, *wanted: Role) -> bool:
        """Whether the officer has one of these roles."""
        return not self.roles.isdisjoint(wanted)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach a view: officers of these roles, anybody, or a machine that the view itself authenticates."""

    kind: Literal["officers", "public", "machine"]
    roles: frozenset[Role] = frozenset()
    while_locked: bool = False


def roles(*wanted: Role, while_locked: bool = False) -> Callable[[View], View]:
    """Declare that a view is for officers with one of these roles who are logged in.

    It stays shut while their session is locked, but for the views that unlock it.
    """
    if not wanted:
        raise ValueError("a view for no role is a view for nobody")
    return _declaring(Access("officers", frozenset(wanted), while_locked))


def public(view: View) -> View:
    """Declare that a view is for everybody, logged in or not: it shows nothing of any case."""
    return _declaring(Access("public"))(view)


def machine(view: View) -> View:
    """Declare that a program calls this view and the view authenticates it: no session, no form token, JSON errors."""
    return _declaring(Access("machine"))(view)


def _declaring(access: Access) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]  # Flask keeps views as plain functions
        return view

    return declare


def access_of(view: Callable[..., Any]) -> Access | None:
    """What a view declares, None for one that declares nothing."""
    return getattr(view, "access", None)


def check_declared(app: Flask) -> None:
    """Refuse an application with a view that declares no access; raises TypeError with its name."""
    for endpoint, view in app.view_functions.items():
        if access_of(view) is None:
            raise TypeError(f"the view {endpoint} does not declare who may use it (ra.scope.roles)")


def scope_or_none() -> Scope | None:
    """The officer of this request, None when nobody is logged in."""
    held: Scope | None = g.get("scope")
    return held


def scope() -> Scope:
    """The officer of this request. Only views for officers may ask; raises LookupError for nobody."""
    held = scope_or_none()
    if held is None:
        raise LookupError("nobody is logged in")
    return held


def party() -> Party:
    """The site that this request was sent to."""
    held: Party = g.party
    return held


def role_names(wanted: Collection[Role]) -> str:
    """The names of roles in the language of this request, in the order of the procedure."""
    names = [str(gettext(ROLE_NAMES[role])) for role in Role if role in wanted]
    return str(gettext(", ")).join(names)


def check_role(access: Access) -> None:
    """Refuse an officer who has none of the roles; raises PageError E-4101, which names them."""
    if not scope().may(*access.roles):
        raise PageError("E-4101", {"roles": role_names(access.roles)})
