"""The page of a case, as far as no authority is asked: reception, identity, what waits, what belongs to others."""

import re
from contextlib import closing
from uuid import uuid4

import pytest

from store.cases import case_by_receipt, events_of
from store.database import Database
from store.heartbeat import beat
from tests.fixtures.front import Browser, Front

RECEPTION = "reception-minato"
OTHERS = "reception-sapporo"


@pytest.fixture
def counter(demo_front: Front) -> Browser:
    """A reception officer of Minato at the working site."""
    browser = demo_front.browser(RECEPTION)
    browser.get("/cases/new")
    return browser


def opened(browser: Browser, **changed: str) -> str:
    """The address of a case that was received with this form."""
    form = {"kind": "issue", "visitor": "self", "wishes": "auth", "window": "001A", "submit_key": str(uuid4())}
    answer = browser.post("/cases/new", {**form, **changed})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("?")[0]


def test_a_receipt_number_is_given_at_once(counter: Browser) -> None:
    """The number names branch and day, so that it is found again from paper."""
    page = counter.get(opened(counter))
    assert re.search(r"R[0-9]{5}-261124-0001", page.text)
    assert "本人確認" in page.text


def test_the_same_form_sent_twice_opens_one_case(counter: Browser) -> None:
    """A double press of Enter at a slow network is one application."""
    key = str(uuid4())
    assert opened(counter, submit_key=key) == opened(counter, submit_key=key)


def test_full_width_input_is_taken_as_it_is_meant(counter: Browser) -> None:
    """Nobody is scolded for the width of a letter."""
    assert "001A" in counter.get(opened(counter, window="００１Ａ")).text


def test_a_case_of_another_branch_does_not_exist(demo_front: Front, counter: Browser) -> None:
    """It is as if the number had never been given: 404, for every page and form of the case."""
    where = opened(counter)
    stranger = demo_front.browser(OTHERS)
    stranger.get("/cases/new")
    assert stranger.get(where).status_code == 404
    for form in ("identify", "register", "select", "confirm", "hand-over", "defer", "withdraw"):
        assert stranger.post(f"{where}/{form}", {"reason": "x"}).status_code in (400, 404)
    assert "本人確認" in counter.get(where).text


def test_a_list_holds_no_case_of_another_branch(demo_front: Front, counter: Browser) -> None:
    """What another branch received is on nobody else's list."""
    receipt = opened(counter).rpartition("/")[2]
    assert receipt in counter.get("/cases/").text
    assert receipt not in demo_front.browser(OTHERS).get("/cases/").text


def test_one_weak_document_proves_no_identity(counter: Browser) -> None:
    """Two documents without a photograph are needed, or one with."""
    where = opened(counter)
    refused = counter.post(f"{where}/identify", {"documents": "pension"})
    assert (refused.status_code, "E-1104" in refused.text) == (400, True)
    assert counter.post(f"{where}/identify", {"documents": ["pension", "eligibility"]}).status_code == 303


def test_what_is_refused_leads_back_to_the_case(counter: Browser) -> None:
    """A refusal that says "ask for another document" has a way back to where that is entered."""
    where = opened(counter)
    refused = counter.post(f"{where}/identify", {"documents": "pension"})
    assert f'<a class="button button-next" href="{where}" data-key="Escape" data-back>' in refused.text
    assert "data-back" not in counter.get("/cases/R13103-261124-9999").text


def test_a_form_of_a_case_that_comes_after_the_session_leads_back_to_the_case(counter: Browser) -> None:
    """Another tab logged out: the login page says why it is there, and goes on where the officer was."""
    where = opened(counter)
    counter.post("/logout")
    answer = counter.post(f"{where}/withdraw", {"reason": "出直すとのこと"})
    assert answer.headers["Location"] == f"/login?next={where}&ended=1"


def test_a_refused_form_leads_back_to_itself(counter: Browser) -> None:
    """The reception form says to go back and choose; its own page is one key away."""
    form = {"kind": "issue", "visitor": "self", "window": "001A", "submit_key": str(uuid4())}
    refused = counter.post("/cases/new", form)
    assert (refused.status_code, "E-1103" in refused.text) == (400, True)
    assert '<a class="button button-next" href="/cases/new" data-key="Escape" data-back>' in refused.text


def test_an_agent_shows_their_papers(counter: Browser) -> None:
    """RULE 5(2): the letter of attorney and the answered inquiry, beside the agent's own document."""
    where = opened(counter, visitor="agent")
    refused = counter.post(f"{where}/identify", {"documents": "passport", "papers": "attorney"})
    assert (refused.status_code, "E-1105" in refused.text) == (400, True)
    papers = ["attorney", "inquiry"]
    assert counter.post(f"{where}/identify", {"documents": "passport", "papers": papers}).status_code == 303


def test_a_step_is_taken_once(counter: Browser) -> None:
    """Two tabs on one case: the second is told that the case has moved on, and nothing is done twice."""
    where = opened(counter)
    assert counter.post(f"{where}/identify", {"documents": "passport"}).status_code == 303
    again = counter.post(f"{where}/identify", {"documents": "passport"})
    assert (again.status_code, "E-1003" in again.text) == (409, True)


def test_a_page_that_looks_whether_the_case_moved_is_left_alone(counter: Browser) -> None:
    """What is being typed beside a step that goes on by itself stays until there is something new to show."""
    where = opened(counter)
    assert counter.get(f"{where}?seen=identify.stopped.1").status_code == 204
    assert counter.get(f"{where}?seen=identify.working.1").status_code == 200


def test_a_case_is_deferred_while_the_centre_is_down(counter: Browser) -> None:
    """預かり処理: it is kept with what the visitor was told, and goes on where it stood."""
    where = opened(counter)
    form = {"consent": "1", "until": "2026-11-25", "told": "明日の午後に電話します"}
    assert counter.post(f"{where}/defer", form).status_code == 303
    assert "明日の午後に電話します" in counter.get("/deferred/").text
    assert counter.post(f"{where}/identify", {"documents": "passport"}).status_code == 303
    assert "明日の午後に電話します" not in counter.get("/deferred/").text


def test_a_deferred_case_goes_on_once_the_centre_works_again(demo_front: Front, counter: Browser) -> None:
    """Its page says so: nobody waits for a recovery that was hours ago."""
    where = opened(counter)
    counter.post(f"{where}/defer", {"consent": "1", "until": "2026-11-25"})
    assert "認証局が復旧したら続けてください" in counter.get(where).text
    with demo_front.database.transaction() as tx:
        beat(tx, "signer", demo_front.now)
    assert "認証局は復旧しています" in counter.get(where).text


def test_nothing_is_deferred_without_consent(counter: Browser) -> None:
    """Nobody's card is kept without asking."""
    refused = counter.post(f"{opened(counter)}/defer", {"until": "2026-11-25"})
    assert (refused.status_code, "E-1406" in refused.text) == (400, True)


def test_nobody_is_told_to_come_again_on_a_day_that_has_passed(counter: Browser) -> None:
    """A slip of the finger in a date stands on no deposit slip; today, later in the day, is possible."""
    where = opened(counter)
    refused = counter.post(f"{where}/defer", {"consent": "1", "until": "2026-11-23"})
    assert (refused.status_code, "E-1407" in refused.text) == (400, True)
    assert counter.post(f"{where}/defer", {"consent": "1", "until": "2026-11-24"}).status_code == 303


def test_a_withdrawn_case_is_closed_with_its_reason(counter: Browser) -> None:
    """取下げ: it stays on file and goes no further."""
    where = opened(counter)
    assert counter.post(f"{where}/withdraw", {"reason": "出直すとのこと"}).status_code == 303
    page = counter.get(where).text
    assert ("終了" in page, "出直すとのこと" in page) == (True, True)
    assert counter.post(f"{where}/identify", {"documents": "passport"}).status_code == 409


def test_an_examiner_sees_a_case_and_takes_no_step_of_the_desk(demo_front: Front, counter: Browser) -> None:
    """Roles are asked at every form, not only shown."""
    where = opened(counter)
    examiner = demo_front.browser("examiner-minato")
    assert examiner.get(where).status_code == 200
    assert examiner.post(f"{where}/identify", {"documents": "passport"}).status_code == 403


def test_a_certificate_is_wished_for_once(counter: Browser) -> None:
    """A card has one place of each kind: a form that names one twice would ask the card for a key that has none."""
    form = {
        "kind": "issue",
        "visitor": "self",
        "wishes": ["auth", "auth"],
        "window": "001A",
        "submit_key": str(uuid4()),
    }
    refused = counter.post("/cases/new", form)
    assert (refused.status_code, "E-1107" in refused.text) == (400, True)


@pytest.mark.parametrize("window", ["", "1A", "001a2", "<b>", "x" * 100])
def test_a_window_is_a_number_and_a_letter(counter: Browser, window: str) -> None:
    """What names no window is said at once, and not when the certificate's facts are refused."""
    form = {"kind": "issue", "visitor": "self", "wishes": "auth", "window": window, "submit_key": str(uuid4())}
    refused = counter.post("/cases/new", form)
    assert (refused.status_code, "E-1107" in refused.text) == (400, True)


def test_of_a_document_its_kind_is_kept_alone(demo_front: Front, counter: Browser) -> None:
    """本人確認: no number of a document is kept, whatever a form says beside the kinds there are."""
    where = opened(counter)
    shown = {"documents": ["passport", "TR1234567", "x" * 40_000], "papers": ["attorney", "090-0000-0000"]}
    assert counter.post(f"{where}/identify", shown).status_code == 303
    with demo_front.database.snapshot() as tx:
        found = case_by_receipt(tx, frozenset({"minato"}), where.rpartition("/")[2])
        identified = events_of(tx, frozenset({"minato"}), found.id)[-1]
    assert identified.facts == {"documents": ["passport"], "papers": []}


@pytest.mark.parametrize("path", ["/cases/%00", "/cases/R13103-261124-0001%00/papers/receipt.pdf"])
def test_a_number_with_a_zero_octet_is_nobodys(database_url: str, path: str) -> None:
    """PostgreSQL refuses such a text, which must not become a fault of the program."""
    with closing(Database(database_url, "ra")) as database:
        assert Front(database, demo=True).browser(RECEPTION).get(path).status_code == 404
