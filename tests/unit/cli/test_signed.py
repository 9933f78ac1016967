"""`roster signed`: officers get the list of what they signed from the signer (design section 3)."""

import pytest

from tests.fixtures.home import Home


def line(home: Home, person: str, number: str) -> dict[str, str]:
    """The line of an application in a person's list; those of one second have no order that a test could know."""
    listed = home.ninsho("roster", "signed", "--as", person, "--limit", 1000).body["signatures"]
    found: dict[str, str] = next(each for each in listed if each["application"] == number)
    return found


def test_everybody_finds_what_they_signed(home: Home) -> None:
    """Submission, examination and approval of one case, each in its signer's own list, with the outcome."""
    with home.signing():
        number = home.ninsho("cert", "issue", *home.case(), *home.everybody).body["application"]
    for person, role in (("reception-1", "submission"), ("examiner-1", "examination"), ("approver-1", "approval")):
        found = line(home, person, number)
        assert (found["role"], found["credential"], found["outcome"]) == (role, f"key-{person}", "issued")


def test_a_refused_signature_is_listed_too(home: Home) -> None:
    """Whoever signs in an officer's name leaves a line in that officer's list, with the reason of the refusal."""
    number = home.ninsho("cert", "issue", *home.case(), *home.everybody, "--wait", 0).body["application"]
    row = number.replace("-", "")
    home.tamper("UPDATE evidence SET signature = x'00' WHERE application_id = ? AND role = 'approval'", row)
    assert home.turn().refused == 1
    assert line(home, "approver-1", number)["outcome"] == "ca.evidence-signature-invalid"


def test_what_the_signer_has_not_ended_is_not_listed(home: Home) -> None:
    """The list is the signer's word, not the front end's."""
    number = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1")).body["application"]
    listed = home.ninsho("roster", "signed", "--as", "reception-1", "--limit", 1000).body["signatures"]
    assert number not in [each["application"] for each in listed]


def test_pages_follow_each_other(home: Home) -> None:
    """`next` goes on where a page ended; the last page has none."""
    for _ in range(2):
        with home.signing():
            home.ninsho("cert", "issue", *home.case(), *home.everybody)
    found, before = [], ()
    while True:
        page = home.ninsho("roster", "signed", "--as", "approver-1", "--limit", 1, *before).body
        found += page["signatures"]
        if page["next"] is None:
            break
        before = ("--before", page["next"])
    whole = home.ninsho("roster", "signed", "--as", "approver-1", "--limit", 1000).body["signatures"]
    assert found == whole
    assert len(whole) >= 2


def test_nothing_signed_is_said_in_words(home: Home) -> None:
    """An empty table would leave the reader wondering."""
    assert "Nothing that nobody-7 signed" in home.spoken("roster", "signed", "--as", "nobody-7").out


CASE = "019a0000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "place", ["", "x", "2026-11-23T01:00:00Z", f"2026-11-23,{CASE},approval", f"x,{CASE},approval"]
)
def test_a_place_that_no_page_named_is_refused(home: Home, place: str) -> None:
    """A wrong option is exit status 2, before the database is asked."""
    assert home.ninsho("roster", "signed", "--as", "approver-1", "--before", place).status == 2
