"""The search: what is typed at a counter finds what it means, in the officer's branches, and leaks into no address."""

import csv
import re
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from ra.csv_file import harmless
from ra.scan import scanned
from tests.fixtures.front import Browser, Front
from tests.fixtures.shelf import Shelf

READER = "reception-minato"


@pytest.fixture
def filled(shelf: Shelf) -> Shelf:
    """Three residents of one branch, one of them with a variant in the name, and one of another branch."""
    shelf.issue("髙橋", name="髙橋　花子", birth_date="1980-01-02", kana="たかはし はなこ")
    shelf.issue("佐藤", name="佐藤　一郎", birth_date="1955-10-00")
    shelf.issue("式", name="=1+1　計算", birth_date="1990-05-05")
    shelf.issue("他", name="高橋　次郎", branch="sapporo")
    return shelf


def ask(browser: Browser, **fields: str) -> TestResponse:
    """Send the form and follow where it leads."""
    browser.get("/search")
    answer = browser.post("/search", fields)
    return browser.get(answer.headers["Location"]) if answer.status_code == 303 else answer


def names(page: TestResponse) -> list[str]:
    """The names of the certificates on a page."""
    return re.findall(r'<th scope="row" lang="ja">([^<]*)</th>', page.text)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"q": "高橋"}, ["髙橋　花子"]),
        ({"q": "髙橋花"}, ["髙橋　花子"]),
        ({"q": "ﾀｶﾊｼ"}, ["髙橋　花子"]),
        ({"q": "たかはし　は"}, ["髙橋　花子"]),
        ({"kana": "タカハシ"}, ["髙橋　花子"]),
        ({"name": "佐藤"}, ["佐藤　一郎"]),
        ({"birth": "昭和55年1月2日"}, ["髙橋　花子"]),
        ({"birth": "１９５５－１０－００"}, ["佐藤　一郎"]),
        ({"name": "高橋", "birth": "1955-10-00"}, []),
        ({"q": "誰もいない"}, []),
    ],
)
def test_a_person_is_found_by_what_a_clerk_types(filled: Shelf, fields: dict[str, str], found: list[str]) -> None:
    """Width, kana, spaces and variants (髙, 高) are no difference."""
    assert names(ask(filled.front.browser(READER), **fields)) == found


def test_people_of_another_branch_are_not_found(filled: Shelf) -> None:
    """Features pain 8: no list gives what is another's; each branch finds its own 高橋."""
    assert names(ask(filled.front.browser("reception-sapporo"), q="高橋")) == ["高橋　次郎"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("KIM JIWOO", ("words", "KIM JIWOO")),
        ("ＫＨＡＮ　ＡＬＩ", ("words", "KHAN ALI")),
        ("kenji", ("words", "kenji")),
        ("K00000010", ("card", "K00000010")),
        ("ｋ－００００００１０", ("card", "K00000010")),
    ],
)
def test_a_name_that_begins_as_a_card_does_is_a_name(typed: str, read: tuple[str, str]) -> None:
    """The one box tells a card's number from KIM JIWOO by its digits."""
    assert scanned(typed) == read


def test_a_serial_leads_to_its_certificate(filled: Shelf) -> None:
    """As the scanner types it, with its letter or without, in any width."""
    one = filled.issue("四")
    serial = filled.path(one).rsplit("/", 1)[1]
    browser = filled.front.browser(READER)
    browser.get("/search")
    for typed in (serial, f"S-{serial.upper()}", "".join(chr(ord(each) + 0xFEE0) for each in serial)):
        assert browser.post("/search", {"q": typed}).headers["Location"] == filled.path(one)


def test_a_serial_of_another_branch_leads_nowhere(filled: Shelf) -> None:
    """It is as if it did not exist: no way from the number to the page."""
    one = filled.issue("五", branch="sapporo")
    serial = filled.path(one).rsplit("/", 1)[1]
    assert names(ask(filled.front.browser(READER), serial=serial)) == []


def test_a_receipt_number_leads_to_its_case(filled: Shelf) -> None:
    """The printed number, with the full-width hyphen of an input method."""
    browser = filled.front.browser(READER)
    browser.get("/search")
    answer = browser.post("/search", {"q": "r13103－261124－0001"})
    assert answer.headers["Location"] == "/cases/R13103-261124-0001"


def test_a_scanned_number_counts_alone(filled: Shelf) -> None:
    """The form still holds the search before; whoever scans a paper then means the paper."""
    browser = filled.front.browser(READER)
    browser.get("/search")
    answer = browser.post("/search", {"q": "R13103-261124-0001", "name": "山田", "state": "good"})
    assert answer.headers["Location"] == "/cases/R13103-261124-0001"


def test_states_and_ends_narrow(filled: Shelf) -> None:
    """Without anybody's name: what is revoked, what ends in a span."""
    one = filled.issue("六", name="山田　六郎", card_expiry="2027-03-31")
    browser = filled.front.browser(READER)
    assert names(ask(browser, ends_from="2027-03-01", ends_to="2027-03-31")) == ["山田　六郎"]
    filled.act(one, "revoke", reason=5)
    assert names(ask(browser, state="revoked")) == ["山田　六郎"]
    assert "山田　六郎" not in names(ask(browser, state="good"))


def test_an_expired_certificate_is_not_found_as_valid(filled: Shelf) -> None:
    """What is past its end is neither valid nor suspended."""
    filled.issue("七", name="山田　七郎", card_expiry="2026-12-01")
    filled.front.later(days=10)
    browser = filled.front.browser(READER)
    assert names(ask(browser, state="expired")) == ["山田　七郎"]
    assert "山田　七郎" not in names(ask(browser, state="good", name="山田"))


def test_no_name_stands_in_an_address(filled: Shelf) -> None:
    """What was typed stands sealed in the address; addresses are written to logs."""
    browser = filled.front.browser(READER)
    browser.get("/search")
    address = browser.post("/search", {"q": "高橋"}).headers["Location"]
    assert list(parse_qs(urlsplit(address).query)) == ["s"]
    assert names(browser.get("/search?q=高橋")) == []


def test_pages_run_through_what_was_found(filled: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next page begins after the last line of this one, and the count is that of all pages."""
    monkeypatch.setattr("ra.pages.search.PAGE", 2)
    browser = filled.front.browser(READER)
    first = ask(browser, state="good")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = browser.get(following[1].replace("&amp;", "&"))
    assert "3件" in first.text
    assert sorted(names(first) + names(second)) == sorted(["髙橋　花子", "佐藤　一郎", "=1+1　計算"])


def test_the_file_holds_the_same_rows_and_no_formula(filled: Shelf) -> None:
    """CWE-1236: a name that a spreadsheet would carry out is shown, not carried out; another branch's are not in it."""
    page = ask(filled.front.browser(READER), state="good")
    browser = filled.front.browser(READER)
    page = ask(browser, state="good")
    link = re.search(r'href="(/search\.csv[^"]+)"', page.text)
    assert link is not None
    answer = browser.get(link[1])
    rows = list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][0] == "氏名"
    assert sorted(row[0] for row in rows[1:]) == sorted(["髙橋　花子", "佐藤　一郎", "'=1+1　計算"])


def test_a_file_is_bounded_and_says_so(filled: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody carries the whole branch away in one file without being told that it is not the whole."""
    monkeypatch.setattr("ra.pages.search.MOST_ROWS", 2)
    browser = filled.front.browser(READER)
    page = ask(browser, state="good")
    link = re.search(r'href="(/search\.csv[^"]+)"', page.text)
    assert link is not None
    rows = browser.get(link[1]).data.decode("utf-8-sig").splitlines()
    assert len(rows) == 4
    assert "10,000件まで" in rows[-1]


@pytest.mark.parametrize("cell", ["=1+1", "+81", "-2", "@SUM(A1)", "\t=1", "＝1+1", "－2"])
def test_what_a_spreadsheet_would_carry_out_is_quoted(cell: str) -> None:
    """Also in full width, which some spreadsheets fold."""
    assert harmless(cell) == f"'{cell}"
    assert harmless("高橋") == "高橋"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "検索する内容を1つ以上入力してください。"),
        ({"birth": "2月30日"}, "日付として読めません。"),
        ({"serial": "xyz"}, "シリアル番号は、"),
        ({"serial": "0000"}, "シリアル番号は、"),
        ({"ends_from": "1936-00-00"}, "日付として読めません。"),
        ({"receipt": "R13103-261124-0001", "name": "架空"}, "受付番号で1件に決まります。"),
        ({"name": "・・・"}, "氏名を1文字以上"),
        ({"state": "nonsense"}, "一覧から選んでください。"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(front: Front, fields: dict[str, str], said: str) -> None:
    """What was typed stays, and the page's title begins with the error."""
    answer = ask(front.browser(READER), **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert "<title>エラー" in answer.text


@pytest.mark.parametrize("after", ["x", "jpki-auth:zz", "jpki-auth:00", "jpki-auth:" + "ff" * 20])
def test_a_forged_place_is_refused(filled: Shelf, after: str) -> None:
    """No trace, no query."""
    browser = filled.front.browser(READER)
    page = ask(browser, state="good")
    link = re.search(r"/search\.csv\?s=([^\"]+)", page.text)
    assert link is not None
    assert browser.get(f"/search?s={link[1]}&after={after}").status_code == 400


def test_another_officers_search_is_not_readable(filled: Shelf) -> None:
    """The address opens nothing for anybody but the officer who asked."""
    page = ask(filled.front.browser(READER), q="高橋")
    link = re.search(r"/search\.csv\?s=([^\"]+)", page.text)
    assert link is not None
    stranger = filled.front.browser("examiner-minato")
    assert names(stranger.get(f"/search?s={link[1]}")) == []
    assert stranger.get(f"/search.csv?s={link[1]}").status_code == 400
