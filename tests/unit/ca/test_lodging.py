"""A case is verified as the signer will before it is saved; what would be refused leaves no trace."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from ca.application import Application, parse
from ca.approvals import EvidenceRole
from ca.lodging import Case, Lodging, standing
from ca.lodging_errors import CaseEnded, NotExamined, OwnCase
from ca.refusals import TargetNotServed, TooManyHolds
from ca.retirement import nothing_retired
from ca.rules import REGISTER_RULE, RULES
from ca.warrant_errors import (
    EvidenceSignatureInvalid,
    PersonTwice,
    ProfileNotAuthorised,
    RoleMissing,
    SubmissionMissing,
)
from store.application_errors import ApplicationExists, EvidenceExists, UnknownApplication
from store.applications import application as saved
from store.applications import evidence
from store.database import Transaction
from tests.fixtures.officers import DEPLOYMENT, NOW, PARTIES, status_application
from tests.fixtures.records import add_evidence
from tests.fixtures.signing import ISSUER, House

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def lodging(house: House) -> Lodging:
    """The counter of a branch of the house."""
    return Lodging(
        database=house.ra,
        deployment=DEPLOYMENT,
        roster=house.office.roster,
        profiles=house.profiles,
        statement={house.authority.name: house.authority.statement}.__getitem__,
        retired=nothing_retired,
        parties=PARTIES,
        demo=False,
        clock=lambda: LATER,
    )


@pytest.fixture
def submitted(house: House, lodging: Lodging) -> Case:
    """A saved case with its submission and nothing else."""
    asked = house.issue_case("one")
    case = lodging.case(asked, [house.office.sign(asked, "submission", "reception-minato")])
    lodging.lodge([case])
    return case


def given(house: House, id: UUID) -> list[tuple[str, str]]:
    """The saved signatures on an application."""
    with house.ra.snapshot() as tx:
        return sorted((each.role, each.person) for each in evidence(tx, id))


def test_a_case_is_saved_with_its_submission(house: House, lodging: Lodging, submitted: Case) -> None:
    """Design section 4 step 1: saved and signed by its submitter."""
    assert given(house, submitted.record.id) == [("submission", "reception-minato")]
    assert lodging.missing(submitted.record, submitted.evidence) == {"examination": 1, "approval": 1}


def test_a_wrong_signature_leaves_no_trace(house: House, lodging: Lodging) -> None:
    """What the signer would refuse is refused with the same word, before it is written."""
    asked = house.issue_case("one")
    wrong = replace(house.office.sign(asked, "submission", "reception-minato"), signature=b"x")
    with pytest.raises(EvidenceSignatureInvalid):
        lodging.lodge([lodging.case(asked, [wrong])])
    with house.ra.snapshot() as tx, pytest.raises(UnknownApplication):
        saved(tx, asked.id)


def test_one_wrong_case_keeps_the_others_out(house: House, lodging: Lodging) -> None:
    """The applications of one visit are saved all or none."""
    right, other = house.issue_case("one"), house.issue_case("two")
    cases = [
        lodging.case(right, [house.office.sign(right, "submission", "reception-minato")]),
        lodging.case(other, [house.office.sign(other, "submission", "examiner-minato")]),
    ]
    with pytest.raises(SubmissionMissing):
        lodging.lodge(cases)
    with house.ra.snapshot() as tx, pytest.raises(UnknownApplication):
        saved(tx, right.id)


def test_what_belongs_to_a_case_is_saved_with_it(house: House, lodging: Lodging) -> None:
    """A page's own rows stand or fall with the case."""
    asked = house.issue_case("one")
    case = lodging.case(asked, [house.office.sign(asked, "submission", "reception-minato")])

    def fail(tx: Transaction) -> None:
        assert saved(tx, asked.id).state == "open"
        raise LookupError("the page's rows are refused")

    with pytest.raises(LookupError):
        lodging.lodge([case], fail)
    with house.ra.snapshot() as tx, pytest.raises(UnknownApplication):
        saved(tx, asked.id)


def test_a_case_is_saved_once(lodging: Lodging, submitted: Case) -> None:
    """A second submit of the same application is refused."""
    with pytest.raises(ApplicationExists):
        lodging.lodge([submitted])


def test_officers_sign_one_after_the_other(house: House, lodging: Lodging, submitted: Case) -> None:
    """Examined, then approved; what is missing shrinks, and then it is the signer's turn."""
    asked = _asked(submitted)
    examined = lodging.add([house.office.sign(asked, "examination", "examiner-minato")])[asked.id]
    assert lodging.missing(submitted.record, examined) == {"approval": 1}
    approved = lodging.add([house.office.sign(asked, "approval", "head-minato")])[asked.id]
    assert lodging.missing(submitted.record, approved) == {}
    assert house.signer().turn(LATER).issued == 1


def _asked(case: Case) -> Application:
    return parse(case.record.canonical)


@pytest.mark.parametrize(
    ("role", "who", "refusal"),
    [
        ("examination", "reception-minato", OwnCase),
        ("approval", "reception-minato", OwnCase),
        ("approval", "head-minato", NotExamined),
        ("examination", "head-minato", RoleMissing),
    ],
)
def test_a_signature_out_of_turn_is_refused(
    house: House, lodging: Lodging, submitted: Case, role: EvidenceRole, who: str, refusal: type[Exception]
) -> None:
    """Requirement ROL-2, and who approves answers for what the examiner found; nothing is written."""
    with pytest.raises(refusal):
        lodging.add([house.office.sign(_asked(submitted), role, who)])
    assert given(house, submitted.record.id) == [("submission", "reception-minato")]


def test_one_person_signs_once(house: House, lodging: Lodging, submitted: Case) -> None:
    """Requirement ROL-2: each signature is another person's."""
    examination = house.office.sign(_asked(submitted), "examination", "examiner-minato")
    lodging.add([examination])
    with pytest.raises(PersonTwice):
        lodging.add([examination])


def test_a_race_counts_once(house: House, lodging: Lodging, submitted: Case) -> None:
    """Two tabs verify the same signature at once: the database takes one of them."""
    examination = house.office.sign(_asked(submitted), "examination", "examiner-minato")

    def meanwhile(tx: Transaction) -> None:
        add_evidence(tx, examination)

    with pytest.raises(EvidenceExists):
        lodging.add([examination], meanwhile)
    assert given(house, submitted.record.id) == [("submission", "reception-minato")]


def test_a_case_that_ended_is_not_signed_any_more(house: House, lodging: Lodging) -> None:
    """What the signer has done needs nobody's approval."""
    asked = house.issue_case("one")
    house.submit(asked)
    house.signer().turn(LATER)
    with pytest.raises(CaseEnded) as refusal:
        lodging.add([house.office.sign(asked, "approval", "second-head-minato")])
    assert refusal.value.state == "done"


def test_a_case_that_expired_is_not_signed_any_more(house: House, lodging: Lodging, submitted: Case) -> None:
    """A signature after the end would change nothing."""
    late = replace(lodging, clock=lambda: submitted.record.expires_at)
    with pytest.raises(CaseEnded) as refusal:
        late.add([house.office.sign(_asked(submitted), "examination", "examiner-minato")])
    assert refusal.value.state == "expired"


def test_one_touch_for_several_applications_is_added_all_or_none(house: House, lodging: Lodging) -> None:
    """The second one was examined already, so the first one's signature is not saved either."""
    asked = [house.issue_case("one"), house.issue_case("two")]
    lodging.lodge([lodging.case(one, [house.office.sign(one, "submission", "reception-minato")]) for one in asked])
    lodging.add([house.office.sign(asked[1], "examination", "examiner-minato")])
    with pytest.raises(PersonTwice):
        lodging.add([house.office.sign(one, "examination", "examiner-minato") for one in asked])
    assert given(house, asked[0].id) == [("submission", "reception-minato")]


def test_a_release_is_filed_where_the_holder_is_served(house: House, lodging: Lodging) -> None:
    """Requirement ROL-3: what the signer would refuse of the certificate is refused here."""
    issue = house.issue_case("one", profile="jpki-auth-phone")
    house.submit(issue)
    house.signer().turn(LATER)
    serial = house.issued(issue).serial_number
    elsewhere = replace(
        status_application(issue, "release", serial, issuer=ISSUER, now=LATER),
        branch="sapporo",
        requester="reception-sapporo",
    )
    submission = house.office.sign(elsewhere, "submission", "reception-sapporo")
    with pytest.raises(TargetNotServed):
        lodging.lodge([lodging.case(elsewhere, [submission])])


def test_a_hold_too_many_is_told_at_the_counter(
    house: House, lodging: Lodging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the applicant is there, another officer can enter it."""
    monkeypatch.setattr("ca.revocation.HOLDS_AN_HOUR", 0)
    issue = house.issue_case("one", profile="jpki-auth-phone")
    house.submit(issue)
    house.signer().turn(LATER)
    hold = status_application(issue, "hold", house.issued(issue).serial_number, issuer=ISSUER, now=LATER)
    submission = house.office.sign(hold, "submission", "reception-minato")
    with pytest.raises(TooManyHolds):
        lodging.lodge([lodging.case(hold, [submission])])


def test_an_unknown_profile_is_refused(house: House, lodging: Lodging) -> None:
    """A front end of another edition than the signer."""
    asked = replace(house.issue_case("one"), profile="jpki-fax")
    with pytest.raises(ProfileNotAuthorised):
        lodging.case(asked, [])


def test_the_registers_feed_needs_nobody(house: House, lodging: Lodging) -> None:
    """Fact sheet c.3: it revokes without officers; everybody else by the rule of the action."""
    issue = house.issue_case("one")
    revoke = status_application(issue, "revoke", 5, reason=5, event="death", requester="register-feed")
    assert lodging.rule(revoke) is REGISTER_RULE
    assert lodging.rule(replace(revoke, requester="reception-minato")) is RULES["revoke"]
    assert lodging.rule(replace(revoke, action="hold", reason=None, event=None)) is RULES["hold"]


@pytest.mark.parametrize(
    ("state", "missing", "hours", "word"),
    [
        ("open", {"approval": 1}, 0, "waiting"),
        ("open", {}, 0, "ready"),
        ("open", {"approval": 1}, 24 * 7, "expired"),
        ("done", {}, 24 * 7, "done"),
        ("refused", {}, 0, "refused"),
        ("parked", {}, 0, "parked"),
    ],
)
def test_a_case_stands_somewhere(submitted: Case, state: str, missing: dict[str, int], hours: int, word: str) -> None:
    """One word for every case of a list."""
    record = replace(submitted.record, state=state)  # type: ignore[arg-type]  # by its name
    assert standing(record, missing, NOW + timedelta(hours=hours)) == word  # type: ignore[arg-type]  # by their names
