"""What an officer reads before signing: what is signed, whatever the case beside it says."""

import re
import sqlite3
from contextlib import closing

from store.certificates import CertificateFilter, find
from tests.fixtures.walk import ENTRIES, Walk


def shown(walk: Walk, path: str, label: str) -> list[str]:
    """What stands beside a label on the approvals' page of a case."""
    page = walk.browser("approver-minato", "approval").get(f"/approvals/{path.rpartition('/')[2]}").text
    return re.findall(rf"<dt[^>]*>{label}</dt>\s*<dd[^>]*>([^<]*)</dd>", page)


def test_all_four_attributes_are_read_before_they_are_signed(walk: Walk) -> None:
    """基本4情報: name, address, date of birth and sex stand in the certificate, so they stand on the page."""
    path = walk.issue(until="approve")
    assert ENTRIES["minato"].sex == "female"
    assert shown(walk, path, "性別") == ["女"]


def test_an_approver_is_told_what_their_tap_did(walk: Walk) -> None:
    """The queue that follows says which case it was: nobody wonders whether the passkey was read."""
    path = walk.issue(until="approve")
    walk.approved(path)
    queue = walk.browser("approver-minato", "approval").get("/approvals/").text
    assert f"案件 {path.rpartition('/')[2]} の承認に署名し、保存しました。" in queue


def test_what_is_asked_for_is_what_was_signed_not_what_the_case_says(walk: Walk) -> None:
    """Decision 0025: a case is nobody's word, so the page names the action of the application, not of the case."""
    walk.issue()
    with walk.house.owner.snapshot() as tx:
        certificate = next(each for each in find(tx, CertificateFilter(state="issued")) if each.application_id)
    path = walk.received(kind="hold")
    walk.identified(path)
    walk.selected(path, "card-lost", certificate)
    walk.submitted(path)
    with closing(sqlite3.connect(walk.house.url.removeprefix("sqlite:///"))) as file, file:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'counter_case'"
        for (guard,) in file.execute(guards).fetchall():
            file.execute(f"DROP TRIGGER {guard}")
        file.execute("UPDATE counter_case SET kind = 'release' WHERE receipt = ?", (path.rpartition("/")[2],))
    assert shown(walk, path, "事由") == ["一時停止"]


def test_what_stands_in_a_closed_case_does_not_change_with_the_calendar(walk: Walk) -> None:
    """Fact sheet c.2: the fifth birthday after the day of issue, not after the day on which somebody looks."""
    path = walk.issue()
    receipt = path.rpartition("/")[2]
    walk.front.later(days=150)  # past a birthday
    walk.browsers.clear()  # all sessions ended meanwhile
    for page in (
        walk.browser("reception-minato").get(path).text,
        walk.browser("approver-minato", "approval").get(f"/approvals/{receipt}").text,
    ):
        assert "2031-03-29" in page
        assert "2032-03-29" not in page
