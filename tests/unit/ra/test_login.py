"""Logging in: a fresh challenge, signed by a credential of the roster, on the site it was given for. Once."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ca.passkeys import RelyingParty, sign_assertion
from ca.roster import Credential
from ra.app import Limits
from ra.office import Party
from ra.passkey_form import Answer, read_answer, write_answer
from store.database import Database
from store.sessions import last_counter, last_use
from tests.fixtures.front import MORNING, Browser, Front
from tests.fixtures.officers import passkey

REFUSED = "E-4104"


def challenge_of(page: str) -> str:
    """The challenge that a login page gives."""
    found = re.search(r'data-challenge="([^"]+)"', page)
    assert found is not None
    return found[1]


def changed(front: Front, code: str, change: Callable[[Credential], Credential]) -> None:
    """Put a roster in force in which the credentials of a person are changed."""
    persons = tuple(
        replace(each, credentials=tuple(map(change, each.credentials))) if each.code == code else each
        for each in front.roster.persons
    )
    front.roster = replace(front.roster, version=2, persons=persons)


def ended(credential: Credential) -> Credential:
    """The credential as it stands in a roster that withdrew it a while ago."""
    return replace(credential, valid_until=MORNING - timedelta(seconds=1))


def made_by_software(credential: Credential) -> Credential:
    """A passkey as a demo home has it."""
    return replace(credential, kind="demo-passkey") if credential.id else credential


@pytest.mark.parametrize("site", ["working", "approval"])
def test_an_enrolled_passkey_opens_a_session_on_its_site(front: Front, site: Party) -> None:
    """The officer's name and roles stand on the page, and the session's last use is known."""
    page = front.browser("approver-minato", site).get("/signed")
    assert (page.status_code, "Officer approver-minato" in page.text) == (200, True)
    with front.database.snapshot() as tx:
        assert last_use(tx, ["approver-minato"]) == {"approver-minato": front.now}


def test_a_password_is_asked_for_nowhere(demo_front: Front) -> None:
    """Never a password: no field of that kind is on the login page of either site."""
    assert "password" not in demo_front.stranger().get("/login").text


def test_an_assertion_opens_one_session(front: Front) -> None:
    """A login that somebody watched cannot be sent again, not even with the cookie it was sent with."""
    browser = front.stranger()
    page = browser.get("/login")
    answer = front.answer("reception-minato", page)
    cookie = browser.client.get_cookie("__Host-ninsho", domain="desk.example.jp")
    assert cookie is not None
    assert browser.post("/login", {"assertion": answer}).status_code == 303
    again = front.stranger()
    again.token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]  # type: ignore[index]  # the page has one
    again.client.set_cookie("__Host-ninsho", cookie.value, domain="desk.example.jp", secure=True)
    refused = again.post("/login", {"assertion": answer})
    assert (refused.status_code, REFUSED in refused.text) == (403, True)


def test_the_challenge_does_not_tell_the_sessions_secret(front: Front) -> None:
    """Whoever plants a challenge in a browser does not know the session that comes of it (session fixation)."""
    browser = front.stranger()
    page = browser.get("/login")
    challenge = challenge_of(page.text)
    browser.post("/login", {"assertion": front.answer("reception-minato", page)})
    with browser.client.session_transaction(base_url=browser.origin) as held:
        assert challenge not in str(dict(held))


def test_another_browsers_challenge_is_refused(front: Front) -> None:
    """The challenge belongs to the browser it was given to."""
    mine, other = front.stranger(), front.stranger()
    mine.get("/login")
    answer = front.answer("reception-minato", other.get("/login"))
    assert REFUSED in mine.post("/login", {"assertion": answer}).text


def test_a_page_that_stood_open_too_long_is_refused(front: Front) -> None:
    """A challenge lives for five minutes."""
    browser = front.stranger()
    answer = front.answer("reception-minato", browser.get("/login"))
    front.later(minutes=5, seconds=1)
    assert REFUSED in browser.post("/login", {"assertion": answer}).text


@pytest.mark.parametrize(
    "party",
    [
        RelyingParty("desk.example.jp", "https://approve.example.jp"),
        RelyingParty("approve.example.jp", "https://desk.example.jp"),
        RelyingParty("desk.example.jp", "http://desk.example.jp"),
        RelyingParty("example.jp", "https://desk.example.jp"),
    ],
)
def test_another_origin_or_party_is_refused(front: Front, party: RelyingParty) -> None:
    """The assertion was made on this very site, for its RP ID (WebAuthn section 7.2, steps 13 and 15)."""
    browser = front.stranger()
    signed = front.assertion(challenge_of(browser.get("/login").text), "reception-minato", of=party)
    credential = passkey("reception-minato", party=front.parties.working).id
    refused = browser.post("/login", {"assertion": write_answer(Answer(credential, signed))})
    assert (refused.status_code, REFUSED in refused.text) == (403, True)


def test_another_officers_key_is_refused(front: Front) -> None:
    """The key must be that of the credential that is named."""
    browser = front.stranger()
    answer = front.answer("reception-minato", browser.get("/login"), signer="approver-minato")
    assert REFUSED in browser.post("/login", {"assertion": answer}).text


@pytest.mark.parametrize("change", [ended, made_by_software])
def test_a_credential_that_does_not_count_is_refused(front: Front, change: Callable[[Credential], Credential]) -> None:
    """An ended credential, and outside a demo home every software authenticator, opens nothing."""
    browser = front.stranger()
    answer = front.answer("reception-minato", browser.get("/login"))
    changed(front, "reception-minato", change)
    refused = browser.post("/login", {"assertion": answer})
    assert (refused.status_code, REFUSED in refused.text) == (403, True)


@pytest.mark.parametrize(
    "text",
    ["", "x", "{}", "[]", '{"id": "AA"}', "9" * 9000, '{"id":1}'],
)
def test_what_no_script_of_ours_writes_is_a_clear_error(front: Front, text: str) -> None:
    """Malformed input gets a page with a code; nothing is opened."""
    browser = front.stranger()
    browser.get("/login")
    assert browser.post("/login", {"assertion": text}).status_code == 400


def test_the_forms_field_is_read_as_it_is_written(front: Front) -> None:
    """What the script fills in comes back octet by octet."""
    signed = front.assertion("AAAA", "reception-minato")
    answer = Answer(b"\x00\xff credential", signed)
    assert read_answer(write_answer(answer)) == answer


def test_a_withdrawn_credential_ends_its_session(front: Front) -> None:
    """A session lives as long as the credential that opened it."""
    browser = front.browser("reception-minato")
    changed(front, "reception-minato", ended)
    assert browser.get("/").headers["Location"] == "/login?next=/&ended=1"


def test_logging_out_ends_the_session_for_ever(front: Front) -> None:
    """The cookie of before opens nothing any more, wherever a copy of it is."""
    browser = front.browser("reception-minato")
    cookie = browser.client.get_cookie("__Host-ninsho", domain="desk.example.jp")
    assert cookie is not None
    browser.get("/")
    browser.post("/logout")
    copy = front.stranger()
    copy.client.set_cookie("__Host-ninsho", cookie.value, domain="desk.example.jp", secure=True)
    assert [each.get("/").status_code for each in (browser, copy)] == [303, 303]


def test_the_day_ends_at_midnight_in_japan(front: Front) -> None:
    """Hard end of day: whoever works on at midnight logs in again."""
    front.later(hours=14, minutes=20)  # 23:50 in Japan
    browser = front.browser("reception-minato")
    front.later(minutes=9)
    assert browser.get("/").status_code == 200
    front.later(minutes=1)
    assert browser.get("/").headers["Location"] == "/login?next=/&ended=1"
    assert "ログインの有効時間が終わりました" in browser.get("/login?ended=1").text


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/\t/evil.example", ""]
)
def test_a_login_leads_to_our_own_pages_only(front: Front, target: str) -> None:
    """An open redirect would lend our name to another site."""
    browser = front.stranger()
    answer = front.answer("reception-minato", browser.get("/login"))
    entered = browser.post("/login", {"assertion": answer, "next": target})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")


def test_a_login_leads_back_to_the_page_that_was_wanted(front: Front) -> None:
    """A bookmark opens after the login."""
    browser = front.stranger()
    answer = front.answer("reception-minato", browser.get("/login?next=/help?on%3Dhome"))
    assert browser.post("/login", {"assertion": answer, "next": "/help?on=home"}).headers["Location"] == "/help?on=home"


def test_a_form_without_its_token_is_refused(front: Front) -> None:
    """Another site's form does nothing here (CSRF)."""
    browser = front.stranger()
    answer = front.answer("reception-minato", browser.get("/login"))
    browser.token = ""
    refused = browser.post("/login", {"assertion": answer})
    assert (refused.status_code, "E-4102" in refused.text) == (400, True)


def test_a_form_from_another_site_is_refused(front: Front) -> None:
    """Over https the page that sent the form must be ours, too."""
    browser = front.stranger()
    answer = front.answer("reception-minato", browser.get("/login"))
    refused = browser.post("/login", {"assertion": answer}, Referer="https://evil.example/")
    assert (refused.status_code, "E-4102" in refused.text) == (400, True)


def test_attempts_are_limited(sqlite_url: str) -> None:
    """Whoever tries again and again waits; a page says so."""
    front = Front(Database(sqlite_url, "ra"), limits=Limits(login="3 per minute"))
    browser = front.stranger()
    browser.get("/login")
    answers = [browser.post("/login", {"assertion": "x"}).status_code for _ in range(4)]
    assert answers == [400, 400, 400, 429]


def test_the_demos_buttons_use_the_software_authenticator(demo_front: Front) -> None:
    """In a demo home the server signs for the officer, and the same check believes it."""
    browser = demo_front.stranger("approval")
    browser.get("/login")
    assert browser.post("/login/demo", {"person": "approver-minato"}).status_code == 303
    assert "Officer approver-minato" in browser.get("/signed").text


@pytest.mark.parametrize("person", ["nobody", "register-feed\0", ""])
def test_the_demos_buttons_know_the_rosters_people_only(demo_front: Front, person: str) -> None:
    """A name that is not there opens nothing."""
    browser = demo_front.stranger()
    browser.get("/login")
    assert browser.post("/login/demo", {"person": person}).status_code == 404


def test_outside_a_demo_home_there_are_no_such_buttons(front: Front) -> None:
    """Neither the page nor the address behind it exists, and an office with such keys cannot be made."""
    browser = front.stranger()
    assert "demo" not in browser.get("/login").text.lower().replace("data-demo", "")
    assert browser.post("/login/demo", {"person": "reception-minato"}).status_code == 404
    with pytest.raises(ValueError, match="demo"):
        replace(front.office, demo_keys=front.key)


def test_the_authenticators_counter_is_kept(front: Front) -> None:
    """A lower counter at a later login hints at a clone (WebAuthn section 6.1.1); software keeps none."""
    front.browser("reception-minato")
    credential = passkey("reception-minato", party=front.parties.working).code
    with front.database.snapshot() as tx:
        assert last_counter(tx, credential) == 0


def test_a_counter_that_went_back_is_told_and_decides_nothing(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    """WebAuthn section 6.1.1 and decision 0021: a hint at a clone, for the officer and the log; the login stands."""
    pages = [opened_with(front, counter).get("/").text for counter in (8, 9, 9)]
    assert ["このパスキーの署名回数" in page for page in pages] == [False, False, True]
    assert "went from 9 to 9" in caplog.text


def opened_with(front: Front, counter: int) -> Browser:
    """A browser in which an officer logged in with an authenticator that has counted so far."""
    browser, site = front.stranger(), front.parties.working
    challenge = urlsafe_b64decode(challenge_of(browser.get("/login").text) + "=")
    enrolled = front.roster.person("reception-minato")
    assert enrolled is not None
    signed = sign_assertion(front.key(enrolled.code), challenge, site, counter)
    id = next(each.id for each in enrolled.credentials if each.rp_id == site.id)
    assert browser.post("/login", {"assertion": write_answer(Answer(id, signed))}).status_code == 303
    return browser
