"""The papers of a case: which fit which kind at which step, what they say, and who may print them."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from ca.application import Application
from ca.roster import Role
from ca.seals import SealKey, check_seals
from ca.trail import serial_text
from ra.app import Limits
from ra.case_file import CaseFile, load_case
from ra.case_papers import Printing, fitting, paper_of
from ra.counter_texts import BranchTexts, CounterTexts
from ra.events import enter
from ra.office import OFFICE, Office
from ra.papers.sheet import Paper, paper_digest
from ra.reception import receive
from ra.records import (
    Change,
    Deferral,
    Draft,
    Finish,
    Identification,
    Particulars,
    Reception,
    Record,
    Selection,
    Submission,
    Target,
    Withdrawal,
    Written,
)
from ra.scope import Scope
from store.cases import CaseKind, Step, link_applications
from store.database import Database
from tests.fixtures.front import MANY, MORNING, Front
from tests.fixtures.officers import status_application
from tests.fixtures.papers import TextOf
from tests.fixtures.shelf import Shelf
from tests.fixtures.signing import AUTHORITY, ISSUER

TEXTS = CounterTexts(
    "03-0000-0000",
    "0120-000-000",
    "24時間・年中無休",
    "24 hours, every day",
    {"minato": BranchTexts("港区役所 住民戸籍窓口", "Minato City Office")},
)
NAME, SHOWN = "髙𫝶　花子", "高〓　花子"
EVERY = {
    "deposit-slip",
    "revocation-proof",
    "revocation-slip",
    "suspension-slip",
    "release-slip",
    "hand-over-sheet",
    "hand-over-receipt",
    "substitute-note",
    "receipt",
}
DESK = Scope("reception-minato", "Officer", frozenset({Role.RECEPTION}), frozenset({"minato"}), "minato", "", "working")


class Counter:
    """Cases of Minato's counter, brought on by their events."""

    def __init__(self, front: Front, office: Office, seal: SealKey) -> None:
        self.front, self.office = front, replace(office, counter=TEXTS, seal=seal)
        front.app.extensions[OFFICE] = self.office
        self.browser = front.browser(DESK.person)

    def received(self, kind: CaseKind) -> str:
        """A case that was received, by its receipt number."""
        reception = Reception(visitor="self", wishes=("auth",))
        return receive(self.office, DESK, kind, "221A", reception, uuid4()).receipt

    def entered(self, receipt: str, record: Record, to: Step, *done: Application, deferred: bool = False) -> None:
        """Write down an event, with the applications that it led to, and go to the step `to`."""
        case = self.file(receipt).record
        with self.office.database.transaction() as tx:
            link_applications(tx, DESK.branches, case.id, [each.id for each in done])
            enter(tx, DESK, case, record, self.office.clock(), to=to, deferred=deferred)

    def compared(self, receipt: str, issue: Application | None = None) -> None:
        """The register's entry was taken over; its name has characters that certificates cannot carry."""
        self.entered(
            receipt,
            Particulars(
                holder="ab" * 32,
                name=NAME,
                address="東京都港区芝公園１番地",
                sex="female",
                birth_date="1988-02-17",
                municipality="13103",
                card="AB12CD34EF56",
                card_expiry=date(2035, 5, 5),
                changes=(Change(field="name", written="髙", carried="高"),),
                drafts=(draft(issue.id if issue else uuid4()),),
            ),
            "keys",
        )

    def file(self, receipt: str) -> CaseFile:
        """A case as it stands."""
        return load_case(self.office.database, DESK.branches, receipt)

    def paper(self, receipt: str, name: str) -> Paper:
        """What a paper shows, without printing it."""
        return paper_of(Printing(self.office, self.file(receipt), "Officer"), name)

    def get(self, receipt: str, name: str, query: str = "") -> TestResponse:
        """Ask for a paper."""
        return self.browser.get(f"/cases/{receipt}/papers/{name}.pdf{query}")

    def fitting(self, receipt: str) -> list[str]:
        """The papers that the case's page offers, and that are there: no other one is."""
        page = self.browser.get(f"/cases/{receipt}").text
        names = [form.name for form in fitting(self.file(receipt))]
        assert [name for name in EVERY if f"/papers/{name}.pdf" in page] == [name for name in EVERY if name in names]
        assert {self.get(receipt, name).status_code for name in EVERY - set(names)} == {404}
        return names


class Signed(Counter):
    """The same with a signer, who issued and issues the certificates."""

    def __init__(self, shelf: Shelf, seal: SealKey) -> None:
        super().__init__(shelf.front, shelf.office, seal)
        self.shelf = shelf

    def issued(self, step: Step = "write") -> tuple[str, Application]:
        """A new issue whose certificate was issued, at that step."""
        receipt, issue = self.received("issue"), self.shelf.issue()
        self.compared(receipt, issue)
        self.entered(receipt, submission(issue), step, issue)
        return receipt, issue

    def asked(self, kind: CaseKind, event: str, issue: Application, step: Step = "approve") -> tuple[str, Application]:
        """A revocation, suspension or release of what `issue` led to, submitted and waiting at that step."""
        receipt, serial = self.received(kind), self.shelf.record(issue).serial
        reason = {"revoke": 5}.get(kind)
        act = status_application(
            issue,
            kind,  # type: ignore[arg-type]  # the kind is an action
            serial,
            issuer=ISSUER,
            now=self.shelf.now,
            event=event if reason else None,
            reason=reason,
        )
        target = Target(
            issuer=ISSUER, serial=serial_text(serial), kind=issue.kind, holder=issue.holder.hex(), draft=draft(act.id)
        )
        self.entered(receipt, Selection(name="見本　花子", event=event, targets=(target,)), "confirm")
        self.shelf.house.submit(act)
        self.entered(receipt, submission(act), step, act)
        return receipt, act

    def carried_out(self) -> None:
        """Let the signer take a turn."""
        self.shelf.signer.turn(self.shelf.now)


def draft(application: UUID) -> Draft:
    """A draft of an application."""
    return Draft(application=application, salt="00" * 16, profile="jpki-auth", authority=AUTHORITY, created_at=MORNING)


def submission(*applications: Application) -> Submission:
    """What is written down when these are submitted."""
    return Submission(applications=tuple(each.id for each in applications), digests=("00" * 32,) * len(applications))


@pytest.fixture
def counter(front: Front, seal_key: SealKey) -> Counter:
    """A counter without cases and without certificates."""
    return Counter(front, front.office, seal_key)


@pytest.fixture
def signed(shelf: Shelf, seal_key: SealKey) -> Signed:
    """A counter without cases, with a signer."""
    return Signed(shelf, seal_key)


def test_a_receipt_is_there_from_the_reception_on(counter: Counter, text_of: TextOf) -> None:
    """受付票: sealed by the branch, shown in the browser, kept nowhere; the only paper so far."""
    receipt = counter.received("issue")
    assert counter.fitting(receipt) == ["receipt"]
    answer = counter.get(receipt, "receipt")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{receipt}-receipt-ja.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert counter.office.seal is not None
    assert [seal.field for seal in check_seals(answer.data, [counter.office.seal.key.public_key()])] == ["seal-receipt"]
    text = text_of(answer.data)
    assert receipt in text
    assert "港区役所住民戸籍窓口" in text


def test_a_paper_speaks_the_language_that_is_asked_for(counter: Counter, text_of: TextOf) -> None:
    """`lang` goes before the page's own language; there is no third one."""
    receipt = counter.received("issue")
    assert "Wecallyoubythisnumber." in text_of(counter.get(receipt, "receipt", "?lang=en").data)
    assert counter.get(receipt, "receipt", "?lang=fr").status_code == 400


def test_a_reprint_is_the_same_paper(counter: Counter) -> None:
    """What is written down does not change, so neither does what its paper shows."""
    receipt = counter.received("issue")
    first = paper_digest(counter.paper(receipt, "receipt"))
    counter.front.later(days=3)
    assert paper_digest(counter.paper(receipt, "receipt")) == first


def test_papers_of_another_branch_do_not_exist(counter: Counter) -> None:
    """The same answer as for a number that was never given."""
    receipt = counter.received("issue")
    stranger = counter.front.browser("reception-sapporo")
    assert stranger.get(f"/cases/{receipt}/papers/receipt.pdf").status_code == 404
    assert stranger.get("/cases/R13103-261124-9999/papers/receipt.pdf").status_code == 404


@pytest.mark.parametrize("person", ["approver-minato", "auditor", "operator"])
def test_only_who_works_with_the_case_prints_it(counter: Counter, person: str) -> None:
    """Reception, examination and the branch's head; the page offers nobody else a paper."""
    receipt = counter.received("issue")
    browser = counter.front.browser(person)
    assert browser.get(f"/cases/{receipt}/papers/receipt.pdf").status_code == 403
    assert "/papers/" not in browser.get(f"/cases/{receipt}").text
    assert counter.front.stranger().get(f"/cases/{receipt}/papers/receipt.pdf").status_code == 303


def test_an_officer_prints_so_many_papers_a_minute(sqlite_url: str) -> None:
    """Making a paper takes a second of the server, so it is limited more strictly than pages are."""
    front = Front(Database(sqlite_url, "ra"), limits=replace(MANY, papers="2 per minute"))
    browser = front.browser(DESK.person)
    answers = [browser.get("/cases/R13103-261124-0001/papers/receipt.pdf").status_code for _ in range(3)]
    assert answers == [404, 404, 429]
    assert int(Limits().papers.split()[0]) < int(Limits().all.split()[0])


def test_the_main_paper_has_the_key_f8(signed: Signed) -> None:
    """F8 prints on every page; with several papers it is the one that is needed first."""
    receipt, _ = signed.issued("hand-over")
    page = signed.browser.get(f"/cases/{receipt}").text
    assert page.count('data-key="F8"') == 1
    assert page.index("hand-over-sheet.pdf") < page.index('data-key="F8"') < page.index("hand-over-receipt.pdf")


def test_the_sheet_says_what_was_issued_until_when_and_why(signed: Signed, text_of: TextOf) -> None:
    """交付書: the certificates with the reason of their end, the substitutes, and whom to call about a loss."""
    receipt, issue = signed.issued()
    assert signed.fitting(receipt) == ["hand-over-sheet", "hand-over-receipt", "substitute-note", "receipt"]
    text = text_of(signed.get(receipt, "hand-over-sheet").data)
    record = signed.shelf.record(issue)
    assert f"{record.serial:X}"[-8:] in text
    assert "回目の誕生日までです。" in text
    assert "0120-000-000" in text
    assert "〓は、代わりの文字がないことを表します。" in text
    assert "U+2B776" in text


def test_the_receipt_to_be_signed_names_fee_and_officer(signed: Signed, text_of: TextOf) -> None:
    """受領書: before the hand-over with the fee that is about to be written down, afterwards with the one that was."""
    receipt, _ = signed.issued()
    signed.entered(receipt, Written(terminal="terminal-minato", card="AB12CD34EF56", read_back={}), "hand-over")
    text = text_of(signed.get(receipt, "hand-over-receipt", "?fee=２００").data)
    assert "200円" in text
    assert "Officerreception-minato" in text
    assert signed.get(receipt, "hand-over-receipt", "?fee=-1").status_code == 400
    signed.entered(receipt, Finish(fee=300, received=True), "closed")
    assert signed.paper(receipt, "hand-over-receipt").fee == 300  # type: ignore[attr-defined]  # it is a receipt


def test_what_is_written_down_is_the_fee_that_was_signed_for(signed: Signed) -> None:
    """手数料: the ledger and the receipt in the visitor's hand name one sum; whoever mistypes it is told both."""
    receipt, _ = signed.issued()
    signed.entered(receipt, Written(terminal="terminal-minato", card="AB12CD34EF56", read_back={}), "hand-over")
    assert signed.get(receipt, "hand-over-receipt", "?fee=200").status_code == 200
    assert signed.browser.get(f"/cases/{receipt}").text.count('value="200"') == 2
    refused = signed.browser.post(f"/cases/{receipt}/hand-over", {"received": "1", "fee": "20"})
    assert (refused.status_code, "E-1603" in refused.text) == (409, True)
    assert signed.file(receipt).record.step == "hand-over"


def test_a_hand_over_on_another_day_has_that_days_date(signed: Signed) -> None:
    """The paper says when things were handed over, not when they could have been; on one day it stays the same."""
    receipt, _ = signed.issued("hand-over")

    assert signed.paper(receipt, "hand-over-sheet").at == MORNING
    signed.front.later(days=2)
    assert signed.paper(receipt, "hand-over-sheet").at == datetime(2026, 11, 25, 15, tzinfo=UTC)
    signed.front.later(minutes=20)
    signed.entered(receipt, Finish(received=True), "closed")
    signed.front.later(days=5)
    assert signed.paper(receipt, "hand-over-sheet").at == datetime(2026, 11, 25, 15, tzinfo=UTC)


def test_a_case_without_a_certificate_has_nothing_to_hand_over(counter: Counter) -> None:
    """It is closed without a certificate, so it has no papers any more."""
    receipt = counter.received("issue")
    counter.compared(receipt)
    counter.entered(receipt, Withdrawal(reason="出直すとのこと"), "closed")
    assert counter.fitting(receipt) == []


def test_substitutes_are_told_once_the_register_was_compared(counter: Counter, text_of: TextOf) -> None:
    """代替文字のお知らせ: the name as the register has it, and as the certificate will show it."""
    receipt = counter.received("issue")
    counter.compared(receipt)
    assert counter.fitting(receipt) == ["substitute-note", "receipt"]
    text = text_of(counter.get(receipt, "substitute-note").data)
    assert SHOWN.replace("　", "") in text
    assert "U+9AD9" in text


def test_a_deposit_slip_is_for_a_deferred_case(counter: Counter, text_of: TextOf) -> None:
    """預り証: what was left, the day from which to come again, and the card by its last four characters only."""
    receipt = counter.received("issue")
    counter.compared(receipt)
    counter.entered(receipt, Deferral(consent=True, until=date(2026, 11, 27)), "keys", deferred=True)
    assert counter.fitting(receipt) == ["deposit-slip", "substitute-note", "receipt"]
    text = text_of(counter.get(receipt, "deposit-slip").data)
    assert "2026-11-27" in text
    assert "EF56" in text
    assert "AB12CD34" not in text
    counter.entered(receipt, Identification(documents=()), "keys")
    assert counter.get(receipt, "deposit-slip").status_code == 404


def test_a_revocation_has_a_slip_and_then_a_proof(signed: Signed, text_of: TextOf) -> None:
    """失効受付票 until it is done, 失効証明書 from then on: with what happened, when, and from when on it is seen."""
    issue, sibling = signed.shelf.issue("one"), signed.shelf.issue("one", profile="jpki-auth-phone")
    receipt, _ = signed.asked("revoke", "request", issue)
    assert signed.fitting(receipt) == ["revocation-slip", "receipt"]
    assert signed.paper(receipt, "revocation-slip").certificates[0].act == "revoke"  # type: ignore[attr-defined]  # it is a status slip
    signed.carried_out()
    assert signed.browser.get(f"/cases/{receipt}").status_code == 200
    assert signed.fitting(receipt) == ["revocation-proof", "hand-over-receipt", "receipt"]
    text = text_of(signed.get(receipt, "revocation-proof").data)
    for word in ("本人の失効申請", "失効しました", "変わりません", "見本花子"):
        assert word in text
    for each in (issue, sibling):
        assert f"{signed.shelf.record(each).serial:X}"[-8:] in text


def test_a_proof_says_when_it_is_on_the_list(signed: Signed) -> None:
    """By OCSP within the minute; by the list that is made next, and once one was made, by that one for good."""
    issue = signed.shelf.issue("one")
    before = signed.shelf.publish()
    receipt, _ = signed.asked("revoke", "request", issue, "issue")
    signed.carried_out()
    signed.browser.get(f"/cases/{receipt}")

    def seen() -> tuple[datetime, datetime]:
        paper = signed.paper(receipt, "revocation-proof")
        return paper.visible.ocsp, paper.visible.crl  # type: ignore[attr-defined]  # it is a status slip

    done_at = signed.shelf.now
    assert (seen()[0] - done_at).total_seconds() == 60
    assert seen()[1] == max(MORNING, before.this_update + (before.next_update - before.this_update) / 2)
    first = signed.shelf.publish()
    signed.shelf.publish()
    assert seen()[1] == first.this_update


def test_a_suspension_and_its_release_have_their_slips(signed: Signed, text_of: TextOf) -> None:
    """一時停止受付票, 一時停止解除票: the slip of the release knows that it was suspended before."""
    issue = signed.shelf.issue("one", profile="jpki-auth-phone")
    held, _ = signed.asked("hold", "phone-lost", issue, "issue")
    assert signed.fitting(held) == ["suspension-slip", "receipt"]
    signed.carried_out()
    signed.browser.get(f"/cases/{held}")
    text = text_of(signed.get(held, "suspension-slip").data)
    assert "一時停止しました" in text
    assert "0120-000-000" in text
    released, _ = signed.asked("release", "phone-found", issue)
    signed.carried_out()
    signed.browser.get(f"/cases/{released}")
    assert signed.fitting(released) == ["release-slip", "hand-over-receipt", "receipt"]
    text = text_of(signed.get(released, "release-slip").data)
    assert "一時停止中" in text
    assert "一時停止を解除しました" in text


def test_no_paper_and_no_record_has_a_place_for_a_pin(signed: Signed) -> None:
    """The front end does not know a PIN, so it can print none (Act 153/2002 art. 3; fact sheet c.5)."""
    receipt, _ = signed.issued("hand-over")
    file = signed.file(receipt)
    shown = {each.name for form in fitting(file) for each in fields(signed.paper(receipt, form.name))}  # type: ignore[arg-type]  # papers are dataclasses
    written = {fact for event in file.events for fact in event.facts}
    assert {"certificates", "name"} <= shown
    assert not [name for name in shown | written if "pin" in name or "password" in name]


def test_an_installation_without_texts_has_no_papers(counter: Counter) -> None:
    """They would name no telephone; the page says what is missing."""
    receipt = counter.received("issue")
    counter.front.app.extensions[OFFICE] = replace(counter.office, counter=None)
    assert counter.get(receipt, "receipt").status_code == 404
    assert "[ra.counter]" in counter.browser.get(f"/cases/{receipt}").text


def test_a_branch_without_texts_has_the_rosters_name(counter: Counter) -> None:
    """And the name of its municipality in Latin letters; a name that is too long ends visibly."""
    receipt = counter.received("issue")
    bare = replace(counter.office, counter=replace(TEXTS, branches={}))
    file = counter.file(receipt)
    named = Printing(bare, file, "Officer").counter
    assert (named.name, named.name_en) == ("Branch minato", "Minato-ku, registration branch")
    roster = counter.office.roster()
    long = replace(roster, branches=tuple(replace(each, name="支" * 60) for each in roster.branches))
    assert Printing(replace(bare, roster=lambda: long), file, "Officer").counter.name == "支" * 39 + "…"
