"""Life events: what each does to each kind of certificate, and how strictly the table is read."""

from pathlib import Path

import pytest

from policies.errors import LifeEventRefused
from policies.life_events import Effect, effect_of, holder_kinds, life_events, load_life_events
from policies.profile import load_profiles

CARD, PHONE, STAFF = ("sign", "auth"), ("sign-phone", "auth-phone"), ("post", "user", "server", "web")
RESIDENT = CARD + PHONE
ALL = RESIDENT + STAFF
NOTHING = Effect("nothing", None)
HOLD = Effect("hold", 6)

# event, kinds, effect: fact sheet c.3, c.4 and c.9, row by row; on every other kind the event has no effect
ROWS = [
    ("request", ALL, Effect("revoke", 5)),
    ("leak", ALL, Effect("revoke", 1)),
    ("loss", ALL, Effect("revoke", 1)),
    ("damage", ALL, Effect("revoke", 1)),
    ("record-change", ("sign", "sign-phone"), Effect("revoke", 3)),
    ("death", RESIDENT, Effect("revoke", 5)),
    ("removal", RESIDENT, Effect("revoke", 5)),
    ("move-abroad", RESIDENT, Effect("revoke", 5)),
    ("record-error", ALL, Effect("revoke", 3)),
    ("card-return", RESIDENT, Effect("revoke", 5)),
    ("number-change", RESIDENT, Effect("revoke", 5)),
    ("card-replacement", CARD, Effect("revoke", 4)),
    ("renewal", ALL, Effect("revoke", 4)),
    ("failed-hand-over", ALL, Effect("revoke", 0)),
    ("ca-key-leak", ALL, Effect("revoke", 2)),
    ("expiry", (), NOTHING),
    ("card-lost", CARD, HOLD),
    ("card-found", CARD, Effect("revoke", 5)),
    ("card-not-found", CARD, Effect("revoke", 1)),
    ("phone-lost", PHONE, HOLD),
    ("phone-found", ("auth-phone",), Effect("release", None)),
    ("phone-found", ("sign-phone",), Effect("revoke", 4)),
    ("phone-not-found", PHONE, Effect("revoke", 1)),
    ("phone-change", PHONE, Effect("revoke", 5)),
    ("transfer", ("post", "user"), Effect("revoke", 3)),
    ("reorganisation", STAFF, Effect("revoke", 3)),
    ("disuse", ALL, Effect("revoke", 5)),
]


@pytest.mark.parametrize(("event", "kinds", "effect"), ROWS, ids=[f"{row[0]}-{'-'.join(row[1])}"[:40] for row in ROWS])
def test_effect(event: str, kinds: tuple[str, ...], effect: Effect) -> None:
    """Each row of the fact sheet (c.3, c.4, c.9) has its effect on the kinds it names."""
    assert {effect_of(event, kind) for kind in kinds} <= {effect}


@pytest.mark.parametrize("event", list(life_events()))
def test_no_effect_on_other_kinds(event: str) -> None:
    """What the fact sheet does not name for an event stays as it is."""
    named = {kind for name, kinds, _ in ROWS if name == event for kind in kinds}
    assert {kind for kind in ALL if effect_of(event, kind) != NOTHING} == named


def test_every_event_has_a_row() -> None:
    """No event lies in the table untested."""
    assert {row[0] for row in ROWS} == set(life_events())


@pytest.mark.parametrize(
    ("event", "reporter"),
    [("death", "register"), ("record-change", "register"), ("card-lost", "holder"), ("transfer", "officer")],
)
def test_reporters(event: str, reporter: str) -> None:
    """Events of the resident register come from its network (Act 153/2002, article 12), others from people."""
    assert life_events()[event].reported_by == reporter


def test_register_events_never_touch_staff() -> None:
    """The register feed acts without officers, so it reaches residents' certificates only."""
    feed = [event for event in life_events().values() if event.reported_by == "register"]
    assert {event.effects[kind] for event in feed for kind in STAFF} == {NOTHING}


def test_events_have_words_in_both_languages() -> None:
    """The screen and the command name each event."""
    assert all(event.en.isascii() and event.ja and not event.ja.isascii() for event in life_events().values())
    assert all(kind.ja and not kind.ja.isascii() for kind in holder_kinds().values())


def test_only_a_telephones_authentication_certificate_is_released() -> None:
    """Hold is never lifted for card certificates, and LGPKI has none (c.4, c.9)."""
    assert {kind.name for kind in holder_kinds().values() if kind.release} == {"auth-phone"}
    assert {kind.name for kind in holder_kinds().values() if kind.hold} == set(RESIDENT)


def test_the_profiles_say_the_same_of_hold_and_release() -> None:
    """Table and profiles agree on what may be held and released, and the kinds are exactly theirs."""
    profiles = {profile.holder_kind: profile for profile in load_profiles().values() if profile.holder_kind}
    assert set(profiles) == set(holder_kinds())
    for name, kind in holder_kinds().items():
        assert (profiles[name].hold, profiles[name].release) == (kind.hold, kind.release), name


@pytest.mark.parametrize(("event", "kind"), [("marriage", "sign"), ("death", "seal"), ("", ""), ("death", "SIGN")])
def test_unknown_words_are_refused(event: str, kind: str) -> None:
    """An event or a kind that the table does not name has no effect to guess."""
    with pytest.raises(LifeEventRefused):
        effect_of(event, kind)


GOOD = """
[kinds]
card = { ja = "カード", hold = true, release = false }
phone = { ja = "電話", hold = true, release = true }
[[events]]
name = "lost"
en = "Lost"
ja = "紛失"
reported_by = "holder"
[events.effects]
hold = ["card", "phone"]
"""


def written(directory: Path, text: str) -> Path:
    """A table file."""
    path = directory / "table.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_table_is_read(tmp_path: Path) -> None:
    """The words become acts and reasons."""
    kinds, events = load_life_events(written(tmp_path, GOOD))
    assert list(kinds) == ["card", "phone"]
    assert events["lost"].effects == {"card": HOLD, "phone": HOLD}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('en = "Lost"', 'en = "Lost"\nenglish = "Lost"'),
        ('en = "Lost"\n', ""),
        ('en = "Lost"', "en = 1"),
        ('reported_by = "holder"', 'reported_by = "passer-by"'),
        ("hold = true, release = false", "hold = true"),
        ("hold = true, release = false", "hold = true, release = false, found = true"),
        ("hold = true, release = false", "hold = false, release = false"),
        ('hold = ["card", "phone"]', 'hold = ["phone"]\nrelease = ["card"]'),
        ('hold = ["card", "phone"]', 'hold = ["card"]'),
        ('hold = ["card", "phone"]', 'hold = ["card", "phone", "phone"]'),
        ('hold = ["card", "phone"]', 'hold = ["card", "phone"]\nnothing = ["card"]'),
        ('hold = ["card", "phone"]', 'hold = ["card", "phone", "watch"]'),
        ('hold = ["card", "phone"]', 'certificateHold = ["card", "phone"]'),
        ('hold = ["card", "phone"]', 'removeFromCRL = ["card", "phone"]'),
        ('hold = ["card", "phone"]', 'hold = ["card", "phone"]\n' + GOOD[GOOD.index("[[events]]") :]),
        ("[kinds]", "[kinds"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """Unknown and missing keys, unknown words, kinds named twice or never, holds that are not allowed: all refused."""
    assert old in GOOD
    with pytest.raises(LifeEventRefused) as caught:
        load_life_events(written(tmp_path, GOOD.replace(old, new, 1)))
    assert caught.value.source.startswith("table.toml")


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(LifeEventRefused):
        load_life_events(tmp_path / "table.toml")
