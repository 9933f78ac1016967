"""The resident's screen in Chromium: accessible in its three languages, keys on the screen, pages that go on."""

import re
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.terminal.errors import FrontEndAway
from cli.terminal.screen_server import ScreenServer
from ra.resident.app import create_resident_app
from ra.resident.visit import LANGUAGES, Language
from tests.fixtures.window import PINS, Window

Axe = Callable[[Page], None]
Shot = Callable[[Page, str, str], None]


@pytest.fixture
def screen(window: Window, chromium: Browser) -> Iterator[Page]:
    """The screen of the window, in a browser as large as a counter's."""
    with ScreenServer(0) as server:
        server.set_app(create_resident_app(window.visit, server.hosts, window.reader))
        serving = Thread(target=server.serve_forever)
        serving.start()
        context = chromium.new_context(viewport={"width": 1280, "height": 1024})
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://{server.hosts[0]}/")
        yield page
        context.close()
        server.shutdown()
        serving.join()
    assert complaints == []


def looked_at(page: Page, axe: Axe, shot: Shot, name: str, language: Language) -> None:
    """A page without a fault, and its picture."""
    axe(page)
    shot(page, f"resident-{name}", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_accessible(window: Window, screen: Page, axe: Axe, shot: Shot, language: Language) -> None:
    """WCAG 2.2 A and AA, from waiting to the end, with what can go wrong on the way."""
    looked_at(screen, axe, shot, "waiting", "ja")
    window.give(window.keys_job())
    screen.locator("button[name=language]").first.wait_for()
    looked_at(screen, axe, shot, "language", "ja")
    screen.click(f"button[value={language}]")
    looked_at(screen, axe, shot, "consent", language)
    window.reader.put(None)
    screen.click("main form button")
    looked_at(screen, axe, shot, "card", language)
    window.reader.put(window.card)
    screen.locator("#first").wait_for()
    looked_at(screen, axe, shot, "pin-sign", language)
    typed(screen, PINS["sign"], "ANOTHER7")
    expect(screen.locator("#refused")).to_be_visible()
    looked_at(screen, axe, shot, "pin-refused", language)
    typed(screen, PINS["sign"], PINS["sign"])
    expect(screen.locator("#keypad.auth")).to_be_visible()
    looked_at(screen, axe, shot, "pin-auth", language)
    typed(screen, PINS["auth"], PINS["auth"])
    window.book.failure = FrontEndAway("TimeoutError")
    window.visit.turn()
    come(screen)
    looked_at(screen, axe, shot, "sending", language)
    window.book.failure = None
    window.give()
    come(screen)
    looked_at(screen, axe, shot, "moved", language)
    window.visit.again()
    window.made(("auth",))
    window.visit.turn()
    come(screen)
    looked_at(screen, axe, shot, "seat", "ja")


def come(page: Page) -> None:
    """Wait for the page to follow the terminal, as it does by itself; who reloads it meets it on its way."""
    page.wait_for_function(
        "fetch('/stamp', {cache: 'no-store'}).then(it => it.text()).then(now => now === document.body.dataset.stamp)"
    )


def typed(page: Page, first: str, second: str) -> None:
    """Type both fields and press Enter."""
    page.fill("#first", first)
    page.fill("#second", second)
    page.press("#second", "Enter")


def test_a_pin_by_the_keys_on_the_screen(window: Window, screen: Page) -> None:
    """Each is at least 64 pixels; the second field follows the first; erasing and shuffling work."""
    window.begin(window.keys_job(("auth",)))
    keypad = screen.locator("#keypad")
    keypad.wait_for()
    for button in keypad.locator("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 64
    press = lambda key: keypad.get_by_role("button", name=key, exact=True).click()  # noqa: E731 - a word for it
    press("9")
    press("1文字消す")
    for digit in PINS["auth"]:
        press(digit)
    press("並びを変える")
    for digit in PINS["auth"]:
        press(digit)
    assert (screen.input_value("#first"), screen.input_value("#second")) == (PINS["auth"], PINS["auth"])
    screen.click("main form button.primary")
    expect(screen.locator("h1")).to_have_text(re.compile("知らせています"))


def test_shuffled_keys_are_the_same_keys(window: Window, screen: Page) -> None:
    """Every digit stays, in another order sooner or later."""
    window.begin(window.keys_job(("auth",)))
    screen.locator("#keypad").wait_for()
    orders = set()
    for _ in range(5):
        screen.get_by_role("button", name="並びを変える").click()
        keys = [text for text in screen.locator("#keypad button").all_inner_texts() if len(text) == 1]
        assert sorted(keys) == list("0123456789")
        orders.add("".join(keys))
    assert len(orders) > 1


def test_what_is_being_typed_stays(window: Window, screen: Page) -> None:
    """The page looks every two seconds whether it is still the right one, and does not disturb who types."""
    window.begin(window.keys_job(("auth",)))
    screen.locator("#first").wait_for()
    screen.fill("#first", "70")
    screen.wait_for_timeout(5000)
    assert screen.input_value("#first") == "70"


def test_a_page_without_questions_goes_on_by_itself(window: Window, screen: Page) -> None:
    """Nobody has to press anything when the counter begins, or when the card is laid down."""
    window.give(window.keys_job())
    expect(screen.locator("button[value=en]")).to_be_visible()
    window.give()
    expect(screen.locator("h1")).to_have_text("お待ちください")


def test_nothing_typed_stands_in_the_address_or_the_history(window: Window, screen: Page) -> None:
    """A form is sent in the body, and its answer is another page."""
    window.begin(window.keys_job(("auth",)))
    screen.locator("#first").wait_for()
    typed(screen, "8080", "8081")
    expect(screen.locator("#refused")).to_be_visible()
    screen.go_back()
    assert "808" not in screen.url + screen.content()
