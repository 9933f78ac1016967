"""The shell's own pages in a real browser: they read well by program, obey the keys, and talk to nobody else."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Server

Officer = Callable[..., Page]
Shot = Callable[[Page, str, str], None]


def test_every_target_is_large_enough(officer: Officer) -> None:
    """Buttons, links of the menu and inputs are 44 px high or more (WCAG 2.5.5, the design system's size)."""
    page = officer("head-1")
    sizes = page.eval_on_selector_all(
        "button, .button, .site-menu a, .site-footer a, input:not([type=hidden]), select",
        "all => all.filter(e => e.checkVisibility()).map(e => [e.textContent, e.getBoundingClientRect().height])",
    )
    assert [each for each in sizes if each[1] < 44] == []


def test_function_keys_do_what_their_buttons_say(officer: Officer) -> None:
    """F2 goes to the box, F1 to help; turned off, they are the browser's again."""
    page = officer("reception-1")
    page.locator("h1").click()
    page.keyboard.press("F2")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("F1")
    page.wait_for_url("**/help**")
    page.click("text=ファンクションキーを無効にする")
    expect(page.locator("body")).to_have_attribute("data-keys", "off")
    page.goto("/")
    page.locator("h1").click()
    page.keyboard.press("F2")
    expect(page.locator("#q")).not_to_be_focused()


def test_the_search_box_is_on_every_page(officer: Officer, server: Server) -> None:
    """Wherever one is, F2 leads to a box; what a scanner types goes there too."""
    page = officer("reception-1")
    for path in ("/cases/", "/cases/new", "/help", "/nothing-here", "/ledgers/"):
        page.goto(path)
        page.locator("h1").click()
        page.keyboard.press("F2")
        expect(page.locator("#quick")).to_be_focused()
    page.keyboard.type("R13103-261123-0001")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.origin('working')}/cases/R13103-261123-0001")


def test_a_scan_reaches_the_box_from_any_field(officer: Officer, server: Server) -> None:
    """What a scanner types while another field has the focus is not lost, and the field is as it was."""
    page = officer("reception-1")
    page.locator("#branch").focus()
    page.evaluate(
        """text => {
            const at = document.querySelector("#branch");
            const type = key => at.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
            [...text].forEach(type);
            type("Enter");
        }""",
        "R13103-261123-0001",
    )
    page.wait_for_url(f"{server.origin('working')}/cases/R13103-261123-0001")


def test_a_person_who_types_is_no_scanner(officer: Officer) -> None:
    """The same keys at a person's speed stay in the field."""
    page = officer("reception-1")
    page.goto("/help")
    page.locator("h1").click()
    page.keyboard.type("R13103-261123-0001", delay=60)
    page.keyboard.press("Enter")
    assert page.url.endswith("/help")


def test_the_language_is_switched_where_one_is(officer: Officer) -> None:
    """The switch stays on the page."""
    page = officer("head-1")
    page.goto("/staff")
    page.click("button[name=language]")
    expect(page.locator("h1")).to_have_text("Staff and roles")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_way_back_from_a_refusal_keeps_what_was_typed(officer: Officer) -> None:
    """Escape leads from the words of an error to the form, which is as it was when it was sent."""
    page = officer("reception-1")
    page.goto("/cases/new")
    page.check("input[name=visitor][value=agent]")
    for each in page.locator("input[name=wishes]").all():
        each.uncheck()
    page.click("main button.button-next")
    expect(page.locator(".code")).to_contain_text("E-1103")
    page.keyboard.press("Escape")
    expect(page.locator("input[name=visitor][value=agent]")).to_be_checked()


def test_a_page_prints_its_content_alone(officer: Officer, shot: Shot) -> None:
    """On paper there is no menu, no button and no form, and the demonstration is still named."""
    page = officer("head-1")
    page.goto("/staff")
    page.emulate_media(media="print")
    for hidden in (".site-menu", ".site-footer", "[data-print]", ".desk form"):
        assert not page.locator(hidden).first.is_visible(), hidden
    page.emulate_media(media="screen")
    page.goto("/cases/")
    page.emulate_media(media="print")
    assert [each.inner_text() for each in page.locator(".button").all() if each.is_visible()] == []
    expect(page.locator(".demo-ribbon")).to_be_visible()
    shot(page, "staff-print", "ja")


def test_every_page_works_without_scripts(desk: Desk) -> None:
    """Menu, box, help and language without JavaScript."""
    page = desk.window(scripts=False)
    page.click("button[value=reception-1]")
    page.click(".site-menu a >> text=手引")
    page.click("button[name=language]")
    assert page.locator("h1").inner_text() == "Help"
    page.goto("/")
    page.fill("#q", "見本")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search**")
