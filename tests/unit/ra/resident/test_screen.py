"""The resident's screen over HTTP: every page by plain forms, nothing kept, nothing from elsewhere."""

import logging
import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from ra.resident.app import HEADERS, MOST_OCTETS, create_resident_app
from ra.resident.visit import LANGUAGES
from ra.resident.words import all_words
from tests.fixtures.window import PINS, Window

HOST = "localhost"


@pytest.fixture
def browser(window: Window) -> FlaskClient:
    """A browser at the screen of the window, without JavaScript."""
    return create_resident_app(window.visit, (HOST,), window.reader).test_client()


class _Form(HTMLParser):
    """The fields and buttons of a page, and where its first form leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action, self.fields = "", {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and not self.action:
            self.action = given["action"] or ""
        if tag == "input" and given.get("name") and given["name"] not in self.fields:
            self.fields[given["name"]] = given.get("value") or ""


def send(browser: FlaskClient, **typed: str) -> str:
    """Fill in the first form of the page that is shown, send it, and return the next page."""
    form = _Form(browser.get("/").text)
    answer = browser.post(form.action, data={**form.fields, **typed})
    assert (answer.status_code, answer.text.count("7035")) == (303, 0)
    return browser.get("/").text


def heading(text: str) -> str:
    """The first heading of a page."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found[1])).strip()


def test_a_turn_by_plain_forms(window: Window, browser: FlaskClient) -> None:
    """From waiting to the seat, with a keyboard alone and no script."""
    seen = [heading(browser.get("/").text)]
    window.give(window.keys_job())
    seen.append(heading(browser.get("/").text))
    seen.append(heading(send(browser, language="en")))
    seen.append(heading(send(browser)))
    seen.append(heading(send(browser, first=PINS["sign"], second=PINS["sign"])))
    seen.append(heading(send(browser, first=PINS["auth"], second=PINS["auth"])))
    window.visit.turn()
    assert [*seen, heading(browser.get("/").text)] == [
        "お待ちください",
        "言語を選んでください Choose a language",
        "New keys will be made in your card",
        "Choose the password for signing",
        "Choose the PIN for logging in",
        "Telling the counter",
        "This part is done",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_stand_before_the_fields(window: Window, browser: FlaskClient, language: str) -> None:
    """Whoever types knows the rules already, in each language."""
    window.give(window.keys_job())
    send(browser, language=language)
    text = send(browser)
    rules = [all_words()[f"rule-sign-{number}"][language] for number in range(1, 5)]  # type: ignore[index]
    assert all(text.index(rule) < text.index('type="password"') for rule in rules)


def test_a_refused_pin_is_not_shown_again(window: Window, browser: FlaskClient) -> None:
    """The fields are empty, and the page says what is wrong with it before them."""
    window.give(window.keys_job(("auth",)))
    send(browser, language="ja")
    send(browser)
    text = send(browser, first="8080", second="8081")
    assert "8080" not in text
    assert "1回目と2回目が違っています" in text
    assert _Form(text).fields["first"] == ""


def test_pages_with_fields_never_load_by_themselves(window: Window, browser: FlaskClient) -> None:
    """A page that goes on by itself looks every two seconds without a script too; one with fields stays."""
    assert "http-equiv" in browser.get("/").text
    window.give(window.keys_job())
    for _ in range(3):
        text = browser.get("/").text
        assert "http-equiv" not in text
        send(browser, language="ja")


def test_a_form_of_an_old_page_changes_nothing(window: Window, browser: FlaskClient) -> None:
    """Nor does one without a stamp, as another site would send it."""
    window.give(window.keys_job())
    for stamp in ("", "0" * 32):
        assert browser.post("/language", data={"stamp": stamp, "language": "en"}).status_code == 303
    assert browser.post("/pin", data={"first": "7035", "second": "7035"}).status_code == 303
    assert window.visit.view().page == "language"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:80", "evil.example:8563", "ninsho.example"])
def test_only_this_machines_names_are_answered(browser: FlaskClient, host: str) -> None:
    """A site elsewhere that leads its name to this machine gets no page (DNS rebinding)."""
    assert browser.get("/", headers={"Host": host}).status_code == 421


def test_a_large_form_is_refused(browser: FlaskClient) -> None:
    """A PIN is short."""
    assert browser.post("/pin", data={"first": "7" * (MOST_OCTETS + 1)}).status_code == 413


def test_the_demonstrations_reader_has_buttons(window: Window, browser: FlaskClient) -> None:
    """A card is taken away and laid down again; a number that is no card's is refused."""
    window.begin(window.keys_job())
    stamp = window.visit.view().stamp
    browser.post("/reader", data={"stamp": stamp, "card": ""})
    assert window.visit.view().page == "card"
    assert browser.post("/reader", data={"stamp": window.visit.view().stamp, "card": "../x"}).status_code == 404
    browser.post("/reader", data={"stamp": window.visit.view().stamp, "card": window.card})
    assert window.visit.view().page == "pin"


def test_a_real_reader_has_no_buttons(window: Window) -> None:
    """Only a demonstration moves cards by a form."""
    browser = create_resident_app(window.visit, (HOST,)).test_client()
    stamp = window.visit.view().stamp
    assert "/reader" not in browser.get("/").text
    assert browser.post("/reader", data={"stamp": stamp, "card": ""}).status_code == 404


def test_nothing_comes_from_elsewhere(browser: FlaskClient) -> None:
    """Every file is this program's own, and the policy forbids others and anything inline."""
    text = browser.get("/").text
    files = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert files
    for file in files:
        assert file.startswith("/")
        with browser.get(file) as answer:
            assert answer.status_code == 200
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert not re.search(r"<style|\son[a-z]+=|\sstyle=|<script(?![^>]*src=)", text)


def test_every_answer_carries_the_headers(browser: FlaskClient) -> None:
    """No copy is kept, no frame shows it, no address of it is told."""
    for path in ("/", "/nowhere", "/stamp"):
        answer = browser.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_failure_shows_and_logs_nothing_that_was_sent(
    window: Window, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even when the program itself is at fault."""

    def fail(stamp: str, first: str, second: str) -> None:
        raise RuntimeError(first)

    window.begin(window.keys_job(("auth",)))
    monkeypatch.setattr(window.visit, "enter", fail)
    stamp = window.visit.view().stamp
    with caplog.at_level(logging.DEBUG):
        answer = browser.post("/pin", data={"stamp": stamp, "first": "7035", "second": "7035"})
    assert answer.status_code == 500
    assert "7035" not in answer.text + caplog.text
    assert "RuntimeError at resident.pin" in caplog.text


def test_every_text_is_there_in_every_language(window: Window) -> None:
    """Every name that a template uses exists; a missing one would end a page."""
    from ra.resident import app

    folder = app.Path(app.__file__).parent / "templates" / "resident"
    used = set()
    for template in folder.glob("*.html"):
        used |= set(re.findall(r'say\(\s*"([a-z0-9-]+)"\s*[,)]', template.read_text("utf-8")))
    assert used <= set(all_words())
    assert all(text.strip() for texts in all_words().values() for text in texts.values())
