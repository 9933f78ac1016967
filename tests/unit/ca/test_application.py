"""The canonical form of an application: what officers sign is exactly what the signer executes."""

import json
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from ca.application import LIMIT, Application, Proof, canonical, digest, parse
from ca.errors import ApplicationMalformed, TooLarge

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
ISSUE = Application(
    deployment="test",
    action="issue",
    id=UUID(int=1),
    salt=b"s" * 16,
    authority="jpki-sign-g1",
    authority_key_hash=b"a" * 32,
    profile="jpki-sign",
    profile_digest=b"p" * 32,
    holder=b"h" * 32,
    kind="sign",
    branch="minato",
    requester="reception-minato",
    created_at=NOW,
    expires_at=NOW + timedelta(days=7),
    facts={"name": "検証 太郎", "municipality": "13103"},
    subject_key=b"not looked into here",
    proof=Proof("pkcs10", b"nor this"),
)
REVOKE = replace(
    ISSUE, action="revoke", facts={}, subject_key=None, proof=None, target=("jpki-sign", 0x1234), reason=1, event="leak"
)
OTHER_VALUES = {
    "deployment": "production",
    "action": "revoke",
    "id": UUID(int=2),
    "salt": b"t" * 16,
    "authority": "jpki-sign-g2",
    "authority_key_hash": b"b" * 32,
    "profile": "jpki-auth",
    "profile_digest": b"q" * 32,
    "holder": b"i" * 32,
    "kind": "auth",
    "branch": "sapporo",
    "requester": "reception-sapporo",
    "created_at": NOW - timedelta(seconds=1),
    "expires_at": NOW + timedelta(days=8),
    "facts": {"name": "検証 花子", "municipality": "13103"},
    "subject_key": b"another key",
    "proof": Proof("challenge", b"nor this"),
    "target": ("jpki-sign", 0x1235),
    "event": "death",
    "reason": 4,
    "invalidity_at": NOW,
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
facts = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


@settings(deadline=None)
@given(facts)
def test_canonical_form_is_read_back_unchanged(some_facts: dict[str, JsonValue]) -> None:
    """RFC 8785: parse(canonical(application)) is the application, for any JSON facts without fractions."""
    application = replace(ISSUE, facts=some_facts)
    assert parse(canonical(application)) == application


@settings(deadline=None)
@given(st.integers(1, (1 << 159) - 1))
def test_serials_of_any_size_are_read_back(serial: int) -> None:
    """RFC 5280 4.1.2.2: a serial has up to 20 octets, past the integers of RFC 8785, so it stands as hexadecimal."""
    application = replace(REVOKE, target=("jpki-sign", serial))
    assert parse(canonical(application)).target == ("jpki-sign", serial)


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Application) if field.name not in ("version", "action")]
)
def test_every_field_is_in_the_digest(name: str) -> None:
    """Design section 3: what is signed binds every field, so none can be edited after an approval."""
    base = REVOKE if name in ("target", "event", "reason", "invalidity_at") else ISSUE
    assert digest(replace(base, **{name: OTHER_VALUES[name]})) != digest(base)  # type: ignore[arg-type]  # by its name


def test_the_action_is_in_the_digest() -> None:
    """Design section 3: approval of a hold is no approval of a release."""
    hold = replace(REVOKE, action="hold", reason=None, event=None)
    assert digest(hold) != digest(replace(hold, action="release"))


@pytest.mark.parametrize(
    ("facts", "body"),
    [({"municipality": "13103"}, "13103"), ({"body": "131032", "name": "x"}, "131032"), ({"name": "x"}, None)],
)
def test_the_body_of_a_case_is_a_residents_municipality_or_an_offices_body(
    facts: dict[str, JsonValue], body: str | None
) -> None:
    """ROL-3: what a branch must serve stands in the facts of residents and of offices under different names."""
    assert replace(ISSUE, facts=facts).body == body


def test_canonical_form_is_that_of_rfc_8785() -> None:
    """RFC 8785 3.2: sorted names, no spaces, UTF-8 as it is."""
    text = canonical(ISSUE).decode()
    assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert "検証 太郎" in text


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        pytest.param(b"{", b" {", "canonical form", id="space-before"),
        pytest.param(b":", b": ", "canonical form", id="space-inside"),
        pytest.param(b'"value":"6e', b'"value":"6E', "canonical form", id="upper-case-hex"),
        pytest.param(b'{"action"', b'{"action":"issue","action"', "canonical form", id="name-twice"),
        pytest.param(b'"version":1', b'"version":1.0', "canonical form", id="fraction"),
        pytest.param(b'"version":1', b'"version":1,"vip":true', "vip", id="unknown-field"),
        pytest.param(b'"kind":"sign",', b"", "kind", id="missing-field"),
        pytest.param(b'"version":1', b'"version":2', "version", id="other-version"),
        pytest.param(b'"issue"', b'"destroy"', "action", id="unknown-action"),
        pytest.param(b"01:02:03Z", b"10:02:03+09:00", "created_at", id="other-time-zone"),
        pytest.param(b"01:02:03Z", b"01:02:03.5Z", "created_at", id="half-a-second"),
        pytest.param(b"minato", b"MINATO", "branch", id="code-in-capitals"),
        pytest.param(b"{", b"[" * 10_000, "document", id="nesting"),
        pytest.param(b"{", b"", "document", id="no-json"),
        pytest.param(b'"test"', b'"\xff"', "document", id="no-utf-8"),
    ],
)
def test_what_is_not_canonical_is_refused(old: bytes, new: bytes, place: str) -> None:
    """RFC 8785: one content has one form, so one digest; everything else is refused and the place is named."""
    with pytest.raises(ApplicationMalformed) as refusal:
        parse(canonical(ISSUE).replace(old, new, 1))
    assert refusal.value.fields[0].startswith(place)


def test_too_long_is_refused_before_parsing() -> None:
    """Requirement INP-1: 64 KiB at most are read."""
    with pytest.raises(TooLarge) as refusal:
        parse(b"{" + b" " * LIMIT)
    assert (refusal.value.size, refusal.value.limit) == (LIMIT + 1, 65536)


def test_too_long_is_not_written() -> None:
    """Requirement INP-1: an application that could not be read is not made."""
    with pytest.raises(TooLarge):
        canonical(replace(ISSUE, facts={"name": "x" * LIMIT}))


def test_text_outside_unicode_is_refused() -> None:
    """RFC 8785 3.2.2.2: a lone surrogate has no UTF-8 and so no digest."""
    with pytest.raises((ApplicationMalformed, ValidationError)):
        canonical(replace(ISSUE, facts={"name": "\ud800"}))


@pytest.mark.parametrize(
    "value", [1.5, {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}], ids=["fraction", "depth"]
)
def test_facts_that_do_not_survive_rfc_8785_are_refused(value: JsonValue) -> None:
    """RFC 8785 3.2.2.3: numbers would be rounded; requirement INP-1: depth is bounded."""
    with pytest.raises(ValidationError):
        replace(ISSUE, facts={"name": value})


def test_an_integer_past_2_to_the_53_is_refused() -> None:
    """RFC 8785 3.2.2.3: an integer that a double cannot hold is not canonical."""
    with pytest.raises(ApplicationMalformed):
        canonical(replace(ISSUE, facts={"number": 2**53}))


@pytest.mark.parametrize(
    ("application", "changes", "field"),
    [
        (ISSUE, {"subject_key": None}, "subject_key"),
        (ISSUE, {"proof": None}, "proof"),
        (ISSUE, {"target": ("jpki-sign", 1)}, "target"),
        (ISSUE, {"reason": 1}, "reason"),
        (ISSUE, {"invalidity_at": NOW}, "invalidity_at"),
        (ISSUE, {"expires_at": NOW}, "expires_at"),
        (ISSUE, {"expires_at": NOW + timedelta(days=367)}, "expires_at"),
        (REVOKE, {"target": None}, "target"),
        (REVOKE, {"reason": None}, "reason"),
        (REVOKE, {"subject_key": b"key"}, "subject_key"),
        (replace(REVOKE, action="hold", reason=None, event=None), {"event": "leak"}, "event"),
    ],
)
def test_fields_fit_the_action(application: Application, changes: dict[str, object], field: str) -> None:
    """Design section 3: an issue has a key and its proof, everything else a target, a revocation a reason."""
    with pytest.raises(ApplicationMalformed) as refusal:
        replace(application, **changes)  # type: ignore[arg-type]  # by its name
    assert refusal.value.fields == (field,)


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": b"short"},
        {"holder": b"short"},
        {"reason": 6},
        {"reason": 8},
        {"target": ("jpki-sign", 0)},
        {"target": ("jpki-sign", 1 << 159)},
        {"created_at": NOW.replace(tzinfo=None)},
        {"created_at": NOW.astimezone(timezone(timedelta(hours=9)))},
        {"created_at": NOW.replace(year=1999)},
        {"expires_at": NOW.replace(year=9999)},
        {"invalidity_at": NOW.replace(year=1)},
        {"requester": "Yamada Taro"},
    ],
)
def test_values_out_of_bounds_are_refused(changes: dict[str, object]) -> None:
    """RFC 5280 5.3.1 (hold and release are no reasons to revoke), 4.1.2.2; design section 3 (salt, UTC, codes)."""
    with pytest.raises(ValidationError):
        replace(REVOKE, **changes)  # type: ignore[arg-type]  # by its name


def test_errors_show_no_holder_data() -> None:
    """Rule of the house: no name enters an error text."""
    with pytest.raises(ValidationError) as refusal:
        replace(ISSUE, facts={"name": ["検証 太郎", 1.5]})
    assert "検証" not in str(refusal.value)


def test_an_application_cannot_be_changed() -> None:
    """Design section 3: an application is never edited, a correction is a new one."""
    application = parse(canonical(ISSUE))
    with pytest.raises(FrozenInstanceError):
        application.branch = "sapporo"  # type: ignore[misc]
    with pytest.raises(TypeError):
        application.facts["name"] = "another"  # type: ignore[index]


@pytest.mark.parametrize(("offset", "expired"), [(-1, False), (0, True)])
def test_an_application_expires_at_its_moment(offset: int, expired: bool) -> None:
    """Design section 3: the expiry moment itself is past."""
    assert ISSUE.expired(ISSUE.expires_at + timedelta(seconds=offset)) is expired
