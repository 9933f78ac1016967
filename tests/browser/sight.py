"""Looking at pages: what every page of the front end keeps to, in both languages, wide and narrow."""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page

from ra.office import Party
from tests.browser.conftest import AXE_PROGRAM, WINDOW, Desk

__all__ = ["Sight"]

NARROW = 320
"""CSS pixels: a window of 1280 at 400 % (WCAG 1.4.10)."""

PAPER = 672
"""CSS pixels between the margins of a sheet of A4."""

FITS = "document.documentElement.scrollWidth <= innerWidth"
BLUE = "[...document.querySelectorAll('main .button-next')].filter(each => each.checkVisibility()).length"
TIGHT = """[...document.querySelectorAll("input[type=search], input[type=text]")]
    .some(each => each.checkVisibility() && each.clientWidth < 100)"""
CUT = "[...document.querySelectorAll('.table-frame')].some(each => each.scrollWidth > each.clientWidth)"
WIDE = f"[document.documentElement.lang, {BLUE}, {FITS}]"


@dataclass
class Sight:
    """Officers' windows, one for each officer and site, and what was found amiss on their pages."""

    desk: Desk
    axe: Callable[[Page], None]
    shot: Callable[[Page, str, str], None]
    windows: dict[tuple[str, Party], Page] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def window(self, person: str, site: Party = "working") -> Page:
        """The window of an officer, logged in once; "" is nobody's."""
        if (person, site) not in self.windows:
            page = self.desk.officer(person, site) if person else self.desk.window(site)
            page.context.add_init_script(path=AXE_PROGRAM)  # compiled once, where each `evaluate` compiles it again
            self.windows[person, site] = page
        return self.windows[person, site]

    def visit(self, page: Page, path: str, name: str) -> None:
        """Open a page and look at it in both languages."""
        page.goto(path)
        self.both(page, name)

    def both(self, page: Page, name: str) -> None:
        """Look at the page that is open in both languages, beginning with the one that it has."""
        self.look(page, name)
        with page.expect_navigation():
            page.click("button[name=language]")
        self.look(page, name)

    def look(self, page: Page, name: str) -> None:
        """No rule of accessibility is broken, one button at most is the next step, and everything has room.

        Nothing is wider than the window, no field too narrow to type into, and no table of a print loses a column.
        """
        lang, blue, fits = page.evaluate(WIDE)
        self.shot(page, name, lang)
        try:
            self.axe(page)
        except AssertionError as broken:
            self.faults.append(str(broken))
        if blue > 1:
            self.faults.append(f"{page.url} has {blue} blue buttons")
        page.set_viewport_size({"width": NARROW, "height": WINDOW["height"]})
        for width, holds in ((WINDOW["width"], fits), (NARROW, page.evaluate(FITS))):
            if not holds:
                self.faults.append(f"{page.url} ({lang}) is wider than {width} px")
        if page.evaluate(TIGHT):
            self.faults.append(f"{page.url} ({lang}) has a field too narrow to type into at {NARROW} px")
        page.set_viewport_size({"width": PAPER, "height": WINDOW["height"]})
        page.emulate_media(media="print")
        if page.evaluate(CUT):
            self.faults.append(f"{page.url} ({lang}) loses columns of a table on paper")
        page.emulate_media(media="screen")
        page.set_viewport_size(WINDOW)

    def judge(self) -> None:
        """Fail with everything that was found since the last time."""
        found, self.faults = self.faults, []
        assert not found, "\n".join(found)
