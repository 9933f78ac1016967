"""A case as its events tell it: what is known, who did what when, and which step is next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from ra.errors import PageError
from ra.records import Identification, Notification, Particulars, Reception, Record, Selection, Submission, Written
from ra.workflow import PROCEDURES
from store.applications import ApplicationRecord
from store.cases import Branches, CaseEvent, CaseRecord, Step, applications_of, case_by_receipt, events_of
from store.certificates import CertificateFilter, CertificateRecord, find
from store.counter_errors import UnknownCase
from store.database import Database, Transaction

__all__ = ["CaseFile", "Done", "load_case"]

AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass(frozen=True, slots=True)
class Done:
    """A line of a case's checklist: the step, and the event that brought the case over it, None while it is open."""

    step: Step
    event: CaseEvent | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its events, the applications it led to and the certificates those led to, each in order."""

    record: CaseRecord
    events: tuple[CaseEvent, ...]
    applications: tuple[ApplicationRecord, ...]
    certificates: tuple[CertificateRecord, ...]

    @property
    def reception(self) -> Reception:
        """Who came and what for; every case begins with it."""
        return self.needed(Reception)

    @property
    def particulars(self) -> Particulars | None:
        """The holder as the register has them, once compared."""
        return self.latest(Particulars)

    @property
    def identification(self) -> Identification | None:
        """Which documents were shown, once they were."""
        return self.latest(Identification)

    @property
    def notification(self) -> Notification | None:
        """The keys that the card made, once the terminal reported them."""
        return self.latest(Notification)

    @property
    def selection(self) -> Selection | None:
        """The certificates and the reason, once chosen."""
        return self.latest(Selection)

    @property
    def submission(self) -> Submission | None:
        """What was signed and submitted, once it was."""
        return self.latest(Submission)

    @property
    def written(self) -> Written | None:
        """What the card held after writing, once it was read back."""
        return self.latest(Written)

    def latest(self, kind: type[AnyRecord]) -> AnyRecord | None:
        """The newest record of that kind, None where there is none."""
        found = self._found(kind)
        return None if found is None else found[1]

    def event_of(self, kind: type[Record]) -> CaseEvent | None:
        """The event that holds the newest record of that kind: who wrote it down, and when."""
        found = self._found(kind)
        return None if found is None else found[0]

    def _found(self, kind: type[AnyRecord]) -> tuple[CaseEvent, AnyRecord] | None:
        for event in reversed(self.events):
            if kind.step in (None, event.step):
                try:
                    return event, kind.of(event.facts)
                except ValidationError:  # another record of the same step
                    continue
        return None

    def needed(self, kind: type[AnyRecord]) -> AnyRecord:
        """The newest record of that kind; PageError E-1002 where the case has not come so far."""
        found = self.latest(kind)
        if found is None:
            raise PageError("E-1002", {"receipt": self.record.receipt})
        return found

    @property
    def awaited(self) -> int:
        """The number by which a terminal names the event that is next: troubles on the way to it do not change it."""
        return 1 + max((event.number for event in self.events if "trouble" not in event.facts), default=0)

    def checklist(self) -> tuple[Done, ...]:
        """Every step of this kind of case with the event that finished it."""
        finishing = (event for event in self.events if not _is_beside(event))
        by_step: Mapping[Step, CaseEvent] = {event.step: event for event in finishing}
        return tuple(Done(step, by_step.get(step)) for step in PROCEDURES[self.record.kind] if step != "closed")


def _is_beside(event: CaseEvent) -> bool:
    """Whether the event left its step undone: the case was sent back, deferred or withdrawn there, or got stuck."""
    return bool(event.facts.get("sent_back")) or not {"consent", "withdrawn", "trouble"}.isdisjoint(event.facts)


def load_case(database: Database, branches: Branches, receipt: str) -> CaseFile:
    """The case with that receipt number in these branches; PageError E-1001 for none and for another branch's."""
    with database.snapshot() as tx:
        try:
            record = case_by_receipt(tx, branches, receipt)
        except UnknownCase:
            raise PageError("E-1001", {"receipt": receipt}) from None
        return CaseFile(
            record=record,
            events=events_of(tx, branches, record.id),
            applications=(applications := applications_of(tx, branches, record.id)),
            certificates=_certificates(tx, [each.id for each in applications]),
        )


def _certificates(tx: Transaction, applications: list[UUID]) -> tuple[CertificateRecord, ...]:
    found = [find(tx, CertificateFilter(application_id=each, state="issued"), limit=1) for each in applications]
    return tuple(row for rows in found for row in rows)
