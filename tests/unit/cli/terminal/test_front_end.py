"""The terminal's HTTP client: what it makes of answers, of silence, and of whoever sends it elsewhere."""

import os
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import UUID

import pytest

from ca.terminal import Nonces, Question, check_request
from ca.terminal_messages import Jobs, PinReport, Standing, octets_of
from cli.demo.programs import free_ports
from cli.terminal.errors import FrontEndAway, FrontEndRefused, ScreenBusy
from cli.terminal.front_end import FrontEnd, is_front_end, word_of
from cli.terminal.screen_server import ScreenServer
from cli.terminal.station import Station
from tests.fixtures.officers import NOW, make_office, software_key, terminal

CASE = UUID(int=7)


class _Stage(ThreadingHTTPServer):
    """A server that gives one answer, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answer: tuple[int, bytes, str] = (200, octets_of(Jobs(())), "")
        self.asked: list[tuple[Question, str]] = []


class _Answering(BaseHTTPRequestHandler):
    server: _Stage

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((Question(method, self.path, body), self.headers["Authorization"]))  # type: ignore[arg-type]
        status, octets, location = self.server.answer
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def stage() -> Iterator[_Stage]:
    """A server on a port of its own."""
    with _Stage() as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def client(url: str) -> FrontEnd:
    """The client of an enrolled terminal."""
    station = Station("test", "terminal-minato", "221A", software_key("terminal-minato"), (), os.urandom)
    return FrontEnd(url, station, lambda: NOW, None)


@pytest.fixture
def front(stage: _Stage) -> FrontEnd:
    """A client of the server."""
    return client(f"http://127.0.0.1:{stage.server_port}/")


def test_every_request_is_signed(stage: _Stage, front: FrontEnd) -> None:
    """The front end's own check believes each, once."""
    front.jobs()
    stage.answer = (200, octets_of(Standing("open")), "")
    front.standing(CASE)
    stage.answer = (204, b"", "")
    front.report(CASE, PinReport(event=3, card="A123", slots=("auth",)))
    office = make_office()
    roster = replace(office.roster, terminals=(terminal("minato"),))
    nonces = Nonces()
    for question, header in stage.asked:
        found = check_request(header, question, deployment="test", roster=roster, now=NOW, nonces=nonces)
        assert found.code == "terminal-minato"
    assert [(each.method, each.path) for each, _ in stage.asked] == [
        ("GET", "/terminal/jobs"),
        ("GET", f"/terminal/cases/{CASE}"),
        ("POST", f"/terminal/cases/{CASE}/pin"),
    ]


def test_nobody_answers() -> None:
    """The terminal waits and asks again."""
    (port,) = free_ports((0,), "127.0.0.1")
    with pytest.raises(FrontEndAway):
        client(f"http://127.0.0.1:{port}").jobs()


def test_a_refusal_tells_its_code(stage: _Stage, front: FrontEnd) -> None:
    """Status and code go to the resident's screen for the staff; nothing else of the answer does."""
    stage.answer = (409, b'{"code":"E-4202","title":"..."}', "")
    with pytest.raises(FrontEndRefused) as caught:
        front.jobs()
    assert (caught.value.status, caught.value.word) == (409, "E-4202")


def test_a_redirection_is_not_followed(stage: _Stage, front: FrontEnd) -> None:
    """A signed request goes to the configured place, or nowhere."""
    stage.answer = (302, b"", "/elsewhere")
    with pytest.raises(FrontEndRefused) as caught:
        front.jobs()
    assert caught.value.status == 302
    assert len(stage.asked) == 1


@pytest.mark.parametrize("octets", [b"", b"<html>", b'{"jobs":[{"kind":"pin"}]}', b" " * 70000])
def test_an_answer_of_another_form_is_refused(stage: _Stage, front: FrontEnd, octets: bytes) -> None:
    """Another program answers there, or one of another edition."""
    stage.answer = (200, octets, "")
    with pytest.raises(FrontEndRefused) as caught:
        front.jobs()
    assert caught.value.word.startswith("ca.")


@pytest.mark.parametrize("problem", [b"", b"[]", b'{"code":7}', b'{"code":"\\n"}', '{"code":"見"}'.encode()])
def test_a_word_is_a_word(problem: bytes) -> None:
    """What is shown on the screen is a code or "unknown"."""
    assert word_of(problem) == "unknown"


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        ("https://desk.example.jp", True),
        ("http://localhost:8561/", True),
        ("ftp://desk.example.jp", False),
        ("file:///etc/passwd", False),
        ("https://user@desk.example.jp", False),
        ("https://desk.example.jp/path", False),
        ("https://desk.example.jp?x=1", False),
        ("desk.example.jp", False),
    ],
)
def test_a_front_end_is_a_scheme_a_host_and_a_port(url: str, usable: bool) -> None:
    """Nothing else stands in its URL."""
    assert is_front_end(url) is usable


def test_a_screen_without_a_port_says_so(stage: _Stage) -> None:
    """Another program has it."""
    with pytest.raises(ScreenBusy, match=str(stage.server_port)):
        ScreenServer(stage.server_port)
