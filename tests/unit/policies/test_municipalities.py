"""Municipalities and wards: codes, spelling, distribution points, and the days between which they exist."""

import importlib.util
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.errors import UnknownMunicipality
from policies.municipalities import Municipality, municipalities, municipality

TODAY = date(2026, 11, 23)
# Every day on which something in the table begins or has ended, and a day long after.
DAYS = [date(2016, 1, 1), date(2016, 10, 10), date(2018, 10, 1), date(2019, 5, 1), date(2024, 1, 1), date(2099, 1, 1)]


def everything() -> list[Municipality]:
    """Every row of the table once."""
    return list(dict.fromkeys(row for day in DAYS for row in municipalities(day)))


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    """The script that builds the table."""
    path = Path(__file__).parents[3] / "docs/data/build_municipalities.py"
    spec = importlib.util.spec_from_file_location("build_municipalities", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("code", "prefecture", "roman"),
    [
        ("13103", "Tokyo-to", "Minato-ku"),
        ("01101", "Hokkaido", "Sapporo-shi-Chuo-ku"),
        ("14103", "Kanagawa-ken", "Yokohama-shi-Nishi-ku"),
        ("27127", "Osaka-fu", "Osaka-shi-Kita-ku"),
        ("26104", "Kyoto-fu", "Kyoto-shi-Nakagyo-ku"),
        ("13221", "Tokyo-to", "Kiyose-shi"),
        ("13361", "Tokyo-to", "Oshima-machi"),
        ("13401", "Tokyo-to", "Hachijo-machi"),
        ("10344", "Gunma-ken", "Shinto-mura"),
        ("28481", "Hyogo-ken", "Kamigori-cho"),
        ("30421", "Wakayama-ken", "Nachikatsuura-cho"),
        ("36321", "Tokushima-ken", "Sanagochi-son"),
        ("46217", "Kagoshima-ken", "Soo-shi"),
        ("25383", "Shiga-ken", "Hino-cho"),
    ],
)
def test_spelling(code: str, prefecture: str, roman: str) -> None:
    """Hepburn without marks, with the particle of the kind as it is read (fact sheet b.2, b.3)."""
    found = municipality(code, TODAY)
    assert (found.prefecture_roman, found.roman, found.crldp_name) == (prefecture, roman, f"{roman} CRLDP")


@pytest.mark.parametrize("day", DAYS)
def test_codes_are_unique_on_each_day(day: date) -> None:
    """One code names one municipality on any day."""
    counted = Counter(row.code for row in municipalities(day))
    assert {code for code, times in counted.items() if times > 1} == set()


def test_no_distribution_point_serves_two_codes() -> None:
    """Lists are named by prefecture and CN; a name given once is never given to another code, in all years (b.3)."""
    codes: dict[tuple[str, str], set[str]] = {}
    for row in everything():
        codes.setdefault((row.prefecture_roman, row.crldp_name), set()).add(row.code)
    assert {name: found for name, found in codes.items() if len(found) > 1} == {}


def test_a_code_keeps_its_distribution_point() -> None:
    """The name of a partition is fixed when its first certificate is issued, whatever the city is called later."""
    before, after = municipality("28221", date(2019, 4, 30)), municipality("28221", date(2019, 5, 1))
    assert (before.name, after.name) == ("篠山市", "丹波篠山市")
    assert (before.roman, after.roman) == ("Sasayama-shi", "Tanbasasayama-shi")
    assert before.crldp_name == after.crldp_name == "Sasayama-shi CRLDP"


def test_a_new_code_never_takes_an_old_name() -> None:
    """The ward of 2024 has the old ward's name and another list."""
    old, new = municipality("22137", date(2023, 12, 31)), municipality("22140", date(2024, 1, 1))
    assert old.name == new.name == "浜松市天竜区"
    assert (old.crldp_name, new.crldp_name) == (
        "Hamamatsu-shi-Tenryu-ku CRLDP",
        "Hamamatsu-shi-Tenryu-ku-2024 CRLDP",
    )


def test_the_county_parts_towns_that_sound_alike() -> None:
    """Hokkaido has two towns read Esashi; only there the county is written."""
    assert municipality("01361", TODAY).roman == "Hiyama-gun-Esashi-cho"
    assert municipality("01514", TODAY).roman == "Esashi-gun-Esashi-cho"
    assert {row.code for row in municipalities(TODAY) if "-gun-" in row.roman} == {"01361", "01514"}


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("22138", date(2023, 12, 31)),  # the ward began on the next day
        ("22131", date(2024, 1, 1)),  # the ward ended on the day before
        ("14100", TODAY),  # Yokohama itself: its wards have the lists
        ("13103", date(2015, 12, 31)),  # before the table begins
        ("131032", TODAY),  # with the check digit
        ("", TODAY),
    ],
)
def test_unknown_codes_are_refused(code: str, day: date) -> None:
    """What does not exist on the day is refused, naming code and day."""
    with pytest.raises(UnknownMunicipality) as caught:
        municipality(code, day)
    assert (caught.value.municipality, caught.value.on) == (code, day)


def test_the_number_of_municipalities() -> None:
    """1,741 municipalities less 6 in the Northern Territories less 20 designated cities, and their 171 wards."""
    kinds = Counter(row.name[-1] for row in municipalities(TODAY))
    assert kinds == {"市": 772, "町": 743, "村": 183, "区": 23 + 171}


@given(st.dates(date(2016, 1, 1), date(2100, 1, 1)))
def test_succession_leaves_no_gap(day: date) -> None:
    """Whoever lives in the west of Japan's one reordered city has exactly one ward of that name on any day."""
    wards = [row for row in municipalities(day) if row.name == "浜松市天竜区"]
    assert len(wards) == 1
    assert wards[0].exists(day)


def test_rows_of_one_code_do_not_overlap() -> None:
    """Each row of a code begins on the day after the former ended."""
    rows: dict[str, list[Municipality]] = {}
    for row in everything():
        rows.setdefault(row.code, []).append(row)
    for former, later in (pair for found in rows.values() for pair in pairwise(found)):
        assert former.valid_to is not None
        assert later.valid_from == former.valid_to + timedelta(days=1)


def test_the_spelling_follows_the_builder(builder: ModuleType) -> None:
    """Every spelling is what the rule makes of the kana; the exceptions stand in the script, with their reasons."""
    for row in everything():
        kana = (builder.HIATUS | builder.HOMONYMS).get(row.code, row.kana).replace(" ", "")
        assert row.roman.replace("-", "").lower() == builder.romanise(kana), row.code


@pytest.mark.parametrize(
    ("kana", "roman"),
    [
        ("オオサカ", "osaka"),
        ("チュウオウ", "chuo"),
        ("ハッチョウ", "hatcho"),
        ("ニッコウ", "nikko"),
        ("キタキュウシュウ", "kitakyushu"),
        ("グンマ", "gunma"),
        ("シンオンセン", "shinonsen"),
        ("イイヅカ", "iizuka"),
        ("ヒュウガ", "hyuga"),
        ("リュウオウ", "ryuo"),
        ("セト|ウチ", "setouchi"),
        ("ナカジョウ", "nakajo"),
    ],
)
def test_romanisation_rule(builder: ModuleType, kana: str, roman: str) -> None:
    """Modified Hepburn without marks: long o and u are one letter, n stays n, t before ch."""
    assert builder.romanise(kana) == roman


@pytest.mark.parametrize("row", ["prefecture_roman", "roman", "list_roman"])
def test_letters_of_a_printable_string(row: str) -> None:
    """Spellings need letters, digits and hyphens only, within ub-locality-name less " CRLDP" (RFC 5280 appendix A)."""
    spelt = {getattr(each, row) for each in everything()}
    assert all(text.replace("-", "").isascii() and text.replace("-", "").isalnum() for text in spelt)
    assert max(map(len, spelt)) <= 64 - len(" CRLDP")
