"""An error is a page: code, what, why, what to do, a number to quote; never a trace, and nobody's data in the log."""

import logging
import re

import pytest
from flask import Blueprint

from docs.data import error_codes
from ra.errors import FAULTS, PageError
from ra.scope import machine, public
from store.errors import DatabaseAway
from tests.fixtures.front import Front

CANARY = "見本 花子"


def broken(front: Front) -> None:
    """Give an application four views that fail."""
    pages = Blueprint("broken", __name__)

    @pages.get("/broken")
    @public
    def fault() -> str:
        raise KeyError(CANARY)

    @pages.get("/away")
    @public
    def away() -> str:
        raise DatabaseAway("OperationalError")

    @pages.get("/refused")
    @public
    def refused() -> str:
        raise PageError("E-4101", {"roles": CANARY})

    @pages.get("/machine")
    @machine
    def program() -> str:
        raise PageError("E-5001")

    front.app.register_blueprint(pages)
    front.app.extensions["ninsho-sites"]["broken"] = frozenset({"working", "approval"})
    front.app.testing = False


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/broken", 500, "E-5000"), ("/away", 503, "E-3001"), ("/refused", 403, "E-4101"), ("/nonsense", 404, "E-5001")],
)
def test_an_error_is_a_page_with_a_code(front: Front, path: str, status: int, code: str) -> None:
    """What failed, why, what to do, and a number that the log has too."""
    broken(front)
    answer = front.stranger().get(path)
    assert (answer.status_code, code in answer.text) == (status, True)
    assert re.search(r"<b class=\"mono\">[A-Z2-7]{8}</b>", answer.text)
    assert "<title>エラー: " in answer.text
    assert "Traceback" not in answer.text


def test_a_fault_is_logged_without_its_words(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    """LOG-4: a message may quote a person, so the log gets number, kind and place, and the page says nothing of it."""
    broken(front)
    with caplog.at_level(logging.DEBUG):
        answer = front.stranger().get("/broken")
    assert CANARY not in caplog.text
    assert CANARY not in answer.text
    number = re.findall(r"<b class=\"mono\">([A-Z2-7]{8})</b>", answer.text)[-1]
    (record,) = [each for each in caplog.records if each.name == "ninsho.ra"]
    assert number in record.getMessage()
    assert "KeyError" in record.getMessage()
    assert "test_answers.py" in record.getMessage()


def test_a_database_that_goes_away_is_told_on_a_page(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page itself asks the database for nothing: it says that what was entered is kept."""
    browser = front.browser("reception-minato")
    front.app.testing = False

    def away() -> None:
        raise DatabaseAway("OperationalError")

    monkeypatch.setattr(front.database, "snapshot", away)
    for answer in (browser.get("/"), browser.post("/alive")):
        assert (answer.status_code, "E-3001" in answer.text) == (503, True)


def test_a_refusal_is_no_fault(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    """What an officer may not do is told to the officer and fills no log."""
    broken(front)
    front.stranger().get("/refused")
    assert [each for each in caplog.records if each.name == "ninsho.ra"] == []


def test_a_program_gets_a_problem_document(front: Front) -> None:
    """RFC 9457: type, title, detail, status, and the same code as on the page."""
    broken(front)
    answer = front.stranger().get("/machine")
    assert answer.content_type == "application/problem+json"
    assert {"type", "title", "detail", "status", "code", "instance"} == set(answer.json or ())
    assert (answer.json or {})["code"] == "E-5001"


def test_another_method_is_a_page_too(front: Front) -> None:
    """405 has words as well."""
    browser = front.browser("reception-minato")
    assert "E-5002" in browser.post("/help").text


@pytest.mark.parametrize("code", FAULTS)
def test_every_code_says_what_why_and_what_to_do(code: str) -> None:
    """No code is half a sentence, and its first digit is its block."""
    fault = FAULTS[code]
    assert re.fullmatch(r"E-[1-5][0-9]{3}", code)
    assert all(text.endswith((".", "%(why)s")) for text in (fault.what, fault.why, fault.remedy))
    assert 400 <= fault.status < 600


def test_the_documented_codes_are_these() -> None:
    """``python -m docs.data.error_codes`` was run since the table or its translation changed."""
    assert error_codes.PAGE.read_text(encoding="utf-8") == error_codes.page()
