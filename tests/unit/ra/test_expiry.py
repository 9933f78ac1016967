"""The expiry board: every number is the length of the list behind it, and who was told is written down once."""

import re

import pytest

from tests.fixtures.front import Front
from tests.fixtures.shelf import Shelf

READER = "reception-minato"
WEEK = "/expiry/2026-11-30"


@pytest.fixture
def ending(shelf: Shelf) -> Shelf:
    """Three that end in the week of 30 November, one of them of another branch, and one a week later."""
    for holder, until, branch in (
        ("一", "2026-11-30", "minato"),
        ("二", "2026-12-06", "minato"),
        ("三", "2026-12-01", "sapporo"),
        ("四", "2026-12-07", "minato"),
    ):
        shelf.issue(holder, card_expiry=until, branch=branch)
    return shelf


def board(page: str) -> dict[str, list[int]]:
    """The table's numbers by the first day of each week."""
    rows = re.findall(r'href="/expiry/(\d{4}-\d\d-\d\d)[^"]*">.*?</tr>', page, re.DOTALL)
    return {
        week: [int(each) for each in re.findall(r'class="number">(\d+)<', page.split(f"/expiry/{week}")[1])[:3]]
        for week in rows
    }


def listed(page: str) -> int:
    """How many certificates a list has."""
    return page.count('<th scope="row" lang="ja">')


def test_each_week_counts_what_its_list_holds(ending: Shelf) -> None:
    """The days are Japan's: a certificate that ends on Sunday night belongs to that week."""
    browser = ending.front.browser(READER)
    counted = board(browser.get("/expiry/").text)
    assert {week: numbers[0] for week, numbers in counted.items() if numbers[0]} == {"2026-11-30": 2, "2026-12-07": 1}
    assert listed(browser.get(WEEK).text) == 2
    assert listed(browser.get("/expiry/2026-12-07").text) == 1


def test_bars_show_the_numbers_of_the_table(ending: Shelf) -> None:
    """The picture says nothing that the table does not."""
    page = ending.front.browser(READER).get("/expiry/").text
    drawn = [int(each) for each in re.findall(r'<text x="[\d.]+" y="\d+">(\d+)</text>', page)]
    assert drawn == [numbers[0] for numbers in board(page).values()]


def test_another_branch_counts_its_own(ending: Shelf) -> None:
    """Features pain 8: not even a number of another branch's."""
    browser = ending.front.browser("reception-sapporo")
    assert board(browser.get("/expiry/").text)["2026-11-30"][0] == 1
    assert listed(browser.get(WEEK).text) == 1


def test_what_is_revoked_does_not_end(ending: Shelf) -> None:
    """Nobody is told of the end of what has ended already."""
    one = ending.issue("五", card_expiry="2026-12-02")
    ending.act(one, "revoke", reason=5)
    browser = ending.front.browser(READER)
    assert board(browser.get("/expiry/").text)["2026-11-30"][0] == listed(browser.get(WEEK).text) == 2


def test_a_kind_narrows_board_and_list_alike(ending: Shelf) -> None:
    """The same filter in both."""
    ending.issue("六", profile="jpki-auth-phone", card_expiry="2026-12-02")
    browser = ending.front.browser(READER)
    for kind, count in (("auth", 2), ("auth-phone", 1), ("", 3)):
        assert board(browser.get(f"/expiry/?kind={kind}").text)["2026-11-30"][0] == count
        assert listed(browser.get(f"{WEEK}?kind={kind}").text) == count


def test_a_notice_is_written_down_with_who_and_when(ending: Shelf) -> None:
    """Told once; the board counts it, and the list names the officer."""
    browser = ending.front.browser(READER)
    key = re.search(r'name="told" value="([^"]+)"', browser.get(WEEK).text)
    assert key is not None
    browser.post(WEEK, {"told": key[1]})
    assert board(browser.get("/expiry/").text)["2026-11-30"] == [2, 1, 1]
    page = browser.get(WEEK).text
    assert "2026-11-24 Officer reception-minato" in page
    assert page.count('name="told"') == 1


def test_a_notice_for_another_branchs_certificate_is_not_taken(ending: Shelf) -> None:
    """Lemur let one owner silence another's notices (GHSA-pxmc-2ffp-8j67)."""
    other = ending.front.browser("reception-sapporo")
    key = re.search(r'name="told" value="([^"]+)"', other.get(WEEK).text)
    assert key is not None
    browser = ending.front.browser(READER)
    browser.get(WEEK)
    browser.post(WEEK, {"told": key[1]})
    assert board(other.get("/expiry/").text)["2026-11-30"] == [1, 0, 1]


def test_who_only_reads_writes_no_notice(ending: Shelf) -> None:
    """An approver sees the list and has no boxes to tick."""
    browser = ending.front.browser("approver-minato")
    assert 'name="told"' not in browser.get(WEEK).text
    assert browser.post(WEEK, {"told": "jpki-auth:0a"}).status_code == 403


@pytest.mark.parametrize("week", ["2026-12-01", "nonsense", "1999-01-04", "2026-02-30"])
def test_an_address_that_is_no_week_is_not_found(front: Front, week: str) -> None:
    """A Monday within reach, or nothing."""
    assert front.browser(READER).get(f"/expiry/{week}").status_code == 404
