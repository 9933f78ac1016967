"""The operator's board: how old the lists are, what ends, what waits; from the database, and nobody's record."""

from datetime import timedelta

import pytest

from store.heartbeat import beat
from tests.fixtures.front import MORNING, Front
from tests.fixtures.shelf import Shelf

OPERATOR = "operator"


def test_lists_are_shown_with_number_and_age(shelf: Shelf) -> None:
    """One place has a list of yesterday, another and the authority's own certificates none yet."""
    shelf.issue("一")
    shelf.issue("二", branch="sapporo")
    shelf.publish()
    page = shelf.front.browser(OPERATOR).get("/ops/").text
    assert "1 / 3" in page
    assert "未作成2件" in page
    assert "2026-11-23 10:10" in page


def test_an_overdue_list_is_pointed_out(shelf: Shelf) -> None:
    """Past its nextUpdate verifiers must refuse everything."""
    shelf.issue()
    shelf.publish()
    shelf.front.later(days=3)
    assert "期限切れ1件" in shelf.front.browser(OPERATOR).get("/ops/").text


def test_queues_are_shown_with_their_oldest(shelf: Shelf) -> None:
    """An application that waits for the signer, and since when."""
    shelf.house.submit(shelf.house.issue_case("一", now=MORNING - timedelta(hours=3)))
    page = shelf.front.browser(OPERATOR).get("/ops/").text
    row = page.split("署名処理待ち")[1].split("</tr>")[0]
    assert '"number">1<' in row
    assert "3時間" in row


@pytest.mark.parametrize(("seconds", "said"), [(10, "status-good"), (60, "status-warn"), (600, "status-bad")])
def test_the_signers_heartbeat_is_judged(shelf: Shelf, seconds: int, said: str) -> None:
    """Working, late or stopped, by its own word in the database."""
    with shelf.house.owner.transaction() as tx:
        beat(tx, "signer", MORNING - timedelta(seconds=seconds))
    page = shelf.front.browser(OPERATOR).get("/ops/").text
    assert said in page.split("<main")[1].split("</h1>")[1].split("</div>")[0]


def test_days_left_are_shown_for_the_authority(shelf: Shelf) -> None:
    """Months ahead, so that nobody is locked out by a certificate's end."""
    page = shelf.front.browser(OPERATOR).get("/ops/").text
    left = (shelf.house.authority.certificate.not_valid_after_utc - MORNING).days
    assert f"{left}日" in page
    assert "レスポンダなし" in page


def test_the_board_shows_nobodys_record(shelf: Shelf) -> None:
    """No name, serial or application: an administrator decides no case and reads none."""
    one = shelf.issue("見本花子")
    page = shelf.front.browser(OPERATOR).get("/ops/").text
    assert "見本" not in page
    assert shelf.path(one).rsplit("/", 1)[1] not in page


@pytest.mark.parametrize("person", ["reception-minato", "head-minato"])
def test_the_board_is_for_administrators_and_auditors(front: Front, person: str) -> None:
    """管理 and 監査 alone."""
    assert front.browser(person).get("/ops/").status_code == 403
