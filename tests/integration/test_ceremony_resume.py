"""What stops a ceremony at the terminal, and what is not gone on with (exit statuses 5, 6 and 130).

Each test has a hall of its own and the real command; those that need no token run in this process.
"""

import io
import os
import pty
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from select import select
from subprocess import Popen
from time import monotonic, sleep

import pytest

from ca.ceremony.errors import CeremonyChanged
from ca.ceremony.presence import confirm
from ca.ceremony.run import Run
from ca.ceremony.steps import steps
from ca.ceremony.transcript import OPENED, PROGRAM, RESUMED, Transcript
from ca.roster import parse_roster, roster_document
from cli.ceremony.hall import filled_room
from cli.ceremony.people import SilentPeople, WrittenPapers
from cli.exits import Exit
from cli.wiring import believed_roster, elapsed_seconds, private_key_file, utc_now
from policies.terms import terms_template
from store.database import Database
from tests.fixtures.ceremonies import Hall, make_hall, roster_of, tells
from tests.fixtures.home import CHECKOUT, Answer, in_earnest, in_process
from tests.programs.ceremony_work import finished, killed_at, look, refused

WIPED = "\x1b[2J\x1b[3J\x1b[H"
SECONDS = 60


Command = Callable[..., Answer]


@pytest.fixture
def held(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``ninsho ceremony run`` or ``resume`` in the hall, with lines that are typed; then the input ends."""

    def command(mode: str, *typed: str) -> Answer:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        return in_process("--config", hall.config.path, "--json", "ceremony", mode, *hall.options())

    return command


def stopped_in(hall: Hall) -> tuple[str | None, str, object]:
    """The step, event and reason of the last entry."""
    last = hall.entries(open=True)[-1]
    return last.step, last.event, last.facts.get("code")


class Terminal:
    """``ninsho ceremony run`` on a terminal of its own."""

    def __init__(self, hall: Hall) -> None:
        self._master, slave = pty.openpty()
        arguments = [sys.executable, "-m", "cli.main", "--config", str(hall.config.path), "ceremony", "run"]
        self._program = Popen(
            [*arguments, *hall.options()],
            cwd=CHECKOUT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # the terminal must be the program's own to interrupt it
        )
        os.close(slave)
        self.shown = ""

    def expect(self, text: str) -> None:
        """Read until the text was shown."""
        until = monotonic() + SECONDS
        while text not in self.shown:
            assert select([self._master], [], [], max(0, until - monotonic()))[0], f"never shown: {text}"
            self.shown += os.read(self._master, 65_536).decode()

    def type(self, text: str) -> None:
        """Type it, without an Enter."""
        os.write(self._master, text.encode())

    def interrupt(self) -> None:
        """Press Control-C once the program waits for its people.

        In the instant before it waits, Python would look at the signal only when somebody has typed.
        """
        state, until = "", monotonic() + SECONDS
        while state != "S" and monotonic() < until:
            sleep(0.01)
            state = Path(f"/proc/{self._program.pid}/stat").read_text("ascii").rpartition(") ")[2][0]
        assert state == "S", f"never waited: {state}"
        self.type("\x03")

    def end(self) -> int:
        """Read to the end; the exit status."""
        try:
            while part := os.read(self._master, 65_536):
                self.shown += part.decode()
        except OSError:  # the other side is closed
            pass
        return self._program.wait(SECONDS)

    def close(self) -> None:
        """Let go of the terminal."""
        self._program.kill()
        self._program.wait()
        os.close(self._master)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def terminal(hall: Hall) -> Iterator[Terminal]:
    """A ceremony that has just been started on a terminal."""
    with closing(Terminal(hall)) as started:
        yield started


def test_an_interrupt_at_a_prompt_leaves_a_resumable_ceremony(hall: Hall, terminal: Terminal) -> None:
    """Control-C at a confirmation: status 130, the transcript says stopped, and the next sitting ends complete."""
    terminal.expect('types "abe S01"')
    terminal.interrupt()
    assert terminal.end() == Exit.INTERRUPTED
    assert stopped_in(hall) == ("S01", "step.stopped", "KeyboardInterrupt")
    _, made = finished(hall)
    assert made.usable == ("jpki-sign-g1",)


def test_an_interrupt_while_a_share_is_shown_clears_the_screen(hall: Hall, terminal: Terminal) -> None:
    """No word of the share is left on the screen, no two are in the transcript, and no token was touched."""
    for step in steps(hall.script)[:3]:
        for person in step.confirm:
            terminal.expect(f'types "{step.phrase(person)}"')
            terminal.type(f"{step.phrase(person)}\n")
    terminal.expect("looks at the screen; press Enter")
    terminal.type("\n")
    terminal.expect("20.")
    share = terminal.shown.rpartition("Share of")[2]
    terminal.interrupt()
    assert terminal.end() == Exit.INTERRUPTED
    assert WIPED in terminal.shown[terminal.shown.index(share) + len(share) :]
    assert stopped_in(hall) == ("S03", "step.stopped", "KeyboardInterrupt")
    words = [word for _, word in sorted((int(n), word) for n, word in re.findall(r"(\d+)\. ([a-z]+)", share))]
    assert len(words) >= 19
    assert not tells(hall.transcript.read_text("utf-8"), words)
    assert look(hall).objects == {"issuing": None, "responder": None}


@pytest.mark.parametrize("phrase", ["abe S02", "tanaka S03", "yamada S02"])
def test_a_phrase_of_another_step_or_person_stops_the_ceremony(hall: Hall, held: Command, phrase: str) -> None:
    """A wrong order is no mistake of typing: status 6, and nothing is confirmed."""
    answer = held("run", phrase)
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-confirmation")
    assert stopped_in(hall) == ("S01", "step.stopped", "ca.ceremony-confirmation")
    assert not [each for each in hall.entries(open=True) if each.event == "step.confirmed"]


def test_a_mistyped_phrase_is_asked_for_again(hall: Hall, held: Command) -> None:
    """What belongs to no step is a mistake of typing; the transcript says that the input ended, and where."""
    answer = held("run", "abe S1", "ABE S01", "ａｂｅ　Ｓ０１")
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-input-ended")
    assert stopped_in(hall) == ("S02", "step.stopped", "ca.ceremony-input-ended")


def test_one_key_for_two_people_is_refused(hall: Hall, held: Command) -> None:
    """The same person under two codes is found by the credential."""
    sato, suzuki = (hall.script.person(each).credential.public_key for each in ("sato", "suzuki"))
    hall.script_file.write_text(hall.script_file.read_text("utf-8").replace(suzuki, sato), "utf-8")
    hall.key_file("suzuki").write_bytes(hall.key_file("sato").read_bytes())
    answer = held("run")
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-people")
    assert "(sato, suzuki)" in answer.error["message"]
    assert not hall.transcript.exists()


def test_one_name_under_two_codes_is_refused(hall: Hall, held: Command) -> None:
    """Width and spaces do not make another person of a name."""
    text = hall.script_file.read_text("utf-8")
    hall.script_file.write_text(text.replace('"鈴木 保管"', '"佐藤　保管"'), "utf-8")
    answer = held("run")
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-people")
    assert not hall.transcript.exists()


def test_a_kind_of_list_that_certificates_stand_on_is_not_given_up(tmp_path: Path) -> None:
    """CRL-2: a record without the last profile of a kind would leave those certificates without a list."""
    hall = make_hall("authorisation", tmp_path / "hall")
    finished(hall)
    hall.transcript.unlink()
    text = hall.script_file.read_text("utf-8")
    hall.script_file.write_text(text.replace('["jpki-sign", "ocsp-responder"]', '["ocsp-responder"]'), "utf-8")
    code, sentence = refused(hall)
    assert code == "ca.ceremony-stopped"
    assert "would sign no list 'municipality' any more" in sentence


def test_one_officer_of_the_roster_is_never_two_people(hall: Hall, held: Command) -> None:
    """Two credentials of one person of the roster confirm for nobody: before any step."""
    known = roster_of(hall.script, version=2, without="suzuki")
    suzuki = roster_of(hall.script).person("suzuki")
    assert suzuki is not None
    both = tuple(
        replace(each, credentials=(*each.credentials, *suzuki.credentials)) if each.code == "sato" else each
        for each in known.persons
    )
    hall.enter_roster(replace(known, persons=both))
    answer = held("run")
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-people")
    assert "(suzuki, sato)" in answer.error["message"]
    assert [each.event for each in hall.entries(open=True)] == [OPENED]


@pytest.mark.parametrize("stranger", ["yamada", "suzuki", "administrator-2"])
def test_who_is_not_in_the_roster_holds_no_ceremony(hall: Hall, held: Command, stranger: str) -> None:
    """ROL-2: operator, custodians and administrators are people of the roster that is believed: before any step."""
    hall.enter_roster(roster_of(hall.script, version=2, without=stranger))
    answer = held("run")
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-people")
    assert f"({stranger})" in answer.error["message"]
    assert [each.event for each in hall.entries(open=True)] == [OPENED]


def test_who_left_the_roster_does_not_resume(hall: Hall, held: Command) -> None:
    """Each sitting asks the roster that is believed then; a later one with the person again lets it go on."""
    assert held("run", "abe S01").status == Exit.SECOND_PERSON
    hall.enter_roster(roster_of(hall.script, version=2, without="tanaka"))
    answer = held("resume")
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-people")
    assert hall.entries(open=True)[-1].event == RESUMED
    hall.enter_roster(roster_of(hall.script, version=3))
    _, made = finished(hall)
    assert made.usable == ("jpki-sign-g1",)


def test_who_leaves_the_roster_while_people_gather_is_not_there(hall: Hall, terminal: Terminal) -> None:
    """The roster is asked once more when everybody has said that they are there, before a token is touched."""
    terminal.expect('types "abe S01"')
    hall.enter_roster(roster_of(hall.script, version=2, without="tanaka"))
    for step in steps(hall.script)[:2]:
        for person in step.confirm:
            terminal.expect(f'types "{step.phrase(person)}"')
            terminal.type(f"{step.phrase(person)}\n")
    assert terminal.end() == Exit.SECOND_PERSON
    assert stopped_in(hall) == ("S02", "step.stopped", "ca.ceremony-people")


def test_the_transcript_names_the_roster_that_people_are_of(hall: Hall) -> None:
    """An auditor compares it with the signed one; where none is believed yet, that stands there too."""
    document = roster_document(roster_of(hall.script, version=2))
    hall.enter_roster(parse_roster(document))
    finished(hall)
    (came,) = [each.facts for each in hall.entries() if (each.step, each.event) == ("S02", "step.done")]
    assert came["roster"] == {"version": 2, "sha256": sha256(document).hexdigest()}


def test_a_roster_that_was_lost_is_not_a_first_one(hall: Hall, held: Command) -> None:
    """Whoever owns the database and empties its table has nobody pass for a person of the roster."""
    with closing(Database(hall.config.database_url(), "owner")) as database:
        believed_roster(hall.config, database)
    with closing(sqlite3.connect(hall.folder / "ninsho.db")) as file, file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute("DELETE FROM roster")
    answer = held("run")
    assert (answer.status, answer.error["code"]) == (Exit.NOT_FOUND, "cli.not-found")
    assert "roster" in answer.error["message"]


def test_who_leaves_by_the_roster_that_is_signed_holds_its_ceremony(tmp_path: Path) -> None:
    """The roster that was believed when people came counts, also in a sitting after the next one was entered."""
    hall = make_hall("roster", tmp_path / "signing")
    hall.enter_roster(roster_of(hall.script))
    hall.sign_instead(roster_of(hall.script, version=2, without="yamada"))
    killed_at(hall, "S03.entered")
    found, made = finished(hall)
    assert (found.roster, made.roster) == (2, 2)


def test_nobody_comes_by_the_roster_that_is_signed(tmp_path: Path) -> None:
    """Whom only the next roster has is not of the believed one yet."""
    hall = make_hall("roster", tmp_path / "signing")
    hall.enter_roster(roster_of(hall.script, without="yamada"))
    hall.sign_instead(roster_of(hall.script, version=2))
    code, sentence = refused(hall)
    assert (code, "(yamada)" in sentence) == ("ca.ceremony-people", True)
    assert look(hall).roster == 1


def test_a_roster_entered_elsewhere_excuses_nobody(tmp_path: Path) -> None:
    """Only what this ceremony itself had begun to sign is passed over when it is resumed."""
    hall = make_hall("roster", tmp_path / "signing")
    hall.enter_roster(roster_of(hall.script))
    hall.sign_instead(roster_of(hall.script, version=2, without="yamada"))
    killed_at(hall, "S02.done")
    hall.enter_roster(parse_roster((hall.script_file.parent / "roster-1.json").read_bytes()))
    code, sentence = refused(hall)
    assert (code, "(yamada)" in sentence) == ("ca.ceremony-people", True)


@pytest.fixture
def interrupted(hall: Hall, held: Command) -> Hall:
    """A hall whose ceremony stopped in its second step."""
    assert held("run", "abe S01").status == Exit.SECOND_PERSON
    return hall


def refusal(answer: Answer) -> tuple[int, str]:
    """How a resumption was refused."""
    return answer.status, answer.error["code"]


def test_a_changed_script_is_not_gone_on_with(interrupted: Hall, held: Command) -> None:
    """One more octet in the file, even in a comment, is another script."""
    with interrupted.script_file.open("a", encoding="utf-8") as file:
        file.write("#\n")
    answer = held("resume", "why")
    assert refusal(answer) == (Exit.SECOND_PERSON, "ca.ceremony-changed")
    assert answer.error["message"].startswith("The script is not what was reviewed")


def test_changed_terms_are_not_gone_on_with(interrupted: Hall, held: Command) -> None:
    """A file that a certificate is made from is held against what the ceremony was opened with."""
    text = terms_template("jpki").read_text("utf-8")
    terms = interrupted.script_file.parent / "jpki.toml"
    terms.write_text(text.replace("Japan", "Nippon"), "utf-8")
    assert terms.read_text("utf-8") != text
    answer = held("resume", "why")
    assert refusal(answer) == (Exit.SECOND_PERSON, "ca.ceremony-changed")
    assert answer.error["message"].startswith("A certificate is not what was reviewed")


def test_another_program_does_not_go_on(interrupted: Hall) -> None:
    """The digest of the running program is the one that opened the ceremony."""
    script = interrupted.script
    people = SilentPeople(script, interrupted.credentials(), WrittenPapers(interrupted.papers), lambda line: None)
    beside = interrupted.script_file.parent
    with (
        filled_room(interrupted.config, script, people, beside, interrupted.folder) as room,
        Transcript.reopen(interrupted.transcript) as lines,
        pytest.raises(CeremonyChanged) as caught,
    ):
        Run(replace(room, software=bytes(32)), lines, elapsed_seconds).hold()
    assert caught.value.what == "The program"


def test_a_changed_profile_is_not_authorised(interrupted: Hall) -> None:
    """What a record will let an authority issue is held against what the ceremony was opened with."""
    script = interrupted.script
    people = SilentPeople(script, interrupted.credentials(), WrittenPapers(interrupted.papers), lambda line: None)
    beside = interrupted.script_file.parent
    opened = interrupted.entries(open=True)[0].facts["profiles"]
    assert isinstance(opened, dict)
    assert sorted(opened) == sorted(script.authorities[0].issues)
    with (
        filled_room(interrupted.config, script, people, beside, interrupted.folder) as room,
        Transcript.reopen(interrupted.transcript) as lines,
    ):
        edited = replace(room.profiles["jpki-sign"], digest=bytes(32))
        changed = replace(room, profiles={**room.profiles, "jpki-sign": edited})
        with pytest.raises(CeremonyChanged) as caught:
            Run(changed, lines, elapsed_seconds).hold()
    assert caught.value.what == "A profile"


def test_an_edited_transcript_is_not_gone_on_with(interrupted: Hall, held: Command) -> None:
    """The first line that was changed is named: status 5."""
    text = interrupted.transcript.read_text("utf-8")
    interrupted.transcript.write_text(text.replace('"software.verify"', '"software.veriFy"'), "utf-8")
    answer = held("resume", "why")
    assert refusal(answer) == (Exit.FINDINGS, "ca.ceremony-transcript")
    assert "at line 2:" in answer.error["message"]


def forged(hall: Hall, confirming: str | None) -> None:
    """A transcript made anew, whole in its chain, that says the second step is done."""
    opened = hall.entries(open=True)
    hall.transcript.unlink()
    with Transcript.create(hall.transcript, rehearsal=False) as lines:

        def write(event: str, step: str | None, actor: str, facts: object) -> None:
            assert isinstance(facts, dict)
            lines.append(event, facts, step=step, actor=actor, at=utc_now(), elapsed=0.0)

        write(OPENED, None, PROGRAM, dict(opened[0].facts))
        write("step.begun", "S01", PROGRAM, {})
        if confirming is not None:
            key = private_key_file(hall.key_file(confirming))
            facts = confirm(key, hall.script.digest, "S01", "abe", lines.root).facts
            write("step.confirmed", "S01", "abe", facts)
        write("step.done", "S01", PROGRAM, {})


@pytest.mark.parametrize(
    ("confirming", "code", "names"),
    [
        (None, "ca.ceremony-transcript", "at line 3: step S01 was done without"),
        ("sato", "ca.ceremony-confirmation", "step S01 by abe"),
    ],
)
def test_a_transcript_written_anew_is_not_gone_on_with(
    interrupted: Hall, held: Command, confirming: str | None, code: str, names: str
) -> None:
    """A chain of the right hashes is not believed where the people of the script did not sign it."""
    forged(interrupted, confirming)
    answer = held("resume", "why")
    assert answer.status in (Exit.FINDINGS, Exit.SECOND_PERSON)
    assert answer.error["code"] == code
    assert names in answer.error["message"]


def test_a_rehearsal_is_not_gone_on_with_in_earnest(interrupted: Hall, held: Command) -> None:
    """What was rehearsed was not done."""
    opened = interrupted.entries(open=True)[0]
    interrupted.transcript.unlink()
    with Transcript.create(interrupted.transcript, rehearsal=True) as lines:
        lines.append(OPENED, opened.facts, step=None, actor=PROGRAM, at=utc_now(), elapsed=0.0)
    answer = held("resume", "why")
    assert refusal(answer) == (Exit.SECOND_PERSON, "ca.ceremony-changed")
    assert "rehearsal" in answer.error["message"]


def test_the_transcript_counts_from_the_start_of_its_sitting(interrupted: Hall) -> None:
    """The seconds of a sitting are few and grow, however long the machine is up."""
    elapsed = [each.elapsed for each in interrupted.entries(open=True)]
    assert elapsed == sorted(elapsed)
    assert 0 <= elapsed[0] <= elapsed[-1] < SECONDS


def test_key_files_are_for_demo_homes(hall: Hall, held: Command) -> None:
    """In earnest, people confirm with keys that no file gives away: nothing is opened, nothing written."""
    file = hall.config.path
    file.write_text(in_earnest(file.read_text("utf-8")), "utf-8")
    answer = held("run")
    assert (answer.status, answer.error["code"]) == (Exit.REFUSED, "cli.refused-credential")
    assert "a key file is for demo homes and rehearsals" in answer.error["message"]
    assert not hall.transcript.exists()
