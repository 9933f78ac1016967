"""The status sentence: every state in both languages, with the words of the glossary and none of the forbidden ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ca.look import Look, state_of
from cli.sentences import REASONS, SENTENCES, Language, language, reason_words, sentence
from policies.profile import load_profiles
from store.certificates import CertificateRecord
from store.status import Status

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
RECORD = CertificateRecord(
    issuer="jpki-auth",
    serial=0xAB1,
    authority="jpki-auth-g1",
    profile="jpki-auth",
    profile_digest=bytes(32),
    application_id=None,
    holder=bytes(32),
    kind="auth",
    partition="13103",
    distribution_point=b"",
    key_hash=bytes(32),
    tbs=b"0",
    certificate=b"0",
    state="issued",
    not_before=NOW - timedelta(days=1),
    not_after=NOW + timedelta(days=1),
    reserved_at=NOW,
    issued_at=NOW,
)
LOOK = Look(
    record=RECORD,
    state="good",
    status=Status("good", None, None, None, RECORD.not_after),
    history=(),
    event=None,
    handed_over=True,
    profile=load_profiles()["jpki-auth"],
)
HELD = Status("held", NOW, 6, None, None)
REVOKED = Status("revoked", NOW, 1, None, None)

LOOKS = {
    "good": LOOK,
    "pending": replace(LOOK, handed_over=False),
    "held": replace(LOOK, state="held", status=HELD),
    "revoked": replace(LOOK, state="revoked", status=REVOKED, event="leak"),
    "expired": replace(LOOK, state="expired"),
    "reserved": replace(LOOK, state="reserved", status=None),
    "abandoned": replace(LOOK, state="abandoned", status=REVOKED),
}


def test_every_state_is_tried() -> None:
    """The table of sentences and this test's table are about the same states."""
    assert LOOKS.keys() == SENTENCES.keys()


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("state", LOOKS)
def test_a_sentence_names_the_certificate_and_leaves_nothing_open(state: str, lang: Language) -> None:
    """Which certificate comes first; no placeholder and no forbidden word is left (glossary of the screens)."""
    said = sentence(LOOKS[state], lang)
    assert "jpki-auth 0ab1" in said
    for wrong in ("{", "None", "無効", "取り消", "\n"):
        assert wrong not in said
    assert said.endswith("。" if lang == "ja" else ".")


def test_times_are_japans_and_say_so_in_english() -> None:
    """01:00 UTC is 10:00 in Japan."""
    assert "2026-11-23 10:00" in sentence(LOOKS["held"], "ja")
    assert "2026-11-23 10:00 JST" in sentence(LOOKS["held"], "en")


def test_the_life_event_comes_before_the_reason() -> None:
    """A person understands "the private key has leaked"; the code stays for the record."""
    assert reason_words(1, "leak", "en") == "the private key has leaked, keyCompromise"
    assert reason_words(1, "leak", "ja") == "秘密鍵の漏えい、秘密鍵の漏えい等"
    assert reason_words(None, None, "en") == "unspecified"


@pytest.mark.parametrize(
    ("profile", "step"),
    [("jpki-auth", "never released"), ("jpki-auth-phone", "released or revoked")],
)
def test_a_hold_is_released_where_the_profile_says(profile: str, step: str) -> None:
    """A card's hold never ends well, a telephone's may (fact sheet c.4)."""
    assert step in sentence(replace(LOOKS["held"], profile=load_profiles()[profile]), "en")


@pytest.mark.parametrize(
    ("status", "ends_in", "state"),
    [
        (None, 1, "good"),
        (LOOK.status, 1, "good"),
        (LOOK.status, -1, "expired"),
        (HELD, 1, "held"),
        (HELD, -1, "expired"),
        (REVOKED, 1, "revoked"),
        (REVOKED, -1, "revoked"),
    ],
)
def test_revoked_is_for_ever_and_the_end_comes_to_all_others(status: Status, ends_in: int, state: str) -> None:
    """A revoked certificate stays revoked after its end; any other is expired then."""
    assert state_of(replace(RECORD, not_after=NOW + timedelta(days=ends_in)), status, NOW) == state


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "ja_JP"}, "en"),
        ({}, "en"),
    ],
)
def test_the_environment_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    """POSIX: LC_ALL before LC_MESSAGES before LANG."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_reasons_are_the_standards() -> None:
    """The names are those of RFC 5280 section 5.3.1; 7 is not used and 8 is for delta lists."""
    assert REASONS.keys() == {0, 1, 2, 3, 4, 5, 6, 9, 10}
