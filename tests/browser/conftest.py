"""A browser before a running front end: Debian's Chromium, real passkeys in a virtual authenticator, axe-core.

The installation is a demo home after its ceremony; `home.signing()` runs its signer where a test needs one. Every page
is watched: a test fails when one asks anything of another host, or says an error to the console.
"""

import base64
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, ViewportSize, sync_playwright

from cli.config_sections import RASection
from cli.demo.programs import running
from cli.wiring import believed_roster, open_database, private_key_file
from ra.dates import JST
from ra.office import Party
from tests.browser.residents import furnish
from tests.fixtures.home import Home

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WINDOW: ViewportSize = {"width": 1280, "height": 800}
AXE_PROGRAM = Path(__file__).parents[1] / "data" / "axe" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@dataclass(frozen=True)
class Server:
    """A running front end: the origins of its two sites, and the installation it belongs to."""

    section: RASection
    home: Home

    def origin(self, site: Party) -> str:
        """The origin of a site, as it is typed into the browser."""
        return self.section.origin if site == "working" else self.section.approval_origin


@pytest.fixture(scope="session")
def server(home: Home) -> Iterator[Server]:
    """The front end of this process's installation, as ``ninsho ra serve`` runs it."""
    section = home.config.ra
    assert section is not None
    assert section.port is not None
    furnish(home)
    with running(home.config.path, home.folder / "log") as programs:
        programs.start("ra", ["ra", "serve", "--workers", "1"])
        programs.wait_for_port("ra", section.host, section.port)
        yield Server(section, home)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; no longer than a module, because no other event loop can run in this thread meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Desk:
    """Opens browser windows for officers, each with cookies and passkeys of its own, and watches them."""

    server: Server
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def window(self, site: Party = "working", lang: str = "ja", *, scripts: bool = True) -> Page:
        """A window on a site's login page, in that language; without `scripts` the browser runs none."""
        origin = self.server.origin(site)
        context = self.chromium.new_context(viewport=WINDOW, base_url=origin, java_script_enabled=scripts)
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        page = context.new_page()
        self._watch(page)
        page.goto("/login")
        if lang != "ja":
            page.click(f"button[name=language][value={lang}]")
        return page

    def officer(self, code: str, site: Party = "working", lang: str = "ja") -> Page:
        """A window in which an officer of the demo's roster has logged in with the passkey for that site."""
        page = self.window(site, lang)
        self.passkey(page, code, site)
        page.click("form[data-passkey] button.button-next")
        page.wait_for_url(lambda url: not url.endswith("/login"))
        return page

    def passkey(self, page: Page, code: str, site: Party = "working", *, verified: bool = True) -> CDPSession:
        """Give a window an authenticator that holds this officer's passkey for a site.

        `verified` says whether it can tell that the officer is at it (user verification).
        """
        config = self.server.home.config
        database = open_database(config, "ra")
        person = believed_roster(config, database).person(code)
        database.close()
        assert person is not None
        rp_id = self.server.origin(site).split("//")[1].split(":")[0]
        credential = next(each for each in person.credentials if each.rp_id == rp_id)
        key = private_key_file(config.home / "officers" / f"{code}.{site}.key.pem")
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verified,
            "automaticPresenceSimulation": True,
        }
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        held = {
            "credentialId": base64.b64encode(credential.id).decode(),
            "isResidentCredential": True,
            "rpId": credential.rp_id,
            "privateKey": base64.b64encode(private).decode(),
            "userHandle": base64.b64encode(code.encode()).decode(),
            "signCount": 1,
        }
        session.send("WebAuthn.addCredential", {"authenticatorId": made["authenticatorId"], "credential": held})
        return session

    def close(self) -> None:
        """Close every window; fails the test for what one of them did that no page of ours may do."""
        for context in self.contexts:
            context.close()
        assert self.complaints == []

    def _watch(self, page: Page) -> None:
        ours = tuple(self.server.origin(site) + "/" for site in ("working", "approval"))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(ours) else self.complaints.append(f"asked for {asked.url}"),
        )
        page.on(
            "console",
            # an answer of status 4xx, which a test may want, is written to the console by the browser itself
            lambda said: (
                self.complaints.append(said.text)
                if said.type in ("error", "warning") and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def desk(server: Server, chromium: Browser) -> Iterator[Desk]:
    """Windows of this test; they are closed at its end, and nothing of them may have gone wrong unseen."""
    opened = Desk(server, chromium)
    yield opened
    opened.close()


@pytest.fixture
def officer(desk: Desk) -> Callable[..., Page]:
    """``officer("reception-1")`` or ``officer("approver-1", "approval", "en")``: a window, logged in by passkey."""
    return desk.officer


@pytest.fixture(scope="session")
def axe() -> Iterator[Callable[[Page], None]]:
    """``axe(page)`` fails with every accessibility rule that the page breaks: WCAG 2.2 A and AA, best practices.

    With NINSHO_ACCESSIBILITY=ra/accessibility.json in the environment what was found is written there, where the
    published statement reads it; the run must then be of all browser tests in one process.
    """
    program = AXE_PROGRAM.read_text(encoding="utf-8")
    tested: dict[tuple[str, str], tuple[int, int]] = {}
    versions: set[str] = set()

    def check(page: Page) -> None:
        language, loaded = page.evaluate("[document.documentElement.lang, 'axe' in window]")
        if not loaded:
            page.evaluate(program)
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false})", list(RULES)
        )
        broken = [
            f"{each['id']}: {each['help']}: {node['html'][:200]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]
        key, now = (page_name(page.url), language), (len(found["passes"]), len(found["violations"]))
        before = tested.get(key, now)
        tested[key] = (max(before[0], now[0]), max(before[1], now[1]))
        assert page.context.browser is not None
        versions.add(page.context.browser.version)
        assert broken == [], f"{page.url}: {broken}"
        assert found["passes"]

    yield check
    if os.environ.get("NINSHO_ACCESSIBILITY"):
        write_results(Path(os.environ["NINSHO_ACCESSIBILITY"]), tested, ", ".join(versions))


def page_name(url: str) -> str:
    """The path of a page, with "…" for what names a case, a certificate, a self-check or a week."""
    parts = urlsplit(url)
    site = "approve:" if parts.netloc.startswith("approve.") else ""
    return site + re.sub(
        r"/(R[0-9]{5}-[0-9]{6}-[0-9]{4}|[0-9a-f]{16,40}|[0-9a-f-]{36}|[0-9]{4}-[0-9]{2}-[0-9]{2})(?=/|$)",
        "/…",
        parts.path,
    )


def write_results(path: Path, tested: Mapping[tuple[str, str], tuple[int, int]], browser: str) -> None:
    """Write what was found to the file that the statement is made of."""
    document = {
        "day": datetime.now(JST).date().isoformat(),
        "program": "axe-core 4.14.1",
        "browser": f"Chromium {browser}",
        "rules": list(RULES),
        "pages": [
            {"page": page, "language": language, "passes": passes, "violations": violations}
            for (page, language), (passes, violations) in sorted(tested.items())
        ],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def shot() -> Callable[[Page, str, str], None]:
    """``shot(page, "counter", "ja")`` takes the picture of a whole page, counter-ja.png.

    It does so only where the environment names a folder as NINSHO_PICTURES: pictures are for people to look at.
    """
    named = os.environ.get("NINSHO_PICTURES")

    def take(page: Page, name: str, lang: str) -> None:
        if named is None:
            return
        folder = Path(named)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}-{lang}.png", full_page=True, animations="disabled", caret="hide")

    return take


@pytest.fixture(scope="session")
def picture() -> Callable[..., None]:
    """``picture(page, "confirm")`` takes the pictures of a window for the officers' handbook, each in 64 colours.

    confirm.png has the page as it is; confirm-en.png has it in English, if the page can be switched; then it is as it
    was before, but for what was typed. With a third argument, a selector, the window is scrolled to what it names.
    It does so only where the environment names a folder as NINSHO_HANDBOOK (docs/pictures/officers), and otherwise
    nothing, so that a run of the tests leaves no trace.
    """
    named = os.environ.get("NINSHO_HANDBOOK")

    def take(page: Page, name: str, top: str = "body") -> None:
        if named is None:
            return
        folder = Path(named)
        folder.mkdir(parents=True, exist_ok=True)
        snap(page, folder / f"{name}.png", top)
        if page.locator("button[name=language][value=en]").count():
            switch(page, "en")
            snap(page, folder / f"{name}-en.png", top)
            switch(page, "ja")

    return take


def snap(page: Page, path: Path, top: str) -> None:
    """Write the picture of a window to a file, in 64 colours."""
    page.locator(top).first.evaluate("each => each.scrollIntoView()")
    taken = page.screenshot(animations="disabled", caret="initial")
    with Image.open(io.BytesIO(taken)) as image:
        image.convert("RGB").quantize(64).save(path, optimize=True)


def switch(page: Page, language: str) -> None:
    """Show the page in that language."""
    with page.expect_navigation():
        page.click(f"button[name=language][value={language}]")
