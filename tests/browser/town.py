"""A town hall for walks through the counter: signer, responder and terminal as programs beside the front end.

Its people are the first of the demo's residents. What a page says is asked again of the database and of OCSP.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from playwright.sync_api import BrowserContext, Locator, Page

from cli.asking import ask, published_authorities
from cli.demo.home import LOCALHOST
from cli.demo.programs import Programs, free_ports, running
from cli.demo.window import terminal_arguments
from cli.wiring import open_database
from ra.case_file import CaseFile, load_case
from ra.resident.visit import Slot
from store.cases import Step
from store.certificates import CertificateRecord
from store.database import Database
from tests.browser.conftest import WINDOW, Desk, Server

__all__ = ["PINS", "Counter", "Keyboard", "Town", "town_of"]

BRANCH = frozenset({"branch-13103"})
PINS: dict[Slot, str] = {"sign": "KAKI7NAKU", "auth": "7035"}
PATIENCE = 120.0


@dataclass
class Town:
    """The running programs, and what the database and the responder say of cases and certificates."""

    server: Server
    programs: Programs
    database: Database
    screen: str
    contexts: list[BrowserContext] = field(default_factory=list)

    def file(self, receipt: str) -> CaseFile:
        """A case as the database has it."""
        return load_case(self.database, BRANCH, receipt)

    def comes_to(self, receipt: str, step: Step) -> CaseFile:
        """The case, as soon as it stands at that step."""
        end = time.monotonic() + PATIENCE
        while (found := self.file(receipt)).record.step != step:
            self.programs.check()
            if time.monotonic() > end:
                pytest.fail(f"{receipt} stands at {found.record.step}, not at {step}, after {PATIENCE:g} s")
            time.sleep(0.2)
        return found

    def by_ocsp(self, certificate: CertificateRecord | x509.Certificate) -> str:
        """What the responder says: good, held or revoked."""
        if isinstance(certificate, CertificateRecord):
            assert certificate.certificate is not None
            certificate = x509.load_der_x509_certificate(certificate.certificate)
        return ask(certificate, published_authorities(self.server.home.config), None).status

    def becomes(self, certificate: x509.Certificate, status: str) -> None:
        """Return when OCSP says so; the signer takes a moment after the last page."""
        end = time.monotonic() + PATIENCE
        while self.by_ocsp(certificate) != status:
            assert time.monotonic() < end, f"not {status} after {PATIENCE:g} s"
            time.sleep(0.2)

    def has(self, resident: int, profile: str, **facts: object) -> x509.Certificate:
        """Issue a certificate to a resident by the command line: what a walk begins with."""
        home = self.server.home
        case = home.case(profile=profile, holder=f"resident-{resident}", facts=home.facts(**facts))
        out = home.folder / f"{profile}-{resident}.pem"
        home.ninsho("cert", "issue", *case, *home.everybody, "--wait", "120", "--hand-over", "-o", out).body  # noqa: B018 - ends the test unless it went well
        return x509.load_pem_x509_certificate(out.read_bytes())

    def start_signer(self) -> None:
        """Start the signer; it is there when its first turn is done, which nobody has to wait for."""
        self.programs.start("signer", ["signer", "run"])

    def stop_signer(self) -> None:
        """Stop the signer, and let four minutes pass since its last sign of life, as the database has it."""
        child = self.programs.children.pop("signer")
        child.terminate()
        child.wait()
        with closing(sqlite3.connect(self.server.home.config.home / "ninsho.db")) as file, file:
            file.execute("UPDATE heartbeat SET at = at - 240000000")  # microseconds


@contextmanager
def town_of(server: Server) -> Iterator[Town]:
    """The town hall with everything running."""
    config = server.home.config
    with ExitStack() as held:
        programs = held.enter_context(running(config.path, config.home / "log"))
        (screen,) = free_ports((0,), LOCALHOST)
        programs.start("signer", ["signer", "run"])
        programs.start("ocsp", ["ocsp", "serve", "--workers", "1"])
        programs.start("terminal", terminal_arguments(config, server.section.origin, screen))
        database = open_database(config, "ra")
        held.callback(database.close)
        programs.wait_for_port("terminal", LOCALHOST, screen)
        programs.wait_for_port("ocsp", config.ocsp.host, config.ocsp.port)
        yield Town(server, programs, database, f"http://{LOCALHOST}:{screen}/")


@dataclass
class Counter:
    """What the officers and the resident do with a mouse, each in a window of their own."""

    town: Town
    desk: Desk

    def open(self, page: Page, kind: str, *wishes: str) -> str:
        """Receive a visitor who wants that kind of case; the receipt number."""
        page.goto("/cases/new")
        page.check(f"input[name=kind][value={kind}]")
        for each in ("sign", "auth"):
            page.set_checked(f"input[name=wishes][value={each}]", each in wishes)
        self.next(page)
        return page.url.split("/cases/")[1].split("?")[0]

    def identify(self, page: Page) -> None:
        """The visitor shows an individual number card."""
        page.check("input[name=documents][value=number-card]")
        self.next(page)

    def look_up(self, page: Page, resident: int) -> None:
        """Scan a resident's card."""
        page.fill("#card", f"K{resident:08d}")
        self.next(page)

    def next(self, page: Page) -> None:
        """Press the one blue button."""
        with page.expect_navigation():
            page.click("main button.button-next")

    def sign(self, page: Page) -> None:
        """Press the button under which a passkey signs, and wait for the answer."""
        with page.expect_navigation():
            page.click("form[data-passkey] button.button-next")

    def examine(self, receipt: str) -> Page:
        """The examiner signs."""
        page = self.desk.officer("examiner-1")
        page.goto(f"/cases/{receipt}")
        self.sign(page)
        return page

    def at_approval(self, receipt: str) -> Page:
        """An approver finds the case in the queue of the approval site."""
        page = self.desk.officer("approver-1", "approval")
        page.goto("/approvals/")
        page.click(f"text={receipt}")
        return page

    def asked(self, page: Page, kind: str, resident: int, event: str) -> str:
        """Ask that something happens to a resident's certificates because of a life event; the receipt number."""
        receipt = self.open(page, kind)
        self.identify(page)
        self.look_up(page, resident)
        page.check(f"input[name=event][value={event}]")
        self.next(page)
        self.sign(page)
        return receipt

    def received(self, page: Page) -> None:
        """As soon as the page has come to the hand-over: the visitor signed the receipt."""
        box = page.locator("input[name=received]")
        box.wait_for(timeout=PATIENCE * 1000)
        box.check()

    def resident(self, card: int) -> Page:
        """The resident's screen of the window, with a card on the reader."""
        context = self.desk.chromium.new_context(viewport=WINDOW)
        context.set_default_timeout(PATIENCE * 1000)
        self.desk.contexts.append(context)
        page = context.new_page()
        lying = f"footer button[value=K{card:08d}][aria-pressed=true]"
        for _ in range(20):  # a press on a page that was just replaced by another one does nothing
            page.goto(self.town.screen)
            if page.locator(lying).count():
                return page
            page.click(f"footer button[value=K{card:08d}]")
        pytest.fail(f"no card {card} on the reader")

    def agree(self, page: Page) -> None:
        """Language and consent."""
        page.click("main button[value=ja]")
        page.locator("ol.points").wait_for()
        page.click("main button.primary")

    def choose_pin(self, page: Page, slot: Slot) -> None:
        """Type the PIN of that place of the card twice."""
        page.locator(f"#keypad.{slot}").wait_for(state="attached")
        for name in ("#first", "#second"):
            page.fill(name, PINS[slot])
        page.press("#second", "Enter")


@dataclass
class Keyboard:
    """An officer without a mouse."""

    page: Page

    def to(self, selector: str) -> Locator:
        """Press Tab until what the selector names has the focus."""
        for _ in range(150):
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return self.page.locator(":focus")
            self.page.keyboard.press("Tab")
        pytest.fail(f"{selector} cannot be reached by Tab on {self.page.url}")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.page.keyboard.type(text)

    def go(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
