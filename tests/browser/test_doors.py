"""Logging in, locking and unlocking in a real browser with real passkeys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ra.office import Party
from tests.browser.conftest import Desk, Server

Officer = Callable[..., Page]
Axe = Callable[[Page], None]
Shot = Callable[[Page, str, str], None]
Away = Callable[[Page], Callable[[], None]]

SITES: tuple[Party, ...] = ("working", "approval")


@pytest.mark.parametrize("site", SITES)
def test_an_officer_logs_in_with_the_sites_passkey(officer: Officer, server: Server, site: Party) -> None:
    """Challenge, RP ID, origin, presence and verification hold: the counter home opens (WebAuthn section 7.2)."""
    page = officer("approver-1", site)
    expect(page.locator(".who")).to_contain_text("承認 三子")
    assert page.url.startswith(f"{server.origin(site)}/")


def test_the_working_passkey_opens_nothing_on_the_approval_site(desk: Desk) -> None:
    """Another RP ID: the browser itself finds no passkey there, and nothing is sent (docs/decisions/0003)."""
    page = desk.window("approval")
    desk.passkey(page, "approver-1", "working")
    page.click("form[data-passkey] button.button-next")
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    assert page.url.endswith("/login")


def test_a_passkey_that_does_not_know_its_user_opens_nothing(desk: Desk) -> None:
    """User verification is demanded: a key that is merely touched is not enough."""
    page = desk.window()
    desk.passkey(page, "reception-1", verified=False)
    page.click("form[data-passkey] button.button-next")
    expect(page.locator("[data-passkey-failed]")).to_be_visible()


def test_the_demos_authenticator_works_without_scripts(desk: Desk, server: Server) -> None:
    """Every page works without JavaScript except passkeys; the demo's buttons are plain forms."""
    page = desk.window(scripts=False)
    page.click("button[value=reception-1]")
    page.wait_for_url(f"{server.origin('working')}/")
    expect(page.locator(".who")).to_contain_text("受付 一子")


def test_the_keyboard_alone_logs_in(desk: Desk, server: Server) -> None:
    """Skip link, then Tab to the one blue button, then Enter."""
    page = desk.window()
    desk.passkey(page, "reception-1")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.button-next')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.origin('working')}/")


TYPED = "途中の入力"


def at_work(desk: Desk) -> Page:
    """An officer's page with a clock that the test moves, and something typed that nobody has sent."""
    page = desk.window()
    desk.passkey(page, "reception-1")
    page.clock.install()
    page.click("form[data-passkey] button.button-next")
    page.wait_for_selector(".who")
    page.fill("#q", TYPED)
    return page


def test_ten_idle_minutes_cover_the_page_and_keep_it(desk: Desk, axe: Axe, shot: Shot) -> None:
    """The soft lock: what was typed is still there once the same officer has unlocked."""
    page = at_work(desk)
    page.clock.fast_forward("10:02")
    cover = page.locator("dialog.lock")
    expect(cover.locator("button.button-next")).to_be_focused()
    axe(page)
    shot(page, "locked", "ja")
    cover.locator("button.button-next").click()
    expect(cover).to_have_count(0)
    assert page.input_value("#q") == TYPED


def unreachable(page: Page) -> Callable[[], None]:
    """No answer comes from anywhere, until what is returned is called."""
    page.context.set_offline(True)
    return lambda: page.context.set_offline(False)


def failing(page: Page) -> Callable[[], None]:
    """What stands before the front end says that it is away, until what is returned is called."""
    page.route("**/unlock?*", lambda route: route.fulfill(status=502, body="Bad Gateway"))
    return lambda: page.unroute("**/unlock?*")


def hanging(page: Page) -> Callable[[], None]:
    """The first question is taken and never answered; the next one is."""
    page.route("**/unlock?*", lambda _: None, times=1)
    return lambda: None


@pytest.mark.parametrize("away", [unreachable, failing, hanging])
def test_the_page_is_covered_while_the_server_is_away(desk: Desk, axe: Axe, away: Away) -> None:
    """The lock needs no answer to hide the desk; the passkey is asked for once there is one, and nothing is lost."""
    page = at_work(desk)
    back = away(page)
    page.clock.fast_forward("10:02")
    cover = page.locator("dialog.lock")
    expect(cover).to_be_visible()
    expect(cover).to_contain_text("画面をロックしています")
    expect(cover.locator("button")).to_have_count(0)
    axe(page)
    back()
    expect(cover.locator("button.button-next")).to_be_focused(timeout=20_000)
    cover.locator("button.button-next").click()
    expect(cover).to_have_count(0)
    assert page.input_value("#q") == TYPED


def test_an_unlocking_whose_answer_is_lost_is_asked_for_again(desk: Desk) -> None:
    """The server went away between the form and the passkey: the page stays covered and kept, and a new form comes."""
    page = at_work(desk)
    page.clock.fast_forward("10:02")
    cover = page.locator("dialog.lock")
    cover.locator("button.button-next").wait_for()
    page.context.set_offline(True)
    cover.locator("button.button-next").click()
    expect(cover.locator("button")).to_have_count(0)
    page.context.set_offline(False)
    cover.locator("button.button-next").click()
    expect(cover).to_have_count(0)
    assert page.input_value("#q") == TYPED


def test_a_locked_page_can_be_left(officer: Officer) -> None:
    """Whoever finds the screen locked can only end the session: the way back in is the officer's passkey."""
    page = officer("reception-1")
    page.click("text=画面ロック")
    page.wait_for_url("**/unlock?**")
    page.goto("/")
    expect(page.locator("h1")).to_have_text("画面をロックしています")
    page.click("text=作業を破棄してログアウトする")
    page.wait_for_url("**/login")
