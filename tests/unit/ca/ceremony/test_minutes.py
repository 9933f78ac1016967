"""The minutes tell what the transcript tells, in both languages, and nothing that does not follow from it."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from ca.ceremony.account import account
from ca.ceremony.errors import CeremonyChanged, TranscriptBroken
from ca.ceremony.minutes import SCRIPT_NAME, TRANSCRIPT_NAME, minutes_page, minutes_pdf
from ca.ceremony.pages import grouped, qr
from ca.ceremony.printed import participants
from ca.ceremony.steps import steps
from ca.ceremony.transcript import read_transcript
from ca.ceremony.words import digest_words
from ca.documents import attachments_of
from tests.unit.ca.ceremony.papers import PEOPLE, SCRIPT, rechained, script, transcript

Text = Callable[[bytes], str]


@pytest.fixture(scope="module")
def record() -> bytes:
    """The transcript of a ceremony that was interrupted in its fourth step."""
    return transcript(interrupted="S04", reason="停電 power cut")


@pytest.fixture(scope="module")
def paper(record: bytes) -> bytes:
    """Its minutes."""
    return minutes_pdf(SCRIPT, record)


def test_script_and_transcript_are_inside(paper: bytes, record: bytes) -> None:
    """ISO 19005-3, 6.8: the archive keeps one file from which everything can be checked."""
    assert attachments_of(paper) == {TRANSCRIPT_NAME: record, SCRIPT_NAME: SCRIPT}


def test_the_head_says_what_where_and_when(paper: bytes, text_of: Text) -> None:
    """Title in both languages, identifier, place, and the times of the first and the last entry in Japan's time."""
    text = text_of(paper)
    for told in (
        "署名用認証局 第1世代の鍵生成",
        "First key of the signing authority",
        "jpki-sign-g1 (example)",
        "東京都千代田区 第2計算機室",
        "2026-12-01 10:00:00",
        "2026-12-01 10:06:11",
    ):
        assert told in text


def test_people_stand_with_role_and_fingerprint(paper: bytes, text_of: Text) -> None:
    """Who was there, and by which key."""
    text = " ".join(text_of(paper).split())
    for person in participants(script().people):
        assert PEOPLE[person.code][0].replace(" ", "") in text.replace(" ", "")
        assert grouped(person.fingerprint[:16]) in text


def test_every_step_stands_with_its_words_in_both_languages(paper: bytes, text_of: Text) -> None:
    """An auditor who reads one language reads all of it."""
    text = "".join(text_of(paper).split())
    for step in steps(script()):
        for words in (step.does, step.aloud):
            assert "".join(words.ja.split()) in text
            assert "".join(words.en.split()) in text


def test_every_confirmation_stands_with_its_time(paper: bytes, record: bytes, text_of: Text) -> None:
    """Who confirmed a step the time it was done, and when, to the second."""
    text = " ".join(text_of(paper).split())
    taken = account(script(), read_transcript(record)).steps
    assert all(each.confirmed for each in taken)
    for person, at in (each for step in taken for each in step.confirmed):
        assert f"{person} 10:{at:%M:%S}" in text


def test_deviations_stand_with_their_reasons(paper: bytes, text_of: Text) -> None:
    """What the script did not foresee is what an auditor looks for first."""
    text = text_of(paper)
    for told in ("停電 power cut", "手順が中断した", "the step was interrupted", "KeyboardInterrupt", "attempt 2"):
        assert told in text


def test_a_ceremony_without_deviations_says_so() -> None:
    """Silence is no answer."""
    assert "なし。" in minutes_page(SCRIPT, transcript())


def test_digests_stand_in_groups_of_four_and_as_words(paper: bytes, text_of: Text) -> None:
    """Keys and certificates are compared aloud: hexadecimal in fours, and the words that were read in the room."""
    text = " ".join(text_of(paper).split())
    for digest in (sha256(b"key").digest(), sha256(b"certificate").digest()):
        assert grouped(digest) in text
        assert " ".join(digest_words(digest)) in text


def test_the_root_of_the_transcript_stands_as_hexadecimal_words_and_qr(
    paper: bytes, record: bytes, text_of: Text
) -> None:
    """The one value that stands for all that happened."""
    root = read_transcript(record)[-1].hash
    text = " ".join(text_of(paper).split())
    assert grouped(root) in text
    assert " ".join(digest_words(root)) in text
    assert qr(root.hex()) in minutes_page(SCRIPT, record)


def test_the_qr_code_is_a_drawing_of_its_text() -> None:
    """ISO/IEC 18004: another text is another drawing, and nothing is fetched for it."""
    drawn = qr("ab" * 32)
    assert drawn.startswith("<svg")
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert drawn != qr("cd" * 32)


def test_the_same_files_give_the_same_octets(paper: bytes, record: bytes) -> None:
    """Nothing comes from the clock: the minutes are dated by the last entry."""
    assert minutes_pdf(SCRIPT, record) == paper


def test_every_page_of_a_rehearsal_is_marked(text_of: Text) -> None:
    """Minutes of a rehearsal are never taken for those of a ceremony."""
    pages = text_of(minutes_pdf(SCRIPT, transcript(rehearsal=True))).split("\f")[:-1]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert "REHEARSAL 練習" in page
        assert f"{number}/{len(pages)}" in page.replace(" ", "")


def test_a_ceremony_that_is_not_closed_says_so() -> None:
    """One that was broken off has minutes too."""
    assert "This ceremony is not closed." in minutes_page(SCRIPT, transcript(closed=False))
    assert "This ceremony is not closed." not in minutes_page(SCRIPT, transcript())


def test_a_step_that_was_never_taken_says_so() -> None:
    """Every step of the script stands in the minutes."""
    entries = [each for each in read_transcript(transcript()) if each.step != "S08"]
    assert minutes_page(SCRIPT, rechained(entries)).count("not taken") == 1


def test_a_reason_is_shown_as_it_was_typed(text_of: Text) -> None:
    """Mark-up is text, characters without a form or a glyph stand as code points, and minutes are always made."""
    reason = "<img src='http://example.invalid'> \u202e \U0001f600"
    text = text_of(minutes_pdf(SCRIPT, transcript(interrupted="S04", reason=reason)))
    for told in ("<img src=", "example.invalid", "〓", "U+202E", "U+1F600"):
        assert told in text


def test_a_long_value_is_cut_and_says_how_long_it_was() -> None:
    """The transcript has all of it."""
    page = minutes_page(SCRIPT, transcript(interrupted="S04", reason="長" * 3000))
    assert "長" * 1000 + " … (3000)" in page


def test_a_transcript_of_another_script_is_refused() -> None:
    """The first entry names the script that was held."""
    with pytest.raises(CeremonyChanged):
        minutes_page(SCRIPT + b"\n", transcript())


def test_a_broken_transcript_has_no_minutes() -> None:
    """Minutes are made of what can be believed."""
    with pytest.raises(TranscriptBroken):
        minutes_pdf(SCRIPT, transcript().replace(b"sato", b"mori", 1))
