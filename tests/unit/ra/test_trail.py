"""The audit trail's page: whole or not in one sentence, of own records alone, exported with its proof."""

import json
import re
from datetime import datetime

import pytest

from store.audit import genesis, hash_of
from tests.fixtures.front import Front
from tests.fixtures.officers import DEPLOYMENT
from tests.fixtures.shelf import Shelf

READER = "head-minato"
DAYS = "first=2026-11-01&last=2026-11-30"


@pytest.fixture
def audited(shelf: Shelf) -> Shelf:
    """One certificate at each of two branches, with all that the signer wrote about them."""
    shelf.issue("見本一")
    shelf.issue("見本二", branch="sapporo")
    return shelf


def test_the_chain_is_told_in_one_sentence(audited: Shelf) -> None:
    """連鎖: 正常 (n件)."""
    page = audited.front.browser(READER).get("/audit/").text
    found = re.search(r"連鎖: 正常 \((\d+)件\)", page)
    assert found is not None
    assert int(found[1]) > 4


def test_a_changed_entry_is_told_with_its_place(audited: Shelf) -> None:
    """Who owns the file can change a row, and not the chain."""
    audited.house.tamper(("UPDATE audit_entry SET facts = '{}' WHERE event = 'certificate.handed-over'", ()))
    page = audited.front.browser(READER).get("/audit/").text
    assert "連鎖: 異常" in page
    assert re.search(r"signer-1 \d+: changed", page)


def test_entries_of_another_branch_are_not_shown(audited: Shelf) -> None:
    """Features pain 8: each branch reads its own records; no holder's name stands in any."""
    for person, own, other in (("head-minato", "minato", "sapporo"), ("head-sapporo", "sapporo", "minato")):
        page = audited.front.browser(person).get("/audit/").text
        assert f"Officer reception-{own}" in page
        assert f"Officer reception-{other}" not in page
        assert "見本" not in page


@pytest.mark.parametrize(
    ("query", "there", "absent"),
    [
        ("event=certificate.issued", "電子証明書の発行<br>", "電子証明書の交付<br>"),
        ("person=approver-minato", "電子証明書の発行<br>", "電子証明書の交付<br>"),
        ("program=ra", "該当する記録はありません。", "電子証明書の発行<br>"),
        ("first=2026-11-24", "該当する記録はありません。", "電子証明書の発行<br>"),
    ],
)
def test_filters_narrow_the_page(audited: Shelf, query: str, there: str, absent: str) -> None:
    """By event, officer, program and days."""
    page = audited.front.browser(READER).get(f"/audit/?{query}").text
    assert there in page
    assert absent not in page


def test_the_trail_of_one_certificate_is_found_by_its_serial(audited: Shelf) -> None:
    """As it was scanned, with its letter and in capitals."""
    one = audited.issue("見本三")
    serial = audited.path(one).rsplit("/", 1)[1]
    page = audited.front.browser(READER).get(f"/audit/?record=S-{serial.upper()}").text
    assert page.count(f">{serial}<") == page.count("<tr><td") > 1


def test_pages_run_back_through_the_trail(audited: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older entries follow, each once."""
    monkeypatch.setattr("ra.pages.trail.PAGE", 2)
    browser = audited.front.browser(READER)
    address, seen = "/audit/", []
    while address:
        page = browser.get(address).text
        seen += re.findall(r'<td class="mono small nowrap">([^<]+)</td></tr>', page)
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in page else ""
    assert len(seen) == len(set(seen)) > 3


def test_the_export_can_be_worked_out_again_by_anybody(audited: Shelf) -> None:
    """Every shown entry gives its hash, every chain is linked from its beginning to the head that the file names."""
    answer = audited.front.browser(READER).get(f"/audit/export?{DAYS}")
    first, *entries = map(json.loads, answer.text.splitlines())
    assert first["complete"]
    ends: dict[str, str] = {}
    for one in sorted(entries, key=lambda each: (each["instance"], each["sequence"])):
        if one["instance"] in ends:
            assert one["previous"] == ends[one["instance"]]
        elif "program" in one:
            assert one["previous"] == genesis(DEPLOYMENT, one["instance"], one["program"]).hex()
        ends[one["instance"]] = one["hash"]
        if "withheld" not in one:
            made = hash_of(
                DEPLOYMENT,
                one["instance"],
                one["program"],
                one["sequence"],
                datetime.fromisoformat(one["at"]),
                one["event"],
                one["facts"].encode(),
                bytes.fromhex(one["previous"]),
            )
            assert made.hex() == one["hash"]
    assert ends["signer-1"] == next(head["hash"] for head in first["heads"] if head["instance"] == "signer-1")


def test_the_export_withholds_what_is_anothers(audited: Shelf) -> None:
    """Another branch's entry is its place and its hashes."""
    answer = audited.front.browser(READER).get(f"/audit/export?{DAYS}")
    entries = [json.loads(line) for line in answer.text.splitlines()[1:]]
    withheld = [one for one in entries if one.get("withheld")]
    assert withheld
    assert all(one.keys() == {"instance", "sequence", "withheld", "previous", "hash"} for one in withheld)
    assert "reception-sapporo" not in answer.text


@pytest.mark.parametrize(
    "query", ["first=2026-11-24&last=2026-11-23", "first=x", "last=9999-12-31", "first=0001-01-01"]
)
def test_days_that_cannot_be_are_refused_with_a_code(front: Front, query: str) -> None:
    """On the page and in the export."""
    browser = front.browser(READER)
    assert "E-2103" in browser.get(f"/audit/?{query}").text
    assert "E-2103" in browser.get(f"/audit/export?{query}").text


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=2026-11-24~a~1",
        "after=2026-11-24T00:00:00%2B00:00~%00~1",
        "event=%3Cscript%3E",
        "person=a%20b",
    ],
)
def test_a_forged_question_is_refused(front: Front, query: str) -> None:
    """No trace, no query."""
    assert front.browser(READER).get(f"/audit/?{query}").status_code == 400


def test_a_place_before_the_first_entry_is_one_past_the_last_page(front: Front) -> None:
    """A number that no database holds is brought to the nearest that one does."""
    answer = front.browser(READER).get(f"/audit/?after=2026-11-24T00:00:00%2B00:00~a~-{'9' * 30}")
    assert answer.status_code == 200


@pytest.mark.parametrize("person", ["reception-minato", "approver-minato", "operator"])
def test_the_trail_is_for_heads_and_auditors(front: Front, person: str) -> None:
    """監査 and 発行責任者 alone, export included."""
    browser = front.browser(person)
    assert browser.get("/audit/").status_code == browser.get("/audit/export").status_code == 403
