"""Looking at pages: what every page of the front end keeps to, in both languages, wide and narrow."""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page

from ra.office import Party
from tests.browser.conftest import WINDOW, Desk

__all__ = ["Sight"]

NARROW = 320
"""CSS pixels: a window of 1280 at 400 % (WCAG 1.4.10)."""

FITS = "document.documentElement.scrollWidth <= innerWidth"
BLUE = "[...document.querySelectorAll('main .button-next')].filter(each => each.checkVisibility()).length"


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
            self.windows[person, site] = self.desk.officer(person, site) if person else self.desk.window(site)
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
        """No rule of accessibility is broken, nothing is wider than the window, one button at most is the next step."""
        lang = page.get_attribute("html", "lang") or ""
        self.shot(page, name, lang)
        try:
            self.axe(page)
        except AssertionError as broken:
            self.faults.append(str(broken))
        blue = page.evaluate(BLUE)
        if blue > 1:
            self.faults.append(f"{page.url} has {blue} blue buttons")
        fits = [page.evaluate(FITS)]
        page.set_viewport_size({"width": NARROW, "height": WINDOW["height"]})
        fits.append(page.evaluate(FITS))
        page.set_viewport_size(WINDOW)
        for width, holds in zip((WINDOW["width"], NARROW), fits, strict=True):
            if not holds:
                self.faults.append(f"{page.url} ({lang}) is wider than {width} px")

    def judge(self) -> None:
        """Fail with everything that was found since the last time."""
        found, self.faults = self.faults, []
        assert not found, "\n".join(found)
