"""The holes that web registration authorities were found to have, tried on this one (docs/decisions/0026).

Each test is one published kind: a certificate, a right or a secret is reached through an object that belongs to others.
"""

import socket
import sqlite3
from base64 import urlsafe_b64encode
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from json import dumps

import pytest

from ca.application import Application, parse
from ca.trail import serial_text
from ra.office import OFFICE
from store.cases import CaseRecord, applications_of, case_by_receipt, events_of
from store.certificates import CertificateFilter, CertificateRecord, find
from store.status import statuses
from tests.fixtures.officers import BRANCHES
from tests.fixtures.signing import AUTHORITY
from tests.fixtures.walk import ENTRIES, Walk

READER = "reception-minato"


def case_at(walk: Walk, path: str, branch: str = "minato") -> CaseRecord:
    """The case of an address."""
    with walk.house.owner.snapshot() as tx:
        return case_by_receipt(tx, frozenset({branch}), path.rpartition("/")[2])


def application(walk: Walk, path: str) -> Application:
    """The application that a case led to."""
    with walk.house.owner.snapshot() as tx:
        (found,) = applications_of(tx, frozenset({"minato"}), case_at(walk, path).id)
    return parse(found.canonical)


def issued(walk: Walk, branch: str) -> CertificateRecord:
    """A certificate that was handed over to the resident of a branch."""
    walk.issue(branch=branch)
    with walk.house.owner.snapshot() as tx:
        (found,) = [each for each in find(tx, CertificateFilter(state="issued")) if each.partition in BRANCHES[branch]]
    return found


def state_of(walk: Walk, one: CertificateRecord) -> str:
    """What verifiers are told of a certificate."""
    with walk.house.owner.snapshot() as tx:
        return statuses(tx, one.issuer, [one.serial])[one.serial].state


def selecting(walk: Walk) -> str:
    """A revocation in Minato at the choice of its certificates."""
    path = walk.received(kind="revoke")
    walk.identified(path)
    return path


def test_no_form_chooses_the_authority_or_the_profile(walk: Walk) -> None:
    """Rights on a parent: nobody at the counter makes an authority, and none is named by a form."""
    path = walk.issue(until="register")
    browser = walk.browser(READER)
    browser.get(path)
    wished = {"authority": "jpki-sign-g1", "profile": "jpki-auth-ca", "parent": "jpki-sign-g1", "issuer": "jpki-sign"}
    assert browser.post(f"{path}/register", {"card": ENTRIES["minato"].card, **wished}).status_code == 303
    walk.keyed(path)
    walk.submitted(path)
    made = application(walk, path)
    assert (made.authority, made.profile) == (AUTHORITY, "jpki-auth")


def test_another_holders_certificate_cannot_be_selected(walk: Walk) -> None:
    """Revoking through a name: the certificates are those of the card that was scanned, and no others."""
    other = issued(walk, "sapporo")
    path = selecting(walk)
    number = serial_text(other.serial)
    for name in (f"{other.issuer}/{number}", f"{AUTHORITY}/{number}", f"/{number}"):
        form = {"card": ENTRIES["minato"].card, "event": "request", "certificates": name}
        refused = walk.browser(READER).post(f"{path}/select", form)
        assert (refused.status_code, "E-1501" in refused.text) == (400, True)
    assert case_at(walk, path).step == "select"
    assert state_of(walk, other) == "good"


def test_a_certificate_is_selected_once(walk: Walk) -> None:
    """A form that names one twice would ask the authority twice, and the case would tell of a refusal."""
    own = issued(walk, "minato")
    path = selecting(walk)
    form = {
        "card": ENTRIES["minato"].card,
        "event": "request",
        "certificates": [f"{own.issuer}/{serial_text(own.serial)}"] * 2,
    }
    refused = walk.browser(READER).post(f"{path}/select", form)
    assert (refused.status_code, "E-1501" in refused.text) == (400, True)
    assert case_at(walk, path).step == "select"


def test_an_event_that_leaves_the_certificate_alone_selects_nothing(walk: Walk) -> None:
    """Fact sheet c.3: a change of address ends no certificate for logging in, whatever a form says."""
    own = issued(walk, "minato")
    path = selecting(walk)
    named = f"{own.issuer}/{serial_text(own.serial)}"
    for event in ("record-change", "death-of-somebody"):
        form = {"card": ENTRIES["minato"].card, "event": event, "certificates": named}
        refused = walk.browser(READER).post(f"{path}/select", form)
        assert (refused.status_code, "E-1502" in refused.text) == (409, True)
    assert case_at(walk, path).step == "select"


def test_a_certificate_has_one_row_and_one_branch(walk: Walk) -> None:
    """Revoking through a duplicate: issuer and serial are the key of the table, also for whoever owns the file."""
    other = issued(walk, "sapporo")
    with closing(sqlite3.connect(walk.house.url.removeprefix("sqlite:///"))) as file:
        columns = [each[1] for each in file.execute("PRAGMA table_info(certificate)")]
        names = ", ".join(columns)
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            file.execute(f"INSERT INTO certificate ({names}) SELECT {names} FROM certificate")  # noqa: S608 - the schema's
    assert walk.browser(READER).get(f"/certs/{other.issuer}/{serial_text(other.serial)}").status_code == 404


def test_no_form_says_what_a_certificate_replaces(walk: Walk) -> None:
    """Silencing another's notices: what a renewal replaces is the holder's own, looked up, never told."""
    other = issued(walk, "sapporo")
    path = walk.issue(until="register")
    browser, named = walk.browser(READER), f"{other.issuer}/{serial_text(other.serial)}"
    browser.get(path)
    form = {"card": ENTRIES["minato"].card, "replaces": named, "previous": named, "previous_not_after": "2026-11-30"}
    assert browser.post(f"{path}/register", form).status_code == 303
    walk.keyed(path)
    walk.submitted(path)
    walk.examined(path)
    walk.approved(path)
    walk.carried_out()
    assert not application(walk, path).facts.keys() & {"replaces", "previous", "previous_not_after"}
    assert state_of(walk, other) == "good"


def test_no_list_gives_a_secret_away(walk: Walk) -> None:
    """Neither the salt of holders' names, nor the program's secret, nor anybody's session, nor the register's code."""
    salt = sha256(b"a salt of this test").digest()
    walk.front.app.extensions[OFFICE] = replace(walk.front.app.extensions[OFFICE], salt=salt)
    walk.issue(until="keys")
    secrets = [salt, bytes(walk.front.app.secret_key or b"")]  # type: ignore[arg-type]  # `create_app` takes octets
    with closing(sqlite3.connect(walk.house.url.removeprefix("sqlite:///"))) as file:
        walk.browser("head-minato", "approval")
        secrets += [row[0] for row in file.execute("SELECT id_hash FROM officer_session")]
    assert len(secrets) >= 4
    answers = [walk.ask("minato", "GET", "/terminal/jobs").text]
    for person, site in (("auditor", "working"), ("head-minato", "approval"), (READER, "working")):
        browser = walk.browser(person, site)  # type: ignore[arg-type]  # the two sites, from the line above
        for rule in walk.front.app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and not rule.arguments:
                answers.append(browser.get(rule.rule).text)
    for secret in secrets:
        for written in (secret.hex(), urlsafe_b64encode(secret).decode().rstrip("=")):
            assert not any(written in answer for answer in answers)
    assert not any(ENTRIES["minato"].reference in answer or "PRIVATE KEY" in answer for answer in answers)


def test_nothing_that_is_sent_makes_the_program_call_anybody(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests forged through addresses in uploads: the front end opens no connection, whatever a form or file says."""
    called: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: called.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked: called.append(asked))
    there = "http://169.254.169.254/latest/meta-data"
    path, browser = walk.issue(until="register"), walk.browser(READER)
    browser.get(path)
    for where, form in (
        (f"{path}/identify", {"documents": there, "file": (BytesIO(there.encode()), "request.pem")}),
        (f"{path}/register", {"card": ENTRIES["minato"].card, "crl": there, "ocsp": there, "url": there}),
        ("/search", {"q": there}),
        ("/language", {"language": "en", "next": there}),
    ):
        answer = browser.post(where, form)
        assert not answer.headers.get("Location", "/").startswith(there)
    walk.keyed(path)
    walk.submitted(path)
    assert called == []


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256"])
def test_no_token_says_how_it_is_verified(walk: Walk, algorithm: str) -> None:
    """The algorithm from the token: cookies and offers are of one kind each, whose key and method are the program's."""
    path, browser = walk.issue(until="approve"), walk.browser("head-minato", "approval")
    page = browser.get(f"/approvals/{path.rpartition('/')[2]}")
    parts = [
        urlsafe_b64encode(dumps(each).encode()).decode().rstrip("=")
        for each in ({"alg": algorithm, "typ": "JWT"}, {"sub": "head-minato", "_user_id": "head-minato"})
    ]
    token = ".".join([*parts, ""])
    form = {"offer": token, "assertion": walk.front.answer("head-minato", page, "approval")}
    refused = browser.post(f"/approvals/{path.rpartition('/')[2]}", form)
    assert (refused.status_code, "E-4106" in refused.text) == (400, True)
    stranger = walk.front.stranger("approval")
    stranger.client.set_cookie("__Host-ninsho", token, domain="approve.example.jp", secure=True)
    assert stranger.get("/").status_code == 303
    assert case_at(walk, path).step == "approve"
    with walk.house.owner.snapshot() as tx:
        assert events_of(tx, frozenset({"minato"}), case_at(walk, path).id)[-1].step == "examine"


def test_nobody_notes_down_that_anothers_holder_was_told(walk: Walk) -> None:
    """Silencing another's notices: a notice that is written down for another branch's certificate counts for none."""
    other = issued(walk, "sapporo")
    told = {"told": f"{other.issuer}:{serial_text(other.serial)}"}
    for person in (READER, "reception-sapporo"):
        browser = walk.browser(person)
        browser.get("/expiry/2026-11-23")
        browser.post("/expiry/2026-11-23", told)
        with closing(sqlite3.connect(walk.house.url.removeprefix("sqlite:///"))) as file:
            (count,) = file.execute("SELECT count(*) FROM expiry_notice").fetchone()
        assert count == (person == "reception-sapporo")
