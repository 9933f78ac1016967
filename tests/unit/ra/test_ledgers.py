"""The ledgers: what was handed over, issued, written and paid on which day; of the officer's branches alone."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue

from ra.dates import JST
from store.cases import CaseEvent, NewCase, Step, add_event, link_applications, open_case
from store.people import PersonEntry, enter_people
from tests.fixtures.front import MORNING, Front
from tests.fixtures.shelf import MUNICIPALITIES, Shelf

READER = "reception-minato"
BOTH = frozenset({"minato", "sapporo"})
CARD = "K0000000001"


@pytest.fixture
def busy(shelf: Shelf) -> Shelf:
    """Three cases handed over yesterday and today at one branch, one at another; the second without a fee."""
    yesterday = MORNING - timedelta(days=1)
    enter(shelf, 1, "minato", "見本　一子", yesterday, 200)
    enter(shelf, 2, "minato", "見本　二郎", MORNING, 0)
    enter(shelf, 3, "minato", "見本　三子", MORNING, 400)
    enter(shelf, 4, "sapporo", "見本　四郎", MORNING, 800)
    return shelf


def enter(shelf: Shelf, number: int, branch: str, name: str, at: datetime, fee: int) -> None:
    """A case that was written to a card and handed over, with the certificate it led to."""
    issued = shelf.issue(name, branch=branch)
    id, person = UUID(int=number), f"reception-{branch}"
    written: dict[str, JsonValue] = {"terminal": f"terminal-{branch}", "card": CARD, "read_back": {}}
    finish: dict[str, JsonValue] = {"fee": fee, "received": True, "drafts": []}
    steps: tuple[tuple[Step, dict[str, JsonValue], Step], ...] = (
        ("write", written, "hand-over"),
        ("hand-over", finish, "closed"),
    )
    with shelf.house.ra.transaction() as tx:
        new = NewCase(id, branch, MUNICIPALITIES[branch], "issue", "self", "001A", person, at)
        open_case(tx, new, at.astimezone(JST).date(), UUID(int=100 + number))
        link_applications(tx, BOTH, id, [issued.id])
        enter_people(tx, [PersonEntry(id, "case", branch, name, name)])
        for place, (step, facts, then) in enumerate(steps, 1):
            add_event(tx, BOTH, CaseEvent(id, place, step, person, at, facts), then)


def test_the_log_of_hand_overs_shows_today(busy: Shelf) -> None:
    """Receipt, name, what was handed over, fee and officer; yesterday's and another branch's are not in it."""
    page = busy.front.browser(READER).get("/ledgers/").text
    assert "見本　二郎" in page
    assert "見本　三子" in page
    assert "利用者証明用電子証明書" in page
    assert "Officer reception-minato" in page
    assert "2件" in page
    assert "見本　一子" not in page
    assert "見本　四郎" not in page


def test_other_days_are_chosen_in_any_writing(busy: Shelf) -> None:
    """ISO or by the era, full width too."""
    page = busy.front.browser(READER).get("/ledgers/?first=令和８年１１月２３日&last=2026-11-23").text
    assert "見本　一子" in page
    assert "見本　二郎" not in page


def test_fees_are_added_up_by_day_and_together(busy: Shelf) -> None:
    """Paid, free, yen; and the sum of the span."""
    page = busy.front.browser(READER).get("/ledgers/?ledger=fees&first=2026-11-23&last=2026-11-24").text
    rows = [row.split("</tr>")[0] for row in page.split("<tr>")[2:]]
    numbers = [[cell.split("<")[0] for cell in row.replace("<b>", "").split('class="number">')[1:]] for row in rows]
    assert numbers == [["1", "0", "200"], ["1", "1", "400"], ["2", "1", "600"]]


def test_the_media_ledger_shows_cards_and_room_for_the_stock_check(busy: Shelf) -> None:
    """Which card, what was written, by which terminal."""
    page = busy.front.browser(READER).get("/ledgers/?ledger=media").text
    assert CARD in page
    assert "terminal-minato" in page
    assert 'class="to-fill"' in page


def test_the_ledger_of_certificates_shows_state_and_serial(busy: Shelf) -> None:
    """One line for each certificate issued in the span, as it stands now."""
    one = busy.issue("五")
    busy.act(one, "revoke", reason=5)
    page = busy.front.browser(READER).get("/ledgers/?ledger=certificates&first=2026-11-23&last=2026-11-23").text
    assert page.count("/certs/jpki-auth/") == 4
    assert busy.path(one) in page
    assert "失効" in page


@pytest.mark.parametrize("ledger", ["hand-overs", "certificates"])
def test_pages_run_through_a_ledger(busy: Shelf, monkeypatch: pytest.MonkeyPatch, ledger: str) -> None:
    """The next page begins after the last line of this one."""
    monkeypatch.setattr("ra.pages.ledgers.PAGE", 1)
    browser = busy.front.browser(READER)
    address, seen = f"/ledgers/?ledger={ledger}&first=2026-11-23&last=2026-11-24", set()
    for _ in range(3):
        page = browser.get(address).text
        seen |= {name for name in ("見本　一子", "見本　二郎", "見本　三子") if name in page}
        assert sum(name in page for name in ("見本　一子", "見本　二郎", "見本　三子")) == 1
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in page else ""
    assert seen == {"見本　一子", "見本　二郎", "見本　三子"}
    assert address == ""


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-11-24&last=2026-11-23",
        "first=2020-01-01&last=2026-11-23",
        "first=x",
        "last=2026-02-30",
        "first=9999-12-31&last=9999-12-31",
        "first=0001-01-01&last=0001-01-02",
    ],
)
def test_days_that_cannot_be_are_refused_with_a_code(front: Front, query: str) -> None:
    """E-2103 says what to enter, and leads back to where it is entered."""
    answer = front.browser(READER).get(f"/ledgers/?{query}")
    assert answer.status_code == 400
    assert ("E-2103" in answer.text, 'href="/ledgers/" data-key="Escape"' in answer.text) == (True, True)


@pytest.mark.parametrize("ledger", ["hand-overs", "certificates"])
@pytest.mark.parametrize("after", ["x", "2026-11-24~1~2", "2026-11-24T00:00:00+00:00~x~-1"])
def test_a_forged_place_is_refused(front: Front, ledger: str, after: str) -> None:
    """No trace, no query."""
    assert front.browser(READER).get(f"/ledgers/?ledger={ledger}&after={after}").status_code == 400


def test_a_ledger_that_does_not_exist_is_not_found(front: Front) -> None:
    """Only those of the list."""
    assert front.browser(READER).get("/ledgers/?ledger=secrets").status_code == 404


def test_the_counter_home_counts_the_day(busy: Shelf) -> None:
    """Received and handed over today, at the officer's branches."""
    page = busy.front.browser(READER).get("/").text
    tiles = re.findall(r"<span>([^<]+)</span>\s*<b>(\d+)</b>", page)
    assert tiles[-2:] == [("本日の受付", "2"), ("本日の交付", "2")]
