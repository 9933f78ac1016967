"""The transcript: one chain of lines, each durable when it is told, and every change of it named by its line."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from ca.ceremony.entry import LINE_LIMIT, hash_of
from ca.ceremony.errors import (
    NothingBegun,
    TranscriptBroken,
    TranscriptClosed,
    TranscriptExists,
    TranscriptInUse,
    TranscriptTruncated,
)
from ca.ceremony.transcript import (
    CLOSED,
    DROPPED,
    FILE_LIMIT,
    NO_ROOT,
    OPENED,
    PROGRAM,
    Entry,
    Transcript,
    read_transcript,
)
from ca.errors import DocumentMalformed, TooLarge

CHECKOUT = Path(__file__).parents[4]
NOW = datetime(2026, 11, 23, 1, 0, 0, 123456, tzinfo=UTC)


def entry(number: int, event: str, previous: bytes, *, rehearsal: bool = False) -> Entry:
    """An entry, one second after the one before."""
    return Entry(
        number=number,
        at=NOW.replace(microsecond=0) + timedelta(seconds=number),
        elapsed=number + 0.125,
        step=f"S{number:02d}" if number else None,
        actor="sato" if number else PROGRAM,
        event=event,
        facts={"sha256": sha256(bytes([number])).hexdigest(), "objects": [number, {"private": True}], "名": "佐藤"},
        previous=previous,
        rehearsal=rehearsal,
    )


def chain(events: Sequence[str]) -> list[Entry]:
    """Entries that follow each other."""
    entries: list[Entry] = []
    for number, event in enumerate(events):
        entries.append(entry(number, event, entries[-1].hash if entries else NO_ROOT))
    return entries


ENTRIES = chain([OPENED, "token.initialised", "step.confirmed", "key.generated", CLOSED])
LINES = [each.line for each in ENTRIES]
WHOLE = b"".join(LINES)


def line_of(offset: int) -> int:
    """The line, counted from 1, in which an octet of WHOLE stands."""
    return WHOLE[:offset].count(b"\n") + 1


def log(transcript: Transcript, event: str, facts: dict[str, JsonValue] | None = None) -> Entry:
    """Append an entry of the program."""
    return transcript.append(event, facts or {}, step=None, actor=PROGRAM, at=NOW, elapsed=1.0)


FORGERIES: list[Callable[[Entry], Entry]] = [
    lambda genuine: replace(genuine, at=genuine.at - timedelta(days=1)),
    lambda genuine: replace(genuine, elapsed=99.0),
    lambda genuine: replace(genuine, step="S99"),
    lambda genuine: replace(genuine, actor="suzuki"),
    lambda genuine: replace(genuine, facts={}),
]


@pytest.fixture
def interrupted(tmp_path: Path) -> Path:
    """A transcript of three lines whose ceremony is not closed."""
    path = tmp_path / "transcript.jsonl"
    path.write_bytes(b"".join(LINES[:3]))
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Issue item 6: times, step, actor, command and answer come back as they were told."""
    path = tmp_path / "transcript.jsonl"
    with Transcript.create(path, rehearsal=True) as transcript:
        log(transcript, OPENED, {"script": "ab" * 32})
        transcript.append("key.generated", {"size": 2048}, step="S03", actor="sato", at=NOW, elapsed=2.00049)
        log(transcript, CLOSED)
    entries = read_transcript(path.read_bytes())
    assert entries == transcript.entries
    assert entries[1].facts == {"size": 2048}
    assert (entries[1].at, entries[1].elapsed) == (NOW.replace(microsecond=123000), 2.0)


def test_a_line_can_be_checked_with_jq_and_sha256sum() -> None:
    """Issue item 6: the root is the SHA-256 of the last line, `check` begins the SHA-256 of the line without it."""
    content = json.loads(LINES[3])
    check = content.pop("check")
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert check == sha256(plain).hexdigest()[:16]
    assert ENTRIES[4].previous == sha256(LINES[3][:-1]).digest() == hash_of(LINES[3]) == ENTRIES[3].hash


def test_every_line_of_a_rehearsal_says_so(tmp_path: Path) -> None:
    """Issue item 1: no line of a rehearsal passes for one of a ceremony."""
    with Transcript.create(tmp_path / "transcript.jsonl", rehearsal=True) as transcript:
        log(transcript, OPENED)
        log(transcript, CLOSED)
    assert all(json.loads(each.line)["rehearsal"] is True for each in transcript.entries)


def test_the_root_is_the_hash_of_the_last_line(tmp_path: Path) -> None:
    """It changes with every entry, and reopening finds the same."""
    path = tmp_path / "transcript.jsonl"
    with Transcript.create(path, rehearsal=False) as transcript:
        assert transcript.root == NO_ROOT
        roots = []
        for event in (OPENED, "a", "b"):
            log(transcript, event)
            roots.append(transcript.root)
    with Transcript.reopen(path) as again:
        assert again.root == roots[-1] == hash_of(path.read_bytes().splitlines()[-1])
    assert len(set(roots)) == 3


def test_an_entry_is_in_the_file_when_append_returns(tmp_path: Path) -> None:
    """Whoever is killed after it has lost nothing."""
    path = tmp_path / "transcript.jsonl"
    with Transcript.create(path, rehearsal=False) as transcript:
        line = log(transcript, OPENED).line
        assert path.read_bytes() == line


def test_a_transcript_is_for_its_owner_only(tmp_path: Path) -> None:
    """It names people."""
    path = tmp_path / "transcript.jsonl"
    Transcript.create(path, rehearsal=False).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_changed_octet_is_found_in_its_line(offset: int, change: int) -> None:
    """Acceptance 2: one octet changed anywhere, the last line and the newlines included."""
    changed = bytearray(WHOLE)
    changed[offset] ^= change
    with pytest.raises(TranscriptBroken) as refusal:
        read_transcript(bytes(changed))
    assert refusal.value.line == line_of(offset)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_any_truncation_is_found_with_the_last_whole_line(size: int) -> None:
    """Acceptance 2: wherever the end is missing, the last whole line is named."""
    with pytest.raises(TranscriptTruncated) as refusal:
        read_transcript(WHOLE[:size])
    whole = WHOLE[:size].count(b"\n")
    assert (refusal.value.whole, refusal.value.line) == (whole, whole + 1)
    assert f"the last whole line is {whole}" in str(refusal.value)


@given(st.lists(st.sampled_from(range(len(LINES))), max_size=8).filter(lambda order: order != list(range(len(LINES)))))
def test_any_other_order_of_lines_is_found_at_the_first_that_differs(order: list[int]) -> None:
    """Lines swapped, repeated, removed or added: the first that is not in its place is named."""
    with pytest.raises(TranscriptBroken) as refusal:
        read_transcript(b"".join(LINES[number] for number in order))
    differing = [place for place, number in enumerate(order) if place != number]
    assert refusal.value.line == (differing[0] if differing else len(order)) + 1


@given(st.integers(0, len(LINES) - 2), st.sampled_from(FORGERIES))
def test_a_line_written_anew_with_a_right_check_is_named_by_the_next(
    place: int, forge: Callable[[Entry], Entry]
) -> None:
    """Acceptance 2: whoever knows the format still breaks the chain, and the forged line is the one named."""
    forged = forge(ENTRIES[place])
    with pytest.raises(TranscriptBroken) as refusal:
        read_transcript(b"".join([*LINES[:place], forged.line, *LINES[place + 1 :]]))
    assert refusal.value.line == place + 1
    assert f"line {place + 2} was written" in refusal.value.why


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    """What is no transcript is a broken one, never another error."""
    with pytest.raises(TranscriptBroken):
        read_transcript(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_any_json_line_is_read_or_refused(value: object) -> None:
    """Numbers out of range, nested values and odd names are found in their line too."""
    with pytest.raises(TranscriptBroken) as refusal:
        read_transcript(json.dumps(value).encode() + b"\n")
    assert refusal.value.line == 1


def _numbered(entries: list[Entry]) -> bytes:
    """The lines of entries that follow each other, whatever they say."""
    lines: list[bytes] = []
    for number, each in enumerate(entries):
        lines.append(replace(each, number=number, previous=hash_of(lines[-1]) if lines else NO_ROOT).line)
    return b"".join(lines)


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (_numbered([ENTRIES[1], ENTRIES[4]]), 1, "ceremony.opened is the first event"),
        (_numbered([ENTRIES[0], ENTRIES[0], ENTRIES[4]]), 2, "ceremony.opened is the first event"),
        (_numbered([*ENTRIES, ENTRIES[4]]), 6, "follows the closing entry"),
        (WHOLE + b"x", 6, "follows the closing entry"),
        (_numbered([ENTRIES[0], replace(ENTRIES[1], rehearsal=True), ENTRIES[4]]), 2, "of a rehearsal"),
        (replace(ENTRIES[0], previous=b"x" * 32).line, 1, "a first line follows no other"),
        (LINES[0] + b'{"a":' + b'"x"' * LINE_LIMIT + b"}\n", 2, "more than 65536 octets"),
    ],
    ids=["not-opened", "opened-twice", "after-closing", "junk-after-closing", "half-rehearsal", "a-tail", "too-long"],
)
def test_lines_that_cannot_stand_together_are_named(data: bytes, line: int, why: str) -> None:
    """A ceremony is opened once, closed once, and all of it is a rehearsal or none."""
    with pytest.raises(TranscriptBroken, match=why) as refusal:
        read_transcript(data)
    assert refusal.value.line == line


def test_a_transcript_that_is_still_open_is_read_as_one() -> None:
    """Issue item 1, resume: the closing entry may be missing then, and nothing else."""
    assert read_transcript(b"".join(LINES[:3]), open=True) == tuple(ENTRIES[:3])
    with pytest.raises(TranscriptTruncated, match="the line is incomplete"):
        read_transcript(b"".join(LINES[:3])[:-1], open=True)
    with pytest.raises(TranscriptTruncated, match="the opening entry is missing"):
        read_transcript(b"", open=True)


def test_a_file_past_its_bound_is_not_read() -> None:
    """Sizes are bounded before anything is parsed."""
    with pytest.raises(TooLarge):
        read_transcript(bytes(FILE_LIMIT + 1))


def test_a_transcript_is_never_written_over(interrupted: Path) -> None:
    """Habit of the house: an output that exists is refused."""
    before = interrupted.read_bytes()
    with pytest.raises(TranscriptExists):
        Transcript.create(interrupted, rehearsal=False)
    assert interrupted.read_bytes() == before


def test_an_empty_file_of_an_interrupted_start_is_taken_over(tmp_path: Path) -> None:
    """A ceremony killed before its first entry has done nothing; it can be begun again, not resumed."""
    path = tmp_path / "transcript.jsonl"
    path.touch()
    with pytest.raises(NothingBegun) as refusal:
        Transcript.reopen(path)
    assert "'ninsho ceremony run'" in refusal.value.next
    with Transcript.create(path, rehearsal=False) as transcript:
        assert log(transcript, OPENED).number == 0


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, len(LINES[0]) - 2))
def test_a_power_cut_in_the_first_entry_has_begun_nothing(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    """The first step is begun after the opening entry is on the disk; the file is not written over all the same."""
    path = tmp_path_factory.mktemp("cut") / "transcript.jsonl"
    path.write_bytes(WHOLE[:size])
    with pytest.raises(NothingBegun):
        Transcript.reopen(path)
    with pytest.raises(TranscriptExists):
        Transcript.create(path, rehearsal=False)
    assert path.read_bytes() == WHOLE[:size]


def test_a_first_entry_whose_newline_was_changed_has_begun_something(tmp_path: Path) -> None:
    """A whole entry that somebody has changed is no interrupted start."""
    path = tmp_path / "transcript.jsonl"
    path.write_bytes(LINES[0][:-1] + b"\v")
    with pytest.raises(TranscriptBroken, match="at line 1"):
        Transcript.reopen(path)


@pytest.mark.parametrize("opening", [Transcript.reopen, lambda path: Transcript.create(path, rehearsal=False)])
def test_two_programs_never_write_one_transcript(interrupted: Path, opening: Callable[[Path], Transcript]) -> None:
    """The file is locked as long as a ceremony runs, and free afterwards."""
    with Transcript.reopen(interrupted), pytest.raises(TranscriptInUse):
        opening(interrupted)
    Transcript.reopen(interrupted).close()


def test_a_link_is_not_followed(interrupted: Path) -> None:
    """Nobody makes the program write elsewhere."""
    link = interrupted.with_name("link.jsonl")
    link.symlink_to(interrupted)
    with pytest.raises(OSError, match="symbolic links"):
        Transcript.reopen(link)


def test_a_ceremony_goes_on_where_it_stopped(interrupted: Path) -> None:
    """Issue item 1, resume: the next entry follows the last one."""
    with Transcript.reopen(interrupted) as transcript:
        log(transcript, "ceremony.resumed")
        log(transcript, CLOSED)
    assert [each.event for each in read_transcript(interrupted.read_bytes())][2:] == [
        "step.confirmed",
        "ceremony.resumed",
        CLOSED,
    ]


@settings(max_examples=60, deadline=None)
@given(offset=st.integers(0, sum(map(len, LINES[:3])) - 1))
def test_a_changed_transcript_is_not_gone_on_with(tmp_path_factory: pytest.TempPathFactory, offset: int) -> None:
    """Issue item 1, resume: only if the hashes match, and the file is left as it was found."""
    changed = bytearray(b"".join(LINES[:3]))
    changed[offset] ^= 1
    path = tmp_path_factory.mktemp("changed") / "transcript.jsonl"
    path.write_bytes(changed)
    with pytest.raises(TranscriptBroken) as refusal:
        Transcript.reopen(path)
    assert refusal.value.line == line_of(offset)
    assert path.read_bytes() == changed


@settings(max_examples=80, deadline=None)
@given(size=st.integers(len(LINES[0]), sum(map(len, LINES[:4]))))
def test_a_power_cut_at_any_octet_loses_no_whole_line(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    """Brief of resume: only an incomplete last line is dropped, and the transcript says so before it goes on."""
    path = tmp_path_factory.mktemp("cut") / "transcript.jsonl"
    path.write_bytes(WHOLE[:size])
    written = path.read_bytes().split(b"\n")
    with Transcript.reopen(path) as transcript:
        log(transcript, CLOSED)
    entries = read_transcript(path.read_bytes())
    lines = [line + b"\n" for line in written if line + b"\n" in LINES]
    assert [each.line for each in entries[: len(lines)]] == lines
    dropped = [dict(each.facts) for each in entries if each.event == DROPPED]
    incomplete = written[-1] if written[-1] and written[-1] + b"\n" not in LINES else b""
    told: list[object] = [{"octets": len(incomplete), "sha256": sha256(incomplete).hexdigest()}] if incomplete else []
    assert dropped == told
    assert len(entries) == len(lines) + len(told) + 1


def test_an_incomplete_line_stays_until_the_next_entry(interrupted: Path) -> None:
    """Looking at an interrupted ceremony changes nothing."""
    cut = interrupted.read_bytes() + LINES[3][:40]
    interrupted.write_bytes(cut)
    Transcript.reopen(interrupted).close()
    assert interrupted.read_bytes() == cut


def test_a_closed_ceremony_is_not_gone_on_with(tmp_path: Path) -> None:
    """Nothing follows the closing entry, in the same program or another."""
    path = tmp_path / "transcript.jsonl"
    with Transcript.create(path, rehearsal=False) as transcript:
        log(transcript, OPENED)
        log(transcript, CLOSED)
        with pytest.raises(TranscriptClosed):
            log(transcript, "a")
    with pytest.raises(TranscriptClosed):
        Transcript.reopen(path)


@pytest.mark.parametrize(
    ("event", "facts", "error"),
    [
        (OPENED, {}, ValueError),
        ("No Event", {}, ValueError),
        ("a", {"fact": "x" * LINE_LIMIT}, TooLarge),
        ("a", {"fact": 1 << 60}, DocumentMalformed),
        ("a", {"fact": "\ud800"}, DocumentMalformed),
        ("a", {"fact": b"octets"}, ValueError),
    ],
    ids=["opened-again", "no-event", "too-long", "too-large-a-number", "no-unicode", "no-json"],
)
def test_what_cannot_be_written_leaves_the_file_alone(
    interrupted: Path, event: str, facts: dict[str, JsonValue], error: type[Exception]
) -> None:
    """An entry is refused before its line is begun, and the next one is written."""
    before = interrupted.read_bytes()
    with Transcript.reopen(interrupted) as transcript:
        with pytest.raises(error):
            log(transcript, event, facts)
        assert interrupted.read_bytes() == before
        line = log(transcript, "a").line
    assert interrupted.read_bytes() == before + line


def test_a_moment_without_utc_is_refused(interrupted: Path) -> None:
    """Times are aware and in UTC."""
    with Transcript.reopen(interrupted) as transcript:
        for at in (NOW.replace(tzinfo=None), NOW.astimezone(timezone(timedelta(hours=9)))):
            with pytest.raises(ValueError, match="aware UTC"):
                transcript.append("a", {}, step=None, actor=PROGRAM, at=at, elapsed=0.0)


def test_a_full_disk_ends_the_writing(interrupted: Path) -> None:
    """Bad state never goes on: after a failed write nothing is appended until the file has been read again."""
    program = (
        "import resource, signal, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from ca.ceremony.errors import TranscriptClosed\n"
        "from ca.ceremony.transcript import Transcript\n"
        "path = Path(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "transcript = Transcript.reopen(path)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, resource.RLIM_INFINITY))\n"
        "for expected in (OSError, TranscriptClosed):\n"
        "    try:\n"
        "        transcript.append('a', {}, step=None, actor='sato', at=datetime.now(UTC), elapsed=0.0)\n"
        "    except expected:\n"
        "        continue\n"
        "    sys.exit('it went on')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, interrupted], cwd=CHECKOUT, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    with Transcript.reopen(interrupted) as transcript:
        log(transcript, "a")
        assert [each.event for each in transcript.entries[3:]] == [DROPPED, "a"]


def test_what_was_told_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    """Acceptance 1: kill -9 while entries are written; every one that was acknowledged is in the file."""
    path = tmp_path / "transcript.jsonl"
    program = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from ca.ceremony.transcript import Transcript\n"
        "transcript = Transcript.create(Path(sys.argv[1]), rehearsal=False)\n"
        "event = 'ceremony.opened'\n"
        "while True:\n"
        "    said = transcript.append(event, {}, step=None, actor='sato', at=datetime.now(UTC), elapsed=0.0)\n"
        "    print(said.number, flush=True)\n"
        "    event = 'a'\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, path], cwd=CHECKOUT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout if line.endswith(b"\n")]
    with Transcript.reopen(path) as transcript:
        log(transcript, CLOSED)
    assert [each.number for each in read_transcript(path.read_bytes())][: len(told)] == told
