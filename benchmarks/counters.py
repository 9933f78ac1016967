"""A country's counters for a search: certificates of invented people in fifty branches, as years of work leave them.

One branch has three tenths of everything, as a large city has. Rows go straight into the tables, and their indexes are
made again at the end. What a search never reads, the octets of certificates, is left out.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from random import Random

import psycopg
from sqlalchemy import make_url

from policies.folding import fold_kana, fold_name

BRANCHES = tuple(f"branch-{13100 + number}" for number in range(50))
LARGE = BRANCHES[0]
LOT = 20260401
AT_ONCE = 20_000
SECOND = 1_000_000
DAY = 86_400 * SECOND
# how it is written / how it is heard
FAMILY = (
    "佐藤/サトウ 鈴木/スズキ 髙橋/タカハシ 田中/タナカ 伊藤/イトウ 渡邊/ワタナベ 山本/ヤマモト 中村/ナカムラ "
    "小林/コバヤシ 加藤/カトウ 𠮷田/ヨシダ 山田/ヤマダ 佐々木/ササキ 山口/ヤマグチ 松本/マツモト 井上/イノウエ "
    "木村/キムラ 林/ハヤシ 齋藤/サイトウ 清水/シミズ 山﨑/ヤマザキ 森/モリ 池田/イケダ 橋本/ハシモト "
    "阿部/アベ 石川/イシカワ 山下/ヤマシタ 中島/ナカジマ 石井/イシイ 小川/オガワ 前田/マエダ 岡田/オカダ "
    "長谷川/ハセガワ 藤田/フジタ 後藤/ゴトウ 近藤/コンドウ 村上/ムラカミ 遠藤/エンドウ 青木/アオキ 坂本/サカモト"
)
GIVEN = (
    "太郎/タロウ 花子/ハナコ 一郎/イチロウ 美咲/ミサキ 健太/ケンタ 陽菜/ヒナ 大輔/ダイスケ 結衣/ユイ "
    "翔太/ショウタ 葵/アオイ 直樹/ナオキ さくら/サクラ 和也/カズヤ 千尋/チヒロ 拓海/タクミ 優子/ユウコ "
    "亮/リョウ 真由美/マユミ 誠/マコト 恵/メグミ 隆/タカシ 由美/ユミ 学/マナブ 明美/アケミ "
    "浩/ヒロシ 久美子/クミコ 進/ススム 典子/ノリコ"
)
CANONICAL = b"{" + b"x" * 300 + b"}"  # no search reads it
_PRIME = 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251
STEPS = ("approve", "issue", "write", "hand-over", "identify", "register", "keys", "confirm", "examine")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who came with the ``number``-th case, and the certificate it led to."""

    number: int
    branch: str
    name: str
    kana: str
    birth_date: str
    serial: bytes
    state: int

    @property
    def application(self) -> str:
        """The application's id in hexadecimal, in the order of the numbers."""
        return f"{(1 << 96) + self.number:032x}"

    @property
    def case(self) -> str:
        """The case's id in hexadecimal."""
        return f"{(2 << 96) + self.number:032x}"

    @property
    def receipt(self) -> str:
        """The receipt number."""
        return f"R{self.branch[-5:]}-261123-{self.number:07d}"

    @property
    def card(self) -> bytes:
        """The keyed hash of the card's number."""
        return (self.number * _PRIME).to_bytes(32, "big")


def visitors(count: int) -> Iterator[Visitor]:
    """The same people for the same count; some certificates are revoked (1) or on hold (2)."""
    lot = Random(LOT)  # noqa: S311 - a lot, no secret
    families, givens = ([pair.split("/") for pair in names.split()] for names in (FAMILY, GIVEN))
    for number in range(count):
        family, given = lot.choice(families), lot.choice(givens)
        yield Visitor(
            number,
            LARGE if number % 10 < 3 else BRANCHES[1 + number % (len(BRANCHES) - 1)],
            f"{family[0]}　{given[0]}",
            f"{family[1]}　{given[1]}",
            f"{1930 + number * 7 % 82}-{1 + number * 5 % 12:02d}-{1 + number * 3 % 28:02d}",
            (lot.getrandbits(126) | 1 << 126).to_bytes(16, "big"),
            1 if number % 20 == 0 else 2 if number % 1000 == 1 else 0,
        )


def fill(url: str, count: int, now: datetime) -> None:
    """Enter the people, cases, applications and certificates; every hundredth case and application still waits."""
    insert = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
    begin = (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    insert(_rows(each, begin) for each in visitors(count))


Rows = dict[str, tuple[object, ...]]

COLUMNS = {
    "application": "id action authority profile holder kind branch canonical digest examinations_required "
    "approvals_required requester created_at expires_at examinations approvals state",
    "certificate_branch": "serial issuer authority branch kind state not_after issued_at holder application_id",
    "status": "issuer serial partition state revoked_at reason not_after step",
    "counter_case": "id receipt branch kind visitor window opened_by opened_at day step events updated_at deferred",
    "case_receipt": "receipt case_id",
    "case_application": "application_id case_id",
    "person_entry application": "id subject branch name name_key kana_key birth_date card case_id",
    "person_entry case": "id subject branch name name_key kana_key birth_date card case_id",
}


def _rows(one: Visitor, now: int) -> Rows:
    """What stands in each table about one visitor; ``now`` is in microseconds since 1970."""
    at = now - one.number % 3650 * DAY
    ends = at + 5 * 365 * DAY + one.number % 7 * DAY
    waits = one.number % 100 == 0
    holder = one.number.to_bytes(32, "big")
    person = (one.name, _name_key(one.name), _kana_key(one.kana), one.birth_date, one.card, one.case)
    asked = (one.application, "issue", "jpki-sign-g1", "jpki-sign", holder, "sign", one.branch, CANONICAL)
    signed = (bytes(32), 1, 1, "reception-1", at, now + 30 * DAY, 1, 0 if waits else 1)
    revoked = (at + DAY, 4) if one.state else (None, None)
    step = STEPS[one.number // 100 % len(STEPS)] if waits else "closed"
    case = (one.case, one.receipt, one.branch, "issue", "self", "001A", f"clerk-{one.number % 5}", at)
    return {
        "application": (*asked, *signed, "open" if waits else "done"),
        "certificate_branch": (
            *(
                one.serial,
                "jpki-sign",
                "jpki-sign-g1",
                one.branch,
                "sign",
                one.state,
                ends,
                at,
                holder,
                one.application,
            ),
        ),
        "status": ("jpki-sign", one.serial, one.branch[-5:], one.state, *revoked, ends, 0),
        "counter_case": (*case, "2026-11-23", step, 9, at, one.number % 1000 == 0),
        "case_receipt": (one.receipt, one.case),
        "case_application": (one.application, one.case),
        "person_entry application": (one.application, "application", one.branch, *person),
        "person_entry case": (one.case, "case", one.branch, *person),
    }


_name_key, _kana_key = cache(fold_name), cache(fold_kana)


def _sqlite(url: str) -> Callable[[Iterator[Rows]], None]:
    def insert(rows: Iterator[Rows]) -> None:
        connection = sqlite3.connect(str(make_url(url).database))
        connection.execute("PRAGMA synchronous = OFF")  # only while it is filled
        connection.execute("PRAGMA cache_size = -400000")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        while some := list(islice(rows, AT_ONCE)):
            for table, columns in COLUMNS.items():
                names = _quoted(columns)
                places = ", ".join("?" * len(columns.split()))
                statement = f"INSERT INTO {table.split()[0]} ({names}) VALUES ({places})"  # noqa: S608 - the names above
                connection.executemany(statement, [each[table] for each in some])
            connection.commit()
        for _, made in indexes:
            connection.execute(made)
        connection.close()

    return insert


def _quoted(columns: str) -> str:
    return ", ".join(f'"{name}"' for name in columns.split())


_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)
"""


def _postgresql(url: str) -> Callable[[Iterator[Rows]], None]:
    def insert(rows: Iterator[Rows]) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")  # only while it is filled
            connection.execute("SET maintenance_work_mem = '256MB'")
            indexes = connection.execute(_INDEXES).fetchall()
            for name, _ in indexes:
                connection.execute(f'DROP INDEX "{name}"'.encode())
            while some := list(islice(rows, AT_ONCE)):
                for table, columns in COLUMNS.items():
                    statement = f"COPY {table.split()[0]} ({_quoted(columns)}) FROM STDIN".encode()
                    with connection.cursor().copy(statement) as copy:
                        for each in some:
                            copy.write_row(each[table])
            for _, made in indexes:
                connection.execute(made.encode())
            # as the server does by itself in time
            connection.execute("VACUUM ANALYZE")

    return insert
