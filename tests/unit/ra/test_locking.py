"""The soft lock: ten idle minutes shut the pages, the same officer opens them, and no work is lost."""

import re
from html import unescape
from typing import TypeAlias

import pytest
from flask import Blueprint, request
from werkzeug.test import TestResponse

from ra.scope import OFFICERS, roles
from tests.fixtures.front import Browser, Front
from tests.fixtures.walk import Walk

Desk: TypeAlias = tuple[Front, Browser, list[dict[str, list[str]]]]
"""A front end, an officer's browser, and what the form's view was given so far."""


@pytest.fixture
def desk(front: Front) -> Desk:
    """An officer at a page with a form, and what the form's view was given."""
    taken: list[dict[str, list[str]]] = []
    pages = Blueprint("paper", __name__)

    @pages.post("/paper")
    @roles(*OFFICERS)
    def paper() -> str:
        taken.append({name: request.form.getlist(name) for name in request.form if name != "csrf_token"})
        return "taken"

    front.app.register_blueprint(pages)
    front.app.extensions["ninsho-sites"]["paper"] = frozenset({"working"})
    browser = front.browser("reception-minato")
    browser.get("/")
    return front, browser, taken


def unlock(front: Front, browser: Browser, page: TestResponse) -> TestResponse:
    """Send the lock page's form with the officer's answer and what the page carries."""
    form = page.text.split('action="/unlock', 1)[1].split("</form>", 1)[0]
    data: dict[str, list[str]] = {"assertion": [front.answer("reception-minato", page)]}
    for name, value in re.findall(r'name="((?:kept\.|resume|next)[^"]*)" value="([^"]*)"', form):
        data.setdefault(name, []).append(value)
    return browser.post("/unlock", data)


def test_ten_idle_minutes_lock(desk: Desk) -> None:
    """A moment before, pages open; at ten minutes the lock page answers instead, with status 423."""
    front, browser, _ = desk
    front.later(minutes=9, seconds=59)
    assert browser.get("/").status_code == 200
    front.later(minutes=10)
    locked = browser.get("/")
    assert (locked.status_code, "画面をロックしています" in locked.text) == (423, True)


def test_keys_pressed_on_a_page_keep_it_open(desk: Desk) -> None:
    """A long form takes more than ten minutes: the page's script says that somebody types."""
    front, browser, _ = desk
    for _ in range(4):
        front.later(minutes=8)
        assert browser.post("/alive").status_code == 204
    assert browser.get("/").status_code == 200


def test_the_same_officer_unlocks_and_goes_on(desk: Desk) -> None:
    """Back to the page that was wanted."""
    front, browser, _ = desk
    front.later(minutes=11)
    opened = unlock(front, browser, browser.get("/?x=1"))
    assert (opened.status_code, opened.headers["Location"]) == (303, "/?x=1")
    assert browser.get("/").status_code == 200


def test_a_form_sent_while_locked_is_kept(desk: Desk) -> None:
    """Nothing is done while locked; after unlocking the very same form is offered to be sent, with one key."""
    front, browser, taken = desk
    front.later(minutes=11)
    locked = browser.post("/paper", {"name": "見本　花子", "kind": ["a", "b"]})
    assert (locked.status_code, taken) == (423, [])
    resumed = unlock(front, browser, locked)
    text = resumed.text
    assert 'action="/paper"' in text
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(name|kind)" value="([^"]*)"', text):
        fields.setdefault(name, []).append(value)
    assert browser.post("/paper", fields).text == "taken"
    assert taken == [{"name": ["見本　花子"], "kind": ["a", "b"]}]


def test_another_officer_does_not_unlock(desk: Desk) -> None:
    """A valid passkey of somebody else opens their own session elsewhere, not this one."""
    front, browser, _ = desk
    front.later(minutes=11)
    locked = browser.get("/")
    refused = browser.post("/unlock", {"assertion": front.answer("approver-minato", locked)})
    assert (refused.status_code, "別の職員がロックした画面です" in refused.text) == (403, True)
    assert browser.get("/").status_code == 423


def test_an_answer_unlocks_once(desk: Desk) -> None:
    """Each unlocking asks for another signature, so an old one opens nothing."""
    front, browser, _ = desk
    front.later(minutes=11)
    locked = browser.get("/")
    answer = front.answer("reception-minato", locked)
    assert browser.post("/unlock", {"assertion": answer}).status_code == 303
    front.later(minutes=11)
    browser.get("/")
    assert browser.post("/unlock", {"assertion": answer}).status_code == 403


def test_two_covered_tabs_are_unlocked_one_after_the_other(desk: Desk) -> None:
    """The second tab asks for a signature that is out of date by then: its officer is not told of a bad credential."""
    front, browser, _ = desk
    front.later(minutes=11)
    first, second = browser.get("/unlock?part=1"), browser.get("/unlock?part=1")
    front.later(seconds=5)
    for each in (first, second):
        opened = browser.post("/unlock?part=1", {"assertion": front.answer("reception-minato", each)})
        assert opened.status_code == 204


def test_leaving_the_desk_locks_at_once(desk: Desk) -> None:
    """The lock button needs no ten minutes, and what is typed afterwards leads to the lock page."""
    front, browser, _ = desk
    browser.post("/lock", {"next": "/help"})
    assert browser.get("/").status_code == 423
    assert browser.post("/alive").status_code == 423
    assert unlock(front, browser, browser.get("/unlock?next=/help")).headers["Location"] == "/help"


def test_the_lock_page_shows_nothing_of_the_work(desk: Desk) -> None:
    """No menu, no branch; only whose session it is."""
    front, browser, _ = desk
    front.later(minutes=11)
    page = browser.get("/").text
    assert "site-menu" not in page
    assert "Officer reception-minato" in page


def test_a_script_gets_the_form_alone(desk: Desk) -> None:
    """The page stays in the browser and is covered: the part has no frame, and unlocking answers with nothing."""
    front, browser, _ = desk
    front.later(minutes=11)
    part = browser.get("/unlock?part=1")
    assert "<html" not in part.text
    opened = browser.post("/unlock?part=1", {"assertion": front.answer("reception-minato", part)})
    assert (opened.status_code, opened.text) == (204, "")


def test_a_page_that_looks_by_itself_keeps_no_session_open(walk: Walk) -> None:
    """A case that waits is looked at every few seconds, also when nobody is there: that is no use of the session."""
    path = walk.issue(until="keys")
    browser = walk.browser("reception-minato")
    waiting = re.search(r'hx-get="([^"]+)"', browser.get(path).text)
    assert waiting is not None
    for _ in range(4):
        walk.front.later(minutes=2, seconds=30)
        looked = browser.get(unescape(waiting[1]))
    assert (looked.status_code, browser.get("/").status_code) == (423, 423)


def test_a_form_without_our_token_is_not_kept(desk: Desk) -> None:
    """The lock gives a form it kept a new token, so what another site sent meanwhile must not get so far."""
    front, browser, taken = desk
    front.later(minutes=11)
    forged = browser.post("/paper", {"name": "見本　花子", "csrf_token": "forged"})
    assert (forged.status_code, "E-4102" in forged.text, taken) == (400, True, [])
