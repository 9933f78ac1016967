"""The facts of a case are read strictly and never repeated in an error."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.errors import FactsRefused
from policies.facts import FactsKind, ResidentFacts, StaffFacts, parse_facts, with_common_name_parts

RESIDENT: dict[str, Any] = {
    "name": "山田　太郎",
    "address": "東京都港区赤坂１－１",
    "sex": "male",
    "birth_date": "1980-05-06",
    "municipality": "13103",
    "window": "001A",
    "card_expiry": "2033-05-06",
}
STAFF: dict[str, Any] = {"body": "13103", "dns_names": ["www.example.lg.jp"]}


def resident(**facts: object) -> ResidentFacts:
    """A resident's facts with some of them changed."""
    parsed = parse_facts("resident", RESIDENT | facts)
    assert isinstance(parsed, ResidentFacts)
    return parsed


def test_a_resident_is_read() -> None:
    """Fact sheet c.1: the four attributes of the register, the window and the card."""
    facts = resident(previous_not_after="2026-12-01T14:59:59Z")
    assert facts.card_expiry.isoformat() == "2033-05-06"
    assert facts.previous_not_after == datetime(2026, 12, 1, 14, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("resident", {"nickname": "x"}, "nickname"),
        ("resident", {"name": "山" * 101}, "name"),
        ("resident", {"name": "山" * 300}, "name"),
        ("resident", {"name": ""}, "name"),
        ("resident", {"name": 5}, "name"),
        ("resident", {"address": "あ" * 201}, "address"),
        ("resident", {"sex": "1"}, "sex"),
        ("resident", {"birth_date": "1980-5-6"}, "birth_date"),
        ("resident", {"birth_date": "１９８０-05-06"}, "birth_date"),
        ("resident", {"municipality": "131032"}, "municipality"),
        ("resident", {"municipality": "13103\n"}, "municipality"),
        ("resident", {"window": "01A"}, "window"),
        ("resident", {"window": "001a"}, "window"),
        ("resident", {"card_expiry": "2033-02-30"}, "card_expiry"),
        ("resident", {"card_expiry": None}, "card_expiry"),
        ("resident", {"previous_not_after": "2026-12-01T14:59:59"}, "previous_not_after"),
        ("resident", {"previous_not_after": 1796137199}, "previous_not_after"),
        ("resident", {"sequence": 100_000}, "sequence"),
        ("resident", {"sequence": "1"}, "sequence"),
        ("resident", {"pseudonym": "A1"}, "pseudonym"),
        ("staff", {"body": 13103}, "body"),
        ("staff", {"post": "Mayor*"}, "post"),
        ("staff", {"post": "M" * 65}, "post"),
        ("staff", {"dns_names": "www.example.lg.jp"}, "dns_names"),
        ("staff", {"dns_names": ["*.example.lg.jp"]}, "dns_names.0"),
        ("staff", {"dns_names": ["localhost"]}, "dns_names.0"),
        ("staff", {"dns_names": ["192.0.2.1"]}, "dns_names.0"),
        ("staff", {"dns_names": ["WWW.example.lg.jp"]}, "dns_names.0"),
        ("staff", {"dns_names": [f"h{number}.example.lg.jp" for number in range(21)]}, "dns_names"),
        ("staff", {"email": "clerk"}, "email"),
        ("authority", {"common_name": "局"}, "common_name"),
        ("responder", {"name": "x"}, "name"),
    ],
)
def test_a_wrong_fact_is_refused_by_its_name(kind: FactsKind, change: dict[str, object], field: str) -> None:
    """Unknown keys, wrong types, wrong forms and texts over their bound, in Python's strictest reading."""
    given_facts = {"resident": RESIDENT, "staff": STAFF, "authority": {}, "responder": {}}[kind]
    with pytest.raises(FactsRefused) as refusal:
        parse_facts(kind, given_facts | change)
    assert refusal.value.field == field


def test_a_missing_fact_is_refused_by_its_name() -> None:
    """No fact of a resident has a default."""
    with pytest.raises(FactsRefused, match="missing") as refusal:
        parse_facts("resident", {key: value for key, value in RESIDENT.items() if key != "sex"})
    assert refusal.value.field == "sex"


@pytest.mark.parametrize("value", [object(), {1, 2}, b"octets", datetime(2026, 1, 1, tzinfo=UTC)])
def test_what_is_no_json_is_refused(value: object) -> None:
    """Facts come from a canonical JSON document."""
    with pytest.raises(FactsRefused, match="JSON"):
        parse_facts("staff", STAFF | {"post": value})


def test_facts_of_any_size_are_bounded() -> None:
    """Sizes are bounded before parsing."""
    with pytest.raises(FactsRefused, match="16384"):
        parse_facts("staff", {"body": "1" * 20_000})


@given(st.text(min_size=101, max_size=400))
def test_an_error_never_repeats_a_value(name: str) -> None:
    """Never a name, an address or a birth date in an error text."""
    with pytest.raises(FactsRefused) as refusal:
        resident(name="花子" + name)
    assert "花子" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_staff_facts_are_read() -> None:
    """Fact sheet d.3: a server has names and no post."""
    facts = parse_facts("staff", STAFF)
    assert isinstance(facts, StaffFacts)
    assert (facts.dns_names, facts.post) == (("www.example.lg.jp",), None)


@given(st.binary(min_size=14, max_size=14), st.integers(min_value=0, max_value=10**12))
def test_common_name_parts_have_their_form(seed: bytes, sequence: int) -> None:
    """Fact sheet b.2, b.3: five digits, and fourteen upper-case alphanumerics, whatever the randomness."""
    draws = iter([seed] + [bytes(range(14))] * 40)
    facts = with_common_name_parts(
        resident(), requested_at=datetime(2026, 11, 23, tzinfo=UTC), sequence=sequence, random=lambda _: next(draws)
    )
    assert facts.sequence == sequence % 100_000
    assert facts.pseudonym is not None
    assert len(facts.pseudonym) == 14
    assert set(facts.pseudonym) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def test_the_pseudonym_is_drawn_without_bias() -> None:
    """Octets of 252 and more would favour the first characters; they are drawn again."""
    draws = iter([bytes([255] * 14), bytes(range(238, 252))])
    facts = with_common_name_parts(
        resident(), requested_at=datetime(2026, 11, 23, tzinfo=UTC), sequence=0, random=lambda _: next(draws)
    )
    assert facts.pseudonym == "WXYZ0123456789"


def test_a_request_time_without_a_zone_is_refused() -> None:
    """Times are aware; the common name is counted in Japan Standard Time."""
    with pytest.raises(FactsRefused) as refusal:
        with_common_name_parts(
            resident(),
            requested_at=datetime(2026, 11, 23),  # noqa: DTZ001 - the defect under test
            sequence=0,
            random=lambda length: bytes(length),
        )
    assert refusal.value.field == "requested_at"
