"""Section 4.4: kana search folds hiragana, katakana and half width, variants (髙/高, 﨑/崎), spaces."""

import unicodedata
from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.characters import substitutes
from policies.folding import MOST_CHARACTERS, fold_kana, fold_name

TABLE = [
    line.split("\t")
    for line in files("policies").joinpath("data/variants.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
KANA = st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x3096), min_size=1, max_size=20)
NAMES = st.text(
    st.sampled_from("高髙﨑崎吉𠮷斉齋邉ABCａｂｃéñかガｶﾞｯっッヶ々ゝゞー－-・･ 　'.、木田")
    | st.characters(codec="utf-8"),
    max_size=30,
)


@pytest.mark.parametrize(
    "names",
    [
        ("髙﨑", "高崎", "高\u3000崎", "髙 﨑"),
        ("𠮷田", "吉田"),
        ("濵田", "濱田", "浜田", "浜\ufe00田"),
        ("渡邊", "渡邉", "渡辺"),
        ("齋藤", "斎藤", "斉藤", "齊藤"),
        ("髙島屋", "高嶋屋"),
        ("佐々木", "佐佐木"),
        ("金子 みすゞ", "金子ミスズ", "金子みすず"),
        ("山田 はなこ", "山田ハナコ", "山田ﾊﾅｺ"),
        ("アンナ・マリー", "ｱﾝﾅ･ﾏﾘｰ", "あんな まりー", "アンナマリ－", "アンナ=マリー"),
        ("JOSÉ O'Brien", "ｊｏｓｅ　obrien", "Jose O’BRIEN"),
        ("李\ufa19", "李神"),
    ],
)
def test_one_name_in_several_writings_has_one_key(names: tuple[str, ...]) -> None:
    """What clerks type for one another is one key."""
    assert len({fold_name(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("キヨウコ", "きょうこ", "ｷｮｳｺ"),
        ("ミヅキ", "ミズキ"),
        ("ヤナギヂ", "やなぎじ"),
        ("カヲル", "カオル"),
        ("ヰノウエ", "イノウエ"),
        ("ハットリ", "はつとり", "ﾊｯﾄﾘ"),
        ("タロウ　ヤマダ", "タロウヤマダ"),
    ],
)
def test_kana_that_sound_alike_have_one_key(names: tuple[str, ...]) -> None:
    """A clerk hears the name: small kana, ヂ and ジ, ヅ and ズ, ヲ and オ cannot be told apart."""
    assert len({fold_kana(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("山崎", "山口"), ("タナカ", "タナガ"), ("ハマ", "ハーマ"), ("渡辺", "渡部"), ("佐木", "佐々木")]
)
def test_other_names_have_other_keys(one: str, other: str) -> None:
    """Folding forgives writings, not names."""
    assert fold_kana(one) != fold_kana(other)


@given(NAMES)
def test_folding_twice_is_folding_once(text: str) -> None:
    """A key is its own key, so a stored key may be searched by as well."""
    for fold in (fold_name, fold_kana):
        assert fold(fold(text)) == fold(text)


@given(KANA)
def test_width_and_kind_of_kana_are_no_difference(kana: str) -> None:
    """Hiragana, katakana and decomposed marks give one key."""
    katakana = "".join(chr(ord(character) + 0x60) for character in kana)
    assert fold_kana(kana) == fold_kana(katakana) == fold_kana(unicodedata.normalize("NFD", kana))


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30))
def test_width_of_letters_is_no_difference(text: str) -> None:
    """Full-width letters and digits are those of a keyboard."""
    wide = "".join(chr(ord(character) + 0xFEE0) for character in text)
    assert fold_name(wide) == fold_name(text) == fold_name(text.upper())


@given(NAMES, NAMES)
def test_key_of_a_beginning_is_the_beginning_of_the_key(start: str, rest: str) -> None:
    """A search by the first characters finds the whole name, where they end at a character and not inside one."""
    whole = start + "木" + rest
    assert fold_name(whole).startswith(fold_name(start))


@given(NAMES)
def test_keys_are_bounded_and_plain(text: str) -> None:
    """Letters, digits and private characters (外字) are left, and no key is longer than a column needs."""
    key = fold_kana(text * 20)
    assert len(key) <= MOST_CHARACTERS
    assert {unicodedata.category(character)[0] for character in key if unicodedata.category(character) != "Co"} <= {
        "L",
        "N",
    }


def test_table_names_each_form_once() -> None:
    """data/variants.tsv: no form belongs to two characters, and none is replaced by the substitutes before."""
    forms = Counter(form for first, others in TABLE for form in first + others)
    assert [form for form, times in forms.items() if times > 1] == []
    assert [form for form in forms if form in substitutes()] == []
    assert all(len(first) == 1 and others for first, others in TABLE)


def test_every_form_of_the_table_is_found_by_its_first() -> None:
    """Each line of the table is one key."""
    assert [line for line in TABLE if {fold_name(form) for form in "".join(line)} != {line[0]}] == []
