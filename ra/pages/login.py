"""Logging in and unlocking: the two doors, with a passkey, a client certificate, or a demo's software authenticator."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ca.roster import Credential, Person
from ra.access import officer_or_none
from ra.client_certificate import certificates_accepted, officer_of_certificate
from ra.errors import PageError
from ra.locking import fields_to_resume, unlock_page
from ra.login import ALREADY_USED, OF_ANOTHER, believed, demo_answer, demo_people, prompt, refusal, take_challenge
from ra.office import office
from ra.passkey_form import Answer, read_answer
from ra.paths import local_path
from ra.scope import OFFICERS, public, role_names, roles, scope
from ra.sessions import Officer, open_for, unlock, unlock_challenge
from store.counter_errors import SessionExists

__all__ = ["PAGES"]

PAGES: Final = Blueprint("login", __name__)


@PAGES.get("/login")
@public
def form() -> AnyResponse:
    """The login page of this site."""
    if officer_or_none() is not None:
        return redirect(local_path(request.args.get("next")), 303)
    return _page(None)


@PAGES.post("/login")
@public
def enter() -> AnyResponse:
    """Log in with a passkey."""
    return _enter(lambda challenge: believed(read_answer(request.form.get("assertion")), challenge))


@PAGES.post("/login/demo")
@public
def enter_demo() -> AnyResponse:
    """Log in with the software authenticator of a demo home; elsewhere there is no such page."""
    if not demo_people():
        raise PageError("E-5001")
    return _enter(lambda challenge: believed(demo_answer(request.form.get("person", ""), challenge), challenge))


@PAGES.post("/login/certificate")
@public
def enter_certificate() -> AnyResponse:
    """Log in with the client certificate that nginx hands on."""
    return _enter(lambda challenge: (*officer_of_certificate(), 0))


def _enter(verify: Callable[[bytes], tuple[Person, Credential, int]]) -> AnyResponse:
    """Open a session for whom `verify` believes, or show the page again with what was wrong."""
    try:
        challenge = take_challenge()
        person, credential, counter = verify(challenge)
        open_for(person, credential, challenge, counter)
    except SessionExists:
        return _page(refusal(ALREADY_USED))
    except PageError as error:
        if error.fault.status == 404:
            raise
        return _page(error)
    return redirect(local_path(request.form.get("next")), 303)


def _page(error: PageError | None) -> Response:
    shown = render_template(
        "shell/login.html",
        prompt=prompt(),
        people=demo_people(),
        roles_of=lambda person: role_names(person.roles),
        certificates=certificates_accepted(),
        error=error,
        target=local_path(request.values.get("next")),
        ended=request.args.get("ended") == "1",
    )
    response = make_response(shown)
    response.status_code = 200 if error is None else error.fault.status
    return response


@PAGES.get("/unlock")
@roles(*OFFICERS, while_locked=True)
def unlock_form() -> Response:
    """The lock page, or (``?part=1``) the form alone, which a script lays over the page."""
    return unlock_page(_officer(), local_path(request.args.get("next")), None)


@PAGES.post("/unlock")
@roles(*OFFICERS, while_locked=True)
def unlocking() -> AnyResponse:
    """Unlock with the same officer's passkey, and go on where the work was left."""
    officer = _officer()
    target = local_path(request.form.get("next"))
    is_form = "resume" in request.form
    fields = fields_to_resume(request.form.items(multi=True)) if is_form else None
    if officer.locked:  # otherwise another tab unlocked it meanwhile, and what this one asked for is out of date
        try:
            answer = _answer_to_unlock(officer)
            person, _, _ = believed(answer, unlock_challenge(officer))
            if person.code != scope().person:
                raise refusal(OF_ANOTHER)
        except PageError as error:
            why = str(error.facts.get("why", ""))
            return unlock_page(officer, target, fields, status=error.fault.status, refused=why)
    unlock(officer)
    if request.args.get("part"):
        return Response(status=204)
    if fields is None:
        return redirect(target, 303)
    return make_response(render_template("shell/resume.html", target=target, fields=fields))


def _answer_to_unlock(officer: Officer) -> Answer:
    if request.form.get("demo") and office().demo_keys is not None:
        return demo_answer(officer.scope.person, unlock_challenge(officer))
    return read_answer(request.form.get("assertion"))


def _officer() -> Officer:
    officer = officer_or_none()
    if officer is None:
        raise LookupError("nobody is logged in")
    return officer
