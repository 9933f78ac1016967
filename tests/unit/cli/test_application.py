"""`application`: lists without names, the case that officers sign for, and signatures that others add later."""

import pytest

from cli.application import in_lines
from tests.fixtures.home import RESIDENT, Home


@pytest.fixture
def waiting(home: Home) -> str:
    """The number of an application that was submitted and nothing else."""
    number: str = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1")).body["application"]
    return number


def test_officers_sign_one_after_the_other(home: Home, waiting: str) -> None:
    """Examined, then approved, each at another desk; then the signer issues."""
    examined = home.ninsho("application", "examine", waiting, *home.signs("examiner-1")).body
    approved = home.ninsho("application", "approve", waiting, *home.signs("approver-1")).body
    assert (examined["state"], examined["missing"]) == ("waiting", {"approval": 1})
    assert (approved["state"], approved["missing"]) == ("ready", {})
    assert home.turn().issued == 1
    assert home.ninsho("application", "show", waiting).body["state"] == "done"


def test_nobody_approves_their_own_case(home: Home, waiting: str) -> None:
    """Refused before anything is written, with exit status 6: a second person is needed (requirement ROL-2)."""
    answer = home.ninsho("application", "approve", waiting, *home.signs("reception-1"))
    assert (answer.status, answer.error["code"]) == (6, "ca.own-case")
    assert "reception-1" in answer.error["message"]
    assert len(home.ninsho("application", "show", waiting).body["signatures"]) == 1


def test_one_person_signs_once(home: Home, waiting: str) -> None:
    """A second signature of the same person counts for nothing and is refused."""
    home.ninsho("application", "examine", waiting, *home.signs("examiner-1"))
    again = home.ninsho("application", "examine", waiting, *home.signs("examiner-1"))
    assert (again.status, again.error["code"]) == (6, "ca.person-twice")


def test_an_approval_follows_the_examination(home: Home, waiting: str) -> None:
    """Who approves answers for what the examiner found, so an approval of an unexamined case is not saved."""
    answer = home.ninsho("application", "approve", waiting, *home.signs("approver-1"))
    assert (answer.status, answer.error["code"]) == (6, "ca.not-examined")
    assert home.turn().claimed == 0
    issue = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1"), *home.with_("--approve", "head-1"))
    assert (issue.status, issue.error["code"]) == (6, "ca.not-examined")


def test_an_approver_does_not_examine(home: Home, waiting: str) -> None:
    """The role stands in the roster; exit status 4."""
    answer = home.ninsho("application", "examine", waiting, *home.signs("approver-1"))
    assert (answer.status, answer.error["code"]) == (4, "ca.role-missing")


def test_a_case_that_ended_is_not_signed_any_more(home: Home) -> None:
    """What the signer has done needs nobody's approval."""
    with home.signing():
        number = home.ninsho("cert", "issue", *home.case(), *home.everybody).body["application"]
    answer = home.ninsho("application", "approve", number, *home.signs("head-1"))
    assert (answer.status, answer.error["code"]) == (4, "ca.case-ended")


def test_lists_name_no_holder(home: Home, waiting: str) -> None:
    """A list is seen by many; only the case itself shows the facts that are signed for."""
    answer = home.ninsho("application", "list", "--state", "open", "--limit", 1000)
    assert waiting in [each["id"] for each in answer.body["applications"]]
    assert RESIDENT["name"] not in answer.out
    assert RESIDENT["address"] not in answer.out


def test_a_case_shows_what_is_signed_for(home: Home, waiting: str) -> None:
    """Examiner and approver read the facts, who signed and what is missing, and that nothing is wrong so far."""
    body = home.ninsho("application", "show", waiting).body
    assert body["facts"] == RESIDENT
    assert [(each["role"], each["person"]) for each in body["signatures"]] == [("submission", "reception-1")]
    assert body["defect"] is None


def test_a_person_reads_each_fact_beside_its_name(home: Home, waiting: str) -> None:
    """What is left empty is left out; a long name does not run into its value."""
    facts = {"sibling_not_after": "2031-04-01T14:59:59Z", "previous_not_after": None}
    assert in_lines({"facts": facts}) == "sibling_not_after 2031-04-01T14:59:59Z"
    shown = home.spoken("application", "show", waiting).out
    assert f"birth_date    {RESIDENT['birth_date']}" in shown.splitlines()
    assert "None" not in shown


def test_branches_and_pages_restrict_the_list(home: Home, waiting: str) -> None:
    """A page begins before the last application of the one before; a branch sees its own cases."""
    everything = home.ninsho("application", "list", "--branch", "branch-13103", "--limit", 1000).body["applications"]
    first = home.ninsho("application", "list", "--limit", 1).body
    second = home.ninsho("application", "list", "--limit", 1, "--before", first["next"]).body
    assert waiting in [each["id"] for each in everything]
    assert [*first["applications"], *second["applications"]] == everything[:2]
    assert home.ninsho("application", "list", "--branch", "branch-26104").body["applications"] == []


def test_an_unknown_number_is_not_found(home: Home) -> None:
    """Exit status 3."""
    answer = home.ninsho("application", "show", "01a00000-0000-7000-8000-000000000000")
    assert (answer.status, answer.error["code"]) == (3, "store.unknown-application")
