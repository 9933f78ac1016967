"""A resident's turn at the terminal: pages in order, keys made and reported, certificates written, nothing lost."""

from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ca.application import Proof
from ca.request import possession_challenge
from ca.statement import octets_verify, public_key
from ca.terminal_messages import CertificateToWrite, KeysJob, PinReport, TroubleReport, WriteReport
from cli.terminal.errors import FrontEndAway, FrontEndRefused
from cli.terminal.visit import LINGER_SECONDS
from hsm.card import SLOTS
from hsm.soft_card import SoftCard, make_soft_card
from tests.fixtures.cards import CARD_CA, certified
from tests.fixtures.officers import software_key
from tests.fixtures.tokens import MODULE
from tests.fixtures.window import PINS, Window


def page(window: Window) -> str:
    """The page that is shown."""
    return window.visit.view().page


def other_card(window: Window) -> str:
    """Another card of the reader's folder."""
    make_soft_card(window.reader.folder, "FEDC00000002", MODULE)
    return "FEDC00000002"


def test_nothing_is_asked_before_the_counter_begins(window: Window) -> None:
    """The screen waits."""
    window.visit.turn()
    assert page(window) == "waiting"


def test_a_turn_goes_from_the_language_to_the_seat(window: Window) -> None:
    """Language, consent, a page for each PIN, a seat."""
    window.give(window.keys_job())
    seen = [page(window)]
    window.visit.choose("easy")
    seen.append(page(window))
    window.visit.agree()
    for slot in SLOTS:
        view = window.visit.view()
        seen.append(f"{view.page} {view.slot} {view.place}")
        assert view.language == "easy"
        window.enter(PINS[slot])
    seen.append(page(window))
    window.visit.turn()
    assert [*seen, page(window)] == [
        "language",
        "consent",
        "pin sign (1, 2)",
        "pin auth (2, 2)",
        "sending",
        "seat",
    ]


def test_each_key_proves_itself_and_the_terminal_vouches_for_it(window: Window) -> None:
    """The proof is over the challenge of the very application; the notification over it and the window."""
    report = window.made()
    job_of = {each.slot: each for each in report.keys}
    assert set(job_of) == set(SLOTS)
    for at, slot in enumerate(SLOTS):
        each = job_of[slot]
        challenge = possession_challenge("test", each.application, bytes([at]) * 16, each.subject_key)
        assert octets_verify(public_key(each.subject_key), challenge, each.proof)
        notified = Proof("challenge", each.proof, "terminal-minato", each.terminal_signature)
        assert vouched(notified, each.application, bytes([at]) * 16, each.subject_key)


def vouched(proof: Proof, application: object, salt: bytes, key: bytes) -> bool:
    """Whether the notification is the terminal's own, as the signer asks it."""
    from ca.notification import _body
    from ca.statement import Domain, verifies

    body = _body("test", application, salt, key, "001A", proof.value)  # type: ignore[arg-type]
    own = software_key("terminal-minato").public_key()
    return verifies(own, Domain.NOTIFICATION, body, proof.terminal_signature or b"")


@pytest.mark.parametrize(
    ("first", "second", "defect"),
    [
        ("7035", "7036", "differ"),
        ("0000", "0000", "same"),
        ("1234", "1234", "run"),
        ("0102", "0102", "birth-date"),
        ("703", "703", "length"),
        ("70a5", "70a5", "characters"),
    ],
)
def test_an_unfit_pin_is_asked_for_again(window: Window, first: str, second: str, defect: str) -> None:
    """The page says why; the card was not touched."""
    window.begin(window.keys_job(("auth",)))
    window.enter(first, second)
    view = window.visit.view()
    assert (view.page, view.defect) == ("pin", defect)
    window.enter(PINS["auth"])
    assert page(window) == "sending"


def test_full_width_input_is_taken_as_it_is_meant(window: Window) -> None:
    """An input method may give full-width characters and small letters."""
    window.begin(window.keys_job(("sign",)))
    window.enter("ｋａｋｉ７ｎａｋｕ", "KAKI7NAKU")
    window.visit.turn()
    card = window.reader.card()
    assert card is not None
    assert card.prove("sign", b"octets", PINS["sign"])


def test_what_was_typed_for_one_page_never_reaches_another(window: Window) -> None:
    """A double press sends the same form twice; the second is for a page that is gone."""
    window.begin(window.keys_job())
    stamp = window.visit.view().stamp
    window.visit.enter(stamp, PINS["sign"], PINS["sign"])
    window.visit.enter(stamp, PINS["sign"], PINS["sign"])
    view = window.visit.view()
    assert (view.slot, view.defect) == ("auth", None)


def test_an_act_for_another_page_does_nothing(window: Window) -> None:
    """Every act names the page it is for by being possible there only."""
    window.visit.agree()
    window.visit.again()
    window.visit.choose("en")
    assert page(window) == "waiting"
    window.give(window.keys_job())
    window.visit.agree()
    assert page(window) == "language"


def test_a_missing_card_is_awaited(window: Window) -> None:
    """The page comes back by itself when the card does."""
    window.begin(window.keys_job())
    window.reader.put(None)
    assert (page(window), window.visit.view().wrong) == ("card", False)
    window.reader.put(window.card)
    assert page(window) == "pin"


def test_a_card_taken_away_in_the_middle_loses_nothing(window: Window) -> None:
    """The first application is done, the second goes on when the card is back."""
    window.begin(window.keys_job())
    window.enter(PINS["sign"])
    window.reader.put(None)
    window.enter(PINS["auth"])
    assert page(window) == "card"
    window.reader.put(window.card)
    window.enter(PINS["auth"])
    window.visit.turn()
    assert len(window.book.reports) == 1


def test_a_wrong_card_is_refused(window: Window) -> None:
    """Nothing is done with a card that is another case's."""
    job, wrong = window.keys_job(), other_card(window)
    window.begin(job)
    window.reader.put(wrong)
    view = window.visit.view()
    assert (view.page, view.wrong, view.card) == ("card", True, job.card[-4:])


def test_the_card_on_the_reader_chooses_its_case(window: Window) -> None:
    """Of several cases at the window, the one whose card lies there; else the one that was moved last."""
    mine, other = window.keys_job(), replace(window.keys_job(), card="FEDC00000002", receipt="R-2")
    window.give(other, mine)
    assert window.visit.view().receipt == mine.receipt
    window.give()
    window.reader.put(None)
    window.give(other, mine)
    assert window.visit.view().receipt == "R-2"


def case_of_the_other_card(window: Window) -> KeysJob:
    """Another case of the same window, for another card."""
    return window.keys_job(case=UUID(int=2), card=other_card(window), receipt="R-2")


@pytest.mark.parametrize("kind", ["keys", "pin", "write"])
def test_a_forgotten_case_gives_way_to_the_next_visitors_card(window: Window, kind: str) -> None:
    """A visitor who left before a PIN was set blocks no window: the next card brings its own case."""
    jobs = {"keys": window.keys_job, "pin": window.pin_job, "write": lambda: window.write_job(window.made())}
    forgotten = jobs[kind]()
    window.reader.put(None)
    window.begin(forgotten)
    following = case_of_the_other_card(window)
    window.reader.put(following.card)
    window.give(forgotten, following)
    view = window.visit.view()
    assert (view.page, view.receipt) == ("language", "R-2")


def test_a_forgotten_case_gives_way_to_new_pins(window: Window) -> None:
    """A case that names no card gets the card that is no other case's, once it is the one that was moved last."""
    forgotten, following = window.keys_job(), replace(window.pin_job(), case=UUID(int=2))
    window.begin(forgotten)
    window.reader.put(other_card(window))
    window.give(following, forgotten)
    assert (page(window), window.visit.view().receipt) == ("language", following.receipt)


def test_a_resident_who_is_choosing_a_pin_is_not_interrupted(window: Window) -> None:
    """Whatever other case is moved meanwhile: the card on the reader is this one's."""
    mine = window.pin_job()
    window.begin(mine)
    window.give(replace(window.pin_job(), case=UUID(int=2), receipt="R-2"), mine)
    assert (page(window), window.visit.view().receipt) == ("pin", mine.receipt)


def test_a_turn_without_a_card_waits_for_it(window: Window) -> None:
    """A card that is taken away for a moment gives the turn to nobody."""
    mine, other = window.keys_job(), case_of_the_other_card(window)
    window.begin(mine)
    window.reader.put(None)
    window.give(other, mine)
    assert (page(window), window.visit.view().receipt) == ("card", mine.receipt)


def test_a_case_at_its_first_page_gives_way_to_the_one_that_was_moved_last(window: Window) -> None:
    """Nobody has touched the screen yet, and no card says whose turn it is."""
    window.reader.put(None)
    first, other = window.keys_job(), case_of_the_other_card(window)
    window.give(first)
    window.give(other, first)
    assert window.visit.view().receipt == "R-2"


def test_a_turn_with_a_key_in_the_card_is_kept(window: Window) -> None:
    """What the card has made and the front end does not know yet is not given up for another card."""
    mine, other = window.keys_job(), case_of_the_other_card(window)
    window.begin(mine)
    window.enter(PINS["sign"])
    window.reader.put(other.card)
    window.give(other, mine)
    assert (page(window), window.visit.view().wrong) == ("card", True)
    window.reader.put(mine.card)
    assert (page(window), window.visit.view().slot) == ("pin", "auth")


def test_a_report_that_was_refused_is_kept_before_another_card(window: Window) -> None:
    """Certificates are in the card and told to nobody: the turn stays until that is done."""
    job = window.write_job(window.made())
    window.give(job)
    window.book.failure = FrontEndRefused(401, "E-4106")
    window.visit.turn()
    window.book.failure = None
    other = case_of_the_other_card(window)
    window.reader.put(other.card)
    window.give(other, job)
    assert (page(window), window.visit.view().receipt) == ("error", job.receipt)


def test_a_case_that_was_cancelled_ends_its_turn(window: Window) -> None:
    """The page goes back to waiting, whatever was asked."""
    window.begin(window.keys_job())
    window.give()
    assert page(window) == "waiting"


def test_an_outage_is_waited_out(window: Window) -> None:
    """The report is kept and sent when the front end answers again; nobody types a PIN twice."""
    window.begin(window.keys_job(("auth",)))
    window.enter(PINS["auth"])
    window.book.failure = FrontEndAway("ConnectionRefusedError")
    window.visit.turn()
    assert page(window) == "sending"
    window.book.failure = None
    window.visit.turn()
    assert page(window) == "seat"


def test_an_outage_is_shown_while_nobody_is_served(window: Window) -> None:
    """With the code for the staff."""
    window.book.failure = FrontEndRefused(401, "E-4106")
    window.visit.turn()
    view = window.visit.view()
    assert (view.page, view.away, view.code) == ("waiting", True, "E-4106")


def test_a_report_whose_answer_was_lost_counts(window: Window) -> None:
    """It is sent again, and that the case has moved on meanwhile means that it arrived."""
    window.begin(window.keys_job(("auth",)))
    window.enter(PINS["auth"])
    window.book.loses_answers = True
    window.visit.turn()
    assert page(window) == "sending"
    window.visit.turn()
    assert (page(window), len(window.book.reports)) == ("seat", 1)


def test_a_case_that_moved_on_says_so(window: Window) -> None:
    """The counter did something else with the case while the resident typed."""
    window.begin(window.keys_job(("auth",)))
    window.enter(PINS["auth"])
    window.give()
    view = window.visit.view()
    assert (view.page, view.trouble, view.code) == ("error", "moved", "E-1003")
    window.visit.again()
    assert page(window) == "waiting"


def test_a_refused_report_is_kept(window: Window) -> None:
    """A clock that is put right lets it pass; the PINs are not asked for again."""
    window.begin(window.keys_job(("auth",)))
    window.enter(PINS["auth"])
    window.book.failure = FrontEndRefused(401, "E-4106")
    window.visit.turn()
    assert (page(window), window.visit.view().trouble) == ("error", "refused")
    window.book.failure = None
    window.visit.again()
    window.visit.turn()
    assert page(window) == "seat"


def test_certificates_are_written_and_read_back(window: Window) -> None:
    """The report names the SHA-256 of what the card shows; nobody types anything."""
    job = window.write_job(window.made())
    window.give(job)
    assert page(window) == "sending"
    window.visit.turn()
    assert page(window) == "written"
    _, report = window.book.reports[-1]
    card = window.reader.card()
    assert isinstance(report, WriteReport)
    assert card is not None
    assert {each.slot for each in report.read_back} == set(SLOTS)
    assert all(card.read(each.slot) == each.certificate for each in job.certificates)


def test_a_write_waits_for_its_card(window: Window) -> None:
    """And is done when it lies there."""
    job, wrong = window.write_job(window.made()), other_card(window)
    window.reader.put(wrong)
    window.give(job)
    assert (page(window), window.visit.view().wrong) == ("card", True)
    window.reader.put(job.card)
    window.visit.turn()
    assert page(window) == "sending"


def test_a_half_done_write_is_repeated(window: Window) -> None:
    """A terminal that ended after the first certificate writes both again."""
    job = window.write_job(window.made())
    card = window.reader.card()
    assert card is not None
    card.write("sign", job.certificates[0].certificate, CARD_CA)
    window.give(job)
    window.visit.turn()
    assert page(window) == "written"


def test_a_certificate_of_an_unknown_authority_is_not_written(window: Window) -> None:
    """Only the authorities in the terminal's own folder count, whatever the front end says."""
    job = window.write_job(window.made(("auth",)))
    given = job.certificates[0]
    stranger = replace(job, certificates=(CertificateToWrite("auth", given.certificate, given.certificate),))
    window.give(stranger)
    view = window.visit.view()
    assert (view.page, view.trouble, view.code) == ("error", "certificate", "cli.refused-certificate")


def test_the_counter_is_told_once_what_went_wrong(window: Window) -> None:
    """In one word, for the job that cannot be done; the resident's screen keeps its page meanwhile."""
    report = window.made()
    job = window.write_job(report)
    strange = tuple(replace(each, authority=each.certificate) for each in job.certificates)
    job = replace(job, certificates=strange)
    for _ in range(3):
        window.give(job)
    assert window.visit.view().trouble == "certificate"
    assert window.book.troubles == [
        TroubleReport(event=job.event, trouble="certificate", code="cli.refused-certificate")
    ]


def test_a_certificate_that_its_authority_did_not_sign_is_not_written(window: Window) -> None:
    """The signature is verified before anything is written."""
    job = window.write_job(window.made(("auth",)))
    broken = bytearray(job.certificates[0].certificate)
    broken[-1] ^= 1
    window.give(replace(job, certificates=(CertificateToWrite("auth", bytes(broken), CARD_CA),)))
    assert window.visit.view().trouble == "certificate"


def test_a_certificate_of_another_key_is_not_written(window: Window) -> None:
    """A card that has no such key says so, and "again" tries again."""
    window.made(("auth",))
    stranger = certified(software_key("stranger").public_key())
    job = window.write_job(window.made(("auth",)))
    window.give(replace(job, certificates=(CertificateToWrite("auth", stranger, CARD_CA),)))
    assert (window.visit.view().trouble, window.visit.view().code) == ("certificate", "hsm.card-wrong")
    window.book.listed = (job,)
    window.visit.again()
    window.visit.turn()
    window.visit.turn()
    assert page(window) == "written"


@pytest.mark.parametrize("state", ["handed-over", "failed"])
def test_the_hand_over_decides_which_keys_stay(window: Window, state: str) -> None:
    """After a renewal the old key goes at the hand-over, the new one when it failed."""
    certificates = []
    for _ in range(2):
        job = window.write_job(window.made(("auth",)))
        certificates.append(job.certificates[0].certificate)
        window.give(job)
        window.visit.turn()
    window.book.state = replace(window.book.state, state=state)
    window.visit.turn()
    card = window.reader.card()
    assert isinstance(card, SoftCard)
    kept = certificates[1] if state == "handed-over" else certificates[0]
    assert card.read("auth") == kept
    assert page(window) == "done"


def test_a_card_taken_before_the_hand_over_keeps_both_keys(window: Window) -> None:
    """Nothing is lost; the old certificate is revoked anyway."""
    old = window.write_job(window.made(("auth",)))
    window.give(old)
    window.visit.turn()
    new = window.write_job(window.made(("auth",)))
    window.give(new)
    window.visit.turn()
    window.reader.put(None)
    window.book.state = replace(window.book.state, state="handed-over")
    window.visit.turn()
    window.reader.put(new.card)
    card = window.reader.card()
    assert card is not None
    card.give_up("auth")
    assert card.read("auth") == old.certificates[0].certificate


def test_new_pins_leave_the_keys_alone(window: Window) -> None:
    """暗証番号初期化: a locked application opens with the new PIN, and its key is the same."""
    key = load_der_public_key(window.made(("auth",)).keys[0].subject_key)
    window.begin(window.pin_job(("auth",)))
    assert window.visit.view().task == "pin"
    window.enter("5318")
    window.visit.turn()
    _, report = window.book.reports[-1]
    card = window.reader.card()
    assert isinstance(report, PinReport)
    assert (report.card, report.slots, page(window)) == (window.card, ("auth",), "done")
    assert card is not None
    assert octets_verify(key, b"octets", card.prove("auth", b"octets", "5318"))  # type: ignore[arg-type]


def test_the_last_page_stays_for_more_than_two_minutes(window: Window) -> None:
    """WCAG 2.2.1 and the counter's own patience; then the screen waits for the next resident."""
    window.made(("auth",))
    window.seconds[0] = 120.0
    window.visit.turn()
    assert page(window) == "seat"
    window.seconds[0] = LINGER_SECONDS + 1
    window.visit.turn()
    assert (page(window), window.visit.view().receipt) == ("waiting", None)


def test_no_page_of_a_turn_ends_by_time(window: Window) -> None:
    """Whoever needs an hour for a PIN gets it."""
    window.begin(window.keys_job())
    window.seconds[0] = 3600.0
    window.visit.turn()
    assert page(window) == "pin"


def test_the_same_page_keeps_its_stamp(window: Window) -> None:
    """A look does not make the browser load the page anew, which would empty its fields."""
    window.begin(window.keys_job())
    before = window.visit.view().stamp
    window.visit.turn()
    assert window.visit.view().stamp == before


def test_no_pin_is_kept(window: Window) -> None:
    """What the terminal remembers of a turn, and what it reports, holds no PIN."""
    window.made()
    remembered = repr((window.visit.__dict__, window.book.reports))
    assert not [pin for pin in PINS.values() if pin in remembered]
