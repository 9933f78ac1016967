"""Who may open a session: somebody who signs a fresh challenge with a credential of the roster. Never a password."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final

from flask import session
from flask_babel import gettext

from ca.passkey_errors import PasskeyRefused
from ca.passkeys import RelyingParty, check_assertion, sign_assertion
from ca.roster import Credential, Person
from ca.statement import public_key
from ra.errors import PageError
from ra.languages import mark
from ra.office import Office, office
from ra.passkey_form import Answer, Prompt
from ra.scope import party

__all__ = [
    "CHALLENGE_LIFE",
    "believed",
    "demo_answer",
    "demo_people",
    "prompt",
    "refusal",
    "relying_party",
    "take_challenge",
]

CHALLENGE_LIFE: Final = timedelta(minutes=5)
"""How long a login page may stand open before its challenge is too old."""

_CHALLENGE: Final = "login"

UNKNOWN: Final = mark("The passkey is not one of an officer in the roster, or it has ended.")
MISFITTING: Final = mark("The passkey's answer does not fit this page.")
TOO_OLD: Final = mark("The page was open for too long.")
ALREADY_USED: Final = mark("The page was used once already.")
OF_ANOTHER: Final = mark("The session was locked by another officer.")


def refusal(why: str) -> PageError:
    """The error that a credential was not accepted; `why` is one of the message ids of this module."""
    return PageError("E-4104", {"why": gettext(why)})


def relying_party(here: Office) -> RelyingParty:
    """The relying party of the site that this request was sent to."""
    return here.parties.working if party() == "working" else here.parties.approval


def prompt() -> Prompt:
    """A fresh challenge for this browser, which passkeys are asked to sign; any enrolled passkey may answer."""
    here = office()
    challenge = here.random(32)
    session[_CHALLENGE] = [urlsafe_b64encode(challenge).decode(), here.clock().isoformat()]
    return Prompt(challenge, relying_party(here).id)


def take_challenge() -> bytes:
    """The challenge that this browser was given, once; raises PageError E-4104 for none or one that is too old."""
    held = session.pop(_CHALLENGE, None)
    if held is None:
        raise refusal(ALREADY_USED)
    challenge, given = urlsafe_b64decode(held[0]), datetime.fromisoformat(held[1])
    if office().clock() - given > CHALLENGE_LIFE:
        raise refusal(TOO_OLD)
    return challenge


def believed(answer: Answer, challenge: bytes) -> tuple[Person, Credential, int]:
    """Whose passkey signed the challenge on this site, with its counter; raises PageError E-4104 for nobody's."""
    here = office()
    site = relying_party(here)
    found = here.roster().credential(answer.credential)
    if found is None:
        raise refusal(UNKNOWN)
    person, credential = found
    kinds = ("passkey", "demo-passkey") if here.demo else ("passkey",)
    if credential.kind not in kinds or credential.rp_id != site.id or not credential.valid(here.clock()):
        raise refusal(UNKNOWN)
    try:
        counter = check_assertion(public_key(credential.spki), answer.assertion, challenge=challenge, party=site)
    except PasskeyRefused:
        raise refusal(MISFITTING) from None
    return person, credential, counter


def demo_people() -> tuple[Person, ...]:
    """The officers whose keys lie in this demo home, in the roster's order; nobody in any other installation."""
    here = office()
    if here.demo_keys is None:
        return ()
    return tuple(person for person in here.roster().persons if demo_credential(person) is not None)


def demo_credential(person: Person) -> Credential | None:
    """The software passkey of a person for this site, if there is one."""
    site = relying_party(office())
    return next((each for each in person.credentials if each.kind == "demo-passkey" and each.rp_id == site.id), None)


def demo_answer(code: str, challenge: bytes) -> Answer:
    """What the software authenticator of a demo home answers for a person; raises PageError E-5001 anywhere else."""
    here = office()
    person = next((each for each in demo_people() if each.code == code), None)
    credential = None if person is None else demo_credential(person)
    if here.demo_keys is None or person is None or credential is None:
        raise PageError("E-5001")
    key = here.demo_keys(person.code, party())
    return Answer(credential.id, sign_assertion(key, challenge, relying_party(here)))
