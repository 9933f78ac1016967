"""Staff and roles: the roster as far as it concerns one's branches."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fixtures.front import Front


@pytest.mark.parametrize(
    ("who", "seen", "unseen"),
    [
        ("head-minato", {"reception-minato", "auditor", "operator"}, {"reception-sapporo"}),
        ("auditor", {"reception-minato", "reception-sapporo", "operator"}, set()),
        ("operator", {"reception-minato", "reception-sapporo", "auditor"}, set()),
    ],
)
def test_officers_of_other_branches_are_not_listed(front: Front, who: str, seen: set[str], unseen: set[str]) -> None:
    """A head sees the own branch; audit and administration see everybody."""
    page = front.browser(who).get("/staff").text
    assert {code for code in seen | unseen if f">{code}<" in page} == seen


@pytest.mark.parametrize("who", ["reception-minato", "examiner-minato", "approver-minato"])
def test_the_page_is_for_heads_audit_and_administration(front: Front, who: str) -> None:
    """Everybody else is told for whom it is."""
    refused = front.browser(who).get("/staff")
    assert (refused.status_code, "E-4101" in refused.text, "発行責任者" in refused.text) == (403, True, True)


def test_credentials_last_day_and_last_use_are_shown(front: Front) -> None:
    """What ends within a month is marked, what ended too; who was here when is known."""
    soon, gone = front.now + timedelta(days=5), front.now - timedelta(days=1)

    def changed(code: str) -> object:
        person = front.roster.person(code)
        assert person is not None
        ends = {"reception-minato": soon, "examiner-minato": gone}.get(code)
        credentials = tuple(replace(each, valid_until=ends or each.valid_until) for each in person.credentials)
        return replace(person, credentials=credentials)

    front.browser("reception-minato")
    front.later(minutes=1)
    persons = tuple(changed(each.code) for each in front.roster.persons)
    front.roster = replace(front.roster, persons=persons)  # type: ignore[arg-type]  # persons, all of them
    page = front.browser("head-minato").get("/staff").text
    rows = {row.split('mono">')[1].split("<")[0]: row for row in page.split("<tr")[2:] if 'mono">' in row}
    assert "2026-11-29 まで" in rows["reception-minato"]
    assert "2026-11-24 09:30" in rows["reception-minato"]
    assert "無効な期間" in rows["examiner-minato"]
    assert 'class="muted"' in rows["examiner-minato"]
    assert "無効な期間" not in rows["approver-minato"]
