"""Staff and roles: who may do what in which branch, with which credential, until when (page 18)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, render_template

from ca.roster import Credential, Person, Role, Roster
from ra.board import SOON
from ra.languages import mark
from ra.office import office
from ra.scope import ROLE_NAMES, Scope, roles, scope
from store.sessions import last_use

__all__ = ["CREDENTIAL_KINDS", "PAGES"]

PAGES: Final = Blueprint("staff", __name__)

CREDENTIAL_KINDS: Final = {
    "key": mark("Card or key file"),
    "passkey": mark("Passkey"),
    "demo-passkey": mark("Demo: software authenticator"),
}
"""Kinds of credentials: message ids."""


@dataclass(frozen=True, slots=True)
class Held:
    """A credential and how long it counts: "good", "warn" when it ends soon, "ended"."""

    credential: Credential
    state: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person as the page lists them. `until` is when the last credential ends: from then on nothing can be signed."""

    person: Person
    branches: tuple[str, ...]
    held: tuple[Held, ...]
    until: datetime | None
    seen: datetime | None


@PAGES.get("/staff")
@roles(Role.HEAD, Role.AUDIT, Role.ADMIN)
def listing() -> str:
    """The roster in force, as far as it concerns the officer's branches."""
    here = office()
    roster = here.roster()
    people = [person for person in roster.persons if _concerns(scope(), person)]
    with here.database.snapshot() as tx:
        seen = last_use(tx, [person.code for person in people])
    members = [_member(roster, person, seen.get(person.code), here.clock()) for person in people]
    return render_template(
        "staff/list.html",
        members=members,
        roster=roster,
        kinds=CREDENTIAL_KINDS,
        approval_id=here.parties.approval.id,
        role_names_by_role=ROLE_NAMES,
        forbidden=_EXCLUDING,
    )


_EXCLUDING: Final = (
    mark("Reception and examination never go together with approval or branch head."),
    mark("Audit, administration and the register feed are nothing else."),
    mark("Nobody examines or approves a case of their own."),
)


def _concerns(me: Scope, person: Person) -> bool:
    """Whether a person works in a branch of the officer's; administrators see everybody, and everybody sees them."""
    return me.may(Role.ADMIN) or not person.branches or not me.branches.isdisjoint(person.branches)


def _member(roster: Roster, person: Person, seen: datetime | None, now: datetime) -> Member:
    names = tuple(branch.name for branch in roster.branches if branch.code in person.branches)
    held = tuple(Held(each, _state(each, now)) for each in person.credentials)
    return Member(person, names, held, max((each.valid_until for each in person.credentials), default=None), seen)


def _state(credential: Credential, now: datetime) -> str:
    if not credential.valid(now):
        return "ended"
    return "warn" if credential.valid_until - now <= SOON else "good"
