"""Published files over HTTP: types, conditional requests, and no other file (RFC 2585, RFC 9110 section 13)."""

from collections.abc import Callable, Iterable
from pathlib import Path
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crl.web import BLOCK, PublicationApplication
from store.publication import Publication

LIST = b"\x30" + bytes(3 * BLOCK)
CERTIFICATE = b"\x30\x00"


class Client:
    """Calls the application under the rules of PEP 3333, which the validator enforces."""

    def __init__(self, application: PublicationApplication) -> None:
        self._application = validator(application)

    def __call__(self, path: str, method: str = "GET", **headers: str) -> tuple[str, dict[str, str], bytes]:
        """Status, headers and body."""
        environ: dict[str, object] = {"PATH_INFO": path, "REQUEST_METHOD": method, **headers}
        environ |= {"SCRIPT_NAME": "", "QUERY_STRING": ""}
        setup_testing_defaults(environ)
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, given: list[tuple[str, str]], exc_info: object = None) -> None:
            said.append((status, given))

        parts: Iterable[bytes] = self._application(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            parts.close()  # type: ignore[attr-defined]  # the validator's iterator has it
        return said[0][0], dict(said[0][1]), body


@pytest.fixture
def publication(tmp_path: Path) -> Publication:
    """One list of 800 kB and one certificate; a file that is neither lies beside them."""
    made = Publication(tmp_path / "public")
    made.put("crl/jpki-sign-g1/13103.crl", LIST, "1")
    made.put("ca/jpki-sign-g1.cer", CERTIFICATE, "1")
    made.put("ca/jpki-sign-g1.retired", b"{}", "1")
    (tmp_path / "secret").write_text("pin")
    (tmp_path / "public" / "notes.txt").write_text("notes")
    return made


@pytest.fixture
def client(publication: Publication, tmp_path: Path) -> Client:
    """A client of that folder."""
    return Client(PublicationApplication(tmp_path / "public"))


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("/crl/jpki-sign-g1/13103.crl", "application/pkix-crl", LIST),
        ("/ca/jpki-sign-g1.cer", "application/pkix-cert", CERTIFICATE),
        ("/ca/jpki-sign-g1.retired", "application/json", b"{}"),
    ],
)
def test_files_have_their_media_types(client: Client, path: str, kind: str, content: bytes) -> None:
    """RFC 2585 section 4: each kind of file has its media type; HEAD says the same without the file."""
    status, headers, body = client(path)
    assert (status, body) == ("200 OK", content)
    assert (headers["Content-Type"], headers["Content-Length"]) == (kind, str(len(content)))
    assert client(path, "HEAD") == ("200 OK", headers, b"")


def test_unchanged_file_is_not_sent_again(client: Client, publication: Publication) -> None:
    """RFC 9110 section 13.1: 304 by entity tag or by date, until another list is in force."""
    _, headers, _ = client("/crl/jpki-sign-g1/13103.crl")
    by_tag = {"HTTP_IF_NONE_MATCH": headers["ETag"]}
    by_date = {"HTTP_IF_MODIFIED_SINCE": headers["Last-Modified"]}
    assert client("/crl/jpki-sign-g1/13103.crl", **by_tag)[::2] == ("304 Not Modified", b"")
    assert client("/crl/jpki-sign-g1/13103.crl", **by_date)[::2] == ("304 Not Modified", b"")
    publication.put("crl/jpki-sign-g1/13103.crl", LIST[1:], "2")
    assert client("/crl/jpki-sign-g1/13103.crl", **by_tag)[::2] == ("200 OK", LIST[1:])


def test_tag_goes_before_date(client: Client) -> None:
    """RFC 9110 section 13.2.2: with If-None-Match there, If-Modified-Since is not looked at."""
    _, headers, _ = client("/ca/jpki-sign-g1.cer")
    both = {"HTTP_IF_NONE_MATCH": '"other"', "HTTP_IF_MODIFIED_SINCE": headers["Last-Modified"]}
    assert client("/ca/jpki-sign-g1.cer", **both)[0] == "200 OK"


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 32 Nov 2026 99:00:00 GMT", "9" * 50])
def test_date_that_is_none_is_passed_over(client: Client, date: str) -> None:
    """RFC 9110 section 13.1.3: a field that is no date is ignored."""
    assert client("/ca/jpki-sign-g1.cer", HTTP_IF_MODIFIED_SINCE=date)[0] == "200 OK"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/notes.txt",
        "/versions/crl/jpki-sign-g1/13103.crl/1",
        "/crl/../ca/jpki-sign-g1.cer",
        "/crl/jpki-sign-g1/../../../secret",
        "/ca/../../secret",
        "//ca/jpki-sign-g1.cer",
        "/ca/jpki-sign-g1.cer\n",
        "/ca/jpki-sign-g9.cer",
        "/crl/jpki-sign-g1/",
        "/ca/.cer",
    ],
)
def test_no_path_leads_elsewhere(client: Client, path: str) -> None:
    """Nothing but lists and CA certificates that are published under their own names can be fetched."""
    assert client(path)[0] == "404 Not Found"


@given(path=st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_path_is_answered(client: Client, path: str) -> None:
    """No path raises, and none that is not exactly a published name finds a file."""
    assert client("/" + path)[0] == "404 Not Found"


def test_other_methods_are_refused(client: Client) -> None:
    """RFC 9110 section 15.5.6: 405 with the methods there are."""
    status, headers, _ = client("/ca/jpki-sign-g1.cer", "POST")
    assert (status, headers["Allow"]) == ("405 Method Not Allowed", "GET, HEAD")


def test_file_that_cannot_be_read_is_not_called_missing(client: Client, tmp_path: Path) -> None:
    """RFC 9110 section 15.6.4: a fault of the disk is 503 and may be asked again; 404 would say there is no list."""
    found = tmp_path / "public" / "crl" / "jpki-sign-g1" / "13103.crl"
    found.unlink()
    found.symlink_to(found)  # opening it fails, though the name is there
    status, headers, _ = client("/crl/jpki-sign-g1/13103.crl")
    assert (status, headers["Cache-Control"]) == ("503 Service Unavailable", "no-store")
    assert int(headers["Retry-After"]) > 0


def test_slow_readers_of_long_lists_are_bounded(publication: Publication, tmp_path: Path) -> None:
    """OCSP-5: who takes a long list slowly keeps a thread; past the bound others hear 503 until one has ended.

    Short files and questions without a body keep none.
    """
    application = PublicationApplication(tmp_path / "public", transfers=2)
    client = Client(application)
    begun = [sending(application) for _ in range(2)]
    for parts in begun:
        next(iter(parts))
    assert client("/crl/jpki-sign-g1/13103.crl")[0] == "503 Service Unavailable"
    assert client("/crl/jpki-sign-g1/13103.crl", "HEAD")[0] == "200 OK"
    assert client("/ca/jpki-sign-g1.cer")[0] == "200 OK"
    for parts in begun:
        parts.close()  # type: ignore[attr-defined]  # a file's blocks have it
        parts.close()  # type: ignore[attr-defined]  # a second time gives no second place, which would raise
    assert client("/crl/jpki-sign-g1/13103.crl")[0] == "200 OK"


def sending(application: PublicationApplication) -> Iterable[bytes]:
    """The body of a long list, not read yet."""
    environ: dict[str, object] = {"PATH_INFO": "/crl/jpki-sign-g1/13103.crl"}
    setup_testing_defaults(environ)

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        return bytes

    return application(environ, start_response)


def test_swap_while_sending_mixes_nothing(publication: Publication, tmp_path: Path) -> None:
    """CRL-4: who began to fetch a list gets that list to its end."""
    parts = sending(PublicationApplication(tmp_path / "public"))
    blocks = iter(parts)
    begun = next(blocks)
    publication.put("crl/jpki-sign-g1/13103.crl", bytes(len(LIST)), "2")
    assert begun + b"".join(blocks) == LIST
    parts.close()  # type: ignore[attr-defined]  # a file's blocks have it
