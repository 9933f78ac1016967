"""The responder over HTTP: paths, bounds, caching, and never a 5xx (RFC 6960 appendix A, RFC 5019)."""

import base64
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from threading import Event

import pytest
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocsp.request import MAX_OCTETS
from ocsp.web import OCSPApplication
from tests.fixtures.register import Register
from tests.unit.ocsp.samples import NOW, SampleAuthority, question
from tests.unit.ocsp.test_responder import make_responder

STATUS = ocsp.OCSPResponseStatus


class Body(io.BytesIO):
    """A request body that remembers whether it was read."""

    was_read = False

    def read(self, size: int | None = -1) -> bytes:
        """Read and remember."""
        self.was_read = True
        return super().read(size)


class Client:
    """Calls the application as a WSGI server does."""

    def __init__(self, application: OCSPApplication) -> None:
        self.application = application

    def __call__(
        self, method: str, path: str, body: bytes | Body = b"", **environ: str
    ) -> tuple[str, dict[str, str], bytes]:
        """Status line, headers and body of one answer."""
        said: list[tuple[str, list[tuple[str, str]]]] = []
        stream = body if isinstance(body, Body) else Body(body)
        given = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": stream,
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **environ,
        }

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            said.append((status, headers))

        answer = b"".join(self.application(given, start_response))
        return said[0][0], dict(said[0][1]), answer

    def post(self, body: bytes, **environ: str) -> tuple[str, dict[str, str], bytes]:
        """POST a request."""
        sent = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/ocsp-request"} | environ
        return self("POST", "/ocsp", body, **sent)

    def get(self, octets: bytes, **environ: str) -> tuple[str, dict[str, str], bytes]:
        """GET a request in the path."""
        return self("GET", "/ocsp/" + base64.b64encode(octets).decode(), **environ)


@pytest.fixture
def client(register: Register, authority: SampleAuthority) -> Client:
    """A responder that knows serial 5 as good, 6 as revoked and 7 as held."""
    for serial in (5, 6, 7):
        register.issue("jpki-sign-g1", "jpki-sign", serial, NOW)
    register.revoke("jpki-sign", 6, 1, NOW)
    register.hold("jpki-sign", 7, NOW)
    return Client(OCSPApplication(make_responder(register, authority), lambda: NOW))


def status_of(der: bytes) -> ocsp.OCSPResponseStatus:
    """The response status of an answer."""
    return ocsp.load_der_ocsp_response(der).response_status


def test_post_and_get_give_the_same_answer(client: Client, authority: SampleAuthority) -> None:
    """RFC 6960 appendix A.1: one question, two ways, one answer with its media type and length."""
    posted, got = client.post(question(authority, 5)), client.get(question(authority, 5))
    assert posted[2] == got[2]
    for status, headers, body in (posted, got):
        assert (status, headers["Content-Type"]) == ("200 OK", "application/ocsp-response")
        assert headers["Content-Length"] == str(len(body))
        assert status_of(body) == STATUS.SUCCESSFUL


@pytest.mark.parametrize("serial", [5, 7], ids=["good", "held"])
def test_status_that_can_change_is_asked_for_again(client: Client, authority: SampleAuthority, serial: int) -> None:
    """RFC 5019 section 6.2 and REV-2: caches must come back each time, so a revocation shows through them at once."""
    _, headers, _ = client.get(question(authority, serial))
    assert headers["Cache-Control"] == "max-age=0, public, no-transform, must-revalidate"
    assert parsedate_to_datetime(headers["Expires"]) <= NOW
    assert parsedate_to_datetime(headers["Last-Modified"]) == NOW


def test_final_status_may_be_kept_until_next_update(client: Client, authority: SampleAuthority) -> None:
    """RFC 5019 section 6.2: revoked is for ever, so caches may answer until nextUpdate and not longer."""
    _, headers, _ = client.get(question(authority, 6))
    assert headers["Cache-Control"] == "max-age=1800, public, no-transform, must-revalidate"
    assert parsedate_to_datetime(headers["Expires"]) == NOW + timedelta(minutes=30)


def test_unchanged_answer_is_not_sent_again(client: Client, authority: SampleAuthority) -> None:
    """RFC 9110 section 13.1.2: If-None-Match with the current tag gets a 304 without a body."""
    _, headers, _ = client.get(question(authority, 5))
    status, again, body = client.get(question(authority, 5), HTTP_IF_NONE_MATCH=headers["ETag"])
    assert (status, body) == ("304 Not Modified", b"")
    assert again["ETag"] == headers["ETag"]
    assert client.get(question(authority, 5), HTTP_IF_NONE_MATCH='"x"')[0] == "200 OK"


def test_what_nobody_may_keep_says_so(client: Client, authority: SampleAuthority) -> None:
    """RFC 5019 section 6.1: answers with a nonce, about unknown certificates, unsigned or by POST are never stored."""
    answers = [
        client.get(question(authority, 5, nonce=b"x" * 16)),
        client.get(question(authority, 99)),
        client.get(b"garbage"),
        client.post(question(authority, 5)),
    ]
    assert [headers["Cache-Control"] for _, headers, _ in answers] == ["no-store"] * 4


def test_head_has_the_headers_of_get(client: Client, authority: SampleAuthority) -> None:
    """RFC 9110 section 9.3.2: HEAD says what GET would, without the body."""
    path = "/ocsp/" + base64.b64encode(question(authority, 5)).decode()
    (status, headers, body), (_, got, _) = client("HEAD", path), client("GET", path)
    assert (status, body, headers) == ("200 OK", b"", got)


def test_garbage_is_answered_with_malformed_request(client: Client) -> None:
    """OCSP-5: what reaches the responder gets an OCSPResponse with status 200, whatever it is."""
    for status, _, body in (client.post(b"garbage"), client.get(b"garbage"), client("GET", "/ocsp/%%%")):
        assert (status, status_of(body)) == ("200 OK", STATUS.MALFORMED_REQUEST)


@pytest.mark.parametrize(
    ("method", "path", "environ", "expected"),
    [
        ("GET", "/", {}, "404"),
        ("GET", "/ocsp", {}, "404"),
        ("GET", "/ocspMA==", {}, "404"),
        ("POST", "/ocsp/MA==", {}, "404"),
        ("PUT", "/ocsp", {}, "405"),
        ("POST", "/ocsp", {"CONTENT_TYPE": "application/ocsp-request"}, "411"),
        ("POST", "/ocsp", {"CONTENT_TYPE": "application/ocsp-request", "CONTENT_LENGTH": "-1"}, "411"),
        ("POST", "/ocsp", {"CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "5"}, "415"),
    ],
)
def test_faults_of_transport(client: Client, method: str, path: str, environ: dict[str, str], expected: str) -> None:
    """RFC 9110 section 15.5: what is no OCSP question is refused in HTTP's own words."""
    assert client(method, path, b"", **environ)[0].startswith(expected)


@pytest.mark.parametrize("length", [str(MAX_OCTETS + 1), "9" * 5000])
def test_large_body_is_refused_before_it_is_read(client: Client, length: str) -> None:
    """OCSP-5: the stated length decides; no octet of the body is read."""
    body = Body(bytes(10))
    status, _, _ = client("POST", "/ocsp", body, CONTENT_LENGTH=length, CONTENT_TYPE="application/ocsp-request")
    assert status.startswith("413")
    assert not body.was_read


@given(path=st.text(max_size=80), body=st.binary(max_size=80), tag=st.text(max_size=9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nothing_raises(client: Client, path: str, body: bytes, tag: str) -> None:
    """OCSP-5: any path, body and header get an answer below 500."""
    answers: Iterable[tuple[str, dict[str, str], bytes]] = (
        client("GET", "/ocsp/" + path, HTTP_IF_NONE_MATCH=tag),
        client("GET", "/" + path),
        client.post(body),
        client.post(body, CONTENT_LENGTH=path, CONTENT_TYPE=tag),
    )
    assert all(status < "5" for status, _, _ in answers)


class Slow(Body):
    """A body that its client keeps back until it is let go."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.waiting, self.come = Event(), Event()

    def read(self, size: int | None = -1) -> bytes:
        """Wait for the client."""
        self.waiting.set()
        assert self.come.wait(10)
        return super().read(size)


def test_bodies_kept_back_never_take_the_last_thread(register: Register, authority: SampleAuthority) -> None:
    """RFC 6960 section 2.3: while as many bodies as may be are waited for, the next POST hears tryLater at once."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    client = Client(OCSPApplication(make_responder(register, authority), lambda: NOW, bodies=2))
    asked = question(authority, 5)
    slow = [Slow(asked), Slow(asked)]
    sent = {"CONTENT_LENGTH": str(len(asked)), "CONTENT_TYPE": "application/ocsp-request"}
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(client, "POST", "/ocsp", each, **sent) for each in slow]
        assert all(each.waiting.wait(10) for each in slow)
        body = Body(asked)
        status, headers, der = client("POST", "/ocsp", body, **sent)
        assert (status, status_of(der), body.was_read) == ("200 OK", STATUS.TRY_LATER, False)
        assert (headers["Connection"], headers["Cache-Control"]) == ("close", "no-store")
        assert status_of(client.get(asked)[2]) == STATUS.SUCCESSFUL
        for each in slow:
            each.come.set()
        assert [status_of(each.result(10)[2]) for each in answers] == [STATUS.SUCCESSFUL] * 2
    assert status_of(client.post(asked)[2]) == STATUS.SUCCESSFUL


def test_fault_of_ours_is_internal_error(
    register: Register, authority: SampleAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    """RFC 6960 section 2.3: an unforeseen fault is answered with internalError and written to the log."""
    responder = make_responder(register, authority)
    client = Client(OCSPApplication(responder, lambda: NOW.replace(tzinfo=None)))  # a clock that breaks its promise
    status, _, body = client.post(question(authority, 5))
    assert (status, status_of(body)) == ("200 OK", STATUS.INTERNAL_ERROR)
    assert "could not be answered" in caplog.text
