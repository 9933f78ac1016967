"""Characters of names and addresses: the permitted set, substitutes and their map, refusals."""

import unicodedata
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.characters import GETA, Replaced, is_permitted, replaced, substitute
from policies.errors import CharacterRefused

TABLE = [
    line.split("\t")
    for line in files("policies").joinpath("data/substitutes.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
PERMITTED = [chr(code) for code in range(0x10000) if is_permitted(chr(code))]
IDEOGRAPHS = st.characters(codec="utf-8", categories=["Lo", "Lm", "Lu", "Ll", "Nd", "Zs"])


@pytest.mark.parametrize(
    ("text", "shown", "digits"),
    [
        ("公的　花子", "公的　花子", "00000"),  # the fact sheet's five characters
        ("丂丄", "丂丄", "00"),  # supplementary kanji, JIS X 0212 16-1 and 16-2
        ("髙﨑", "高崎", "11"),  # the table
        ("𠮟𠮷", "叱吉", "11"),  # outside the Basic Multilingual Plane: one character each
        ("\ufa19", "神", "1"),  # U+FA19: NFC would change it silently
        ("㈱①", "〓１", "11"),  # one decomposes to several characters, one to a permitted one
        ("é", "ｅ", "1"),  # the letter without its accent
        ("彅", "彅", "0"),  # JIS X 0212 has it
        ("𪜈", GETA, "1"),  # nothing like it is permitted
        ("조", GETA, "1"),
        ("Ａ〓", "Ａ〓", "01"),  # the geta mark stands for a character that is not there
    ],
)
def test_substitution(text: str, shown: str, digits: str) -> None:
    """Permitted characters stay with 0, others are replaced with 1 (fact sheet b.2, .5.5.1 and .5.5.2)."""
    result = substitute(text, limit=20)
    assert (result.text, result.map) == (shown, digits)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ｶﾞｷﾞｸﾞ ﾊﾟ", "ガギグ　パ"),
        ("SMITH John-3", "ＳＭＩＴＨ　Ｊｏｈｎ－３"),
        ("｢ｰ｣", "「ー」"),
        ("か\u3099", "が"),  # か and a combining mark
    ],
)
def test_width_and_composition_are_no_substitution(text: str, shown: str) -> None:
    """Half-width forms and composed marks are the register's own characters."""
    result = substitute(text, limit=20)
    assert (result.text, result.map) == (shown, "0" * len(shown))


@pytest.mark.parametrize("hyphen", ["－", "−", "‐", "ー", "―"])
def test_hyphens_of_addresses(hyphen: str) -> None:
    """Every full-width hyphen a terminal may send is kept as it is."""
    assert substitute(f"１{hyphen}２", limit=200).text == f"１{hyphen}２"


@pytest.mark.parametrize("selector", ["\U000e0100", "\U000e01ef", "\ufe00"])
def test_a_chosen_glyph_counts_as_substituted(selector: str) -> None:
    """With a variation selector the register means another shape; the plain one stands for it."""
    result = substitute(f"葛{selector}城", limit=20)
    assert (result.text, result.map) == ("葛城", "10")


def test_a_chosen_glyph_of_a_character_that_is_not_permitted() -> None:
    """The table replaces the character, its selector goes."""
    assert substitute("髙\U000e0101", limit=20).text == "高"


def test_a_mark_that_composes_with_nothing_makes_a_substitute() -> None:
    """A kana with a voicing mark it cannot have is shown without it."""
    result = substitute("ア\u3099", limit=20)
    assert (result.text, result.map) == ("ア", "1")


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "characters.empty", 1),
        ("山\x00田", "characters.control", 2),
        ("山\n", "characters.control", 2),
        ("山\u202e田", "characters.format", 2),  # right-to-left override
        ("\u200b山", "characters.format", 1),  # zero width space
        ("山\u2066", "characters.format", 2),
        ("\ufeff山", "characters.format", 1),  # byte order mark
        ("山\ud842", "characters.surrogate", 2),
        ("山\ue000", "characters.private-use", 2),
        ("\U000f0000", "characters.private-use", 1),
        ("\uffff", "characters.unassigned", 1),
        ("\U0002ffff", "characters.unassigned", 1),
        ("\U00040000", "characters.unassigned", 1),
        ("山\u2028", "characters.line-separator", 2),
        ("\u3099山", "characters.stray-mark", 1),
        ("山　\u3099", "characters.stray-mark", 3),
        ("\U000e0100", "characters.stray-mark", 1),
        ("葛\U000e0100\U000e0101", "characters.stray-variation-selector", 3),
        ("Ａ\U000e0100", "characters.stray-variation-selector", 2),
        ("山" * 21, "characters.too-long", 21),
        ("山" * 1000, "characters.too-long", 21),
    ],
)
def test_refusals(text: str, code: str, position: int) -> None:
    """What has no meaning of its own, or is too long, is refused loudly with its place (ISS-8)."""
    with pytest.raises(CharacterRefused) as caught:
        substitute(text, limit=20)
    assert (caught.value.code, caught.value.position) == (code, position)


def test_the_error_does_not_repeat_the_text() -> None:
    """A name never stands in an error text."""
    with pytest.raises(CharacterRefused) as caught:
        substitute("架空\x00太郎", limit=20)
    assert not set("架空太郎") & set(str(caught.value) + caught.value.next)


def test_exactly_the_limit_is_accepted() -> None:
    """200 characters of an address pass, however many code points wrote them (fact sheet b.2)."""
    assert len(substitute("𠮷" * 200, limit=200).map) == 200
    assert len(substitute("か\u3099" * 200, limit=200).text) == 200


def test_the_permitted_set_is_the_two_standards() -> None:
    """6,355 kanji of JIS X 0208 and 5,801 of JIS X 0212, with 147+62+83+86 other characters and three code points."""
    kanji = [each for each in PERMITTED if "CJK UNIFIED" in unicodedata.name(each)]
    kana = [each for each in PERMITTED if unicodedata.name(each).startswith(("HIRAGANA LETTER", "KATAKANA LETTER"))]
    # U+4EDD, the ditto mark of row 1, is an ideograph to Unicode.
    assert len(kanji) == 2965 + 3390 + 5801 + 1
    assert len(kana) == 83 + 86
    assert len(PERMITTED) == 2965 + 3390 + 5801 + 94 + 62 + 83 + 86 + 3


def test_level_two_and_supplementary_agree_with_the_older_coding() -> None:
    """ISO-2022-JP-1 holds the same two sets; no permitted kanji is missing there."""
    kanji = "".join(each for each in PERMITTED if "CJK UNIFIED" in unicodedata.name(each))
    assert kanji.encode("iso2022_jp_1").decode("iso2022_jp_1") == kanji


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_the_table(row: list[str]) -> None:
    """Each line replaces one character that is not permitted by one that is, and says why."""
    character, stand_in, reason = row
    assert len(character) == len(stand_in) == 1
    assert not is_permitted(character)
    assert is_permitted(stand_in)
    assert reason in {"old form", "printed form", "form in names", "width"}


def test_the_table_names_each_character_once() -> None:
    """Two lines for one character would contradict each other."""
    assert len({row[0] for row in TABLE}) == len(TABLE)


@given(st.text(IDEOGRAPHS, min_size=1, max_size=50))
def test_every_printable_text_gets_a_map_of_its_length(text: str) -> None:
    """The map has one digit for each character, and what comes out is permitted, NFC and of the first plane."""
    result = substitute(text, limit=50)
    assert len(result.text) == len(result.map) == len(result.text.encode("utf-16-be")) // 2
    assert unicodedata.is_normalized("NFC", result.text)
    assert set(result.map) <= {"0", "1"}
    assert all(is_permitted(each) or each == GETA for each in result.text)


@given(st.text(st.sampled_from(PERMITTED), min_size=1, max_size=200))
def test_permitted_text_survives(text: str) -> None:
    """Ten thousand names of permitted characters come back as they are (ISS-8)."""
    result = substitute(text, limit=200)
    assert (result.text, result.map) == (text, "0" * len(text))


@given(st.text(IDEOGRAPHS, min_size=1, max_size=50))
def test_substitution_is_stable(text: str) -> None:
    """What came out once comes out again unchanged."""
    once = substitute(text, limit=50).text
    assert substitute(once, limit=50).text == once


@given(st.text(max_size=80))
def test_any_text_is_replaced_or_refused(text: str) -> None:
    """No text makes anything but a result of the right length or a refusal with a place inside the text."""
    try:
        result = substitute(text, limit=60)
    except CharacterRefused as refused:
        place = refused.position
    else:
        place = len(result.text)
        assert len(result.map) == place <= 60
    assert 1 <= place <= max(len(text), 61)


def test_what_was_replaced_is_told_with_its_place() -> None:
    """The officer shows the holder both characters side by side, each as it is written in the register."""
    assert replaced("髙橋　葛󠄀城", limit=10) == (Replaced(1, "髙", "高"), Replaced(4, "葛󠄀", "葛"))


@given(
    st.lists(st.sampled_from(["髙", "が", "か\u3099", "ｶﾞ", "葛\U000e0100", "𠮷", "1", "㈱"]), min_size=1).map("".join)
)
def test_what_was_replaced_is_what_the_map_marks(text: str) -> None:
    """As many as there are ones in the map, at their places, each with what stands there."""
    done = substitute(text, limit=80)
    told = replaced(text, limit=80)
    assert [each.position for each in told] == [at for at, digit in enumerate(done.map, 1) if digit == "1"]
    assert all(done.text[each.position - 1] == each.shown for each in told)
