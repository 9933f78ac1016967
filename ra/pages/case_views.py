"""What the page of a case shows: its checklist, who did what, and what the form of the next step needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flask import request
from flask_babel import gettext

from ca.holder import holder_name
from ca.roster import Role
from policies.characters import Substituted, substitute
from policies.errors import CharacterRefused
from ra.case_file import CaseFile, Done
from ra.centre import centre
from ra.dates import day_in_japan, minute
from ra.errors import PageError
from ra.fees import printed_fee
from ra.identity import AGENT_PAPERS, DOCUMENTS
from ra.languages import mark
from ra.names import names_of
from ra.office import Office
from ra.pages.case_papers import offered
from ra.reception import check_card
from ra.records import Deferral, Withdrawal
from ra.register import Entry
from ra.scope import DECIDERS, role_names
from ra.sealed import opened
from ra.selection import choices, events_for
from ra.standing import kind_name
from ra.submission import Desk
from ra.troubles import TROUBLES, trouble_of
from ra.turns import ENDS, end_of, refusals_in, sent_back
from ra.waiting import may_be_withdrawn
from ra.words import saved_wordings, wording_of
from ra.workflow import PROCEDURES, STAGES, place
from store.cases import Step

__all__ = ["Line", "context_of", "entry_of", "lines_of"]

Context = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the checklist: the step's name, where it stands, and who took it when.

    It is "done", "now" or "later", or "left" in a case that ended without it.
    """

    name: str
    state: str
    person: str = ""
    when: str = ""


EFFECTS: Final = {
    "revoke": mark("is revoked"),
    "hold": mark("is suspended"),
    "release": mark("becomes valid again"),
    "nothing": mark("stays as it is"),
}
"""What an event does to a certificate: message ids."""


def lines_of(office: Office, file: CaseFile) -> tuple[Line, ...]:
    """The checklist of a case; officers by their names, terminals by their windows."""
    names = names_of(office)
    order = PROCEDURES[file.record.kind]
    now = order.index(file.record.step)
    lines = []
    for number, done in enumerate(file.checklist()):
        name, state = gettext(STAGES[done.step].title), "done" if number < now else "now" if number == now else "later"
        if state == "done" and done.event is not None:
            lines.append(Line(name, state, _taker(done, names), minute(done.event.at)))
        else:
            lines.append(Line(name, "left" if state == "done" else state))
    return tuple(lines)


def _taker(done: Done, names: Mapping[str, str]) -> str:
    """Who took a step; the signer's is only noticed by whoever looked at the case first."""
    if done.event is None or STAGES[done.step].actor == "signer":
        return ""
    return names.get(done.event.person, done.event.person)


_WORDED: Final = ("examine", "approve", "closed")
"""The steps at which a case shows what was submitted; others, where the facts may not hold any more, open without."""


def context_of(desk: Desk) -> Context:
    """What the template of a case needs: the case, and for whoever may take the next step what its form shows."""
    file, here = desk.file, desk.office
    stage = STAGES[file.record.step]
    may = stage.actor == "officer" and desk.scope.may(*stage.roles)
    works, end = centre(here), end_of(file)
    return {
        "card": card_asked_for(),
        "file": file,
        "case": file.record,
        "lines": lines_of(here, file),
        "place": place(file.record.kind, file.record.step),
        "stage": stage,
        "may": may,
        "decides": desk.scope.may(*DECIDERS),
        "stage_roles": role_names(stage.roles),
        "effects": EFFECTS,
        "may_stop": desk.scope.may(Role.RECEPTION),
        "may_withdraw": may_be_withdrawn(here, file),
        "centre": works,
        "today": day_in_japan(here.clock()),
        "seen": f"{end or stage.step}.{works.state}.{file.record.events}",
        "papers": offered(desk),
        "end": end,
        "ends": ENDS,
        "refusals": refusals_in(file),
        "withdrawal": file.latest(Withdrawal),
        "sent_back": sent_back(file),
        "trouble": trouble_of(file),
        "troubles": TROUBLES,
        "deferral": file.latest(Deferral) if file.record.deferred else None,
        "names": names_of(here),
        "kind_name": kind_name,
        "no_papers": here.counter is None,
        **_next_step(desk, may),
    }


def _next_step(desk: Desk, may: bool) -> Context:
    """What was submitted, and what the form of the next step needs for whoever `may` take it.

    Where that is impossible, as when the card has expired since, `hindrance` says why, in place of the form: the case
    opens all the same, so that it can be sent back or withdrawn.
    """
    step, form = desk.file.record.step, _FORMS.get(desk.file.record.step)
    context: dict[str, object] = {"wordings": (), "hindrance": None}
    try:
        if step in _WORDED and desk.file.submission:
            context["wordings"] = saved_wordings(desk.office, desk.file, desk.saved())
        if may and form is not None:
            context |= form(desk)
    except PageError as hindrance:
        context["hindrance"] = hindrance.words()
    return context


def entry_of(office: Office, card: str) -> Entry | None:
    """The register's entry of a card, None for an empty number. PageError E-1108 for a card it does not know."""
    if not card:
        return None
    found = None if office.register is None else office.register.by_card(card)
    if found is None:
        raise PageError("E-1108")
    return found


def card_asked_for() -> str:
    """The number of the card in this page's address, where it stands sealed; "" for none."""
    return opened("card", request.args.get("card", "")) or ""


def _identify(desk: Desk) -> Context:
    return {"documents": DOCUMENTS, "agent_papers": AGENT_PAPERS[desk.file.record.visitor]}


def _register(desk: Desk) -> Context:
    entry = entry_of(desk.office, card_asked_for())
    if entry is None:
        return {"entry": None}
    check_card(desk.office, desk.file.record, entry)
    return {"entry": entry, "carried": {"name": _carried(entry.name, 100), "address": _carried(entry.address, 200)}}


def _carried(text: str, limit: int) -> Substituted:
    """The text as a certificate carries it. PageError E-1106 for one it cannot."""
    try:
        return substitute(text, limit=limit)
    except CharacterRefused:
        raise PageError("E-1106") from None


def _select(desk: Desk) -> Context:
    entry = entry_of(desk.office, card_asked_for())
    kind = desk.file.record.kind
    if entry is None:
        return {"entry": None}
    holder = holder_name(desk.office.salt, entry.reference)
    return {"entry": entry, "choices": choices(desk.office, kind, holder), "events": events_for(kind)}


def _confirm(desk: Desk) -> Context:
    applications = desk.drafted()
    return {
        "wordings": tuple(wording_of(desk.office, each, desk.office.clock()) for each in applications),
        "offer": desk.offer("submission"),
    }


def _examine(desk: Desk) -> Context:
    own = any(each.requester == desk.scope.person for each in desk.saved())
    return {"own": own, "offer": None if own else desk.offer("examination")}


def _hand_over(desk: Desk) -> Context:
    return {"offer": desk.hand_over_offer(), "fee": printed_fee(desk.file.record.receipt) or 0}


_FORMS: Final[Mapping[Step, Callable[[Desk], Context]]] = MappingProxyType(
    {
        "identify": _identify,
        "register": _register,
        "select": _select,
        "confirm": _confirm,
        "examine": _examine,
        "hand-over": _hand_over,
    }
)
