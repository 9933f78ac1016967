"""Whoever has the secrets of the web process opens pages in an officer's name, and gets nothing approved by it.

The secret signs cookies and seals offers; the role `ra` writes sessions. An approval is a passkey's signature of its
own application's digest, which neither can make. The attacks on the database itself: test_web_attacker.py.
"""

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256

from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from store.applications import ApplicationRecord, evidence
from store.cases import applications_of, case_by_receipt
from store.sessions import OfficerSession, open_session
from tests.fixtures.front import Browser
from tests.fixtures.walk import Walk, offer_in

HEAD = "head-minato"
MINATO = frozenset({"minato"})


def approvals(path: str) -> str:
    """The page where a case is approved."""
    return f"/approvals/{path.rpartition('/')[2]}"


def forged(walk: Walk, person: str = HEAD) -> Browser:
    """A browser with a cookie of the attacker's making, for a session that was written straight into the database."""
    secret, now = b"s" * 32, walk.front.now
    row = OfficerSession(
        sha256(secret).digest(), person, f"approve.example.jp-{person}", "approval", 0, now, now + timedelta(minutes=1)
    )
    with walk.front.database.transaction() as tx:
        open_session(tx, row)
    serializer = SecureCookieSessionInterface().get_signing_serializer(walk.front.app)
    assert serializer is not None
    cookie = serializer.dumps({"_user_id": urlsafe_b64encode(secret).decode(), "_fresh": True})
    browser = walk.front.stranger("approval")
    browser.client.set_cookie("__Host-ninsho", cookie, domain="approve.example.jp", secure=True)
    return browser


def waiting(walk: Walk, path: str) -> ApplicationRecord:
    """The application of a case."""
    with walk.house.owner.snapshot() as tx:
        case = case_by_receipt(tx, MINATO, path.rpartition("/")[2])
        (found,) = applications_of(tx, MINATO, case.id)
    return found


def nothing_was_approved(walk: Walk, path: str) -> None:
    """No approval stands in the database, and the signer's next turn signs nothing."""
    with walk.house.owner.snapshot() as tx:
        assert "approval" not in {each.role for each in evidence(tx, waiting(walk, path).id)}
    before = len(walk.house.signed())
    walk.carried_out()
    assert len(walk.house.signed()) == before
    assert waiting(walk, path).state == "open"


def test_the_officers_own_form_is_taken(walk: Walk) -> None:
    """The yardstick: the same page, the same form, the passkey that the roster holds."""
    path = walk.issue(until="approve")
    walk.approved(path, who="head")
    walk.carried_out()
    assert waiting(walk, path).state == "done"


def test_a_forged_session_opens_pages_and_signs_nothing(walk: Walk) -> None:
    """The attacker sees what the officer sees, and answers with a key of their own."""
    path = walk.issue(until="approve")
    browser = forged(walk)
    page = browser.get(approvals(path))
    assert page.status_code == 200
    own = walk.front.answer(HEAD, page, "approval", signer="mine")
    refused = browser.post(approvals(path), {"offer": offer_in(page), "assertion": own})
    assert (refused.status_code, "E-4104" in refused.text) == (403, True)
    nothing_was_approved(walk, path)


def test_a_forged_session_with_the_login_that_was_recorded(walk: Walk) -> None:
    """The officer's last login on the approvals' site, sent as the answer to the offer."""
    path = walk.issue(until="approve")
    login = walk.front.answer(HEAD, walk.front.stranger("approval").get("/login"), "approval")
    browser = forged(walk)
    page = browser.get(approvals(path))
    refused = browser.post(approvals(path), {"offer": offer_in(page), "assertion": login})
    assert (refused.status_code, "E-4104" in refused.text) == (403, True)
    nothing_was_approved(walk, path)


def test_a_form_that_was_offered_for_another_application(walk: Walk) -> None:
    """The officer's real touch for one case, with its offer, sent to the page of another."""
    shown, wanted = walk.issue(until="approve"), walk.issue(until="approve")
    page = walk.browser(HEAD, "approval").get(approvals(shown))
    form = {"offer": offer_in(page), "assertion": walk.front.answer(HEAD, page, "approval")}
    browser = forged(walk)
    browser.get(approvals(wanted))
    refused = browser.post(approvals(wanted), form)
    assert (refused.status_code, "E-4107" in refused.text) == (409, True)
    nothing_was_approved(walk, wanted)


def test_an_offer_that_the_attacker_sealed(walk: Walk) -> None:
    """The secret seals an offer for the wanted case; the touch that was given is for the other one."""
    shown, wanted = walk.issue(until="approve"), walk.issue(until="approve")
    page = walk.browser(HEAD, "approval").get(approvals(shown))
    touch = walk.front.answer(HEAD, page, "approval")
    browser = forged(walk)
    own = offer_in(browser.get(approvals(wanted)))
    refused = browser.post(approvals(wanted), {"offer": resealed(walk, own), "assertion": touch})
    assert (refused.status_code, "E-4104" in refused.text) == (403, True)
    nothing_was_approved(walk, wanted)


def resealed(walk: Walk, offer: str) -> str:
    """An offer opened and sealed anew with the program's secret, as its holder can."""
    secret = walk.front.app.secret_key
    assert isinstance(secret, bytes)
    serializer = URLSafeTimedSerializer(secret, salt="ninsho-tap")
    return str(serializer.dumps(serializer.loads(offer)))


def test_a_touch_that_was_sent_before(walk: Walk) -> None:
    """The officer's own form, sent once more: one approval, and the case has moved on."""
    path = walk.issue(until="approve")
    page = walk.browser(HEAD, "approval").get(approvals(path))
    form = {"offer": offer_in(page), "assertion": walk.front.answer(HEAD, page, "approval")}
    assert walk.browser(HEAD, "approval").post(approvals(path), form).status_code == 303
    browser = forged(walk)
    browser.get(approvals(path))
    assert browser.post(approvals(path), form).status_code == 409
    with walk.house.owner.snapshot() as tx:
        signed = [each.role for each in evidence(tx, waiting(walk, path).id)]
    assert signed.count("approval") == 1
