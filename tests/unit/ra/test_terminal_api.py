"""What the front end tells a counter's terminal, and what it believes of what the terminal tells."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.test import TestResponse

from ca.statement import key_octets
from ca.terminal_messages import (
    Job,
    Jobs,
    KeyReport,
    KeysJob,
    PinJob,
    PinReport,
    ReadBack,
    ReportedKey,
    Standing,
    TroubleReport,
    WriteJob,
    WriteReport,
    octets_of,
    read,
)
from policies.profile import load_profiles
from ra.office import OFFICE
from ra.records import CardKey, Draft, Finish, Notification, Particulars, Reception, Record, Slot, Written
from store.cases import CaseEvent, CaseKind, CaseRecord, NewCase, Step, add_event, case, events_of, open_case
from store.certificates import CertificateRecord
from store.database import Database
from tests.fixtures import walk
from tests.fixtures.front import MORNING, Front
from tests.fixtures.officers import WINDOW, software_key, terminal
from tests.fixtures.records import record, reserve

CARD = "0123456789AB"
CERTIFICATE, AUTHORITY = b"a certificate", b"its authority"


@cache
def card_key(number: int) -> rsa.RSAPrivateKey:
    """A key that a card made."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Counter:
    """A front end with two windows' terminals in "minato" and one in "sapporo"."""

    front: Front
    owner: Database

    def __post_init__(self) -> None:
        here = [terminal(branch, now=MORNING) for branch in ("minato", "sapporo")]
        spki = key_octets(software_key("terminal-second").public_key())
        second = replace(here[0], code="terminal-second", window="222A", spki=spki)
        self.front.roster = replace(self.front.roster, terminals=(*here, second))
        self.front.app.extensions[OFFICE] = replace(
            self.front.office,
            profiles=load_profiles(),
            authorities=lambda: {"jpki-auth-g1": SimpleNamespace(certificate=AUTHORITY)},
        )

    def jobs(self, code: str = "terminal-minato") -> tuple[Job, ...]:
        """The jobs of a terminal's window."""
        return read(Jobs, self.front.ask("GET", "/terminal/jobs", code=code).data).jobs

    def at_step(
        self, step: Step, kind: CaseKind = "issue", *, window: str = WINDOW, records: tuple[Record, ...] = ()
    ) -> CaseRecord:
        """A case of "minato" at a step, with these records in its events."""
        branches = frozenset({"minato"})
        new = NewCase(uuid4(), "minato", "13103", kind, "self", window, "reception-minato", self.front.now)
        with self.front.database.transaction() as tx:
            found = open_case(tx, new, date(2026, 11, 24), uuid4())
            for number, entered in enumerate(records, 1):
                event = CaseEvent(found.id, number, entered.step, "reception-minato", self.front.now, entered.facts)
                found = add_event(tx, branches, event, step)
        return found

    def for_keys(self, slots: tuple[Slot, ...] = ("auth",), window: str = WINDOW) -> CaseRecord:
        """A case at the step of the keys."""
        records = (Reception(visitor="self", wishes=slots), particulars(slots))
        return self.at_step("keys", window=window, records=records)

    def events(self, found: CaseRecord) -> tuple[CaseEvent, ...]:
        """What happened in a case."""
        with self.front.database.snapshot() as tx:
            return events_of(tx, frozenset({"minato"}), found.id)

    def step(self, found: CaseRecord) -> str:
        """Where a case stands now."""
        with self.front.database.snapshot() as tx:
            return case(tx, frozenset({"minato"}), found.id).step

    def issue(self, application: UUID, serial: int) -> None:
        """Let the signer have issued a certificate for an application."""
        row = CertificateRecord(
            issuer="jpki-auth",
            serial=serial,
            authority="jpki-auth-g1",
            profile="jpki-auth",
            profile_digest=bytes(32),
            application_id=application,
            holder=sha256(b"%d" % serial).digest(),
            kind="auth",
            partition="13103",
            distribution_point=b"point",
            key_hash=sha256(b"key %d" % serial).digest(),
            tbs=b"tbs",
            certificate=None,
            state="reserved",
            not_before=self.front.now,
            not_after=self.front.now + timedelta(days=100),
            reserved_at=self.front.now,
            issued_at=None,
        )
        with self.owner.transaction() as tx:
            reserve(tx, row)
            record(tx, "jpki-auth", serial, CERTIFICATE, self.front.now)

    def for_writing(self, serial: int) -> CaseRecord:
        """A case at the step of the writing."""
        drafted = particulars(("auth",))
        application = drafted.drafts[0].application
        self.issue(application, serial)
        key = CardKey(slot="auth", application=application, subject_key="00", proof="00", terminal_signature="00")
        notified = Notification(terminal="terminal-minato", window=WINDOW, card=CARD, keys=(key,))
        return self.at_step("write", records=(drafted, notified))


def particulars(slots: tuple[Slot, ...]) -> Particulars:
    """What the register says of an invented person."""
    return Particulars(
        holder="00" * 32,
        name="見本　花子",
        address="東京都港区架空一丁目1番1号",
        sex="female",
        birth_date="1980-01-02",
        municipality="13103",
        card=CARD,
        card_expiry=date(2035, 5, 5),
        drafts=tuple(
            Draft(
                slot=slot,
                application=uuid4(),
                salt=os.urandom(16).hex(),
                profile=f"jpki-{slot}",
                authority=f"jpki-{slot}-g1",
                created_at=MORNING,
            )
            for slot in slots
        ),
    )


def reported(
    job: KeysJob, *, key: rsa.RSAPrivateKey | None = None, window: str = WINDOW, code: str = "terminal-minato"
) -> KeyReport:
    """What an honest terminal reports; `key`, `window` and `code` are those of another one."""
    return walk.reported(job, code, window=window, make_key=lambda: key or card_key(1))


@pytest.fixture
def counter(front: Front, sqlite_url: str) -> Counter:
    """A counter of the test's own."""
    return Counter(front, Database(sqlite_url, "owner"))


def keys_job(counter: Counter, slots: tuple[Slot, ...] = ("auth",)) -> KeysJob:
    """The job of a new case."""
    counter.for_keys(slots)
    (job,) = counter.jobs()
    assert isinstance(job, KeysJob)
    return job


def tell_keys(counter: Counter, job: KeysJob, report: KeyReport) -> TestResponse:
    """Report keys."""
    return counter.front.ask("POST", f"/terminal/cases/{job.case}/keys", octets_of(report))


def refusal(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a problem document."""
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json()["code"]


def test_a_window_without_cases_has_no_jobs(counter: Counter) -> None:
    """An empty list, not an error."""
    assert counter.jobs() == ()


def test_a_case_at_the_keys_is_a_job(counter: Counter) -> None:
    """With the drafts that the proofs are bound to; without name and address."""
    found = counter.for_keys(("sign", "auth"))
    answer = counter.front.ask("GET", "/terminal/jobs")
    (job,) = read(Jobs, answer.data).jobs
    assert isinstance(job, KeysJob)
    assert (job.case, job.event, job.card, job.receipt) == (found.id, 3, CARD, found.receipt)
    assert [each.slot for each in job.drafts] == ["sign", "auth"]
    assert "見本" not in answer.text
    assert "架空" not in answer.text


def test_the_case_that_was_moved_last_comes_first(counter: Counter) -> None:
    """Whoever stands at the counter now."""
    first = counter.for_keys()
    counter.front.later(minutes=5)
    second = counter.for_keys()
    assert [job.case for job in counter.jobs()] == [second.id, first.id]


def test_a_terminal_sees_its_own_window_only(counter: Counter) -> None:
    """Neither another window's cases nor another branch's, whatever their number."""
    mine, other = counter.for_keys(), counter.for_keys(window="222A")
    assert [job.case for job in counter.jobs()] == [mine.id]
    assert [job.case for job in counter.jobs("terminal-second")] == [other.id]
    assert counter.jobs("terminal-sapporo") == ()


@pytest.mark.parametrize("code", ["terminal-second", "terminal-sapporo"])
def test_a_case_of_another_window_or_branch_does_not_exist(counter: Counter, code: str) -> None:
    """404, as for a case that nobody opened; nothing is entered."""
    job = keys_job(counter)
    report = octets_of(reported(job))
    for method, path, body in (
        ("GET", f"/terminal/cases/{job.case}", b""),
        ("POST", f"/terminal/cases/{job.case}/keys", report),
        ("GET", f"/terminal/cases/{uuid4()}", b""),
    ):
        assert refusal(counter.front.ask(method, path, body, code=code)) == (404, "E-5001")  # type: ignore[arg-type]
    assert [each.event for each in counter.jobs() if isinstance(each, KeysJob)] == [job.event]


def test_reported_keys_move_the_case_on(counter: Counter) -> None:
    """The event is the terminal's, and holds what the application will need."""
    job = keys_job(counter)
    report = reported(job)
    assert tell_keys(counter, job, report).status_code == 204
    found = counter.events(SimpleNamespace(id=job.case))[-1]  # type: ignore[arg-type]
    entered = Notification.of(found.facts)
    assert (found.person, found.step, entered.terminal, entered.window, entered.card) == (
        "terminal-minato",
        "keys",
        "terminal-minato",
        WINDOW,
        CARD,
    )
    assert entered.keys[0].proof == report.keys[0].proof.hex()
    assert counter.jobs() == ()


def test_a_report_counts_once(counter: Counter) -> None:
    """A terminal that lost the answer sends the same report under a new signature; it is entered once."""
    job = keys_job(counter)
    tell_keys(counter, job, reported(job))
    assert refusal(tell_keys(counter, job, reported(job))) == (409, "E-4202")


def test_a_trouble_stands_on_the_cases_page(counter: Counter) -> None:
    """In words with what to do, as long as nothing else happens; the same trouble is entered once."""
    job = keys_job(counter)
    told = octets_of(TroubleReport(event=job.event, trouble="card", code="hsm.card-refused"))
    for _ in range(2):
        assert counter.front.ask("POST", f"/terminal/cases/{job.case}/trouble", told).status_code == 204
    assert [each.step for each in counter.events(SimpleNamespace(id=job.case))] == ["receive", "register", "keys"]  # type: ignore[arg-type]
    page = counter.front.browser("reception-minato").get(f"/cases/{job.receipt}").text
    assert f"窓口{WINDOW}の端末で処理を続けられません" in page
    assert "カードを読取機に置き直し" in page
    assert "hsm.card-refused" in page


def test_a_trouble_moves_nothing(counter: Counter) -> None:
    """The job stays the same, so that what was typed for it is still good, and its report is taken."""
    job = keys_job(counter)
    told = octets_of(TroubleReport(event=job.event, trouble="card", code="hsm.card-refused"))
    counter.front.ask("POST", f"/terminal/cases/{job.case}/trouble", told)
    assert counter.jobs() == (job,)
    assert tell_keys(counter, job, reported(job)).status_code == 204
    late = counter.front.ask("POST", f"/terminal/cases/{job.case}/trouble", told)
    assert refusal(late) == (409, "E-4202")


def test_a_replayed_request_is_refused(counter: Counter) -> None:
    """The same octets a second time."""
    nonce = bytes(16)
    assert counter.front.ask("GET", "/terminal/jobs", nonce=nonce).status_code == 200
    assert refusal(counter.front.ask("GET", "/terminal/jobs", nonce=nonce)) == (401, "E-4201")


REFUSED: dict[str, dict[str, Any]] = {
    "an old clock": {"at": MORNING - timedelta(seconds=61)},
    "a clock ahead": {"at": MORNING + timedelta(seconds=61)},
    "an unknown terminal": {"code": "terminal-nowhere"},
    "another key": {"key": "stranger"},
    "another body": {"signed_body": b"{}"},
    "no signature": {"header": ""},
    "a query": {"query": "?window=222A"},
}


@pytest.mark.parametrize("changed", REFUSED.values(), ids=REFUSED)
def test_who_is_no_terminal_hears_nothing(counter: Counter, changed: dict[str, Any]) -> None:
    """Not even whether a case exists."""
    counter.for_keys()
    answer = counter.front.ask("GET", "/terminal/jobs", **changed)
    assert refusal(answer) == (401, "E-4201")
    assert CARD not in answer.text


def test_an_ended_enrolment_is_refused(counter: Counter) -> None:
    """The newest roster counts, at every request."""
    assert counter.front.ask("GET", "/terminal/jobs").status_code == 200
    counter.front.roster = replace(counter.front.roster, terminals=())
    assert refusal(counter.front.ask("GET", "/terminal/jobs")) == (401, "E-4201")


def test_a_large_report_is_not_read(counter: Counter) -> None:
    """64 KiB, before anything is verified."""
    job = keys_job(counter)
    answer = counter.front.ask("POST", f"/terminal/cases/{job.case}/keys", b" " * (64 * 1024 + 1))
    assert refusal(answer) == (413, "E-5003")


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"pin":"7035"}'])
def test_a_report_of_another_form_is_refused(counter: Counter, body: bytes) -> None:
    """422, and the case stays."""
    job = keys_job(counter)
    answer = counter.front.ask("POST", f"/terminal/cases/{job.case}/keys", body)
    assert refusal(answer) == (422, "E-4203")
    assert len(counter.jobs()) == 1


Change = Callable[[KeysJob], KeyReport]


def altered(change: Callable[[ReportedKey], ReportedKey]) -> Change:
    """A report with a change of its first key."""
    return lambda job: replace(reported(job), keys=(change(reported(job).keys[0]),))


UNFIT: dict[str, Change] = {
    "another card": lambda job: replace(reported(job), card="FEDCBA987654"),
    "another application": altered(lambda key: replace(key, application=UUID(int=5))),
    "another slot": altered(lambda key: replace(key, slot="sign")),
    "a key that was put in its place": altered(
        lambda key: replace(key, subject_key=key_octets(card_key(2).public_key()))
    ),
    "a proof of another key": altered(lambda key: replace(key, proof=bytes(256))),
    "a signature of nobody": altered(lambda key: replace(key, terminal_signature=bytes(70))),
    "another window's signature": lambda job: reported(job, window="222A"),
    "another terminal's signature": lambda job: reported(job, code="terminal-second"),
    "no key": altered(lambda key: replace(key, subject_key=b"\x30\x00")),
    "a short key": lambda job: reported(job, key=rsa.generate_private_key(65537, 1024)),  # noqa: S505 - that is the point
    "a long key": lambda job: reported(job, key=rsa.generate_private_key(65537, 3072)),
    "one key twice": lambda job: replace(reported(job), keys=reported(job).keys * 2),
}


@pytest.mark.parametrize("change", UNFIT.values(), ids=UNFIT)
def test_keys_that_do_not_fit_the_case_are_refused(counter: Counter, change: Change) -> None:
    """Before an officer signs anything; the case waits for a right report."""
    job = keys_job(counter)
    assert refusal(tell_keys(counter, job, change(job))) == (422, "E-4203")
    assert tell_keys(counter, job, reported(job)).status_code == 204


def test_a_missing_key_is_refused(counter: Counter) -> None:
    """Every draft gets its key, or none does."""
    job = keys_job(counter, ("sign", "auth"))
    report = reported(job)
    assert refusal(tell_keys(counter, job, replace(report, keys=report.keys[:1]))) == (422, "E-4203")


def test_a_report_for_another_step_is_refused(counter: Counter) -> None:
    """What was not asked for is not entered."""
    job = keys_job(counter)
    report = WriteReport(event=job.event, card=CARD, read_back=(ReadBack("auth", bytes(32)),))
    assert refusal(counter.front.ask("POST", f"/terminal/cases/{job.case}/written", octets_of(report))) == (
        409,
        "E-4202",
    )
    pins = PinReport(event=job.event, card=CARD, slots=("auth",))
    assert refusal(counter.front.ask("POST", f"/terminal/cases/{job.case}/pin", octets_of(pins))) == (409, "E-4202")


def test_issued_certificates_are_to_be_written(counter: Counter) -> None:
    """With their authority's; the report must name exactly what was issued."""
    found = counter.for_writing(1)
    (job,) = counter.jobs()
    assert isinstance(job, WriteJob)
    assert [(each.slot, each.certificate, each.authority) for each in job.certificates] == [
        ("auth", CERTIFICATE, AUTHORITY)
    ]
    path = f"/terminal/cases/{found.id}/written"
    for sha256_, card in ((bytes(32), CARD), (sha256(CERTIFICATE).digest(), "FEDCBA987654")):
        wrong = WriteReport(event=job.event, card=card, read_back=(ReadBack("auth", sha256_),))
        assert refusal(counter.front.ask("POST", path, octets_of(wrong))) == (422, "E-4203")
    right = WriteReport(event=job.event, card=CARD, read_back=(ReadBack("auth", sha256(CERTIFICATE).digest()),))
    assert counter.front.ask("POST", path, octets_of(right)).status_code == 204
    assert Written.of(counter.events(found)[-1].facts).read_back == {"auth": sha256(CERTIFICATE).hexdigest()}
    assert counter.step(found) == "hand-over"


def test_nothing_is_to_be_written_before_it_is_issued(counter: Counter) -> None:
    """A case whose certificates are not there is no job."""
    counter.at_step("write", records=(particulars(("auth",)), Notification(terminal="t", window=WINDOW, card=CARD)))
    assert counter.jobs() == ()


def test_a_reset_of_pins_knows_neither_card_nor_holder(counter: Counter) -> None:
    """Its case has no register's facts; the card is the one that lies there."""
    found = counter.at_step("keys", "pin-reset", records=(Reception(visitor="self", wishes=("auth",)),))
    (job,) = counter.jobs()
    assert isinstance(job, PinJob)
    assert (job.card, job.birth_date, job.slots) == (None, None, ("auth",))
    path = f"/terminal/cases/{found.id}/pin"
    wrong = PinReport(event=job.event, card=CARD, slots=("sign",))
    assert refusal(counter.front.ask("POST", path, octets_of(wrong))) == (422, "E-4203")
    right = PinReport(event=job.event, card=CARD, slots=("auth",))
    assert counter.front.ask("POST", path, octets_of(right)).status_code == 204
    assert counter.step(found) == "hand-over"


def standing(counter: Counter, found: CaseRecord) -> str:
    """Where the card's case stands."""
    return read(Standing, counter.front.ask("GET", f"/terminal/cases/{found.id}").data).state


def test_the_terminal_learns_of_the_hand_over(counter: Counter) -> None:
    """Open, handed over, or ended without."""
    finish = Finish(received=True)
    assert standing(counter, counter.for_writing(1)) == "open"
    assert standing(counter, counter.at_step("closed", records=(finish,))) == "handed-over"
    assert standing(counter, counter.at_step("closed", records=(Reception(visitor="self"),))) == "failed"


def test_the_approvals_site_knows_no_terminals(counter: Counter) -> None:
    """Approvals are another origin, where nothing else is."""
    answer = counter.front.stranger("approval").get("/terminal/jobs")
    assert answer.status_code == 404


def test_one_terminal_cannot_crowd_out_another(front: Front, sqlite_url: str) -> None:
    """Each is counted by itself: a terminal that asks too often is refused, the others are answered."""
    from ra.app import Limits

    limited = Counter(Front(front.database, limits=Limits(terminal="3 per minute")), Database(sqlite_url, "owner"))
    statuses = [limited.front.ask("GET", "/terminal/jobs").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert limited.front.ask("GET", "/terminal/jobs", code="terminal-second").status_code == 200
