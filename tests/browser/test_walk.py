"""The counter's whole procedure in a browser: officers with passkeys, a resident at the screen, programs in earnest.

After each walk OCSP or the database is asked, never the page alone.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from cli.wiring import utc_now
from ra.dates import day_in_japan
from tests.browser.conftest import Desk, Server
from tests.browser.town import PATIENCE, Counter, Keyboard, Town, town_of

Picture = Callable[..., None]


@pytest.fixture(scope="module")
def town(server: Server) -> Iterator[Town]:
    """The programs of this process's installation."""
    with town_of(server) as running:
        yield running


@pytest.fixture
def counter(town: Town, desk: Desk) -> Counter:
    """The window 001A and its officers."""
    return Counter(town, desk)


def test_a_new_issue_from_reception_to_hand_over(counter: Counter, desk: Desk, town: Town, picture: Picture) -> None:
    """Reception, identity, register, keys and PIN, four signatures, writing and reading back (fact sheet c.1)."""
    reception = desk.officer("reception-1")
    picture(reception, "home")
    receipt = counter.open(reception, "issue", "sign", "auth")
    counter.identify(reception)
    counter.look_up(reception, 0)
    picture(reception, "register", "form.scan")
    counter.next(reception)

    resident = counter.resident(0)
    counter.agree(resident)
    counter.choose_pin(resident, "auth")
    picture(resident, "resident")
    counter.choose_pin(resident, "sign")
    town.comes_to(receipt, "confirm")

    sign = reception.locator("form[data-passkey] button.button-next")
    sign.wait_for(timeout=PATIENCE * 1000)  # the page of the keys goes on by itself
    picture(reception, "confirm")
    counter.sign(reception)
    counter.examine(receipt)
    approval = counter.at_approval(receipt)
    picture(approval, "approve")
    counter.sign(approval)
    reception.reload()
    counter.received(reception)
    picture(reception, "hand-over")
    counter.received(reception)
    counter.sign(reception)

    closed = town.comes_to(receipt, "closed")
    assert [each.person for each in closed.events if each.step == "write"] == ["terminal-branch-13103"]
    assert sorted(each.kind or "" for each in closed.certificates) == ["auth", "sign"]
    assert {town.by_ocsp(each) for each in closed.certificates} == {"good"}


def test_a_renewal_replaces_the_old_certificate(counter: Counter, desk: Desk, town: Town) -> None:
    """In its last three months (fact sheet c.2); by the hand-over the new one is valid and the old one revoked."""
    ends = (utc_now() + timedelta(days=60)).date()
    old = town.has(8, "jpki-auth", card_expiry=ends.isoformat())
    reception = desk.officer("reception-1")
    receipt = counter.open(reception, "renew", "auth")
    counter.identify(reception)
    counter.look_up(reception, 8)
    counter.next(reception)
    resident = counter.resident(8)
    counter.agree(resident)
    counter.choose_pin(resident, "auth")
    town.comes_to(receipt, "confirm")
    counter.sign(reception)
    counter.examine(receipt)
    counter.sign(counter.at_approval(receipt))
    reception.reload()
    counter.received(reception)
    assert town.by_ocsp(old) == "good"
    counter.sign(reception)
    (new,) = town.comes_to(receipt, "closed").certificates
    town.becomes(old, "revoked")
    assert town.by_ocsp(new) == "good"


def test_a_telephone_is_lost_and_found(counter: Counter, desk: Desk, town: Town) -> None:
    """One officer suspends; the release, which a telephone's certificate alone has, is approved (fact sheet c.4)."""
    certificate = town.has(6, "jpki-auth-phone")
    reception = desk.officer("reception-1")
    held = counter.asked(reception, "hold", 6, "phone-lost")
    counter.received(reception)
    counter.next(reception)
    town.comes_to(held, "closed")
    assert town.by_ocsp(certificate) == "held"
    released = counter.asked(reception, "release", 6, "phone-found")
    counter.sign(counter.at_approval(released))
    reception.reload()
    counter.received(reception)
    counter.next(reception)
    town.comes_to(released, "closed")
    assert town.by_ocsp(certificate) == "good"


def test_a_revocation_by_the_keyboard_alone(desk: Desk, town: Town) -> None:
    """A change of address ends the signing certificate and leaves its sibling (fact sheet c.3); no mouse is touched.

    Both are ticked, as the page offers them: what the event does to which is not for the officer to sort out.
    """
    auth = town.has(10, "jpki-auth")
    sign = town.has(10, "jpki-sign", sibling_not_after=auth.not_valid_after_utc.isoformat())
    page = desk.window()
    desk.passkey(page, "reception-1")
    keys = Keyboard(page)
    keys.to("form[data-passkey] .button-next")
    keys.go("Enter")
    keys.to("a[href='/cases/new']")
    keys.go("Enter")
    keys.press("Alt+3")
    keys.go("Enter")
    receipt = page.url.split("/cases/")[1]
    keys.to("input[value=number-card]")
    keys.press("Space")
    keys.go("Enter")
    keys.type("K00000010")
    keys.go("Enter")
    keys.to("input[name=event]")
    while page.locator(":focus").get_attribute("value") != "record-change":
        keys.press("ArrowDown")
    keys.go("Enter")
    keys.go("F12")

    approver = desk.window("approval")
    desk.passkey(approver, "approver-1", "approval")
    others = Keyboard(approver)
    others.to("form[data-passkey] .button-next")
    others.go("Enter")
    others.to("a[href='/approvals/']")
    others.go("Enter")
    others.to(f"a[href$='{receipt}']")
    others.go("Enter")
    others.go("F12")

    page.reload()  # F5, which a browser without a window does not know
    page.locator("input[name=received]").wait_for(timeout=PATIENCE * 1000)
    keys.to("input[name=received]")
    keys.press("Space")
    keys.go("F12" if page.locator("form[data-passkey]").count() else "Enter")
    town.comes_to(receipt, "closed")
    assert (town.by_ocsp(sign), town.by_ocsp(auth)) == ("revoked", "good")


def test_a_case_waits_for_the_centre_and_goes_on(counter: Counter, desk: Desk, town: Town, picture: Picture) -> None:
    """Deferred mode (預かり処理): what was signed is carried out once, as soon as the signer is back."""
    certificate = town.has(11, "jpki-auth")
    reception = desk.officer("reception-1")
    town.stop_signer()
    receipt = counter.asked(reception, "revoke", 11, "leak")
    expect(reception.locator("header")).to_contain_text("認証局 停止")
    counter.sign(counter.at_approval(receipt))
    reception.reload()
    picture(reception, "deferred", "#step-title")
    reception.check("input[name=consent]")
    reception.fill("#until", (day_in_japan(utc_now()) + timedelta(days=1)).isoformat())
    reception.fill("#told", "明日10時以降にもう一度お越しください")
    with reception.expect_navigation():
        reception.click("button:text-is('預かる')")
    taken = town.file(receipt)
    assert (taken.record.step, taken.record.deferred) == ("issue", True)
    assert town.by_ocsp(certificate) == "good"
    reception.goto("/deferred/")
    expect(reception.locator("tbody")).to_contain_text(receipt)

    town.start_signer()
    reception.click(f"text={receipt}")
    counter.received(reception)
    counter.next(reception)
    closed = town.comes_to(receipt, "closed")
    assert [each.step for each in closed.events].count("issue") == 2  # taken in, and carried out
    assert town.by_ocsp(certificate) == "revoked"
