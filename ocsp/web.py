"""The responder over HTTP as a bare WSGI callable (RFC 6960 appendix A, RFC 5019 sections 5 and 6)."""

import hashlib
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from ocsp.cache import Answer
from ocsp.errors import MalformedRequest
from ocsp.request import MAX_OCTETS, decode_path
from ocsp.responder import Responder
from ocsp.response import INTERNAL_ERROR, MALFORMED_REQUEST, TRY_LATER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

REQUEST_TYPE = "application/ocsp-request"
RESPONSE_TYPE = "application/ocsp-response"
BODIES = 128
"""How many bodies are waited for at once; half of `ocsp.server.THREADS`."""
_log = logging.getLogger(__name__)


class OCSPApplication:
    """Serves one Responder under `mount` (a path without a slash at its end, e.g. "/ocsp"; "" for the root).

    Faults of transport are answered with 4xx; whatever reaches the responder is answered with 200 and an OCSPResponse.
    A body is not read before its stated length is known to be within MAX_OCTETS. `clock` gives aware UTC times.
    Reading a body waits for its client, which nothing can cut short here: so at most `bodies` are read at once, fewer
    than the server has threads, and whoever comes next by POST hears tryLater without being read.
    """

    def __init__(
        self, responder: Responder, clock: Callable[[], datetime], mount: str = "/ocsp", bodies: int = BODIES
    ) -> None:
        self._responder = responder
        self._clock = clock
        self._mount = mount
        self._bodies = BoundedSemaphore(bodies)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one HTTP request (PEP 3333)."""
        path = environ["PATH_INFO"]
        if not path.startswith(self._mount) or path[len(self._mount) : len(self._mount) + 1] not in ("", "/"):
            return _refused(start_response, "404 Not Found")
        encoded = path[len(self._mount) + 1 :]
        method = environ["REQUEST_METHOD"]
        if method == "POST" and not encoded:
            return self._post(environ, start_response)
        if method in ("GET", "HEAD") and encoded:
            return self._get(encoded, environ, start_response)
        if method in ("GET", "HEAD", "POST"):
            return _refused(start_response, "404 Not Found")
        return _refused(start_response, "405 Method Not Allowed", ("Allow", "GET, HEAD, POST"))

    def _post(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        stated = environ.get("CONTENT_LENGTH") or ""
        if not (stated.isascii() and stated.isdecimal()):
            return _refused(start_response, "411 Length Required")
        if len(stated) > len(str(MAX_OCTETS)) or int(stated) > MAX_OCTETS:
            return _refused(start_response, "413 Content Too Large", ("Connection", "close"))
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != REQUEST_TYPE:
            return _refused(start_response, "415 Unsupported Media Type", ("Accept", REQUEST_TYPE))
        if not self._bodies.acquire(blocking=False):
            start_response("200 OK", [*_headers(TRY_LATER), ("Cache-Control", "no-store"), ("Connection", "close")])
            return [TRY_LATER]
        try:
            question = environ["wsgi.input"].read(int(stated))
        finally:
            self._bodies.release()
        answer = self._answer(question, self._clock())
        start_response("200 OK", [*_headers(answer.der), ("Cache-Control", "no-store")])
        return [answer.der]

    def _get(self, encoded: str, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        now = self._clock()
        try:
            question = decode_path(encoded)
        except MalformedRequest:
            answer = Answer(MALFORMED_REQUEST)
        else:
            answer = self._answer(question, now)
        headers = _cache_headers(answer, now)
        tag = environ.get("HTTP_IF_NONE_MATCH")
        if tag is not None and answer.this_update is not None and dict(headers)["ETag"] in tag:
            start_response("304 Not Modified", headers)
            return [b""]
        start_response("200 OK", _headers(answer.der) + headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.der]

    def _answer(self, question: bytes, now: datetime) -> Answer:
        try:
            return self._responder.answer(question, now)
        except Exception:  # whatever went wrong is ours, and the asker gets RFC 6960's word for that, not a broken line
            _log.exception("an OCSP question could not be answered")
            return Answer(INTERNAL_ERROR)


def _headers(der: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", RESPONSE_TYPE), ("Content-Length", str(len(der)))]


def _cache_headers(answer: Answer, now: datetime) -> list[tuple[str, str]]:
    """What caches between may do with the answer to a GET (RFC 5019 section 6.2).

    A status that can still change is stored but asked for again each time, which costs a 304: so a revocation is seen
    through any cache at once. A final status may be given until nextUpdate. Nothing else is stored.
    """
    if answer.this_update is None or answer.next_update is None:
        return [("Cache-Control", "no-store")]
    seconds = max(0, int((answer.next_update - now).total_seconds())) if answer.final else 0
    return [("Cache-Control", f"max-age={seconds}, public, no-transform, must-revalidate"), *_validators(answer)]


@lru_cache(maxsize=4096)
def _validators(answer: Answer) -> tuple[tuple[str, str], ...]:
    """The headers that stay the same for as long as the answer is given."""
    if answer.this_update is None or answer.next_update is None:
        return ()
    return (
        ("ETag", f'"{hashlib.sha256(answer.der).hexdigest()}"'),
        ("Last-Modified", format_datetime(answer.this_update, usegmt=True)),
        ("Expires", format_datetime(answer.next_update if answer.final else answer.this_update, usegmt=True)),
    )


def _refused(start_response: "StartResponse", status: str, *more: tuple[str, str]) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", "0"), *more])
    return [b""]
