"""What I signed: the signer's list, page by page, of one's own signatures only."""

from datetime import timedelta
from uuid import UUID

import pytest

from ra.pages.signed import OUTCOMES, PAGE, place_of, place_text
from store.applications import ApplicationRecord, Evidence
from store.claims import claim, finish
from store.database import Database
from store.signatures import Place, SignedRow
from tests.fixtures.front import MORNING, Front
from tests.fixtures.records import add_application

TOKEN = b"t" * 16


def submitted(number: int) -> tuple[ApplicationRecord, Evidence]:
    """An application of one branch, and its submission by that branch's reception."""
    id = UUID(int=number)
    record = ApplicationRecord(
        id=id,
        action="issue",
        authority="jpki-auth-g1",
        profile="jpki-auth",
        holder=bytes([number]) * 32,
        kind="auth",
        branch="minato",
        canonical=b"{}",
        digest=number.to_bytes(32, "big"),
        examinations_required=0,
        approvals_required=0,
        requester="reception-minato",
        created_at=MORNING,
        expires_at=MORNING + timedelta(days=1),
    )
    evidence = Evidence(id, "submission", "reception-minato", "key-1", "key", b"s", record.digest, MORNING)
    return record, evidence


def ended(url: str, count: int, outcome: str = "issued") -> None:
    """The signer ends that many applications."""
    database = Database(url, "signer")
    front = Database(url, "ra")
    for number in range(1, count + 1):
        at = MORNING + timedelta(minutes=number)
        with front.transaction() as tx:
            add_application(tx, *submitted(number))
        with database.transaction() as tx:
            claim(tx, "signer-1", TOKEN, at, timedelta(minutes=5), 5)
            finish(tx, UUID(int=number), TOKEN, "done" if outcome in OUTCOMES else "refused", outcome, at)


def test_an_officer_sees_every_signature_of_their_own(front: Front, sqlite_url: str) -> None:
    """All of them, over all pages, and nobody else's."""
    ended(sqlite_url, PAGE + 3)
    browser = front.browser("reception-minato")
    first = browser.get("/signed").text
    following = first.split('rel="next" href="')[1].split('"')[0]
    second = browser.get(following).text
    assert (first.count(">key-1<"), second.count(">key-1<")) == (PAGE, 3)
    assert front.browser("approver-minato").get("/signed").text.count(">key-1<") == 0


@pytest.mark.parametrize(("outcome", "words"), [("issued", "発行済み"), ("ca.warrant-expired", "拒否")])
def test_what_became_of_it_is_said(front: Front, sqlite_url: str, outcome: str, words: str) -> None:
    """The signer's word, in the officer's; a refusal carries its code."""
    ended(sqlite_url, 1, outcome)
    page = front.browser("reception-minato").get("/signed").text
    assert words in page
    assert (outcome in page) == (outcome not in OUTCOMES)


def test_the_list_is_on_the_approval_site_too(front: Front) -> None:
    """Where approvals are given, what was given can be looked up."""
    assert front.browser("approver-minato", "approval").get("/signed").status_code == 200


def test_a_place_in_an_address_is_read_as_it_is_written() -> None:
    """The next page begins exactly where this one ended."""
    row = SignedRow(UUID(int=5), "approval", "p", "c", bytes(32), MORNING, "issued", MORNING)
    assert place_of(place_text(row)) == Place(MORNING, UUID(int=5), "approval")


@pytest.mark.parametrize(
    "text", ["", "x", "1.2.3", f"9{'9' * 40}.{UUID(int=1).hex}.approval", f"1.{UUID(int=1).hex}.x"]
)
def test_any_other_place_is_the_beginning(text: str) -> None:
    """An address that was edited shows the first page."""
    assert place_of(text) is None
