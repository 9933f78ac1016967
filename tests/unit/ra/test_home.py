"""The counter home, help and the accessibility statement: numbers are lists, help begins with what was asked."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from ra.accessibility import results
from ra.board import board_of
from ra.dates import JST
from ra.errors import FAULTS
from ra.help import TOPICS, topics_for
from ra.scope import Scope
from ra.sessions import scope_of
from store.cases import CaseEvent as Event
from store.cases import CaseKind, CaseRecord, NewCase, Step, add_event, open_case
from store.identifiers import uuid7
from store.queues import CaseFilter, find_cases
from tests.fixtures.front import Front


def scope(front: Front, code: str) -> Scope:
    """An officer's reach on the working site."""
    person = front.roster.person(code)
    assert person is not None
    with front.app.test_request_context(base_url=front.parties.working.origin):
        return scope_of(front.roster, person, "", "working")


def opened(front: Front, who: str, kind: CaseKind = "issue", step: Step | None = None) -> CaseRecord:
    """A case that an officer opened at their branch, brought to `step`."""
    me = scope(front, who)
    new = NewCase(uuid7(front.now, front.office.random), me.branch, "13103", kind, "self", "221A", who, front.now)
    with front.database.transaction() as tx:
        case = open_case(tx, new, front.now.astimezone(JST).date(), uuid4())
        if step is not None:
            event = Event(case.id, case.events + 1, case.step, who, front.now, {})
            case = add_event(tx, me.branches, event, step)
    return case


@pytest.fixture
def counter(front: Front) -> tuple[Front, dict[str, CaseRecord]]:
    """Two branches with cases: of one officer, of another, one to examine, one of yesterday, one elsewhere."""
    cases = {"yesterday": opened(front, "reception-minato")}
    front.later(days=1)
    cases |= {
        "mine": opened(front, "reception-minato", "renew"),
        "examine": opened(front, "reception-minato", step="examine"),
        "closed": opened(front, "reception-minato", step="closed"),
        "elsewhere": opened(front, "reception-sapporo"),
    }
    return front, cases


def test_every_number_is_the_length_of_its_list(counter: tuple[Front, dict[str, CaseRecord]]) -> None:
    """What a tile says is what its list holds, and only of the officer's own branches."""
    front, _ = counter
    me = scope(front, "reception-minato")
    board = board_of(front.office, me)
    today = front.now.astimezone(JST).date()
    wanted = {
        "mine": CaseFilter(opened_by=me.person, open=True),
        "open": CaseFilter(open=True),
        "examine": CaseFilter(step="examine"),
        "deferred": CaseFilter(deferred=True),
        "today": CaseFilter(day=today),
    }
    with front.database.snapshot() as tx:
        lengths = {name: len(find_cases(tx, me.branches, each)) for name, each in wanted.items()}
    assert {name: getattr(board, name) for name in wanted} == lengths
    assert lengths == {"mine": 3, "open": 3, "examine": 1, "deferred": 0, "today": 3}


@pytest.mark.parametrize(
    ("who", "listed"),
    [
        ("reception-minato", {"yesterday", "mine", "examine"}),
        ("examiner-minato", {"examine"}),
        ("approver-minato", set()),
        ("auditor", {"yesterday", "mine", "examine", "elsewhere"}),
        ("operator", set()),
        ("reception-sapporo", {"elsewhere"}),
    ],
)
def test_each_role_finds_its_own_work(counter: tuple[Front, dict[str, CaseRecord]], who: str, listed: set[str]) -> None:
    """Reception sees the cases it took, examiners what waits for them, auditors everything that is open."""
    front, cases = counter
    page = front.browser(who).get("/")
    found = {name for name, case in cases.items() if case.receipt in page.text}
    assert (page.status_code, found) == (200, listed)


def test_the_box_leads_to_the_case_of_a_receipt(counter: tuple[Front, dict[str, CaseRecord]]) -> None:
    """A scanned receipt opens its case; full width and small letters are the same number."""
    front, cases = counter
    browser = front.browser("reception-minato")
    receipt = cases["mine"].receipt
    for typed in (receipt, receipt.lower(), receipt.translate({ord("-"): "－", ord("1"): "１"})):
        browser.get("/")
        assert browser.post("/search", {"q": typed}).headers["Location"].startswith(f"/cases/{receipt}")


def test_another_branchs_receipt_is_not_found(counter: tuple[Front, dict[str, CaseRecord]]) -> None:
    """An object of another branch is exactly as if it did not exist."""
    front, cases = counter
    browser = front.browser("reception-minato")
    answers = [browser.get(f"/cases/{receipt}") for receipt in (cases["elsewhere"].receipt, "R01101-261124-9999")]
    assert [each.status_code for each in answers] == [404, 404]
    number = re.compile(
        r'<b class="mono">[A-Z2-7]{8}</b>|"[^"]*csrf[^>]*>|R[0-9-]{17}|data-token="[^"]*"|Token": "[^"]*'
    )
    assert number.sub("", answers[0].text) == number.sub("", answers[1].text)


def test_a_window_of_the_approval_site_is_told_by_its_title(front: Front) -> None:
    """Approvals are asked for nowhere else, so a tab, a list of windows and a screen reader name the site."""
    titles = [front.browser("approver-minato", site).get("/help").text for site in ("working", "approval")]
    assert ["| 承認専用サイト - Ninsho</title>" in each for each in titles] == [False, True]


def test_the_approval_sites_home_is_the_queue(front: Front) -> None:
    """Who approves lands on what waits; whoever does not is led back to the working site."""
    assert front.browser("approver-minato", "approval").get("/").headers["Location"] == "/approvals/"
    page = front.browser("reception-minato", "approval").get("/")
    assert f'href="{front.parties.working.origin}/"' in page.text


def test_an_ending_credential_is_told_in_time(front: Front) -> None:
    """Thirty days before, on the home page: without a credential nobody can log in to ask for one."""
    persons = tuple(
        replace(
            each,
            credentials=tuple(
                replace(one, valid_until=front.now + timedelta(days=30)) if one.rp_id else one
                for one in each.credentials
            ),
        )
        for each in front.roster.persons
    )
    front.roster = replace(front.roster, persons=persons)
    assert front.browser("reception-minato").get("/").text.count("認証手段の有効期間が2026-12-24に終わります") == 2


def test_a_silent_centre_is_told_on_the_home_page(front: Front) -> None:
    """Without a heartbeat of the signer the page says since when, and that the work goes on."""
    assert "認証局が応答" in front.browser("reception-minato").get("/").text


def test_help_begins_with_the_page_it_was_asked_on() -> None:
    """F1 on a case tells of cases first; no topic is lost."""
    for endpoint, first in (("cases.show", "case"), ("deferred.listing", "deferred"), ("home.counter", "scan")):
        assert topics_for(endpoint)[0].name == first
        assert set(topics_for(endpoint)) == set(TOPICS)
    assert topics_for("") == TOPICS


def test_help_tells_every_code(front: Front) -> None:
    """The table holds all codes; the one that was asked for stands first."""
    page = front.stranger().get("/help?code=E-5001").text
    assert all(f'id="{code}"' in page for code in FAULTS)
    assert "%(" not in page
    assert front.stranger().get("/help?code=E-0000").status_code == 200


def test_function_keys_can_be_turned_off(front: Front) -> None:
    """Where they collide with the browser's own; the choice outlives the session of the day."""
    browser = front.browser("reception-minato")
    browser.get("/help")
    browser.post("/keys", {"keys": "off", "next": "/help"})
    assert 'data-keys="off"' in browser.get("/help").text
    browser.post("/logout")
    assert 'data-keys="off"' in browser.get("/login").text


def test_a_branch_of_ones_own_can_be_chosen(front: Front) -> None:
    """Another one cannot: it is as if it did not exist."""
    browser = front.browser("auditor")
    browser.get("/help")
    assert browser.post("/branch", {"branch": "sapporo", "next": "/help"}).headers["Location"] == "/help"
    assert '<option value="sapporo" selected>' in browser.get("/help").text
    other = front.browser("reception-minato")
    other.get("/")
    assert other.post("/branch", {"branch": "sapporo"}).status_code == 404


def test_the_statement_shows_the_tests_own_numbers(front: Front) -> None:
    """試験結果: what was tested in both languages, each page with what was found."""
    page = front.stranger().get("/accessibility").text
    found = results()
    assert found.pages
    assert {each.language for each in found.pages} == {"ja", "en"}
    assert all(each.page in page for each in found.pages)
    assert found.violations == 0
