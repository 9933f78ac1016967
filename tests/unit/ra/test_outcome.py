"""What becomes of a case once the signer has spoken, also of one that was sent back or withdrawn before."""

import re
from datetime import date, timedelta

from ra.records import Particulars
from ra.register import Entry
from store.cases import CaseRecord, applications_of, case_by_receipt, events_of
from store.certificates import CertificateFilter, find
from store.queues import count_waiting, waiting_approvals
from tests.fixtures.walk import ENTRIES, VARIANT, Walk

MINATO = frozenset({"minato"})


def case_at(walk: Walk, path: str) -> CaseRecord:
    """The case of an address, after its page was looked at."""
    walk.browser("reception-minato").get(path)
    with walk.house.owner.snapshot() as tx:
        return case_by_receipt(tx, MINATO, path.rpartition("/")[2])


def waiting(walk: Walk) -> int:
    """How many applications of the branch wait for an approval, as its pages count them."""
    with walk.house.owner.snapshot() as tx:
        found = waiting_approvals(tx, MINATO, walk.front.now)
        assert count_waiting(tx, MINATO, walk.front.now) == len(found)
    return len(found)


def sent_back(walk: Walk) -> str:
    """A case whose approver asked for a correction, and that came to its approval again with new applications."""
    path = walk.issue(until="approve")
    receipt = path.rpartition("/")[2]
    approver = walk.browser("approver-minato", "approval")
    approver.get(f"/approvals/{receipt}")
    answer = approver.post(f"/approvals/{receipt}", {"send_back": "1", "comment": "住所を確かめる"})
    assert answer.status_code == 303
    walk.front.later(minutes=1)
    for take in (walk.compared, walk.keyed, walk.submitted, walk.examined):
        take(path)
    return path


def revoked(walk: Walk, path: str) -> None:
    """The certificate of a case was revoked, in a case of its own, before it reached its holder."""
    with walk.house.owner.snapshot() as tx:
        asked = applications_of(tx, MINATO, case_by_receipt(tx, MINATO, path.rpartition("/")[2]).id)
        (issued,) = find(tx, CertificateFilter(application_id=asked[0].id))
    other = walk.received(kind="revoke")
    walk.identified(other)
    walk.selected(other, "failed-hand-over", issued)
    walk.submitted(other)
    walk.approved(other)
    walk.carried_out()


def test_a_case_that_was_sent_back_goes_on_once_its_new_applications_are_carried_out(walk: Walk) -> None:
    """Decision 0025: the old applications stay unapproved, and nothing waits for them."""
    path = sent_back(walk)
    walk.approved(path)
    walk.carried_out()
    assert case_at(walk, path).step == "write"


def test_a_certificate_that_was_revoked_meanwhile_is_not_handed_over(walk: Walk) -> None:
    """A failed hand-over is a revocation (fact sheet c.3): the card's old key must not be given up for that."""
    path = walk.issue(until="hand-over")
    revoked(walk, path)
    refused = walk.sign("reception-minato", path, "/hand-over", received="1", fee="200")
    assert (refused.status_code, "E-1301" in refused.text) == (409, True)
    assert case_at(walk, path).step == "hand-over"


def test_a_case_whose_certificates_were_revoked_before_the_hand_over_is_withdrawn(walk: Walk) -> None:
    """Nothing is left to be handed over, so the case ends, and the terminal gives up the new key, not the old one."""
    path = walk.issue(until="hand-over")
    reception = walk.browser("reception-minato")
    assert f'action="{path}/withdraw"' not in reception.get(path).text
    assert reception.post(f"{path}/withdraw", {"reason": "交付できない"}).status_code == 409
    revoked(walk, path)
    assert f'action="{path}/withdraw"' in reception.get(path).text
    assert reception.post(f"{path}/withdraw", {"reason": "交付できない"}).status_code == 303
    closed = case_at(walk, path)
    standing = walk.ask("minato", "GET", f"/terminal/cases/{closed.id}")
    assert (closed.step, standing.text) == ("closed", '{"state":"failed"}')
    assert "発行された電子証明書は失効しています" in reception.get(path).text


def test_what_was_sent_back_is_on_no_list(walk: Walk) -> None:
    """Decision 0025: once a case asks for something newer, nobody is asked to approve what it asked for before."""
    path = sent_back(walk)
    assert waiting(walk) == 1
    walk.approved(path)
    assert waiting(walk) == 0


def test_what_was_withdrawn_is_on_no_list(walk: Walk) -> None:
    """A withdrawn case waits for nobody, though its applications stand open until they expire."""
    path = walk.issue(until="approve")
    assert waiting(walk) == 1
    reception = walk.browser("reception-minato")
    reception.get(path)
    assert reception.post(f"{path}/withdraw", {"reason": "出直すとのこと"}).status_code == 303
    assert waiting(walk) == 0


def test_the_card_keeps_both_keys_until_the_new_certificate_is_the_valid_one(walk: Walk) -> None:
    """A renewal supersedes when the signer says so: until then the old certificate counts, so its key must stay."""
    path = walk.issue(until="hand-over")
    answer = walk.sign("reception-minato", path, "/hand-over", received="1", fee="200")
    assert answer.status_code == 303
    where = f"/terminal/cases/{case_at(walk, path).id}"
    assert walk.ask("minato", "GET", where).text == '{"state":"open"}'
    walk.carried_out()
    assert walk.ask("minato", "GET", where).text == '{"state":"handed-over"}'


def test_a_case_that_the_signer_never_came_to_ends(walk: Walk) -> None:
    """Once its applications have expired nobody carries them out: its page says so, and the resident starts anew."""
    path = walk.issue(until="issue")
    walk.front.later(days=30)
    walk.front.browser("reception-minato").get(path)
    assert case_at(walk, path).step == "issue"
    walk.front.later(hours=2)
    page = walk.front.browser("reception-minato").get(path).text
    assert case_at(walk, path).step == "closed"
    assert "申請は期限までに処理されませんでした。" in page


def refused_hand_over(walk: Walk) -> str:
    """A case whose hand-over reached the signer after the officer's credential had ended."""
    walk.front.later(days=180, hours=-2)
    path = walk.issue(until="hand-over")
    assert walk.sign("reception-minato", path, "/hand-over", received="1", fee="200").status_code == 303
    walk.front.later(hours=3)
    walk.signer.turn(walk.front.now)
    walk.front.later(hours=-3)
    return path


def test_a_hand_over_without_its_tick_costs_no_tap(walk: Walk) -> None:
    """The browser asks for the box before the passkey is asked for a signature that E-1601 would refuse."""
    path = walk.issue(until="hand-over")
    page = walk.browser("reception-minato").get(path).text
    assert '<input type="checkbox" name="received" value="1" required>' in page


def test_the_day_to_come_again_is_offered_from_today(walk: Walk) -> None:
    """What E-1407 and E-1406 would refuse is asked for in the form, where nothing that was typed is lost."""
    path = walk.received()
    walk.front.later(minutes=5)
    page = walk.browser("reception-minato").get(path).text
    assert '<input type="checkbox" name="consent" value="1" required>' in page
    assert re.search(r'id="until"[^>]* min="2026-11-24"', page)


def test_a_case_is_not_done_before_the_hand_over_is_recorded(walk: Walk) -> None:
    """While the centre is down the page says what is missing, and it goes on by itself."""
    path = walk.issue(until="hand-over")
    assert walk.sign("reception-minato", path, "/hand-over", received="1", fee="200").status_code == 303
    reception = walk.browser("reception-minato")
    page = reception.get(path).text
    assert ("記録中" in page, 'hx-trigger="every 2s"' in page) == (True, True)
    walk.carried_out()
    page = walk.browser("reception-minato").get(path).text
    assert ("完了" in page, "every 2s" in page) == (True, False)


def test_a_hand_over_that_the_authority_refused_is_told_at_the_counter(walk: Walk) -> None:
    """The holder went home with a certificate that is not the valid one: home page, list and case say so."""
    path = refused_hand_over(walk)
    reception = walk.browser("reception-minato")
    page = reception.get(path).text
    assert ("交付不可" in page, "認証手段が、署名の時点で有効ではありませんでした" in page) == (True, True)
    assert path.rpartition("/")[2] in reception.get("/cases/?undone=1").text
    assert "/cases/?undone=1" in reception.get("/").text


def test_a_refused_hand_over_is_told_until_its_certificate_is_revoked(walk: Walk) -> None:
    """Nothing is left to do then."""
    path = refused_hand_over(walk)
    revoked(walk, path)
    assert "/cases/?undone=1" not in walk.browser("reception-minato").get("/").text


def test_a_substitute_is_told_beside_the_character_it_stands_for(walk: Walk) -> None:
    """代替文字: a variation selector before it moves nothing; the case keeps both for ever."""
    path = walk.received()
    walk.identified(path)
    walk.browser("reception-minato").post(f"{path}/register", {"card": VARIANT.card})
    with walk.house.owner.snapshot() as tx:
        events = events_of(tx, MINATO, case_at(walk, path).id)
    (particulars,) = [Particulars.of(each.facts) for each in events if each.step == "register"]
    assert ("髙", "高") in [(each.written, each.carried) for each in particulars.changes]
    assert "子" not in [each.carried for each in particulars.changes]


def told_at_the_comparison(walk: Walk, entry: Entry, code: str) -> None:
    """The counter hears of this code as soon as the card is looked up; nothing is taken over of the register."""
    walk.registered(entry)
    path = walk.received()
    walk.identified(path)
    reception = walk.browser("reception-minato")
    page = reception.get(reception.post(f"{path}/card", {"card": entry.card}).headers["Location"]).text
    assert (code in page, entry.address in page) == (True, False)
    refused = reception.post(f"{path}/register", {"card": entry.card})
    assert (refused.status_code, code in refused.text) == (409, True)
    assert case_at(walk, path).step == "register"


def test_a_resident_of_another_municipality_is_sent_there_before_keys_are_made(walk: Walk) -> None:
    """ROL-3: the authority refuses such an issue, so no card gets keys for it, and no address is shown."""
    told_at_the_comparison(walk, ENTRIES["sapporo"], "E-1207")


def test_an_ended_card_is_told_before_keys_are_made(walk: Walk) -> None:
    """Fact sheet c.2: a certificate ends with its card at the latest, so an ended card gets none."""
    ended = date(2026, 11, 24) - timedelta(days=1)
    told_at_the_comparison(walk, ENTRIES["minato"].model_copy(update={"card_expiry": ended}), "E-1208")


def test_who_has_a_certificate_hears_from_when_on_it_is_renewed(walk: Walk) -> None:
    """Act art. 6 and fact sheet c.2: "take a renewal" alone would send the visitor in a circle for years."""
    walk.issue()
    path = walk.received()
    walk.identified(path)
    refused = walk.browser("reception-minato").post(f"{path}/register", {"card": ENTRIES["minato"].card})
    assert (refused.status_code, "E-1203" in refused.text) == (409, True)
    assert "更新は2030-12-27から" in refused.text


def test_a_certificate_that_waits_for_its_holder_is_found_at_the_comparison(walk: Walk) -> None:
    """Act art. 6: not after keys, PINs, two signatures and the authority's refusal."""
    walk.issue(until="write")
    path = walk.received()
    walk.identified(path)
    refused = walk.browser("reception-minato").post(f"{path}/register", {"card": ENTRIES["minato"].card})
    assert (refused.status_code, "E-1206" in refused.text) == (409, True)
    assert case_at(walk, path).step == "register"
