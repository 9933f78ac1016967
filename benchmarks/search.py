"""The counter's searches and counts over a million certificates, on SQLite and on PostgreSQL.

Each question is one that a page asks, through the store, in a transaction of its own. What counts is how long the
slowest twentieth takes: a page that an officer waits for shall have its answer in `TARGET` milliseconds.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median, quantiles

from benchmarks.counters import BRANCHES, LARGE, LOT, Visitor, fill, visitors
from benchmarks.home import Engine, database, temporary_folder
from benchmarks.measure import Outcome, Row
from policies.folding import fold_kana, fold_name
from store.cases import applications_of, case_by_receipt
from store.certificate_search import CertificateSearch, certificates_of, count_certificates, search_certificates
from store.database import Database, Transaction, upgrade
from store.people import PersonFilter, search_people
from store.queues import CaseFilter, count_cases, count_waiting, find_cases, waiting_approvals
from store.scope import Branches
from store.tallies import endings, standings

TARGET = 200.0
ROUNDS = 3
QUESTIONS = 60
ASKED_AFTER = 1000  # one visitor of so many is searched for
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")

Question = Callable[[Transaction, Visitor, Branches], object]


def search(size: int, say: Callable[[str], None]) -> Outcome:
    """Fill both databases with `size` certificates and ask."""
    now = datetime.now(UTC)
    asked = [one for one in visitors(size) if one.number % max(size // ASKED_AFTER, 1) == 0]
    rows: list[Row] = []
    for engine in ENGINES:
        with temporary_folder() as folder, database(engine, folder) as server:
            url = server or f"sqlite:///{folder}/search.db"
            began = time.monotonic()
            upgrade(url)
            fill(url, size, now)
            say(f"{engine}: {size} certificates are entered in {time.monotonic() - began:.0f} s")
            with closing(Database(url, "ra")) as opened:
                rows += measured(engine, opened, asked, now, say)
    settings: dict[str, str | int] = {
        "certificates": size,
        "branches": len(BRANCHES),
        "questions": QUESTIONS,
        "rounds": ROUNDS,
        "ratio": f"of {TARGET:.0f} ms",
    }
    return Outcome("search", "the slowest twentieth of a page's questions", settings, tuple(rows))


def measured(
    engine: Engine, opened: Database, asked: list[Visitor], now: datetime, say: Callable[[str], None]
) -> Iterator[Row]:
    """Ask each question `QUESTIONS` times a round, of visitors drawn by lot, in the scope each of them belongs to."""
    lot = Random(LOT)  # noqa: S311 - a lot, no secret
    for name, question in questions(now).items():
        taken: list[list[float]] = []
        for _ in range(ROUNDS):
            taken.append([timed(opened, question, lot.choice(asked), lot) for _ in range(QUESTIONS)])
        slow = tuple(quantiles(each, n=20)[-1] for each in taken)
        middle = median(milliseconds for each in taken for milliseconds in each)
        say(f"{engine}, {name}: p50 {middle:.1f} ms, p95 {median(slow):.1f} ms")
        yield Row(f"{engine}, {name}", "ms", slow, median(slow) / TARGET, f"p50 {middle:.1f} ms")


def timed(opened: Database, question: Question, visitor: Visitor, lot: Random) -> float:
    """Milliseconds from asking to having the answer; every fourth officer is of three branches, the large one among."""
    others = {LARGE, lot.choice(BRANCHES)} if lot.random() < 0.25 else set()
    scope = frozenset({visitor.branch} | others)
    began = time.perf_counter()
    with opened.snapshot() as tx:
        question(tx, visitor, scope)
    return (time.perf_counter() - began) * 1000


def questions(now: datetime) -> Mapping[str, Question]:
    """What pages ask, by name."""

    def certificates(wanted: Callable[[Visitor], CertificateSearch]) -> Question:
        return lambda tx, one, scope: search_certificates(tx, scope, wanted(one))

    def person(wanted: Callable[[Visitor], PersonFilter]) -> Question:
        return certificates(lambda one: CertificateSearch(person=wanted(one)))

    def next_page(tx: Transaction, one: Visitor, scope: Branches) -> None:
        wanted = CertificateSearch(person=PersonFilter(name_key=family(one)))
        found = search_certificates(tx, scope, wanted)
        search_certificates(tx, scope, wanted, after=found[-1].key)

    def by_receipt(tx: Transaction, one: Visitor, scope: Branches) -> None:
        case = case_by_receipt(tx, scope, one.receipt)
        certificates_of(tx, scope, [each.id for each in applications_of(tx, scope, case.id)])

    def ending(one: Visitor) -> CertificateSearch:
        first = now + timedelta(days=one.number % 300)
        return CertificateSearch(ends_from=first, ends_before=first + timedelta(days=30), state="good", kind="sign")

    return {
        "family name": person(lambda one: PersonFilter(name_key=family(one))),
        "one character": person(lambda one: PersonFilter(name_key=family(one)[:1])),
        "whole name": person(lambda one: PersonFilter(name_key=fold_name(one.name))),
        "name and birth date": person(lambda one: PersonFilter(family(one), birth_date=one.birth_date)),
        "kana": person(lambda one: PersonFilter(kana_key=fold_kana(one.kana)[:3])),
        "name and kana": person(lambda one: PersonFilter(family(one)[:1], fold_kana(one.kana))),
        "birth date": person(lambda one: PersonFilter(birth_date=one.birth_date)),
        "card": person(lambda one: PersonFilter(card=one.card)),
        "name, on hold": certificates(lambda one: CertificateSearch(state="held", person=PersonFilter(family(one)))),
        "two pages": next_page,
        "cases by name": lambda tx, one, scope: search_people(tx, scope, PersonFilter(family(one)), subject="case"),
        "count of a family name": lambda tx, one, scope: count_certificates(
            tx, scope, CertificateSearch(person=PersonFilter(family(one)))
        ),
        "serial": certificates(lambda one: CertificateSearch(serial=int.from_bytes(one.serial))),
        "receipt": by_receipt,
        "revoked": certificates(lambda one: CertificateSearch(state="revoked")),
        "end of validity": certificates(ending),
        "open cases": lambda tx, one, scope: find_cases(tx, scope, CaseFilter(open=True)),
        "count of open cases": lambda tx, one, scope: count_cases(tx, scope, CaseFilter(open=True)),
        "count of a step": lambda tx, one, scope: count_cases(tx, scope, CaseFilter(step="approve")),
        "count of a clerk's open cases": lambda tx, one, scope: count_cases(
            tx, scope, CaseFilter(open=True, opened_by="clerk-1")
        ),
        "waiting approvals": lambda tx, one, scope: waiting_approvals(tx, scope, now),
        "count of waiting approvals": lambda tx, one, scope: count_waiting(tx, scope, now),
        "ends by week": lambda tx, one, scope: endings(tx, scope, now, 26),
        "all certificates by state": lambda tx, one, scope: standings(tx, scope, now),
    }


def family(one: Visitor) -> str:
    """The key of a visitor's family name."""
    return fold_name(one.name.partition("　")[0])
