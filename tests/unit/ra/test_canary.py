"""A canary: what belongs to a person is looked for wherever it must not be, after their case was walked to its end.

Names, addresses, kana, birth dates, card numbers, PINs and resident record codes stand in pages and in the few tables
that are made for them: in no log line, error page, address, cookie, header or audit entry (issue text: design 3).
"""

import logging
import re
import sqlite3
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from json import dumps
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, unquote_plus
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from ca.trail import serial_text
from ra.office import OFFICE
from ra.register import Entry
from store.certificates import CertificateFilter, CertificateRecord, find
from tests.fixtures.walk import ENTRIES, Walk, make_walk

PIN = "7035918264"
PASSWORD = "KAKI7NAKU3SAGI"  # noqa: S105 - that of an invented person's card
WHO = ENTRIES["minato"]

MADE_FOR_PERSONS = {
    "application": "canonical",
    "case_event": "facts",
    "person_entry": "name name_key kana_key birth_date",
}
"""The columns that hold people: what is signed, what the counter wrote down, and by what it finds them.

The certificate of this walk is one for user authentication, which names nobody.
"""


def marks(entry: Entry) -> dict[str, tuple[str, ...]]:
    """How each thing about a person may be written."""
    year, month, day = entry.birth_date.split("-")
    return {
        "name": _written(entry.name),
        "kana": _written(entry.kana),
        "address": (entry.address, normalize("NFKC", entry.address), entry.address[3:10]),
        "birth": (
            entry.birth_date,
            f"{year}{month}{day}",
            f"{year}/{month}/{day}",
            f"{year}年{int(month)}月{int(day)}日",
        ),
        "card": (entry.card,),
        "reference": (entry.reference,),
        "pin": (PIN, PASSWORD),
    }


def _written(text: str) -> tuple[str, ...]:
    return text, text.replace("\u3000", " "), text.replace("\u3000", ""), *text.split("\u3000")


def found_in(text: str) -> set[str]:
    """What about the person stands in a text: as it is, percent-encoded, escaped, in hexadecimal or in base64."""
    readable = "\n".join((text, unquote_plus(text), *_decoded(text))).upper()
    return {
        what
        for what, ways in marks(WHO).items()
        if any(form.upper() in readable for way in ways for form in (way, way.encode().hex(), dumps(way)[1:-1]))
    }


def _decoded(text: str) -> Iterator[str]:
    for run in re.findall(r"[A-Za-z0-9_-]{6,}", text.replace("+", "-").replace("/", "_")):
        octets = urlsafe_b64decode(run + "A" * (-len(run) % 4))
        yield octets.decode("utf-8", "replace")
        try:
            yield zlib.decompressobj().decompress(octets).decode("utf-8", "replace")
        except zlib.error:
            continue


@dataclass
class Watch:
    """Everything that leaves the front end but for the pages; of the pages only those of errors."""

    addresses: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    output: StringIO = field(default_factory=StringIO)

    def over(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """The application, watched."""

        def watched(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            self.addresses.append(f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}".encode("latin-1").decode())
            told: list[str] = []

            def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:  # noqa: ANN401 - WSGI's own
                told.append(status)
                self.headers.extend(f"{name}: {value}" for name, value in headers)
                return start(status, headers, *more)

            body = b"".join(application(environ, begin))
            if told[0][0] in "45":
                self.errors.append((told[0], body.decode()))
            return [body]

        return watched


class Recorder(logging.Handler):
    """Keeps every line of every log, with what was given for it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(f"{self.format(record)} {record.args!r} {record.__dict__.get('extra')!r}")


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[tuple[Walk, Watch]]:
    """A resident's card, its revocation, searches, refusals and faults, all of it watched."""
    folder, seen = tmp_path_factory.mktemp("canary"), Watch()
    (folder / "ninsho.db").write_bytes(_sqlite_template.read_bytes())
    walk = make_walk(folder, f"sqlite:///{folder / 'ninsho.db'}")
    walk.front.app.wsgi_app = seen.over(walk.front.app.wsgi_app)  # type: ignore[method-assign]
    walk.front.app.testing = False  # faults become pages, as they do in a town hall
    recorder, root = Recorder(seen.logged), logging.getLogger()
    level = root.level
    root.addHandler(recorder)
    root.setLevel(logging.INFO)
    try:
        with redirect_stdout(seen.output), redirect_stderr(seen.output):
            everything(walk)
            seen.logged.append("the walk is over")
            yield walk, seen
    finally:
        root.removeHandler(recorder)
        root.setLevel(level)
        walk.close()


def everything(walk: Walk) -> None:
    """What happens around one resident."""
    issued = walk.issue()
    certificate = certificate_of(walk)
    page = f"/certs/{certificate.issuer}/{serial_text(certificate.serial)}"
    search(walk)
    read_pages(walk, issued, page)
    revoke_from(walk, page, certificate)
    refusals(walk)
    faults(walk)


def certificate_of(walk: Walk) -> CertificateRecord:
    """The certificate that was handed over."""
    with walk.house.owner.snapshot() as tx:
        (row,) = [each for each in find(tx, CertificateFilter(state="issued")) if each.application_id]
    return row


def search(walk: Walk) -> None:
    """Look for the resident by everything there is."""
    browser = walk.browser("reception-minato")
    browser.get("/search")
    for form in (
        {"q": WHO.name},
        {"q": WHO.card},
        {"name": WHO.name, "birth": WHO.birth_date},
        {"kana": WHO.kana},
        {"card": WHO.card},
        {"birth": "1957-13-99", "name": WHO.name},
    ):
        answer = browser.post("/search", form)
        if "Location" in answer.headers:
            assert browser.get(answer.headers["Location"]).status_code == 200


def read_pages(walk: Walk, case: str, page: str) -> None:
    """Open what there is of the resident, as everybody who may."""
    for person in ("reception-minato", "examiner-minato", "head-minato", "auditor"):
        assert WHO.name in walk.browser(person).get(case).text
        assert walk.browser(person).get(page).status_code == 200
    walk.browser("reception-minato").get(f"{page}.pem")


def revoke_from(walk: Walk, page: str, certificate: CertificateRecord) -> None:
    """Begin at the page of the certificate, whose button brings the card along."""
    browser = walk.browser("reception-minato")
    button = re.search(r'href="([^"]*kind=revoke[^"]*)"', browser.get(page).text)
    assert button is not None
    form = browser.get(button[1].replace("&amp;", "&"))
    card = re.search(r'name="card" value="([^"]+)"', form.text)
    assert card is not None
    case = walk.received(kind="revoke", card=card[1])
    walk.identified(case)
    assert serial_text(certificate.serial) in browser.get(f"{case}?card={quote(card[1])}").text
    walk.selected(case, "request", certificate)
    walk.submitted(case)
    walk.approved(case)
    walk.carried_out()


def refusals(walk: Walk) -> None:
    """Send what is refused, full of what must not come back."""
    browser = walk.browser("reception-minato")
    case = walk.received()
    walk.identified(case)
    for path, form in (
        (f"{case}/register", {"card": f"{WHO.card}X", "name": WHO.name}),
        (f"{case}/identify", {"documents": WHO.name, "note": WHO.address}),
        (f"{case}/withdraw", {"reason": f"{WHO.name}{WHO.address}" * 40}),
        (f"{case}/defer", {"consent": WHO.name, "until": WHO.birth_date, "told": WHO.address * 40}),
        (f"{case}/hand-over", {"fee": WHO.card}),
        (f"{case}/confirm", {"offer": WHO.name, "assertion": PIN}),
        ("/cases/new", {"visitor": WHO.name, "submit_key": WHO.card}),
        ("/language", {"language": WHO.name}),
        ("/branch", {"branch": WHO.name}),
        ("/login", {"assertion": PASSWORD}),
    ):
        assert browser.post(path, form).status_code >= 400, path
    walk.issue(until="keys", branch="sapporo")
    (keyed,) = walk.jobs("sapporo")
    for body in (dumps({"pin": PIN, "password": PASSWORD, "card": WHO.card, "name": WHO.name}).encode(), b"\xff"):
        assert walk.ask("sapporo", "POST", f"/terminal/cases/{keyed.case}/keys", body).status_code == 422
    stranger = walk.front.stranger()
    stranger.get("/login")
    stranger.post("/login", {"assertion": WHO.name, "person": WHO.card})


def faults(walk: Walk) -> None:
    """Break the register and the database under a case: E-5000, whose causes quote the person."""
    browser = walk.browser("reception-minato")
    case = walk.received()
    walk.identified(case)
    whole = walk.front.app.extensions[OFFICE]
    walk.front.app.extensions[OFFICE] = replace(whole, register=Broken())
    assert browser.post(f"{case}/register", {"card": WHO.card}).status_code == 500
    walk.front.app.extensions[OFFICE] = whole
    walk.house.tamper(("ALTER TABLE person_entry RENAME TO person_entry_away", ()))
    assert browser.post(f"{case}/register", {"card": WHO.card}).status_code == 500
    walk.house.tamper(("ALTER TABLE person_entry_away RENAME TO person_entry", ()))


class Broken:
    """A register that fails with the person on its lips."""

    def by_card(self, card: str) -> Entry | None:
        """Fail."""
        raise RuntimeError(f"{WHO!r} has {card}")


@pytest.mark.parametrize("way", [str, quote, lambda text: dumps({"q": text}), lambda text: text.encode().hex()])
def test_the_canary_sings(way: Callable[[str], str]) -> None:
    """The yardstick: everything about the person is found in each of these ways of writing."""
    for what, ways in marks(WHO).items():
        assert what in found_in(way(ways[0]))


def test_the_canary_sings_of_a_session_cookie(walk: Walk) -> None:
    """Flask's cookie can be read by whoever has it: base64, compressed when it is long."""
    with walk.front.app.test_request_context():
        signer = walk.front.app.session_interface.get_signing_serializer(walk.front.app)  # type: ignore[attr-defined]
    for more in ("", "見" * 500):
        assert found_in(signer.dumps({"kept": WHO.name, "more": more})) == {"name"}


def test_no_address_holds_a_person(watch: tuple[Walk, Watch]) -> None:
    """Addresses stand in the history of browsers and the logs of proxies."""
    assert len(watch[1].addresses) > 80
    assert {(each, *found_in(each)) for each in watch[1].addresses if found_in(each)} == set()


def test_no_header_and_no_cookie_holds_a_person(watch: tuple[Walk, Watch]) -> None:
    """Where an answer leads, what it has the browser keep, and what it is called when it is saved."""
    assert any(each.startswith("Location: ") for each in watch[1].headers)
    assert any(each.startswith("Set-Cookie: ") for each in watch[1].headers)
    assert {(each, *found_in(each)) for each in watch[1].headers if found_in(each)} == set()


def test_no_error_page_holds_a_person(watch: tuple[Walk, Watch]) -> None:
    """A refusal says why without repeating what was entered; a fault says nothing of its cause.

    A search that cannot be made is no error page: its form is shown again with what was typed (WCAG 2.2, 3.3.1).
    """
    errors = [(status, body) for status, body in watch[1].errors if re.search("E-[0-9]{4}", body)]
    assert sum(body.count("E-5000") > 0 for status, body in errors if status.startswith("500")) == 2
    assert len(errors) >= 14
    assert {(body, *found_in(body)) for _, body in errors if found_in(body)} == set()


def test_no_line_of_a_log_holds_a_person(watch: tuple[Walk, Watch]) -> None:
    """The faults are in the log, by number and place; nobody else is."""
    lines = [*watch[1].logged, watch[1].output.getvalue()]
    assert sum("E-5000 RuntimeError" in each for each in lines) == 1
    assert sum("E-5000" in each for each in lines) == 2
    assert {(each, *found_in(each)) for each in lines if found_in(each)} == set()


def test_people_stand_in_the_tables_made_for_them_and_in_no_other(watch: tuple[Walk, Watch]) -> None:
    """So no audit entry, journal, session or count holds one, and whoever cleans up knows where to."""
    seen: dict[str, set[str]] = {}
    for table, column, text in stored(watch[0]):
        if found_in(text):
            seen.setdefault(table, set()).add(column)
    assert {table: " ".join(sorted(columns)) for table, columns in seen.items()} == {
        table: " ".join(sorted(columns.split())) for table, columns in MADE_FOR_PERSONS.items()
    }


def test_no_table_holds_a_record_code_or_a_pin(watch: tuple[Walk, Watch]) -> None:
    """The code names the holder by a salted digest; a PIN never reaches the front end."""
    assert {
        (table, column) for table, column, text in stored(watch[0]) if found_in(text) & {"reference", "pin"}
    } == set()


def stored(walk: Walk) -> Iterator[tuple[str, str, str]]:
    """Every value of every table: table, column, text."""
    with closing(sqlite3.connect(walk.house.url.removeprefix("sqlite:///"))) as file:
        for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = file.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name of the schema
            columns = [each[0] for each in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    yield table, column, text
