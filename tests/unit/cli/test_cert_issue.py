"""`cert issue` and `cert hand-over`: a case is complete, or waits for others, or is refused before it is written."""

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.fixtures.home import Home


def applications(home: Home) -> list[dict[str, Any]]:
    """Every application of the installation."""
    listed: list[dict[str, Any]] = home.ninsho("application", "list", "--limit", 1000).body["applications"]
    return listed


def test_a_case_with_all_signatures_ends_in_a_certificate(home: Home, tmp_path: Path) -> None:
    """The counter's single certificate: submitted, examined, approved, issued, handed over in one run."""
    target = tmp_path / "card.pem"
    with home.signing():
        body = home.ninsho("cert", "issue", *home.case(), *home.everybody, "--hand-over", "-o", target).body
    issued = x509.load_pem_x509_certificate(target.read_bytes())
    assert (body["state"], body["handed_over"], body["missing"]) == ("done", True, {})
    assert body["certificate"]["serial"] == f"{issued.serial_number:x}".zfill(len(body["certificate"]["serial"]))


def test_the_subjects_key_proves_possession_as_a_card_does(home: Home) -> None:
    """With --key the subject's key signs the application's challenge (requirement ISS-4)."""
    issued = home.issued(csr=None, key=home.subject_key())
    assert issued["profile"] == "jpki-auth"


def test_a_case_without_approvals_waits_and_tells_its_number(home: Home) -> None:
    """Exit status 0: the application is saved, and says whose signatures it still needs."""
    body = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1")).body
    assert body["state"] == "waiting"
    assert body["missing"] == {"examination": 1, "approval": 1}
    assert home.turn().claimed == 0


def test_signatures_that_do_not_come_in_time_end_in_exit_status_6(home: Home) -> None:
    """With --wait a missing second person is told by the exit status, and the case stays saved."""
    before = len(applications(home))
    answer = home.ninsho("cert", "issue", *home.case(), *home.signs("reception-1"), "--wait", 0.1)
    assert (answer.status, answer.error["code"]) == (6, "cli.second-person")
    assert len(applications(home)) == before + 1


def test_a_signer_that_does_not_run_ends_in_try_later(home: Home) -> None:
    """Exit status 75: everything is signed and saved, the signer will do it once it runs."""
    answer = home.ninsho("cert", "issue", *home.case(), *home.everybody, "--wait", 0.1)
    assert (answer.status, answer.error["code"]) == (75, "cli.timeout")
    assert home.turn().issued == 1


def test_the_submitter_cannot_approve_in_the_same_run(home: Home) -> None:
    """Nobody decides their own case (requirement ROL-2); nothing is written."""
    before = len(applications(home))
    options = (*home.signs("reception-1"), *home.with_("--approve", "reception-1"))
    answer = home.ninsho("cert", "issue", *home.case(), *options)
    assert (answer.status, answer.error["code"]) == (6, "ca.requester-decides")
    assert len(applications(home)) == before


@pytest.mark.parametrize(
    ("person", "key", "code"),
    [
        ("nobody", "reception-1", "ca.person-unknown"),
        ("reception-1", "approver-1", "cli.refused-credential"),
        ("approver-1", "approver-1", "ca.role-missing"),
    ],
)
def test_whoever_may_not_submit_is_refused_at_once(home: Home, person: str, key: str, code: str) -> None:
    """The newest roster says who a key belongs to and what that person may do; nothing is written."""
    before = len(applications(home))
    answer = home.ninsho("cert", "issue", *home.case(), "--as", person, "--with-key", home.key(key))
    assert (answer.status, answer.error["code"]) == (4, code)
    assert len(applications(home)) == before


def test_a_branch_files_only_cases_of_those_it_serves(home: Home) -> None:
    """A case of Minato does not belong to the branch of Naha (requirement ROL-3)."""
    answer = home.ninsho("cert", "issue", *home.case(branch="branch-47201"), *home.everybody)
    assert (answer.status, answer.error["code"]) == (4, "ca.branch-does-not-serve")


def test_a_second_certificate_waits_for_the_hand_over_of_the_first(home: Home) -> None:
    """A holder has at most one certificate of a kind that was not handed over; the message says which."""
    case = home.case()
    with home.signing():
        first = home.ninsho("cert", "issue", *case, *home.everybody).body["certificate"]
    second = home.case(holder=case[case.index("--holder") + 1])
    answer = home.ninsho("cert", "issue", *second, *home.everybody)
    assert (answer.status, answer.error["code"]) == (4, "ca.not-handed-over")
    assert first["serial"] in answer.error["message"]


def test_a_compromised_key_is_never_certified_again(home: Home) -> None:
    """What was revoked as keyCompromise is blocked for ever, for its holder too."""
    request, holder = home.request(), home.holder()
    issued = home.issued(csr=request, holder=holder)
    with home.signing():
        revoke = ("revoke", "cert", issued["issuer"], issued["serial"], "--event", "leak", "--yes")
        home.ninsho(*revoke, *home.signs("reception-1"), *home.with_("--approve", "approver-1"))
    answer = home.ninsho("cert", "issue", *home.case(csr=request, holder=holder), *home.everybody)
    assert (answer.status, answer.error["code"]) == (4, "ca.key-stopped")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"birth_date": "2030-01-01"}, "validity.birth-date-impossible"),
        ({"card_expiry": "2020-01-01"}, "validity.card-expired"),
        ({"municipality": "99999"}, "policies.unknown-municipality"),
        ({"nickname": "x"}, "policies.facts-refused"),
        ({"window": 1.5}, "policies.facts-refused"),
    ],
)
def test_facts_are_judged_at_the_counter(home: Home, facts: dict[str, object], code: str) -> None:
    """What the signer would refuse is told while the applicant still stands there; nothing is written."""
    before = len(applications(home))
    answer = home.ninsho("cert", "issue", *home.case(facts=home.facts(**facts)), *home.everybody)
    assert (answer.status, answer.error["code"]) == (4, code)
    assert len(applications(home)) == before


def test_hand_over_supersedes_the_certificate_before(home: Home) -> None:
    """A renewal revokes the old certificate when the new one reaches its holder (fact sheet c.3)."""
    holder = home.holder()
    old = home.issued(holder=holder)
    with home.signing():
        new = home.ninsho("cert", "issue", *home.case(holder=holder), *home.everybody).body["certificate"]
        home.ninsho("cert", "hand-over", new["issuer"], new["serial"], *home.signs("reception-1"))
    shown = home.ninsho("cert", "show", old["issuer"], old["serial"]).body
    assert (shown["state"], shown["reason"]) == ("revoked", "superseded")


def test_a_folder_that_does_not_exist_is_told_before_anything_happens(home: Home, tmp_path: Path) -> None:
    """An application is not made for a certificate that could not be written."""
    before = len(applications(home))
    answer = home.ninsho("cert", "issue", *home.case(), *home.everybody, "-o", tmp_path / "away" / "card.pem")
    assert (answer.status, answer.error["code"]) == (1, "cli.file")
    assert len(applications(home)) == before


def test_exactly_one_way_to_show_possession(home: Home) -> None:
    """Two ways, none, or one by halves is a mistake of usage."""
    public = {"public-key": home.public_key()}
    for changed in ({"key": home.subject_key()}, {"csr": None}, public, {"csr": None, **public}):
        answer = home.ninsho("cert", "issue", *home.case(**changed), *home.everybody)
        assert (answer.status, answer.error["code"]) == (2, "cli.usage")


def test_an_authority_that_does_not_issue_the_profile_is_refused(home: Home) -> None:
    """What an authority may issue stands in the record that two administrators signed."""
    answer = home.ninsho("cert", "issue", *home.case(authority="jpki-sign-g1"), *home.everybody)
    assert (answer.status, answer.error["code"]) == (4, "ca.profile-not-authorised")
