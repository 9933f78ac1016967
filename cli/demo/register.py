"""The demo's resident register: what the counter reads about the invented people, by the number of their cards."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.demo.home import REGISTER
from cli.demo.people import PLACES, Resident
from cli.demo.plot import event_of
from ra.register import Entry, write_register

_GONE = ("death",)

_KANA = {
    "佐藤": "サトウ", "鈴木": "スズキ", "高橋": "タカハシ", "田中": "タナカ", "伊藤": "イトウ", "渡辺": "ワタナベ",
    "山本": "ヤマモト", "中村": "ナカムラ", "小林": "コバヤシ", "加藤": "カトウ", "吉田": "ヨシダ", "山田": "ヤマダ",
    "佐々木": "ササキ", "山口": "ヤマグチ", "松本": "マツモト", "井上": "イノウエ", "木村": "キムラ", "林": "ハヤシ",
    "斎藤": "サイトウ", "清水": "シミズ", "山崎": "ヤマザキ", "森": "モリ", "池田": "イケダ", "橋本": "ハシモト",
    "阿部": "アベ", "石川": "イシカワ", "山下": "ヤマシタ", "中島": "ナカジマ", "石井": "イシイ", "小川": "オガワ",
    "前田": "マエダ", "岡田": "オカダ", "長谷川": "ハセガワ", "藤田": "フジタ", "後藤": "ゴトウ", "近藤": "コンドウ",
    "村上": "ムラカミ", "遠藤": "エンドウ", "青木": "アオキ", "坂本": "サカモト",
    "髙橋": "タカハシ", "山﨑": "ヤマサキ", "𠮷田": "ヨシダ", "栁沢": "ヤナギサワ", "濵田": "ハマダ",
    "德永": "トクナガ",
    "太郎": "タロウ", "花子": "ハナコ", "一郎": "イチロウ", "美咲": "ミサキ", "健太": "ケンタ", "陽菜": "ヒナ",
    "大輔": "ダイスケ", "結衣": "ユイ", "翔太": "ショウタ", "葵": "アオイ", "直樹": "ナオキ", "さくら": "サクラ",
    "和也": "カズヤ", "千尋": "チヒロ", "拓海": "タクミ", "優子": "ユウコ", "亮": "リョウ", "真由美": "マユミ",
    "誠": "マコト", "恵": "メグミ", "隆": "タカシ", "由美": "ユミ", "学": "マナブ", "明美": "アケミ",
    "浩": "ヒロシ", "久美子": "クミコ", "進": "ススム", "典子": "ノリコ", "修": "オサム", "幸子": "サチコ",
    "豊": "ユタカ", "悦子": "エツコ", "茂": "シゲル", "文子": "フミコ", "実": "ミノル", "節子": "セツコ",
    "勇": "イサム", "和子": "カズコ", "清": "キヨシ", "静江": "シズエ",
}  # fmt: skip


def card_number(resident: int) -> str:
    """The number of a resident's card, by the resident's own number."""
    return f"K{resident:08d}"


def entries(people: Sequence[Resident]) -> Iterator[Entry]:
    """The register after the demo's story: who died is not in it, and who moved stands at the new address."""
    moved = 0
    for one in people:
        event = event_of(one)
        if event in _GONE:
            continue
        address, municipality = one.address, one.municipality
        if event == "record-change":
            code, place, town = PLACES[1]
            address, municipality = f"{place}{town}1番{1 + moved}号", code
            moved += 1
        yield Entry(
            reference=f"resident-{one.number}",
            name=one.name,
            kana=kana_of(one.name),
            address=address,
            sex="female" if one.sex == "female" else "male",
            birth_date=one.birth_date,
            municipality=municipality,
            card=card_number(one.number),
            card_expiry=one.card_expiry,
        )


def kana_of(name: str) -> str:
    """A name in katakana, a full-width space between; a foreign resident's stands in Roman letters alone."""
    parts = name.split("　")
    return "　".join(_KANA[part] for part in parts) if all(part in _KANA for part in parts) else ""


def enter_register(home: Path, people: Sequence[Resident]) -> int:
    """Write the register of a demo home; how many people it holds."""
    found = tuple(entries(people))
    write_register(home / REGISTER, found)
    return len(found)
