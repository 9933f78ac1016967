"""The page of a certificate: which, what state, since when, why, what now; and nothing of another branch."""

from datetime import timedelta

import pytest
from cryptography import x509

from tests.fixtures.front import Front
from tests.fixtures.officers import NOW
from tests.fixtures.shelf import Shelf
from tests.fixtures.signing import ISSUER

READER = "reception-minato"


def test_a_valid_certificate_says_until_when_and_what_it_is_for(shelf: Shelf) -> None:
    """It opens with the sentence; renewal begins three months before the end."""
    one = shelf.issue()
    page = shelf.front.browser(READER).get(shelf.path(one)).text
    assert "この利用者証明用電子証明書は有効です。有効期限は20" in page
    assert "更新は20" in page
    assert "4桁の暗証番号" in page


def test_a_revoked_certificate_says_since_when_and_why(shelf: Shelf) -> None:
    """The very question residents come with: which one, since when, why, what now."""
    one = shelf.issue()
    shelf.act(one, "revoke", event="leak", reason=1)
    page = shelf.front.browser(READER).get(shelf.path(one)).text
    assert "この利用者証明用電子証明書は2026-11-23 10:06に失効しています。失効事由: 秘密鍵の漏えい。" in page
    assert "元には戻せません。新しい利用者証明用電子証明書を申請できます。" in page


def test_a_reason_without_an_event_is_told_in_words(shelf: Shelf) -> None:
    """Code 4 stands for a renewal; nobody at the counter reads codes."""
    one = shelf.issue()
    shelf.issue()
    page = shelf.front.browser(READER).get(shelf.path(one)).text
    assert "失効事由: 更新・交換。" in page
    assert "代わりの利用者証明用電子証明書があります" in page
    assert "新規発行を受け付ける" not in page


def test_a_suspended_certificate_says_whether_it_can_be_released(shelf: Shelf) -> None:
    """A card's suspension is never lifted, a telephone's is (fact sheet c.4)."""
    card = shelf.issue("card")
    telephone = shelf.issue("telephone", profile="jpki-auth-phone")
    shelf.act(card, "hold")
    shelf.act(telephone, "hold")
    browser = shelf.front.browser(READER)
    assert "この一時停止は解除できません。" in browser.get(shelf.path(card)).text
    assert "一時停止を解除するか、失効させることができます。" in browser.get(shelf.path(telephone)).text


def test_a_certificate_that_was_not_handed_over_says_so(shelf: Shelf) -> None:
    """It is valid and in nobody's hands."""
    one = shelf.issue(handed_over=False)
    assert "まだ交付していません" in shelf.front.browser(READER).get(shelf.path(one)).text


def test_an_expired_certificate_says_so(shelf: Shelf) -> None:
    """Time has passed; nothing was revoked."""
    one = shelf.issue(card_expiry="2026-12-01")
    shelf.front.later(days=10)
    assert "に有効期間が満了しました。" in shelf.front.browser(READER).get(shelf.path(one)).text


@pytest.mark.parametrize(
    ("done", "there", "absent"),
    [
        ((), ("kind=hold", "kind=revoke"), ("kind=release", "kind=issue", "kind=renew")),
        (("hold",), ("kind=revoke",), ("kind=hold", "kind=release", "kind=issue")),
        (("revoke",), ("kind=issue",), ("kind=hold", "kind=revoke", "kind=release")),
    ],
)
def test_buttons_stand_only_where_they_make_sense(
    shelf: Shelf, done: tuple[str, ...], there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    """Rivals show buttons in the wrong state (openxpki 114)."""
    one = shelf.issue()
    for action in done:
        shelf.act(one, action, reason=5 if action == "revoke" else None)  # type: ignore[arg-type]  # the names above
    page = shelf.front.browser(READER).get(shelf.path(one)).text
    assert all(each in page for each in there)
    assert not any(each in page for each in absent)


def test_renewal_is_offered_in_the_last_three_months(shelf: Shelf) -> None:
    """Fact sheet c.1: from three months before the end."""
    one = shelf.issue(card_expiry="2027-02-10")
    assert "kind=renew" in shelf.front.browser(READER).get(shelf.path(one)).text


def test_who_takes_no_applications_has_no_buttons(shelf: Shelf) -> None:
    """Whoever may not open a case sees none of its buttons."""
    one = shelf.issue()
    assert "kind=revoke" not in shelf.front.browser("approver-minato").get(shelf.path(one)).text


def test_the_sibling_is_shown_with_its_own_state(shelf: Shelf) -> None:
    """What happens to one certificate must not hide what happened to the other."""
    card, telephone = shelf.issue(), shelf.issue(profile="jpki-auth-phone")
    shelf.act(telephone, "revoke", reason=5)
    page = shelf.front.browser(READER).get(shelf.path(card)).text
    assert shelf.path(telephone) in page
    assert "このスマートフォン用利用者証明用電子証明書は2026-11-23" in page


def test_a_revocation_tells_in_which_list_it_stands(shelf: Shelf) -> None:
    """OCSP knows at once; the list knows when it is made, with a number."""
    one = shelf.issue()
    shelf.publish()
    shelf.act(one, "revoke", reason=5)
    browser = shelf.front.browser(READER)
    assert "公表済みの失効リストには、まだ載っていません。" in browser.get(shelf.path(one)).text
    shelf.publish()
    page = browser.get(shelf.path(one)).text
    assert "第2号(2026-11-23 10:10)から失効リストに載っています。" in page


def test_the_next_list_and_the_effects_are_told_before_anything_is_done(shelf: Shelf) -> None:
    """What each event would do to which certificate, and when verifiers will see it."""
    one = shelf.issue()
    made = shelf.publish()
    page = shelf.front.browser(READER).get(shelf.path(one)).text
    assert "数秒以内に、遅くとも15分後までに検証者へ反映されます。" in page
    assert "本人の失効申請" in page
    assert made.this_update < NOW + timedelta(days=1)
    assert "次に作成する失効リストに載ります(2026-11-24 10:06までに作成)。" in page


def test_extensions_are_told_in_plain_words(shelf: Shelf) -> None:
    """And as they are encoded, for whoever must know."""
    page = shelf.front.browser(READER).get(shelf.path(shelf.issue())).text
    assert "失効した場合に載る失効リスト" in page
    assert "電子署名" in page
    assert "cRLDistributionPoints" in page


def test_the_history_names_who_did_what(shelf: Shelf) -> None:
    """From the application to the hand-over, each with the officer."""
    page = shelf.front.browser(READER).get(shelf.path(shelf.issue())).text
    order = [page.index(each) for each in ("発行の申請", "発行の審査", "発行の承認", "交付の申請")]
    assert order == sorted(order)
    assert "Officer approver-minato" in page


def test_the_certificate_is_downloaded_as_it_was_issued(shelf: Shelf) -> None:
    """PEM, under a name that says which it is."""
    one = shelf.issue()
    answer = shelf.front.browser(READER).get(f"{shelf.path(one)}.pem")
    assert x509.load_pem_x509_certificate(answer.data) == shelf.house.issued(one)
    assert ISSUER in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("person", ["reception-sapporo", "head-sapporo"])
def test_a_certificate_of_another_branch_does_not_exist(shelf: Shelf, person: str) -> None:
    """Features pain 8: neither its page nor its file; exactly as one that never was."""
    one = shelf.issue()
    browser = shelf.front.browser(person)
    never = browser.get(f"/certs/{ISSUER}/{'0a' * 16}")
    for path in (shelf.path(one), f"{shelf.path(one)}.pem"):
        assert browser.get(path).status_code == never.status_code == 404


def test_a_sibling_of_another_branch_is_not_shown(shelf: Shelf) -> None:
    """The holder moved: what the other branch issued is that branch's to show."""
    one = shelf.issue()
    other = shelf.issue(profile="jpki-auth-phone", branch="sapporo")
    assert shelf.path(other) not in shelf.front.browser(READER).get(shelf.path(one)).text


@pytest.mark.parametrize("path", ["jpki-auth/xyz", "jpki-auth/00", "JPKI/0a", f"jpki-auth/{'ff' * 20}", "jpki-auth/0"])
def test_an_address_that_is_no_certificate_is_not_found(front: Front, path: str) -> None:
    """Neither a trace nor a query of the database."""
    assert front.browser(READER).get(f"/certs/{path}").status_code == 404


def test_an_administrator_reads_no_certificate(shelf: Shelf) -> None:
    """管理 runs the programs and decides no case."""
    assert shelf.front.browser("operator").get(shelf.path(shelf.issue())).status_code == 403
