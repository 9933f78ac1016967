"""Published files over HTTP as a bare WSGI callable: revocation lists and CA certificates (RFC 5280 section 4.2.1.13).

Beside an authority's certificate may lie the signed statement that its key ended. A request can name nothing but these
three kinds of files: the path is matched as a whole against their forms before any
file is looked for, so no path leads elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from os import fstat, stat_result
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CRL_TYPE = "application/pkix-crl"  # RFC 2585 section 4.2
CERTIFICATE_TYPE = "application/pkix-cert"  # RFC 2585 section 4.1
RETIREMENT_TYPE = "application/json"
MAX_AGE = 300  # seconds a cache may keep a file without asking: short against the hours between lists
BLOCK = 1 << 18
TRANSFERS = 32
"""How many long files are sent at once; an eighth of `ocsp.server.THREADS`, of which each takes one to its end."""

_FORMS = (
    (re.compile(r"/(crl/[a-z][a-z0-9-]{0,40}/[a-z0-9]{1,16}\.crl)"), CRL_TYPE),
    (re.compile(r"/(ca/[a-z][a-z0-9-]{0,80}\.cer)"), CERTIFICATE_TYPE),
    (re.compile(r"/(ca/[a-z][a-z0-9-]{0,40}\.retired)"), RETIREMENT_TYPE),
)


class PublicationApplication:
    """Serves the folder `root` of a Publication: /crl/<authority>/<partition>.crl, /ca/<authority>.cer and .retired.

    A file is opened once and sent from that handle, so a swap meanwhile mixes nothing. ETag and Last-Modified answer
    conditional requests with 304 (RFC 9110 section 13). What is longer than BLOCK is sent at the pace of its reader,
    which nothing can hasten here: so at most `transfers` of those are under way, and whoever comes next hears 503.
    """

    def __init__(self, root: Path, transfers: int = TRANSFERS) -> None:
        self._root = root
        self._transfers = BoundedSemaphore(transfers)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one HTTP request (PEP 3333)."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _refused(start_response, "405 Method Not Allowed", ("Allow", "GET, HEAD"))
        for form, media_type in _FORMS:
            found = form.fullmatch(environ["PATH_INFO"])
            if found is not None:
                return self._file(found[1], media_type, environ, start_response)
        return _refused(start_response, "404 Not Found")

    def _file(
        self, name: str, media_type: str, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        try:
            file = (self._root / name).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return _refused(start_response, "404 Not Found")
        except OSError:  # a disk that fails, or too many open files: what is published is still published
            return _try_later(start_response)
        state = fstat(file.fileno())
        headers = _headers(state)
        if _unchanged(environ, state):
            file.close()
            start_response("304 Not Modified", headers)
            return [b""]
        body = self._body(file, 0 if environ["REQUEST_METHOD"] == "HEAD" else state.st_size)
        if body is None:
            return _try_later(start_response)
        start_response("200 OK", [("Content-Type", media_type), ("Content-Length", str(state.st_size)), *headers])
        return body

    def _body(self, file: BinaryIO, size: int) -> Iterable[bytes] | None:
        """The first `size` octets, at once where they are few; None where too many long files are being sent."""
        if size <= BLOCK:
            with file:
                return [file.read(size)]
        if self._transfers.acquire(blocking=False):
            return _Blocks(file, self._transfers)
        file.close()
        return None


class _Blocks:
    """The content of a file in blocks; the server closes it, at the end or when the client went away (PEP 3333)."""

    def __init__(self, file: BinaryIO, transfers: BoundedSemaphore) -> None:
        self._file = file
        self._transfers = transfers

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._file.read(BLOCK), b"")

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self._transfers.release()


def _headers(state: stat_result) -> list[tuple[str, str]]:
    return [
        ("ETag", _entity_tag(state)),
        ("Last-Modified", format_datetime(datetime.fromtimestamp(int(state.st_mtime), UTC), usegmt=True)),
        ("Cache-Control", f"max-age={MAX_AGE}, public, no-transform"),
    ]


def _entity_tag(state: stat_result) -> str:
    """A published file is never changed, only replaced, so its time and size name its content."""
    return f'"{state.st_mtime_ns:x}-{state.st_size:x}"'


def _unchanged(environ: "WSGIEnvironment", state: stat_result) -> bool:
    """Whether the client has this file already; If-None-Match goes first (RFC 9110 section 13.2.2)."""
    tag = environ.get("HTTP_IF_NONE_MATCH")
    if tag is not None:
        return _entity_tag(state) in tag or tag.strip() == "*"
    try:
        since = parsedate_to_datetime(environ.get("HTTP_IF_MODIFIED_SINCE", ""))
        return since.tzinfo is not None and int(state.st_mtime) <= since.timestamp()
    except (ValueError, OverflowError):
        return False


def _try_later(start_response: "StartResponse") -> list[bytes]:
    return _refused(start_response, "503 Service Unavailable", ("Retry-After", "10"), ("Cache-Control", "no-store"))


def _refused(start_response: "StartResponse", status: str, *more: tuple[str, str]) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", "0"), *more])
    return [b""]
