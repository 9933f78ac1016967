"""The counter's first steps: a case is received, the visitor identified, the register compared (fact sheet c.1).

Each function takes one step of one case: it checks what was entered, writes the event, and gives the case as it stands
then. Nothing here asks the signer for anything; that begins with a submission.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from ca.holder import holder_name
from policies.characters import replaced
from policies.errors import CharacterRefused
from policies.folding import fold_kana, fold_name
from ra.case_file import CaseFile
from ra.dates import day_in_japan
from ra.drafting import PROFILES, issuing_authority, new_draft
from ra.errors import PageError
from ra.events import demand, enter
from ra.holdings import Holding, awaited_by, held_by
from ra.identity import enough, missing_papers
from ra.office import Office
from ra.records import Attribute, Change, Identification, Particulars, Reception, Slot
from ra.register import Entry
from ra.scan import card_name
from ra.scope import Scope
from store.cases import CaseKind, CaseRecord, NewCase, open_case
from store.identifiers import uuid7
from store.people import PersonEntry, enter_people

__all__ = ["Comparison", "check_card", "compare", "identify", "receive"]

SIGNING_AGE = 15
"""From this age on a signing certificate is issued (fact sheet c.1)."""

_WINDOW = re.compile(r"[0-9]{3}[A-Z]")
"""A window (窓口) as it stands in a certificate's facts and in the roster's terminals."""

RENEWAL = timedelta(days=92)
"""How long before its end a certificate is renewed: three months (fact sheet c.1)."""


def receive(
    office: Office, scope: Scope, kind: CaseKind, window: str, reception: Reception, submit_key: UUID
) -> CaseRecord:
    """Open a case at the officer's branch and that window (受付). The same `submit_key` gives the same case again.

    PageError E-1107 for a window that is none, E-1103 when nothing is applied for.
    """
    if _WINDOW.fullmatch(window) is None:
        raise PageError("E-1107")
    if kind in ("issue", "renew", "pin-reset") and not reception.wishes:
        raise PageError("E-1103")
    now = office.clock()
    new = NewCase(
        id=uuid7(now, office.random),
        branch=scope.branch,
        place=_place(office, scope),
        kind=kind,
        visitor=reception.visitor,
        window=window,
        opened_by=scope.person,
        opened_at=now,
    )
    with office.database.transaction() as tx:
        case = open_case(tx, new, day_in_japan(now), submit_key)
        return case if case.events else enter(tx, scope, case, reception, now)


def _place(office: Office, scope: Scope) -> str:
    """The code of the municipality that the officer's branch serves first: receipt numbers begin with it."""
    branch = office.roster().branch(scope.branch)
    if branch is None or not branch.serves:
        raise PageError("E-1109")
    return branch.serves[0]


def identify(office: Office, scope: Scope, file: CaseFile, shown: Identification) -> CaseRecord:
    """Write down which documents were shown (本人確認).

    PageError E-1104 when they prove no identity, E-1105 when an agent's papers are missing.
    """
    demand(file.record, "identify")
    if not enough(shown.documents):
        raise PageError("E-1104")
    if missing_papers(file.record.visitor, shown.papers):
        raise PageError("E-1105")
    with office.database.transaction() as tx:
        return enter(tx, scope, file.record, shown, office.clock())


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the officer found: the register's entry, and the attributes in which the form differed from it."""

    entry: Entry
    differences: tuple[Attribute, ...]


def compare(office: Office, scope: Scope, file: CaseFile, found: Comparison) -> CaseRecord:
    """Take the register's values over and begin the applications (登録事項の確認).

    PageError E-1201 under 15 years, E-1202 for an adult ward, E-1203 and E-1204 for a certificate that is valid
    already, E-1205 for one that is suspended, E-1206 for one that was issued and not handed over, E-1106 for a
    character no certificate can carry, and those of `check_card`.
    """
    demand(file.record, "register")
    check_card(office, file.record, found.entry)
    now, wishes = office.clock(), file.reception.wishes
    if "sign" in wishes:
        _check_signing(found.entry, now)
    holder = holder_name(office.salt, found.entry.reference)
    holdings = held_by(office, holder)
    for slot in wishes:
        _check_holding(file.record.kind, holdings.get(slot), now)
    if awaited_by(office, holder).keys() & set(wishes):
        raise PageError("E-1206")
    record = _particulars(office, found, wishes, holder, holdings, now)
    with office.database.transaction() as tx:
        enter_people(tx, [_person(office, file.record, record)])
        return enter(tx, scope, file.record, record, now)


def check_card(office: Office, case: CaseRecord, entry: Entry) -> None:
    """Refuse a card for which the authority would issue nothing, before anything of its holder is shown or made.

    PageError E-1207 for a holder of a municipality that the case's branch does not serve (requirement ROL-3), E-1208
    for a card whose last day has passed in Japan (fact sheet c.2).
    """
    branch = office.roster().branch(case.branch)
    if branch is None or entry.municipality not in branch.serves:
        raise PageError("E-1207")
    if entry.card_expiry < day_in_japan(office.clock()):
        raise PageError("E-1208", {"day": entry.card_expiry})


def _check_signing(entry: Entry, now: datetime) -> None:
    """Act 153/2002 art. 3 and the CPS: nobody under 15, no adult ward. An unknown month or day counts as the latest."""
    year, month, day = (int(part) for part in entry.birth_date.split("-"))
    today = day_in_japan(now)
    age = today.year - year - ((today.month, today.day) < (month or 12, day or 31))
    if age < SIGNING_AGE:
        raise PageError("E-1201")
    if entry.ward:
        raise PageError("E-1202")


def _check_holding(kind: CaseKind, holding: Holding | None, now: datetime) -> None:
    """Act art. 6: no second valid certificate of a kind, but for a renewal in its last three months."""
    if holding is None:
        return
    if holding.state == "held":
        raise PageError("E-1205")
    renewed_from = day_in_japan(holding.not_after - RENEWAL)
    if kind != "renew":
        raise PageError("E-1203", {"until": day_in_japan(holding.not_after), "from": renewed_from})
    if holding.not_after - now > RENEWAL:
        raise PageError("E-1204", {"from": renewed_from})


def _particulars(
    office: Office,
    found: Comparison,
    wishes: tuple[Slot, ...],
    holder: bytes,
    holdings: Mapping[str, Holding],
    now: datetime,
) -> Particulars:
    entry, sibling = found.entry, holdings.get("auth")
    return Particulars(
        holder=holder.hex(),
        **entry.model_dump(exclude={"reference", "ward"}),
        differences=found.differences,
        changes=(*_changes("name", entry.name, 100), *_changes("address", entry.address, 200)),
        previous={slot: holdings[slot].not_after for slot in wishes if slot in holdings},
        sibling_not_after=sibling.not_after if sibling is not None and "auth" not in wishes else None,
        drafts=tuple(
            new_draft(office, PROFILES[slot], issuing_authority(office, PROFILES[slot], now), slot, now)
            for slot in sorted(wishes)
        ),
    )


def _changes(field: Literal["name", "address"], text: str, limit: int) -> tuple[Change, ...]:
    """The characters that a certificate carries otherwise (代替文字), each once. PageError E-1106 for one it cannot."""
    try:
        found = replaced(text, limit=limit)
    except CharacterRefused:
        raise PageError("E-1106") from None
    pairs = dict.fromkeys((each.written, each.shown) for each in found)
    return tuple(Change(field=field, written=one, carried=other) for one, other in pairs)


def _person(office: Office, case: CaseRecord, record: Particulars) -> PersonEntry:
    return PersonEntry(
        id=case.id,
        subject="case",
        branch=case.branch,
        name=record.name,
        name_key=fold_name(record.name),
        kana_key=fold_kana(record.kana),
        birth_date=record.birth_date,
        card=card_name(office.salt, record.card),
        case_id=case.id,
    )
