"""A case whose next step has become impossible: it opens, says why, and ends or goes back to the counter."""

from datetime import date

from tests.fixtures.walk import ENTRIES, Walk

LAST_DAY = date(2026, 11, 24)


def expired(walk: Walk, until: str) -> str:
    """A case at the step `until`, of a card whose last day has passed since."""
    entry = ENTRIES["minato"].model_copy(update={"card_expiry": LAST_DAY})
    walk.registered(entry)
    path = walk.issue(until=until)
    walk.front.later(days=1)
    walk.browsers.clear()  # yesterday's sessions
    return path


def test_a_case_whose_card_expired_can_still_be_withdrawn(walk: Walk) -> None:
    """取下げ: facts no certificate can be made from keep nobody from closing the case."""
    path = expired(walk, "confirm")
    counter = walk.browser("reception-minato")
    page = counter.get(path)
    assert (page.status_code, "E-1302" in page.text, 'name="offer"' in page.text) == (200, True, False)
    assert counter.post(f"{path}/withdraw", {"reason": "カードの有効期限切れ"}).status_code == 303
    assert "取下げ" in counter.get(path).text


def test_an_examiner_sends_back_what_no_certificate_can_be_made_from(walk: Walk) -> None:
    """差戻し: without anything to sign, the counter is told."""
    path = expired(walk, "examine")
    examiner = walk.browser("examiner-minato")
    page = examiner.get(path)
    assert (page.status_code, "E-1302" in page.text, 'name="offer"' in page.text) == (200, True, False)
    assert examiner.post(f"{path}/examine", {"send_back": "1", "comment": "カード更新が先"}).status_code == 303
    assert "カード更新が先" in walk.browser("reception-minato").get(path).text


def test_an_approver_sends_back_what_no_certificate_can_be_made_from(walk: Walk) -> None:
    """The same on the site of the approvals, where otherwise the case would stand in the queue for ever."""
    path = f"/approvals/{expired(walk, 'approve').rpartition('/')[2]}"
    approver = walk.browser("approver-minato", "approval")
    page = approver.get(path)
    assert (page.status_code, "E-1302" in page.text, 'name="offer"' in page.text) == (200, True, False)
    assert approver.post(path, {"send_back": "1", "comment": "カード更新が先"}).status_code == 303


def test_the_officer_reads_the_reason_in_their_language(walk: Walk) -> None:
    """The signer says it in one word; the page in words."""
    path = expired(walk, "confirm")
    page = walk.browser("reception-minato").get(path)
    assert "カード自体の有効期間が過ぎています。" in page.text
