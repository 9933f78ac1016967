"""A request counts only if an enrolled terminal made it, as it is, within the last minute, for the first time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.roster import Branch, Roster, Terminal
from ca.terminal import LONGEST_HEADER, Nonces, Question, authorisation, check_request
from ca.terminal_errors import (
    TerminalRequestMalformed,
    TerminalRequestOutOfTime,
    TerminalRequestReplayed,
    TerminalRequestSignatureInvalid,
    TerminalRequestUnknown,
)
from tests.fixtures.officers import NOW, WINDOW, software_key, terminal

CODE = "terminal-minato"
QUESTION = Question("POST", "/terminal/cases/0190/keys", b'{"card":"A1"}')
NONCE = bytes(range(16))


def enrolled(*, now: datetime = NOW) -> Roster:
    """A roster with one terminal, enrolled around `now`."""
    branch = Branch(code="minato", name="港区", serves=("13103",))
    terminals = (terminal("minato", now=now),)
    return Roster(deployment="test", version=1, made_at=NOW, branches=(branch,), persons=(), terminals=terminals)


def header(
    question: Question = QUESTION, *, deployment: str = "test", at: datetime = NOW, code: str = CODE, key: str = CODE
) -> str:
    """What the terminal says."""
    return authorisation(software_key(key), code, question, deployment=deployment, at=at, nonce=NONCE)


def asked(
    text: str,
    question: Question = QUESTION,
    *,
    now: datetime = NOW,
    roster: Roster | None = None,
    nonces: Nonces | None = None,
) -> Terminal:
    """The terminal that the front end takes it for."""
    return check_request(
        text, question, deployment="test", roster=roster or enrolled(), now=now, nonces=nonces or Nonces()
    )


def test_an_enrolled_terminal_is_believed() -> None:
    """Its branch and its window come from the roster, never from the request."""
    found = asked(header())
    assert (found.branch, found.window) == ("minato", WINDOW)


@pytest.mark.parametrize("seconds", [-60, 0, 60])
def test_clocks_may_differ_by_a_minute(seconds: int) -> None:
    """Both ways."""
    assert asked(header(), now=NOW + timedelta(seconds=seconds)).code == CODE


@pytest.mark.parametrize("seconds", [-61, 61, 86400])
def test_a_request_of_another_time_is_refused(seconds: int) -> None:
    """An old one, and one dated ahead to be used later."""
    with pytest.raises(TerminalRequestOutOfTime) as caught:
        asked(header(), now=NOW + timedelta(seconds=seconds))
    assert caught.value.seconds == seconds


def test_a_request_counts_once() -> None:
    """The same octets a second time are a replay, as long as their time would still do."""
    nonces = Nonces()
    asked(header(), nonces=nonces)
    with pytest.raises(TerminalRequestReplayed):
        asked(header(), nonces=nonces, now=NOW + timedelta(seconds=60))


def test_a_request_dated_ahead_counts_once() -> None:
    """A nonce is remembered for the whole time in which its request could be believed."""
    nonces, ahead = Nonces(), NOW + timedelta(seconds=60)
    asked(header(at=ahead), nonces=nonces)
    with pytest.raises(TerminalRequestReplayed):
        asked(header(at=ahead), nonces=nonces, now=ahead + timedelta(seconds=60))


def test_old_nonces_are_forgotten() -> None:
    """Memory holds the last minutes only."""
    nonces = Nonces()
    for minute in range(10):
        assert nonces.first(CODE, NONCE, NOW + timedelta(minutes=3 * minute))
    assert len(nonces._known) == 1


def test_a_refused_request_leaves_no_nonce() -> None:
    """A stranger cannot use up a terminal's nonce, nor fill the memory."""
    nonces = Nonces()
    with pytest.raises(TerminalRequestSignatureInvalid):
        asked(header(key="stranger"), nonces=nonces)
    assert asked(header(), nonces=nonces).code == CODE


@pytest.mark.parametrize(
    "changed",
    [
        replace(QUESTION, method="GET"),
        replace(QUESTION, path="/terminal/cases/0191/keys"),
        replace(QUESTION, body=b'{"card":"A2"}'),
        replace(QUESTION, body=b""),
    ],
    ids=["method", "path", "body", "no body"],
)
def test_a_changed_request_is_refused(changed: Question) -> None:
    """Method, path and body are what was signed."""
    with pytest.raises(TerminalRequestSignatureInvalid):
        asked(header(), changed)


def test_a_request_to_another_deployment_is_refused() -> None:
    """What a demo's terminal signed is nothing elsewhere."""
    with pytest.raises(TerminalRequestSignatureInvalid):
        asked(header(deployment="demo"))


def test_an_unknown_terminal_is_refused() -> None:
    """Only the signed roster says who is a terminal."""
    with pytest.raises(TerminalRequestUnknown):
        asked(header(code="terminal-nowhere"))


@pytest.mark.parametrize(
    "roster",
    [enrolled(now=NOW + timedelta(days=400)), enrolled(now=NOW - timedelta(days=400))],
    ids=["not yet", "no more"],
)
def test_an_enrolment_has_a_beginning_and_an_end(roster: Roster) -> None:
    """As every credential has."""
    with pytest.raises(TerminalRequestUnknown):
        asked(header(), roster=roster)


@pytest.mark.parametrize("path", ["/terminal/jobs?window=002A", "/terminal/../cases", "/terminal/JOBS", ""])
def test_a_path_that_no_terminal_asks_for_is_refused(path: str) -> None:
    """Even from a header that is whole."""
    with pytest.raises(TerminalRequestMalformed):
        asked(header(), replace(QUESTION, path=path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ninsho-Terminal",
        "Bearer abc",
        "Ninsho-Terminal terminal-minato 2026-11-23T01:00:00Z zz zz",
        "Ninsho-Terminal terminal-minato 2026-11-23T01:00:00Z 00 00",
        "Ninsho-Terminal terminal-minato 2026-11-23T01:00:00+09:00 " + "00" * 16 + " 00",
        "Ninsho-Terminal TERMINAL 2026-11-23T01:00:00Z " + "00" * 16 + " 00",
        "Ninsho-Terminal terminal-minato 2026-11-23T01:00:00Z " + "00" * 16 + " " + "00" * LONGEST_HEADER,
    ],
)
def test_anything_else_is_no_authorisation(text: str) -> None:
    """Another scheme, a missing word, a wrong one, too long a one."""
    with pytest.raises(TerminalRequestMalformed):
        asked(text)


@given(st.text(max_size=200))
def test_no_header_breaks_the_front_end(text: str) -> None:
    """Whatever stands there, it is refused by name."""
    with pytest.raises(TerminalRequestMalformed):
        asked("Ninsho-Terminal " + text)
