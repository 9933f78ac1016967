"""The self-check: the data suggests, the head of the branch answers, and what was answered stays."""

from collections.abc import Mapping

import pytest

from ra.self_check import QUESTIONS
from tests.fixtures.front import Front
from tests.fixtures.shelf import Shelf

ALL = {each.code: "yes" for each in QUESTIONS}


def answer(front: Front, person: str, **changed: str) -> str:
    """Answer everything with yes but for what a test changes; where the answer leads to."""
    browser = front.browser(person)
    browser.get("/selfcheck/")
    sent: Mapping[str, str] = {**ALL, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return browser.post("/selfcheck/", sent).headers.get("Location", "")


def test_all_fifteen_questions_are_asked(front: Front) -> None:
    """Fact sheet d.5, in its order."""
    page = front.browser("head-minato").get("/selfcheck/").text
    assert len(QUESTIONS) == 15
    assert all(f"{number}. " in page for number in range(1, 16))


def test_what_the_data_proves_is_filled_in(shelf: Shelf) -> None:
    """The roster says who heads the branch, the database how many certificates are valid; nothing else is ticked."""
    shelf.issue()
    page = shelf.front.browser("head-minato").get("/selfcheck/").text
    assert "うち責任者2名" in page
    assert "有効な電子証明書は1件です" in page
    assert 'name="appointed" value="yes" checked' in page
    assert 'name="pins" value="yes" checked' not in page


def test_a_credential_that_ended_is_pointed_out(front: Front) -> None:
    """A suggestion of No where the data shows a fault."""
    front.later(days=179, hours=20)
    page = front.browser("head-minato").get("/selfcheck/").text
    assert "30日以内に期限" in page
    assert "期限0件" not in page


def test_answers_are_kept_with_who_and_when(front: Front) -> None:
    """And can be printed from their own page."""
    address = answer(front, "head-minato", stock="no", stock_remark="12月中に実施する")
    page = front.browser("head-minato").get(address).text
    assert "12月中に実施する" in page
    assert "Officer head-minato" in page
    assert "令和8年11月24日(2026-11-24)" in page


def test_the_next_check_begins_with_the_findings_of_the_last(front: Front) -> None:
    """Question 14 asks whether they were corrected."""
    answer(front, "head-minato", stock="no", stock_remark="12月中に実施する")
    page = front.browser("head-minato").get("/selfcheck/").text
    assert "前回(2026-11-24)の点検での指摘事項: 鍵格納媒体の棚卸をした。" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"pins": ""}, "設問3に回答してください。"), ({"pins": "no"}, "設問3: 不備の内容と")],
)
def test_what_is_missing_is_said_and_the_rest_stays(front: Front, changed: dict[str, str], said: str) -> None:
    """A No needs a remark; nothing was saved, and nothing that was entered is lost."""
    browser = front.browser("head-minato")
    browser.get("/selfcheck/")
    page = browser.post("/selfcheck/", {**ALL, "manuals-remark": "第3版", **changed})
    assert page.status_code == 422
    assert said in page.text
    assert "第3版" in page.text
    assert "これまでの自己点検はありません。" in page.text


def test_another_branchs_check_does_not_exist(front: Front) -> None:
    """Neither in the list nor by its address."""
    address = answer(front, "head-sapporo", pins="no", pins_remark="札幌の件")
    browser = front.browser("head-minato")
    assert browser.get(address).status_code == 404
    assert address not in browser.get("/selfcheck/").text
    assert "札幌の件" not in browser.get("/selfcheck/").text


def test_an_auditor_reads_and_does_not_answer(front: Front) -> None:
    """監査 reads everything and changes nothing."""
    address = answer(front, "head-minato")
    browser = front.browser("auditor")
    assert browser.get(address).status_code == 200
    assert browser.post("/selfcheck/", ALL).status_code == 403
