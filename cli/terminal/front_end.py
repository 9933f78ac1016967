"""The terminal's side of the front end: it asks, signed by its key, and is never asked."""

import json
from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException
from ssl import SSLContext
from typing import Final, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener
from uuid import UUID

from ca.errors import CAError
from ca.terminal import NONCE_OCTETS, Method, Question, authorisation
from ca.terminal_messages import (
    LIMIT,
    Job,
    Jobs,
    KeyReport,
    PinReport,
    Standing,
    TroubleReport,
    WriteReport,
    octets_of,
    read,
)
from cli.terminal.errors import FrontEndAway, FrontEndRefused
from cli.terminal.station import Station

__all__ = ["FrontEnd", "Report"]

TIMEOUT: Final = 10.0
"""Seconds."""

Report = KeyReport | WriteReport | PinReport | TroubleReport
Answer = TypeVar("Answer", Jobs, Standing)


class FrontEnd:
    """The front end at `url` (scheme, host and port). Every method raises FrontEndAway and FrontEndRefused."""

    def __init__(self, url: str, station: Station, clock: Callable[[], datetime], trust: SSLContext | None) -> None:
        self._url = url.rstrip("/")
        self._station = station
        self._clock = clock
        # neither a proxy of the environment nor another address gets to see a signed request
        self._opener = build_opener(ProxyHandler({}), _NoRedirect, HTTPSHandler(context=trust))

    def jobs(self) -> tuple[Job, ...]:
        """What is to be done at this window, the case that was moved last first."""
        return _read(Jobs, self._ask("GET", "/terminal/jobs", b"")).jobs

    def report(self, case: UUID, report: Report) -> None:
        """Tell what was done in a case."""
        match report:
            case KeyReport():
                self._ask("POST", f"/terminal/cases/{case}/keys", octets_of(report))
            case WriteReport():
                self._ask("POST", f"/terminal/cases/{case}/written", octets_of(report))
            case PinReport():
                self._ask("POST", f"/terminal/cases/{case}/pin", octets_of(report))
            case TroubleReport():
                self._ask("POST", f"/terminal/cases/{case}/trouble", octets_of(report))

    def standing(self, case: UUID) -> Standing:
        """Where a case stands, for the card that its certificates were written to."""
        return _read(Standing, self._ask("GET", f"/terminal/cases/{case}", b""))

    def _ask(self, method: Method, path: str, body: bytes) -> bytes:
        question = Question(method, path, body)
        station = self._station
        signed = authorisation(
            station.key,
            station.code,
            question,
            deployment=station.deployment,
            at=self._clock(),
            nonce=station.random(NONCE_OCTETS),
        )
        headers = {"Authorization": signed, "Content-Type": "application/json", "Accept": "application/json"}
        request = Request(self._url + path, body or None, headers, method=method)  # noqa: S310 - the URL is configured
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return bytes(answer.read(LIMIT + 1))
        except HTTPError as error:
            with error:
                raise FrontEndRefused(error.code, word_of(error.read(4096))) from None
        except (OSError, HTTPException) as error:
            raise FrontEndAway(type(error).__name__) from None


def _read(kind: type[Answer], octets: bytes) -> Answer:
    try:
        return read(kind, octets)
    except CAError as error:
        raise FrontEndRefused(200, error.code) from None


def word_of(problem: bytes) -> str:
    """The code in a problem document (RFC 9457); "unknown" where there is none."""
    try:
        code = json.loads(problem)["code"]
    except (ValueError, KeyError, TypeError):
        return "unknown"
    return code[:16] if isinstance(code, str) and code.isascii() and code.isprintable() else "unknown"


def is_front_end(url: str) -> bool:
    """Whether a URL names a front end: http or https, a host, nothing after it."""
    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment or parts.username or parts.path.strip("/"))
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Nobody sends a terminal elsewhere; the answer counts as refused."""
        return
