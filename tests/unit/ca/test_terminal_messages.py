"""Messages between terminal and front end travel in their canonical form, bounded before they are read."""

from uuid import UUID

import pytest

from ca.errors import DocumentMalformed, TooLarge
from ca.terminal_messages import (
    LIMIT,
    CertificateToWrite,
    Draft,
    Jobs,
    KeyReport,
    KeysJob,
    PinJob,
    PinReport,
    ReadBack,
    ReportedKey,
    Standing,
    WriteJob,
    WriteReport,
    octets_of,
    read,
)

CASE = UUID(int=7)
DRAFT = Draft("auth", UUID(int=8), bytes(16))
JOBS = Jobs(
    (
        KeysJob(case=CASE, event=4, receipt="R1", card="A123", birth_date="1980-00-00", drafts=(DRAFT,)),
        WriteJob(case=CASE, event=9, receipt="R1", card="A123", certificates=(CertificateToWrite("auth", b"1", b"2"),)),
        PinJob(case=CASE, event=3, receipt="R1", card=None, birth_date=None, slots=("sign", "auth")),
    )
)
KEYS = KeyReport(event=4, card="A123", keys=(ReportedKey("auth", UUID(int=8), b"1", b"2", b"3"),))


@pytest.mark.parametrize(
    "message",
    [
        JOBS,
        Jobs(()),
        KEYS,
        WriteReport(event=9, card="A123", read_back=(ReadBack("auth", bytes(32)),)),
        PinReport(event=3, card="A123", slots=("auth",)),
        Standing("handed-over"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_message_arrives_as_it_was_sent(message: Jobs | KeyReport | WriteReport | PinReport | Standing) -> None:
    """Octets and back; each kind of job is known by its kind."""
    assert read(type(message), octets_of(message)) == message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"event":4', b'"event":0'),
        (b'"event":4', b'"event":4,"pin":"7035"'),
        (b'"event":4', b'"event": 4'),
        (b'"card":"A123"', b'"card":"a-1"'),
        (b'"slot":"auth"', b'"slot":"else"'),
    ],
)
def test_a_report_of_another_form_is_refused(before: bytes, after: bytes) -> None:
    """No unknown fact, not even a PIN, and no second spelling."""
    octets = octets_of(KEYS)
    assert before in octets
    with pytest.raises(DocumentMalformed):
        read(KeyReport, octets.replace(before, after))


def test_a_message_is_bounded_before_it_is_read() -> None:
    """64 KiB."""
    with pytest.raises(TooLarge):
        read(KeyReport, b" " * (LIMIT + 1))
