"""Every page of both sites in a real browser, in Japanese and English, wide and narrow: WCAG 2.2 AA, and no surprise.

The pages are read from the application, so a new one cannot be forgotten: `test_every_page_has_a_sample` fails until it
is looked at here. Cases are walked by the demo's own officers, and each step is looked at before it is taken.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import NotFound

from ra.office import Party
from ra.register import Entry
from ra.scope import access_of
from store.cases import CaseKind, Step
from tests.browser.conftest import Desk, Server
from tests.browser.hall import CARD, Hall, hall_of
from tests.browser.sight import Sight

KINDS: Final[Mapping[CaseKind, str]] = {
    "issue": "",
    "renew": "",
    "revoke": "request",
    "hold": "phone-lost",
    "release": "phone-found",
    "pin-reset": "",
}
"""Every kind of case with its life event. Each goes on from the one before: what is suspended is released later."""

TAKERS: Final[Mapping[Step, str]] = {"examine": "examiner-1", "approve": "approver-1"}
"""Who takes a step; every other is the reception's, or nobody's."""

FILES: Final = frozenset({"static", "case_papers.pdf", "certs.download", "search.download", "audit.exported"})
"""What answers with a file for another program, not with a page."""

PAGES: Final[Mapping[tuple[str, Party], Mapping[str, str]]] = {
    ("", "working"): {
        "login": "/login",
        "login-ended": "/login?ended=1",
        "stranger-help": "/help",
        "stranger-accessibility": "/accessibility",
        "stranger-nothing": "/nothing-here",
    },
    ("", "approval"): {"approval-login": "/login"},
    ("reception-1", "working"): {
        "home": "/",
        "new": "/cases/new",
        "new-renewal": "/cases/new?kind=renew",
        "cases": "/cases/",
        "cases-mine": "/cases/?mine=1",
        "cases-closed": "/cases/?step=closed",
        "cases-undone": "/cases/?undone=1",
        "cases-none": "/cases/?before={before}",
        "case-agent": "/cases/{agent}",
        "case-sent-back": "/cases/{sent_back}",
        "case-refused": "/cases/{refused}",
        "case-withdrawn": "/cases/{withdrawn}",
        "case-undone": "/cases/{undone}",
        "case-deferred": "/cases/{deferred}",
        "deferred": "/deferred/",
        "deferred-none": "/deferred/?before={before}",
        "search": "/search",
        "certificate-soon": "{soon}",
        "certificate-phone": "{phone}",
        "expiry": "/expiry/",
        "expiry-kind": "/expiry/?kind=auth",
        "expiry-week": "/expiry/{week}",
        "expiry-week-none": "/expiry/2031-01-06",
        "ledger": "/ledgers/",
        "ledger-certificates": "/ledgers/?ledger=certificates",
        "ledger-media": "/ledgers/?ledger=media",
        "ledger-fees": "/ledgers/?ledger=fees",
        "ledger-none": "/ledgers/?first=2020-01-01&last=2020-01-02",
        "signed": "/signed",
        "help": "/help?on=cases.show",
        "help-code": "/help?code=E-5001",
        "accessibility": "/accessibility",
        "unlock": "/unlock",
        "error-404": "/nothing-here",
        "error-403": "/staff",
        "error-case": "/cases/R01101-200101-9999",
    },
    ("examiner-1", "working"): {"home-examiner": "/", "cases-examine": "/cases/?step=examine"},
    ("head-1", "working"): {
        "home-head": "/",
        "staff": "/staff",
        "trail": "/audit/",
        "trail-none": "/audit/?person=nobody",
        "self-check": "/selfcheck/",
        "self-check-answered": "/selfcheck/{check}",
        "signed-none": "/signed",
    },
    ("auditor-1", "working"): {"home-auditor": "/", "self-check-read": "/selfcheck/", "trail-auditor": "/audit/"},
    ("operator", "working"): {"home-operator": "/", "operation": "/ops/"},
    ("approver-1", "approval"): {
        "approvals": "/approvals/",
        "approvals-none": "/approvals/?after={after}",
        "approval-waits": "/approvals/{waits}",
        "approval-done": "/approvals/{withdrawn}",
        "approval-signed": "/signed",
        "approval-help": "/help",
        "approval-error": "/nothing-here",
        "approval-unlock": "/unlock",
    },
    ("reception-1", "approval"): {"approval-nothing": "/"},
}
"""Who opens which page, by the name of its picture. What stands in braces is one of `made`'s objects."""


@pytest.fixture(scope="module")
def hall(server: Server) -> Iterator[Hall]:
    """The branch with everything that there is to see."""
    with hall_of(server.home) as made:
        yield made


@pytest.fixture(scope="module")
def sight(
    server: Server, chromium: Browser, axe: Callable[[Page], None], shot: Callable[[Page, str, str], None]
) -> Iterator[Sight]:
    """The officers' windows; nothing of them may have gone wrong unseen."""
    desk = Desk(server, chromium)
    yield Sight(desk, axe, shot)
    desk.close()


def holder(hall: Hall, kind: CaseKind) -> Entry:
    """Who comes for a case of that kind: with certificates for what ends or renews them, else with a long name."""
    if kind in ("hold", "release"):
        return hall.phone
    return hall.long if kind in ("issue", "revoke") else hall.soon


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_at_every_step(hall: Hall, sight: Sight, kind: CaseKind) -> None:
    """Each step as whoever takes it sees it, and as the reception does; and the certificate that it is about."""
    entry = holder(hall, kind)
    case = hall.counter.opened(kind, CARD if kind in ("issue", "renew", "pin-reset") else ())
    for step in hall.counter.walk(case, entry, KINDS[kind]):
        hall.works()
        name, path = f"{kind}-{step}", f"/cases/{case.receipt}"
        page = sight.window(TAKERS.get(step, "reception-1"))
        sight.visit(page, path, name)
        if step in ("register", "select"):
            page.fill("#card", entry.card)
            page.press("#card", "Enter")
            page.locator("input[name=card][type=hidden]").wait_for(state="attached")
            sight.both(page, f"{name}-found")
        if step in ("issue", "closed"):
            hall.turn()
        if step == "closed" and kind in ("issue", "renew"):
            sight.visit(page, path, f"{name}-recorded")
        if step in ("write", "closed") and kind != "pin-reset":
            profile = "jpki-auth-phone" if entry is hall.phone else "jpki-auth"
            sight.visit(page, hall.certificate(entry, profile), f"{name}-certificate")
    sight.judge()


def test_every_page_has_a_sample(hall: Hall) -> None:
    """Whoever adds a page says here who sees it: everything that is opened by GET and is no file or machine's."""
    rules = [each for each in hall.app.url_map.iter_rules() if "GET" in (each.methods or ())]
    pages = {each.endpoint for each in rules if _is_page(hall, each.endpoint)}
    addresses = hall.app.url_map.bind("localhost")
    seen = {"cases.show"}
    for path in (path.format_map(hall.objects) for group in PAGES.values() for path in group.values()):
        try:
            seen.add(str(addresses.match(path.partition("?")[0])[0]))
        except NotFound:
            assert path == "/nothing-here"
    assert pages - seen == set()


def _is_page(hall: Hall, endpoint: str) -> bool:
    access = access_of(hall.app.view_functions[endpoint])
    return endpoint not in FILES and access is not None and access.kind != "machine"


@pytest.mark.parametrize("group", PAGES, ids=lambda group: f"{group[0] or 'nobody'}-{group[1]}")
def test_pages(hall: Hall, sight: Sight, group: tuple[str, Party]) -> None:
    """WCAG 2.2 AA and best practices; nothing from elsewhere, nothing on the console, no scrolling sideways."""
    page = sight.window(*group)
    for name, path in PAGES[group].items():
        hall.works()
        sight.visit(page, path.format_map(hall.objects), name)
    sight.judge()


def test_what_the_counter_sees_while_the_centre_is_down(hall: Hall, sight: Sight) -> None:
    """Late and stopped: the home page, the list of what was taken in, and a case that waits for the authority."""
    hall.works(ago=timedelta(minutes=1))
    page = sight.window("reception-1")
    sight.visit(page, "/", "home-late")
    hall.works(ago=timedelta(minutes=4))
    sight.visit(page, "/", "home-stopped")
    sight.visit(page, "/deferred/", "deferred-stopped")
    waits = hall.case("issue", "issue", hall.long)
    sight.visit(page, f"/cases/{waits.receipt}", "issue-stopped")
    sight.visit(sight.window("operator"), "/ops/", "operation-stopped")
    sight.judge()


def test_what_was_looked_for(hall: Hall, sight: Sight) -> None:
    """A search that finds people, cases and certificates, one that finds nothing, and one that cannot be read."""
    page = sight.window("reception-1")
    for name, field, text in (
        ("search-found", "name", hall.soon.name.partition("\u3000")[0]),
        ("search-nothing", "name", "存在しない"),
        ("search-error", "birth", "2月30日"),
    ):
        page.goto("/search")
        page.click("summary")
        page.fill(f"#{field}", text)
        page.click("details .actions button")
        sight.look(page, name) if name == "search-error" else sight.both(page, name)
    sight.judge()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_answers_to_forms(hall: Hall, sight: Sight, lang: str) -> None:
    """What is shown instead of another page: summaries of errors, the lock in front of a form, and its way back."""
    hall.works()
    stranger = sight.desk.window(lang=lang)
    stranger.evaluate("document.querySelector('form[data-passkey]').submit()")
    stranger.locator(".summary").wait_for()
    sight.look(stranger, "login-error")

    head = sight.desk.officer("head-1", lang=lang)
    head.goto("/selfcheck/")
    head.press("body", "F12")
    head.locator(".summary").wait_for()
    sight.look(head, "self-check-error")

    desk = sight.desk.officer("reception-1", lang=lang)
    desk.goto("/cases/new")
    desk.evaluate(
        "fetch('/lock', {method: 'POST', headers: {'X-CSRFToken': document.body.dataset.token}, redirect: 'manual'})"
    )
    desk.click("main button.button-next")
    desk.locator("input[name=resume]").wait_for(state="attached")
    sight.look(desk, "locked-form")
    desk.click("form[data-passkey] button.button-next")
    desk.locator("main form[action='/cases/new']").wait_for()
    sight.look(desk, "resume")
    sight.judge()
