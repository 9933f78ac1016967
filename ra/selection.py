"""Which certificates a case is about, and the life event that is the reason (fact sheet c.3, c.4).

The table of life events decides what happens to which certificate; nobody at the counter does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ca.holder import holder_name
from policies.errors import LifeEventRefused
from policies.life_events import Effect, LifeEvent, effect_of, life_events
from ra.case_file import CaseFile
from ra.drafting import new_draft
from ra.errors import PageError
from ra.events import demand, enter
from ra.holdings import Holding, awaited_by, held_by
from ra.office import Office
from ra.records import Selection, Target
from ra.register import Entry
from ra.scope import Scope
from ra.standing import kind_name
from ra.workflow import ACTIONS
from store.cases import CaseKind, CaseRecord

__all__ = ["EVENTS", "Choice", "choices", "choose", "events_for"]

EVENTS: Mapping[CaseKind, tuple[str, ...]] = {
    "revoke": (
        "request",
        "leak",
        "loss",
        "damage",
        "card-found",
        "record-change",
        "death",
        "move-abroad",
        "card-return",
        "record-error",
        "failed-hand-over",
        "phone-change",
    ),
    "hold": ("card-lost", "phone-lost"),
    "release": ("phone-found",),
}
"""The life events that the counter offers for a case of each kind, the commonest first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A certificate of the holder, and what each offered event would do to it."""

    holding: Holding
    effects: Mapping[str, Effect]

    @property
    def code(self) -> str:
        """How a form names the certificate: "ISSUER/SERIAL"."""
        return f"{self.holding.issuer}/{_hex(self.holding.serial)}"

    @property
    def name(self) -> str:
        """The name of its kind in the language of the request."""
        return kind_name(self.holding.kind)


def events_for(kind: CaseKind) -> tuple[LifeEvent, ...]:
    """The events that the counter offers for that kind of case, as far as the table has them."""
    return tuple(life_events()[name] for name in EVENTS.get(kind, ()) if name in life_events())


def choices(office: Office, kind: CaseKind, holder: bytes) -> tuple[Choice, ...]:
    """The holder's certificates with the effect of every event that is offered."""
    offered = events_for(kind)
    return tuple(
        Choice(each, {event.name: effect_of(event.name, each.kind) for event in offered})
        for each in _candidates(office, kind, holder)
    )


def _candidates(office: Office, kind: CaseKind, holder: bytes) -> tuple[Holding, ...]:
    """What a case of that kind may be about; a revocation also what was not handed over."""
    held = tuple(held_by(office, holder).values())
    if kind == "release":
        return tuple(each for each in held if each.state == "held")
    if kind == "hold":
        return tuple(each for each in held if each.state == "good")
    return (*held, *awaited_by(office, holder).values())


def choose(
    office: Office, scope: Scope, file: CaseFile, entry: Entry, certificates: Sequence[str], event: str
) -> CaseRecord:
    """Write down the certificates of the register's entry, each as "ISSUER/SERIAL", and the event.

    Those that the event leaves alone, or does something else to, are left out: the table of events decides, not the
    form. PageError E-1501 for no certificate and for one that is named twice, E-1502 where none is left.
    """
    demand(file.record, "select")
    holder = holder_name(office.salt, entry.reference)
    candidates = _candidates(office, file.record.kind, holder)
    found = {f"{each.issuer}/{_hex(each.serial)}": each for each in candidates}
    named = [found[each] for each in certificates if each in found]
    if not named or len(named) != len(certificates) or len(set(certificates)) != len(certificates):
        raise PageError("E-1501")
    offered = event in EVENTS.get(file.record.kind, ())
    wanted = [each for each in named if offered and _act(event, each.kind) == ACTIONS[file.record.kind]]
    if not wanted:
        raise PageError("E-1502")
    now = office.clock()
    targets = tuple(
        Target(
            issuer=each.issuer,
            serial=_hex(each.serial),
            kind=each.kind,
            holder=holder.hex(),
            draft=new_draft(office, each.profile, each.authority, None, now),
        )
        for each in wanted
    )
    with office.database.transaction() as tx:
        return enter(tx, scope, file.record, Selection(name=entry.name, event=event, targets=targets), now)


def _act(event: str, kind: str) -> str | None:
    try:
        return effect_of(event, kind).act
    except LifeEventRefused:
        return None


def _hex(serial: int) -> str:
    """A serial in even-length lower-case hexadecimal, as every page writes it."""
    text = f"{serial:x}"
    return text if len(text) % 2 == 0 else f"0{text}"
