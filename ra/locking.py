"""The lock: who left the desk finds the work as it was, once the same officer's credential has been used again.

In a browser with scripts the page stays and is covered. Without, a form that was sent meanwhile is carried along and
can be sent again after unlocking.
"""

from collections.abc import Iterable
from typing import Final

from flask import Response, make_response, render_template, request

from ra.office import office
from ra.passkey_form import Prompt
from ra.sessions import Officer, unlock_challenge

__all__ = ["KEPT", "MOST_KEPT", "fields_to_resume", "locked_page", "prompt_to_unlock", "unlock_page"]

MOST_KEPT: Final = 300
"""Fields of a form that are carried along."""

KEPT: Final = "kept."
"""Before the name of a field while it is carried along."""


def prompt_to_unlock(officer: Officer) -> Prompt:
    """What the officer's passkey is asked for: any of those that are enrolled for this site."""
    here = office()
    party = getattr(here.parties, officer.scope.party)
    person = here.roster().person(officer.scope.person)
    enrolled = () if person is None else person.credentials
    return Prompt(unlock_challenge(officer), party.id, tuple(each.id for each in enrolled if each.rp_id == party.id))


def locked_page(officer: Officer) -> Response:
    """The lock page instead of the one that was asked for, with status 423."""
    if request.method == "POST":
        return unlock_page(officer, request.path, _kept(request.form.items(multi=True)), status=423)
    return unlock_page(officer, request.full_path.rstrip("?"), None, status=423)


def unlock_page(
    officer: Officer, target: str, fields: list[tuple[str, str]] | None, *, status: int = 200, refused: str = ""
) -> Response:
    """The lock page, which leads back to `target`; `fields` are those of a form that was sent there, None for none.

    `refused` says why the attempt before failed.
    """
    part = bool(request.args.get("part"))
    shown = render_template(
        "shell/unlock.html" if part else "shell/locked.html",
        prompt=prompt_to_unlock(officer),
        officer=officer.scope,
        software=office().demo_keys is not None,
        target=target,
        fields=fields,
        kept=KEPT,
        refused=refused,
        part=part,
        menu=(),
        locked_page=True,
    )
    response = make_response(shown)
    response.status_code = status
    return response


def _kept(sent: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields of a form that are sent again later, but for its token, which is given anew."""
    fields = [(name, value) for name, value in sent if name not in ("csrf_token", "assertion")]
    return fields[:MOST_KEPT]


def fields_to_resume(sent: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields that the lock page carried along, under their own names again."""
    return [(name.removeprefix(KEPT), value) for name, value in sent if name.startswith(KEPT)]
