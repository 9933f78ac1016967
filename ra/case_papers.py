"""The papers of a case: which fit it as it stands, and what each shows.

A paper is made of what is written down, so a reprint shows what the first print showed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from ca.application import parse
from ca.roster import Branch
from policies.characters import replaced, substitute
from policies.content import validity_for
from policies.errors import UnknownMunicipality
from policies.facts import parse_facts
from policies.municipalities import municipality
from ra.case_file import CaseFile
from ra.case_slips import Asked, affected, visible
from ra.counter_texts import BranchTexts, CounterTexts
from ra.dates import day_in_japan, midnight
from ra.errors import PageError
from ra.office import Office
from ra.papers.deposit import DepositSlip
from ra.papers.hand_over import HandOverReceipt, HandOverSheet, Issued, LossDesk, Substitute
from ra.papers.receipt import Receipt
from ra.papers.sheet import Counter, Form, Paper
from ra.papers.status_slips import ReleaseSlip, RevocationProof, RevocationSlip, SuspensionSlip
from ra.papers.substitutes import SubstituteNote
from ra.papers.words import CertificateKind, Thing
from ra.records import Deferral, Finish, Particulars, Reception, Selection, Submission
from store.cases import CaseKind, CaseRecord, Step, Visitor
from store.certificates import CertificateRecord

__all__ = ["Printing", "fitting", "paper_of"]

_ISSUING: Final[tuple[CaseKind, ...]] = ("issue", "renew")
_WAITING: Final[tuple[Step, ...]] = ("approve", "issue")
_AFTER: Final[tuple[Step, ...]] = ("hand-over", "closed")
_COMPARED: Final[tuple[Step, ...]] = (
    "keys", "confirm", "examine", "approve", "issue", "write", "hand-over", "closed",
)  # fmt: skip
_LONGEST_NAME: Final = 40
"""Characters of a counter's name on a paper (`ra.papers.sheet.Counter`)."""

_BRING: Final[Mapping[Visitor, tuple[Thing, ...]]] = MappingProxyType(
    {
        "self": ("card",),
        "legal-agent": ("card", "agent-document"),
        "agent": ("card", "attorney", "answer", "agent-document"),
    }
)
"""What a visitor brings when called, or when they come again (fact sheet c.1)."""


@dataclass(frozen=True)
class Printing:
    """Papers of one case, printed by the officer of that name. `fee` in yen is for a receipt that is to be signed.

    Raises PageError E-1701 where the installation has no texts for its papers.
    """

    office: Office
    file: CaseFile
    officer: str
    fee: int = 0

    @property
    def case(self) -> CaseRecord:
        """The case."""
        return self.file.record

    @cached_property
    def now(self) -> datetime:
        """When it is printed: aware UTC to the second."""
        return self.office.clock().replace(microsecond=0)

    @cached_property
    def texts(self) -> CounterTexts:
        """What the installation says of its counters."""
        if self.office.counter is None:
            raise PageError("E-1701", {"receipt": self.case.receipt})
        return self.office.counter

    @cached_property
    def counter(self) -> Counter:
        """The counter of the case's branch; its names are the roster's where the configuration gives none."""
        branch = self.office.roster().branch(self.case.branch)
        own = self.texts.branches.get(self.case.branch, BranchTexts())
        return Counter(
            own.name or _shortened(self.case.branch if branch is None else branch.name),
            own.name_en or _roman(branch, self.now) or self.case.branch,
            own.telephone or self.texts.telephone,
            sample=self.office.demo,
        )

    @cached_property
    def loss(self) -> LossDesk:
        """Who stops a lost card's certificates."""
        return LossDesk(self.texts.loss_telephone, self.texts.loss_hours_ja, self.texts.loss_hours_en)

    @cached_property
    def handed_over_at(self) -> datetime:
        """The day of the hand-over, which is today as long as it was not written down.

        It is the moment from which the things could be handed over, or the day's first one: so whatever is printed on
        one day is alike.
        """
        finish = self.file.event_of(Finish)
        day = day_in_japan(self.now if finish is None else finish.at)
        ready = max(event.at for event in self.file.events if event.step != "hand-over")
        return max(_to_the_second(ready), midnight(day))

    def name_of(self, person: str) -> str:
        """The name of an officer, by code."""
        found = self.office.roster().person(person)
        return person if found is None else found.name


def fitting(file: CaseFile) -> tuple[Form, ...]:
    """The forms of the papers that fit the case as it stands, the one that is needed first before the others."""
    return tuple(each.form for each in _PAPERS.values() if each.fits(file))


def paper_of(printing: Printing, name: str) -> Paper:
    """The paper whose form has that name. PageError E-1701 where it does not fit the case as it stands."""
    found = _PAPERS.get(name)
    if found is None or not found.fits(printing.file):
        raise PageError("E-1701", {"receipt": printing.case.receipt})
    return found.make(printing)


def _receipt(printing: Printing) -> Paper:
    case, received = printing.case, printing.file.event_of(Reception)
    at = case.opened_at if received is None else received.at
    return Receipt(
        printing.counter, case.receipt, _to_the_second(at), case.kind, case.visitor, case.window, _BRING[case.visitor]
    )


def _hand_over_receipt(printing: Printing) -> Paper:
    finish, file = printing.file.event_of(Finish), printing.file
    things: tuple[Thing, ...] = ("card", "sheet") if file.certificates else ("slip",)
    return HandOverReceipt(
        printing.counter,
        printing.case.receipt,
        printing.handed_over_at,
        printing.case.visitor,
        tuple(_issued(printing.office, file, each) for each in file.certificates),
        ("card",) if printing.case.kind == "pin-reset" else things,
        printing.fee if finish is None else file.needed(Finish).fee,
        printing.officer if finish is None else printing.name_of(finish.person),
    )


def _hand_over_sheet(printing: Printing) -> Paper:
    file, particulars = printing.file, printing.file.needed(Particulars)
    return HandOverSheet(
        printing.counter,
        printing.case.receipt,
        printing.handed_over_at,
        particulars.name,
        tuple(_issued(printing.office, file, each) for each in file.certificates),
        _pairs(particulars),
        printing.loss,
    )


def _substitute_note(printing: Printing) -> Paper:
    particulars, compared = printing.file.needed(Particulars), printing.file.event_of(Particulars)
    return SubstituteNote(
        printing.counter,
        printing.case.receipt,
        _to_the_second(printing.now if compared is None else compared.at),
        particulars.name,
        substitute(particulars.name, limit=100).text,
        particulars.address,
        substitute(particulars.address, limit=200).text,
        _pairs(particulars),
    )


def _deposit_slip(printing: Printing) -> Paper:
    file, deferral = printing.file, printing.file.needed(Deferral)
    event = file.event_of(Deferral)
    card = "" if file.particulars is None else file.particulars.card[-4:]
    return DepositSlip(
        printing.counter,
        printing.case.receipt,
        printing.now if event is None else _to_the_second(event.at),
        _holder(file),
        printing.case.kind,
        ("card",),
        card,
        deferral.until,
        "visit",
        printing.officer if event is None else printing.name_of(event.person),
    )


def _status_slip(printing: Printing) -> Paper:
    """The slip of a revocation, suspension or release, asked for or carried out."""
    office, file = printing.office, printing.file
    submitted = file.event_of(Submission)
    asked = Asked(file, printing.now)
    with office.database.snapshot() as tx:
        certificates, done_at = affected(tx, asked)
        seen = visible(tx, asked, done_at)
    counter, receipt, event = printing.counter, printing.case.receipt, file.needed(Selection).event
    at, name = _to_the_second(printing.now if submitted is None else submitted.at), _holder(file)
    match printing.case.kind:
        case "hold":
            return SuspensionSlip(counter, receipt, at, name, event, certificates, seen, done_at, printing.loss)
        case "release":
            return ReleaseSlip(counter, receipt, at, name, event, certificates, seen, done_at)
        case _ if done_at is None:
            return RevocationSlip(counter, receipt, at, name, event, certificates, seen)
        case _:
            return RevocationProof(counter, receipt, at, name, event, certificates, seen, done_at)


def _issued(office: Office, file: CaseFile, record: CertificateRecord) -> Issued:
    """A certificate, with the reason of its end as its profile gives it; none if the profile has changed since."""
    application = next(parse(each.canonical) for each in file.applications if each.id == record.application_id)
    reasons = ("", "")
    profile = office.profiles.get(record.profile)
    if profile is not None and profile.digest == record.profile_digest:
        facts, end = parse_facts(profile.facts, application.facts), office.statement(record.authority).x509()
        validity = validity_for(profile, facts, now=record.not_before, authority_not_after=end.not_valid_after_utc)
        reasons = (validity.reason_ja, validity.reason)
    return Issued(cast(CertificateKind, record.kind), record.serial, record.not_after, *reasons)


def _pairs(particulars: Particulars) -> tuple[Substitute, ...]:
    """The characters of name and address that certificates carry otherwise, each once."""
    texts = ((particulars.name, 100), (particulars.address, 200))
    found = [(each.written, each.shown) for text, limit in texts for each in replaced(text, limit=limit)]
    return tuple(Substitute(*pair) for pair in dict.fromkeys(found))


def _holder(file: CaseFile) -> str:
    """The holder's name as the counter wrote it down; empty where it has not come so far."""
    known = file.particulars or file.selection
    return "" if known is None else known.name


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _roman(branch: Branch | None, now: datetime) -> str:
    """The name of the municipality that a branch serves first in Latin letters; empty where none is known."""
    try:
        served = "" if branch is None or not branch.serves else branch.serves[0]
        return f"{municipality(served, day_in_japan(now)).roman}, registration branch" if served else ""
    except UnknownMunicipality:
        return ""


def _to_the_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _done(file: CaseFile) -> bool:
    """Whether the authority carried out at least one wish of the newest submission."""
    submission = file.submission
    return submission is not None and any(
        each.state == "done" for each in file.applications if each.id in submission.applications
    )


def _was_issued(file: CaseFile) -> bool:
    return file.record.kind in _ISSUING and file.record.step in ("write", *_AFTER) and bool(file.certificates)


def _is_received(file: CaseFile) -> bool:
    """Whether somebody signs, or has signed, for what the case led to."""
    ready = file.record.step == "hand-over" or (file.record.step == "closed" and file.event_of(Finish) is not None)
    return _was_issued(file) or (file.record.kind not in _ISSUING and ready)


def _is_substituted(file: CaseFile) -> bool:
    known = file.particulars
    over = file.record.step == "closed" and not file.certificates
    return file.record.step in _COMPARED and not over and known is not None and bool(known.changes)


def _is_deposited(file: CaseFile) -> bool:
    return file.record.deferred and file.latest(Deferral) is not None


def _is_asked(*kinds: CaseKind) -> Callable[[CaseFile], bool]:
    return lambda file: file.record.kind in kinds and file.record.step in _WAITING and file.submission is not None


def _is_done(*kinds: CaseKind) -> Callable[[CaseFile], bool]:
    return lambda file: file.record.kind in kinds and file.record.step in _AFTER and _done(file)


def _is_asked_or_done(kind: CaseKind) -> Callable[[CaseFile], bool]:
    asked, done = _is_asked(kind), _is_done(kind)
    return lambda file: asked(file) or done(file)


class _Kind(NamedTuple):
    """A kind of paper: its form, the cases it fits, and what makes it."""

    form: Form
    fits: Callable[[CaseFile], bool]
    make: Callable[[Printing], Paper]


_PAPERS: Final[Mapping[str, _Kind]] = MappingProxyType(
    {
        each.form.name: each
        for each in (
            _Kind(DepositSlip.form, _is_deposited, _deposit_slip),
            _Kind(RevocationProof.form, _is_done("revoke"), _status_slip),
            _Kind(RevocationSlip.form, _is_asked("revoke"), _status_slip),
            _Kind(SuspensionSlip.form, _is_asked_or_done("hold"), _status_slip),
            _Kind(ReleaseSlip.form, _is_asked_or_done("release"), _status_slip),
            _Kind(HandOverSheet.form, _was_issued, _hand_over_sheet),
            _Kind(HandOverReceipt.form, _is_received, _hand_over_receipt),
            _Kind(SubstituteNote.form, _is_substituted, _substitute_note),
            _Kind(Receipt.form, lambda file: file.record.step != "closed", _receipt),
        )
    }
)
"""Every paper of a counter's case, the one that is needed first before the others."""
