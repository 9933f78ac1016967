"""The script on paper: whoever has only this paper knows what to do, say, type and sign."""

import re
from collections.abc import Callable
from hashlib import sha256

import pytest

from ca.ceremony.pages import Language, grouped, visible
from ca.ceremony.printed import participants, script_page, script_pdf
from ca.ceremony.steps import steps
from ca.ceremony.words import digest_words
from ca.paper_errors import CharactersNotPrintable
from tests.unit.ca.ceremony.papers import PEOPLE, script

DIGESTS = {"jpki-sign-g1": sha256(b"blanked").digest()}
Text = Callable[[bytes], str]


@pytest.fixture(scope="module", params=["ja", "en"])
def paper(request: pytest.FixtureRequest) -> tuple[Language, bytes]:
    """The printed script in one language."""
    return request.param, script_pdf(script(), request.param, digests=DIGESTS)


def test_every_confirmation_stands_in_a_line_of_its_own(paper: tuple[Language, bytes], text_of: Text) -> None:
    """Acceptance 7: step, person and what that person types are read from one line, in the order of the ceremony."""
    word = {"ja": "入力", "en": "types"}[paper[0]]
    found = re.findall(rf"(?m)^(S\d\d) (\S+) {word} (.+)$", text_of(paper[1]))
    assert found == [(each.code, code, each.phrase(code)) for each in steps(script()) for code in each.confirm]


def test_every_step_says_what_happens_and_what_is_read_aloud(paper: tuple[Language, bytes], text_of: Text) -> None:
    """RFC 3647, 6.1: the witness reads from paper what the program shows."""
    text = "".join(text_of(paper[1]).split())
    for step in steps(script()):
        for words in (step.does, step.aloud):
            assert "".join((words.ja if paper[0] == "ja" else words.en).split()) in text


def test_people_are_named_with_role_and_fingerprint(paper: tuple[Language, bytes], text_of: Text) -> None:
    """Whoever comes to the room shows the credential that was reviewed."""
    text = " ".join(text_of(paper[1]).split())
    for person in participants(script().people):
        assert PEOPLE[person.code][0].replace(" ", "") in text.replace(" ", "")
        assert grouped(person.fingerprint[:16]) in text


def test_the_reviewed_digests_stand_on_paper(paper: tuple[Language, bytes], text_of: Text) -> None:
    """The script file's digest, in hexadecimal and in words, and that of each certificate with its key blanked."""
    text = " ".join(text_of(paper[1]).split())
    assert grouped(script().digest) in text
    assert " ".join(digest_words(script().digest)) in text
    assert grouped(DIGESTS["jpki-sign-g1"]) in text


def test_every_page_is_numbered_and_names_the_ceremony(paper: tuple[Language, bytes], text_of: Text) -> None:
    """A page that is lost or exchanged is noticed."""
    pages = text_of(paper[1]).split("\f")[:-1]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"{number}/{len(pages)}" in page.replace(" ", "")
        assert "jpki-sign-g1" in page


def test_a_rehearsal_is_marked_on_every_page(text_of: Text) -> None:
    """Nobody takes the paper of a rehearsal for the one of the ceremony."""
    pages = text_of(script_pdf(script(), "en", digests=DIGESTS, rehearsal=True)).split("\f")[:-1]
    assert all("REHEARSAL 練習" in page for page in pages)


def test_the_ceremonys_own_paper_bears_no_such_mark(paper: tuple[Language, bytes], text_of: Text) -> None:
    """The mark means a rehearsal, so it stands nowhere else."""
    assert "REHEARSAL" not in text_of(paper[1])


def test_everybody_holds_the_same_octets(paper: tuple[Language, bytes]) -> None:
    """A printed script follows from the reviewed file alone."""
    assert script_pdf(script(), paper[0], digests=DIGESTS) == paper[1]


def test_a_draft_says_that_it_names_no_program() -> None:
    """A script without a software digest is no script to hold a ceremony by."""
    draft = script().model_copy(update={"software": None})
    assert "this is a draft" in script_page(draft, "en", digests={}, rehearsal=False)


def test_a_name_that_cannot_be_printed_is_refused() -> None:
    """A person's name is never replaced by a mark on the paper that is reviewed."""
    plan = script()
    people = (plan.people[0].model_copy(update={"name": "田中 \U0001f600"}), *plan.people[1:])
    with pytest.raises(CharactersNotPrintable):
        script_pdf(plan.model_copy(update={"people": people}), "ja", digests=DIGESTS)


def test_what_people_wrote_is_text_and_nothing_else() -> None:
    """Mark-up in a title is shown, not obeyed."""
    plan = script()
    title = plan.title.model_copy(update={"en": "<script>x</script><img src='http://example.invalid'>"})
    page = script_page(plan.model_copy(update={"title": title}), "en", digests={}, rehearsal=False)
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("森 健", "森 健"),
        ("a\u202eb", "a〓U+202Eb"),
        ("a\x07", "a〓U+0007"),
        ("\u200bx", "〓U+200Bx"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_characters_without_a_form_are_shown_as_code_points(text: str, shown: str) -> None:
    """Unicode Technical Report 36, 2.5: a turned direction of writing makes one text look like another."""
    assert visible(text) == shown


def test_steps_are_those_of_the_script() -> None:
    """Another script gives another paper: nothing about the steps is written into the template."""
    plan = script()
    fewer = plan.model_copy(update={"tokens": (), "authorities": ()})
    assert script_page(fewer, "en", digests={}, rehearsal=False).count('class="step"') == len(steps(fewer))
    assert len(steps(fewer)) < len(steps(plan))
