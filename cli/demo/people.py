"""Synthetic residents and staff for the demo. Nobody here exists: towns are invented, names are drawn by lot.

The cast is made so that every rule has someone it applies to: designated cities with wards, variant characters that
certificates cannot carry (髙, 﨑, 𠮷), foreign residents, minors, people with unknown parts of a birth date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pydantic import JsonValue

# code, prefecture and municipality as an address begins, an invented town
PLACES = (
    ("13103", "東京都港区", "架空一丁目"),
    ("01101", "北海道札幌市中央区", "見本町"),
    ("01102", "北海道札幌市北区", "試験町"),
    ("14103", "神奈川県横浜市西区", "例示町"),
    ("17201", "石川県金沢市", "想像町"),
    ("26104", "京都府京都市中京区", "仮置町"),
    ("47201", "沖縄県那覇市", "夢見町"),
)
FAMILY = (
    "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 "
    "山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本"
)
# characters outside JIS levels 1, 2 and the supplementary set, or variants of them: certificates carry substitutes
VARIANT_FAMILY = ("髙橋", "山﨑", "𠮷田", "栁沢", "濵田", "德永")
GIVEN = (
    "太郎 花子 一郎 美咲 健太 陽菜 大輔 結衣 翔太 葵 直樹 さくら 和也 千尋 拓海 優子 亮 真由美 誠 恵 "
    "隆 由美 学 明美 浩 久美子 進 典子 修 幸子 豊 悦子 茂 文子 実 節子 勇 和子 清 静江"
)
FOREIGN = (
    "ＭＩＬＬＥＲ　ＡＬＥＸ",
    "ＮＧＵＹＥＮ　ＬＩＮＨ",
    "ＳＩＬＶＡ　ＭＡＲＩＡ",
    "ＫＩＭ　ＪＩＷＯＯ",
    "ＧＡＲＣＩＡ　ＬＵＩＳ",
    "ＳＭＩＴＨ　ＮＩＣＯＬＡ",
)


@dataclass(frozen=True, slots=True)
class Resident:
    """One synthetic resident: what the register would say, and whether a phone carries certificates too."""

    number: int
    name: str
    address: str
    sex: str
    birth_date: str
    municipality: str
    card_expiry: date
    adult: bool
    phone: bool
    renews: bool

    def facts(self) -> dict[str, JsonValue]:
        """The facts file of an application at this person's counter."""
        return {
            "name": self.name,
            "address": self.address,
            "sex": self.sex,
            "birth_date": self.birth_date,
            "municipality": self.municipality,
            "window": WINDOW,
            "card_expiry": self.card_expiry.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Post:
    """One post, user or server of a local government: `profile` says which certificate it gets."""

    number: int
    profile: str
    body: str
    department: tuple[str, str]
    title: tuple[str, str] = ("", "")
    host: str = ""

    @property
    def common_name(self) -> str:
        """The name in the certification request; the certificate's own comes from the facts."""
        return self.host or self.title[0]

    def facts(self) -> dict[str, JsonValue]:
        """The facts file of the department's application; each pair is Roman letters and Japanese."""
        if self.host:
            return {"body": self.body, "dns_names": [self.host]}
        facts: dict[str, JsonValue] = {
            "body": self.body,
            "department": self.department[0],
            "department_ja": self.department[1],
        }
        if self.profile == "lgpki-post":
            return {**facts, "post": self.title[0], "post_ja": self.title[1]}
        mailbox = f"user{self.number:03d}@city.example.lg.jp"
        return {**facts, "user_id": self.title[0], "user_ja": self.title[1], "email": mailbox}


def branch_of(place: str) -> str:
    """The code of the branch of a municipality or body."""
    return f"branch-{place}"


WINDOW = "001A"
"""The window (窓口) where everybody applies: the one that has a terminal."""

LEADS = 12
"""The first residents live in the first place, so that its lists show something of every kind."""

MINOR = 9
RENEWING = 8


def residents(count: int, today: date, lot: Random) -> Iterator[Resident]:
    """`count` residents of `PLACES`, the same for the same `lot`. Every tenth is a minor, every fifteenth foreign."""
    for number in range(count):
        code, place, town = PLACES[0 if number < LEADS else number % len(PLACES)]
        minor = number % 10 == MINOR
        renews = number % 25 == RENEWING
        yield Resident(
            number=number,
            name=name_of(number, lot),
            address=f"{place}{town}{1 + number % 9}番{1 + lot.randrange(30)}号",
            sex=lot.choice(("male", "female")),
            birth_date=birth_date(minor, today, lot),
            municipality=code,
            # a card that ends within three months makes its holder renew (facts c.1, c.2)
            card_expiry=today + timedelta(days=60 if renews else lot.randrange(1900, 3600)),
            adult=not minor,
            phone=not minor and (number < LEADS or number % 12 == 0),
            renews=renews,
        )


def name_of(number: int, lot: Random) -> str:
    """Family and given name with one full-width space between, or a foreign resident's name in Roman letters."""
    if number % 15 == 14:
        return FOREIGN[number // 15 % len(FOREIGN)]
    family = VARIANT_FAMILY[number // 8 % len(VARIANT_FAMILY)] if number % 8 == 1 else lot.choice(FAMILY.split())
    return f"{family}　{lot.choice(GIVEN.split())}"


def birth_date(minor: bool, today: date, lot: Random) -> str:
    """A birth date as the register writes it; ISO, Feb 29 among them now and then."""
    if not minor and lot.randrange(40) == 0:
        return "1988-02-29"
    years = lot.randrange(3, 15) if minor else lot.randrange(20, 95)
    return (today - timedelta(days=years * 365 + lot.randrange(300))).isoformat()


DEPARTMENTS = (
    ("Mayor's Office", "市長公室"),
    ("Resident Affairs Division", "住民課"),
    ("Tax Division", "税務課"),
    ("Welfare Division", "福祉課"),
    ("Audit Office", "監査事務局"),
)


def staff() -> Iterator[Post]:
    """Twenty posts and users of two bodies, and five servers of the first."""
    for number in range(20):
        body = PLACES[0][0] if number % 2 == 0 else PLACES[4][0]
        department = DEPARTMENTS[number // 2 % len(DEPARTMENTS)]
        if number < 10:
            yield Post(number, "lgpki-post", body, department, (f"Director {number + 1}", f"第{number + 1}部長"))
        else:
            yield Post(number, "lgpki-user", body, department, (f"User {number + 1:03d}", f"職員{number + 1:03d}"))
    for number in range(20, 25):
        profile, label = ("lgpki-server", "gateway") if number < 23 else ("lgpki-web", "www")
        host = f"{label}{number - 19}.city.example.lg.jp"
        yield Post(number, profile, PLACES[0][0], DEPARTMENTS[1], host=host)
