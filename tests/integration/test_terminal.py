"""A resident's visit through all programs: front end, terminal and signer in earnest, the screen by plain forms."""

import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from ca.application import digest
from ca.lodging import save
from cli.config import load_config
from cli.counter import Officer, signed_case
from cli.demo.enrolment import WINDOW
from cli.demo.home import LOCALHOST, MODULE
from cli.demo.programs import Programs, free_ports, running
from cli.demo.window import CARDS, terminal_arguments
from cli.front import office_of
from cli.wiring import open_database, private_key_file
from hsm.soft_card import SoftReader, make_soft_card
from ra.drafting import PROFILES, issues, issuing_authority, new_draft
from ra.office import Office
from ra.records import Finish, Notification, Outcome, Particulars, Reception, Record, Submission, Written
from store.applications import application
from store.cases import CaseEvent as Event
from store.cases import CaseRecord, NewCase, Step, add_event, case, events_of, link_applications, open_case
from tests.fixtures.home import Home
from tests.fixtures.relay import relaying

CARD = "K99990001"
BRANCH = frozenset({"branch-13103"})
PASSWORD, PIN = "ZQ7CANARY9XK", "7035"
PATIENCE = 120.0
READ = """
import sys, pkcs11
from pkcs11 import Attribute, ObjectClass
with pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2]).open() as session:
    for each in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: sys.argv[3].encode()}):
        sys.stdout.buffer.write(each[Attribute.VALUE])
"""


@dataclass
class Screen:
    """The resident at the screen, with a browser that runs no scripts."""

    port: int

    def look(self) -> str:
        """The page that is shown."""
        return self._ask("GET", "/", None)

    def send(self, **typed: str) -> None:
        """Fill in the first form of the page that is shown."""
        page = self.look()
        action = re.search(r'<form[^>]*action="([^"]+)"', page)
        stamp = re.search(r'name="stamp" value="([^"]+)"', page)
        assert action is not None
        assert stamp is not None
        self._ask("POST", action[1], {"stamp": stamp[1], **typed})

    def wait_for(self, heading: str) -> str:
        """The page with that heading, once it is shown."""
        return until(lambda: page if heading in (page := self.look()) else "", heading)

    def _ask(self, method: str, path: str, form: Mapping[str, str] | None) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = None if form is None else urlencode(form)
        connection.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        assert answer.status in (200, 303), answer.status
        with closing(connection):
            return answer.read().decode()


def until(look: Callable[[], str], what: str) -> str:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    pytest.fail(f"{what} did not come within {PATIENCE:g} s")


def answering(programs: Programs, name: str, port: int) -> None:
    """Return when a program accepts connections, however busy this machine is; fails when it has ended."""

    def look() -> str:
        programs.check()
        with socket.socket() as probe:
            return "there" if probe.connect_ex((LOCALHOST, port)) == 0 else ""

    until(look, name)


@dataclass
class Town:
    """A town hall with its programs: `passed` are the octets between terminal and front end."""

    home: Home
    office: Office
    programs: Programs
    cards: SoftReader
    screen: Screen
    passed: list[bytes]
    cases: list[CaseRecord] = field(default_factory=list)

    def open(self) -> CaseRecord:
        """A case whose holder was identified and compared with the register, waiting for keys."""
        now = self.office.clock()
        new = NewCase(uuid4(), "branch-13103", "13103", "issue", "self", WINDOW, "reception-1", now)
        with self.office.database.transaction() as tx:
            found = open_case(tx, new, date(2026, 11, 23), uuid4())
        self.enter(found, Reception(visitor="self", wishes=("sign", "auth")), "register")
        return self.enter(found, self.particulars(), "keys")

    def particulars(self) -> Particulars:
        """What the register says of an invented resident."""
        now = self.office.clock()
        authority = {slot: issuing_authority(self.office, profile, now) for slot, profile in PROFILES.items()}
        return Particulars(
            holder=uuid4().bytes.hex() * 2,
            name="見本　花子",
            address="東京都港区架空一丁目1番1号",
            sex="female",
            birth_date="1980-01-02",
            municipality="13103",
            card=CARD,
            card_expiry=now.date() + timedelta(days=3000),
            drafts=tuple(new_draft(self.office, PROFILES[slot], authority[slot], slot, now) for slot in authority),
        )

    def enter(self, found: CaseRecord, record: Record, to: Step) -> CaseRecord:
        """Bring a case over a step as the counter does."""
        now = self.office.clock()
        with self.office.database.transaction() as tx:
            number = case(tx, BRANCH, found.id).events + 1
            event = Event(found.id, number, record.step or "keys", "reception-1", now, record.facts)
            return add_event(tx, BRANCH, event, to)

    def step(self, found: CaseRecord) -> str:
        """Where a case stands."""
        with self.office.database.snapshot() as tx:
            return case(tx, BRANCH, found.id).step

    def latest(self, found: CaseRecord) -> Event:
        """What happened last in a case."""
        with self.office.database.snapshot() as tx:
            return events_of(tx, BRANCH, found.id)[-1]

    def wait_for(self, found: CaseRecord, step: Step) -> None:
        """Return when the case has come to that step."""
        until(lambda: "there" if self.step(found) == step else "", f"the step {step}")

    def issue(self, found: CaseRecord) -> None:
        """Let the officers submit, examine and approve, and the signer issue."""
        with self.office.database.snapshot() as tx:
            known = events_of(tx, BRANCH, found.id)
        particulars = next(Particulars.of(each.facts) for each in known if each.step == "register")
        notified = Notification.of(known[-1].facts)
        asked = issues(self.office, found, particulars, notified, "reception-1")
        now = self.office.clock()
        officers = {name: self.officer(name) for name in ("reception-1", "examiner-1", "approver-1")}
        others = {"examination": [officers["examiner-1"]], "approval": [officers["approver-1"]]}
        cases = [
            signed_case(each, self.office.profiles[each.profile], officers["reception-1"], others, now)  # type: ignore[arg-type]
            for each in asked
        ]
        ids = tuple(each.id for each in asked)
        with self.office.database.transaction() as tx:
            save(tx, cases)
            link_applications(tx, BRANCH, found.id, ids)
        self.enter(found, Submission(applications=ids, digests=tuple(digest(each).hex() for each in asked)), "issue")
        while self.home.turn().claimed:
            pass
        with self.office.database.snapshot() as tx:
            ended = [application(tx, id) for id in ids]
        assert [each.state for each in ended] == ["done", "done"], [each.outcome for each in ended]
        self.enter(found, Outcome(states=("done", "done"), outcomes=("", "")), "write")

    def officer(self, name: str) -> Officer:
        """An officer with the key of the home."""
        return Officer(name, f"key-{name}", private_key_file(self.home.key(name)))


@pytest.fixture(scope="module")
def town(spare_home: Home) -> Iterator[Town]:
    """The programs of a home, the front end behind a relay under whose port browsers know it."""
    config = spare_home.config
    assert config.ra is not None
    inner, screen = free_ports((0, 0), LOCALHOST)
    text = config.path.read_text("utf-8")
    outer = config.ra.port
    config.path.write_text(text.replace(f"[ra]\nport = {outer}\n", f"[ra]\nport = {inner}\nworkers = 1\n"), "utf-8")
    config = load_config(config.path)
    assert config.ra is not None
    folder = config.home / CARDS
    folder.mkdir()
    make_soft_card(folder, CARD, MODULE)
    reader = SoftReader(folder, MODULE)
    reader.put(CARD)
    with ExitStack() as held:
        passed = held.enter_context(relaying(outer, inner))
        programs = held.enter_context(running(config.path, config.home / "log"))
        programs.start("ra", ["ra", "serve"])
        answering(programs, "ra", inner)
        programs.start("terminal", terminal_arguments(config, config.ra.origin, screen))
        answering(programs, "terminal", screen)
        database = open_database(config, "ra")
        held.callback(database.close)
        office = office_of(config, database)
        yield Town(spare_home, office, programs, reader, Screen(screen), passed)


def read_by_others(town: Town, slot: str, generation: int = 1) -> bytes:
    """The certificate in the card, as another program reads it."""
    conf = {"SOFTHSM2_CONF": str(town.cards.folder / CARD / "softhsm2.conf")}
    command = [sys.executable, "-c", READ, str(MODULE), f"card-{CARD}-{slot}", f"{slot}-{generation}"]
    return subprocess.run(command, check=True, capture_output=True, env=conf).stdout


def visit(town: Town) -> CaseRecord:
    """A case from its opening to the report of its keys, the resident at the screen."""
    found = town.open()
    town.screen.wait_for("Choose a language")
    town.screen.send(language="en")
    town.screen.send()
    town.screen.wait_for("Choose the password for signing")
    town.screen.send(first=PASSWORD, second=PASSWORD)
    town.screen.wait_for("Choose the PIN for logging in")
    town.screen.send(first=PIN, second=PIN)
    town.screen.wait_for("This part is done")
    return found


def test_a_visit_from_the_language_to_the_hand_over(town: Town, tmp_path: Path) -> None:
    """Keys made and vouched for, certificates issued by the signer, written, read back by other programs."""
    found = visit(town)
    town.wait_for(found, "confirm")
    event = town.latest(found)
    assert (event.person, Notification.of(event.facts).card) == ("terminal-branch-13103", CARD)

    town.issue(found)
    town.wait_for(found, "hand-over")
    town.screen.wait_for("The certificates are written")
    written = Written.of(town.latest(found).facts)
    assert set(written.read_back) == {"sign", "auth"}
    for slot in ("sign", "auth"):
        der = tmp_path / f"{slot}.cer"
        der.write_bytes(read_by_others(town, slot))
        authority = town.home.config.home / "public" / "ca" / f"jpki-{slot}-g1.cer"
        pem = tmp_path / f"{slot}-ca.pem"
        openssl("x509", "-inform", "DER", "-in", authority, "-out", pem)
        openssl("verify", "-partial_chain", "-trusted", pem, "-attime", str(int(time.time()) + 60), der)
        assert openssl("dgst", "-sha256", "-r", der).split()[0] == written.read_back[slot]  # type: ignore[index]

    town.enter(found, Finish(received=True), "closed")
    town.screen.wait_for("Everything is done")


def openssl(*arguments: object) -> str:
    """What OpenSSL answers."""
    ran = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_terminal_that_is_killed_starts_again_with_the_same_case(town: Town) -> None:
    """What was not reported is done again; the card keeps one key that waits, and the certificate it has."""
    before = read_by_others(town, "auth")
    found = town.open()
    town.screen.wait_for("言語を選んでください")
    town.screen.send(language="en")
    town.screen.send()
    town.screen.wait_for("Choose the password for signing")
    town.screen.send(first=PASSWORD, second=PASSWORD)
    child = town.programs.children["terminal"]
    child.kill()
    child.wait()
    origin = town.office.parties.working.origin
    town.programs.start("terminal", terminal_arguments(town.home.config, origin, town.screen.port))
    answering(town.programs, "terminal", town.screen.port)
    town.screen.wait_for("言語を選んでください")
    town.screen.send(language="en")
    town.screen.send()
    town.screen.wait_for("Choose the password for signing")
    town.screen.send(first=PASSWORD, second=PASSWORD)
    town.screen.wait_for("Choose the PIN for logging in")
    town.screen.send(first=PIN, second=PIN)
    town.wait_for(found, "confirm")
    assert read_by_others(town, "auth") == before


def test_no_pin_is_anywhere(town: Town) -> None:
    """Not on the way to the front end, not in the database, a log, a file of the card or of the home, an argument.

    The four digits of the other PIN stand in many numbers by chance, so the password is the canary for both: they go
    the same way.
    """
    visit(town)
    canary = PASSWORD.encode()
    assert town.passed
    assert canary not in b"".join(town.passed)
    files = [each for each in town.home.config.home.rglob("*") if each.is_file()]
    assert any(each.name == "terminal.log" for each in files)
    assert [each for each in files if canary in each.read_bytes()] == []
    child = town.programs.children["terminal"].pid
    for name in ("cmdline", "environ"):
        assert canary not in Path(f"/proc/{child}/{name}").read_bytes()


def test_the_screen_is_this_machines_alone(town: Town) -> None:
    """It listens on 127.0.0.1, whatever other addresses this machine has (proc(5): addresses in host order)."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    listening = [each[1] for each in sockets if each[3] == "0A" and each[1].endswith(f":{town.screen.port:04X}")]
    assert listening == [f"0100007F:{town.screen.port:04X}"]
