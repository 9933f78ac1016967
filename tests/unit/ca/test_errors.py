"""Every refusal has a stable code of its own, says a whole sentence from its facts, and what to do next."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import signature
from string import Formatter

import pytest

import ca.ceremony.errors
import ca.document_errors
import ca.evidence_errors
import ca.link_errors
import ca.lodging_errors
import ca.paper_errors
import ca.passkey_errors
import ca.refusals
import ca.terminal_errors  # noqa: F401 - its refusals are judged too
from ca.errors import ApplicationMalformed, AuthorityNotIssuing, CAError
from ca.warrant_errors import ProfileNotAuthorised


def _refusals(root: type[CAError] = CAError) -> Iterator[type[CAError]]:
    for each in root.__subclasses__():
        if "code" in vars(each):
            yield each
        yield from _refusals(each)


REFUSALS = sorted(set(_refusals()), key=lambda each: each.__name__)


def test_codes_are_stable_and_distinct() -> None:
    """Rule of the house: a code names one cause, so an audit entry and a page can speak of it."""
    codes = [each.code for each in REFUSALS]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"ca\.[a-z][a-z-]*", code) for code in codes)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.__name__)
def test_a_sentence_needs_no_more_than_the_facts(refusal: type[CAError]) -> None:
    """The sentence is made from the error's own attributes, and the next step is said."""
    named = {name for _, name, _, _ in Formatter().parse(getattr(refusal, "sentence", "")) if name}
    assert named <= set(signature(refusal).parameters)
    assert refusal.next


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ApplicationMalformed("application", ("kind", "salt")), "in its canonical form: kind, salt."),
        (ProfileNotAuthorised("jpki-sign", b"\xab\xcd"), "with digest abcd is not authorised for this authority."),
        (
            AuthorityNotIssuing("a-g1", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
            "from 2026-01-01 00:00:00+00:00 until 2027-01-01 00:00:00+00:00 only.",
        ),
    ],
)
def test_facts_are_told_in_words(error: CAError, sentence: str) -> None:
    """Lists are told as lists, octets in hexadecimal, moments with their zone."""
    assert str(error).endswith(sentence)
