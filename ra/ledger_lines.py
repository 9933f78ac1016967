"""The lines of the branch's ledgers (台帳): hand-overs, key media and fees, from the events of its cases."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from pydantic import ValidationError

from ra.dates import day_in_japan
from ra.records import HANDED_OVER, Finish, Record, Written
from store.cases import Branches, applications_of
from store.certificate_search import CertificateHit, certificates_of
from store.database import Transaction
from store.ledgers import Entered, EventPlace, entered
from store.people import people_of

__all__ = ["MOST_SUMMED", "DayOfFees", "Line", "fees", "lines"]

MOST_SUMMED: Final = 20_000
"""Hand-overs whose fees one page adds up at most."""

_AT_ONCE: Final = 1000
AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a ledger: what happened in which case to whom, the certificates it is about, and what was recorded."""

    entered: Entered
    name: str
    certificates: tuple[CertificateHit, ...]
    fee: int | None
    card: str
    terminal: str


@dataclass(frozen=True, slots=True)
class DayOfFees:
    """What was taken on a day: hand-overs with and without a fee, and yen."""

    day: date
    paid: int
    free: int
    yen: int


def lines(tx: Transaction, branches: Branches, found: Sequence[Entered]) -> tuple[Line, ...]:
    """The lines of a page of events, with names and certificates."""
    people = people_of(tx, branches, [each.case.id for each in found])
    ids = {each.case.id: [one.id for one in applications_of(tx, branches, each.case.id)] for each in found}
    hits: dict[object, CertificateHit] = {
        hit.application_id: hit for hit in certificates_of(tx, branches, [id for many in ids.values() for id in many])
    }
    return tuple(
        _line(
            each,
            people[each.case.id].name if each.case.id in people else "",
            tuple(hits[id] for id in ids[each.case.id] if id in hits),
        )
        for each in found
    )


def fees(tx: Transaction, branches: Branches, since: datetime, before: datetime) -> tuple[tuple[DayOfFees, ...], bool]:
    """The fees of each day of a span, and whether that is all of it: at most `MOST_SUMMED` hand-overs are read."""
    paid: dict[date, list[int]] = defaultdict(list)
    whole = True
    for number, each in enumerate(_every(tx, branches, since, before)):
        if number == MOST_SUMMED:
            whole = False
            break
        finish = _read(Finish, each)
        if finish is not None:
            paid[day_in_japan(each.event.at)].append(finish.fee)
    days = [
        DayOfFees(day, sum(fee > 0 for fee in taken), sum(fee == 0 for fee in taken), sum(taken))
        for day, taken in sorted(paid.items())
    ]
    return tuple(days), whole


def _every(tx: Transaction, branches: Branches, since: datetime, before: datetime) -> Iterator[Entered]:
    after: EventPlace | None = None
    while found := entered(tx, branches, HANDED_OVER, since, before, after=after, limit=_AT_ONCE):
        yield from found
        after = found[-1].place


def _line(each: Entered, name: str, certificates: tuple[CertificateHit, ...]) -> Line:
    finish, written = _read(Finish, each), _read(Written, each)
    return Line(
        each,
        name,
        certificates,
        None if finish is None else finish.fee,
        "" if written is None else written.card,
        "" if written is None else written.terminal,
    )


def _read(kind: type[AnyRecord], each: Entered) -> AnyRecord | None:
    facts: Mapping[str, object] = each.event.facts
    if each.event.step != kind.step:
        return None
    try:
        return kind.model_validate(facts)
    except ValidationError:  # another record of the same step
        return None
