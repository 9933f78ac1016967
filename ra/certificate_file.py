"""All that the counter knows of one certificate: as it is now, whose it is, what led to it, and where it is listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from flask_babel import gettext

from ca.application import Application, parse
from ca.look import Look, look_at
from policies.errors import UnknownMunicipality
from policies.life_events import LifeEvent, life_events
from policies.municipalities import municipality
from ra.effects import EffectsView, effects_view, next_list
from ra.errors import PageError
from ra.languages import mark
from ra.office import Office
from ra.standing import Standing, standing
from store.applications import (
    ApplicationFilter,
    ApplicationRecord,
    Evidence,
    application,
    evidence_of,
    find_applications,
)
from store.cases import Branches, CaseRecord, case_of_application, events_of
from store.certificate_errors import UnknownCertificate
from store.certificate_search import CertificateHit, certificate_hit, first_list, siblings
from store.certificates import certificate
from store.crls import CRLRecord, latest_crl
from store.database import Transaction

__all__ = ["CertificateFile", "Listed", "Moment", "Sibling", "load_certificate"]

FACTS: Final[Mapping[str, str]] = {
    "name": mark("Name"),
    "address": mark("Address"),
    "birth_date": mark("Date of birth"),
    "sex": mark("Sex"),
    "municipality": mark("Municipality"),
    "window": mark("Window"),
    "card_expiry": mark("End of the card"),
    "body": mark("Body"),
    "department_ja": mark("Department"),
    "post_ja": mark("Post"),
    "user_ja": mark("Officer"),
    "email": mark("Mail address"),
    "dns_names": mark("Server names"),
}
"""What an application says of the holder, in the order of the page: message ids of the labels."""

_VALUES: Final[Mapping[str, str]] = {"male": mark("male"), "female": mark("female"), "unknown": mark("unknown")}
MOST_HAND_OVERS = 50
"""Of a holder's hand-overs so many are looked through; each certificate has one."""

_ORDER: Final = ("submission", "examination", "approval", "issued", "hold", "release", "revoke", "expired")
"""What happened first of what happened in one second."""

_REPORTERS: Final = ("holder", "register", "officer")


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another certificate of the same holder, and how it stands."""

    look: Look
    standing: Standing


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the history: when, what, by whom, and the receipt of the case ("" for none).

    ``what`` is a role of a signature on the application for an ``action``, or an act on the certificate.
    """

    at: datetime
    what: str
    persons: tuple[str, ...] = ()
    receipt: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Where its authority's revocation lists stand: the first that holds it, the newest, and when the next is made."""

    first: CRLRecord | None
    newest: CRLRecord | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """One certificate with everything its page shows; `chain` are the authorities above it, the nearest first."""

    hit: CertificateHit
    look: Look
    standing: Standing
    newer: Look | None
    application: Application
    siblings: tuple[Sibling, ...]
    history: tuple[Moment, ...]
    cases: tuple[CaseRecord, ...]
    listed: Listed
    effects: EffectsView
    chain: tuple[x509.Certificate, ...]
    card: str
    protected: bool

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate itself."""
        return x509.load_der_x509_certificate(self.look.record.certificate or b"")

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the application says of the holder: label and value, in the language of this request."""
        given, on = self.application.facts, self.application.created_at.date()
        return tuple((gettext(FACTS[name]), _value(name, given[name], on)) for name in FACTS if given.get(name))


def load_certificate(office: Office, branches: Branches, issuer: str, serial: int) -> CertificateFile:
    """The certificate with that number in these branches; PageError E-5001 for none and for another branch's."""
    now = office.clock()
    with office.database.snapshot() as tx:
        try:
            hit = certificate_hit(tx, branches, issuer, serial)
        except UnknownCertificate:
            raise PageError("E-5001") from None
        look = _look(tx, office, hit, now)
        others = tuple(_look(tx, office, each, now) for each in siblings(tx, branches, hit))
        led = _applications(tx, branches, hit, look)
        cases = {each.id: case for each in led if (case := case_of_application(tx, branches, each.id)) is not None}
        newest = latest_crl(tx, hit.authority, look.record.partition)
        shared = [each for each in others if each.state in ("good", "held")]
        particulars = _particulars(tx, branches, tuple(cases.values()))
        return CertificateFile(
            hit=hit,
            look=look,
            standing=standing(look, now, _newer(look, others)),
            newer=_newer(look, others),
            application=parse(application(tx, hit.application_id).canonical),
            siblings=tuple(Sibling(each, standing(each, now, _newer(each, (look, *others)))) for each in others),
            history=_history(tx, look, led, cases),
            cases=tuple({case.id: case for case in cases.values()}.values()),
            listed=Listed(first_list(tx, hit, look.record.partition), newest, next_list(newest, now)),
            effects=_effects(tx, [look, *shared], now),
            chain=_chain(office, hit.authority),
            card=str(particulars.get("card", "")),
            protected=particulars.get("protected") is True,
        )


def _newer(look: Look, others: Sequence[Look]) -> Look | None:
    """The certificate of the same kind that its holder can use or has suspended instead."""
    kind = look.record.kind
    usable = (each for each in others if each.record.kind == kind and each.state in ("good", "held"))
    return next((each for each in usable if each.record != look.record), None) if kind is not None else None


def _look(tx: Transaction, office: Office, hit: CertificateHit, now: datetime) -> Look:
    return look_at(tx, certificate(tx, hit.issuer, hit.serial), office.profiles, office.retired(), now)


def _applications(
    tx: Transaction, branches: Branches, hit: CertificateHit, look: Look
) -> tuple[ApplicationRecord, ...]:
    """The applications that led to the certificate, handed it over and acted on it; of other branches none."""
    wanted = ApplicationFilter(holder=hit.holder, action="hand-over", state="done")
    handed = find_applications(tx, wanted, limit=MOST_HAND_OVERS)
    over = [each.id for each in handed if parse(each.canonical).target == hit.key]
    acted = [act.application_id for act in look.history if act.application_id is not None]
    led = [application(tx, id) for id in dict.fromkeys([hit.application_id, *over, *acted])]
    return tuple(each for each in led if each.branch in branches)


def _history(
    tx: Transaction, look: Look, led: Sequence[ApplicationRecord], cases: Mapping[UUID, CaseRecord]
) -> tuple[Moment, ...]:
    """Signatures on the applications, the issue, every act on the status, and the end; the oldest first."""
    signed = evidence_of(tx, [each.id for each in led])
    moments = [_signed(each, one, cases) for each in led for one in signed[each.id]]
    record = look.record
    if record.issued_at is not None:
        moments.append(Moment(record.issued_at, "issued"))
    for act in look.history:
        persons = tuple(one.person for one in signed.get(act.application_id or UUID(int=0), ()))
        case = cases.get(act.application_id or UUID(int=0))
        moments.append(Moment(act.at, act.act, persons, "" if case is None else case.receipt))
    if look.state == "expired":
        moments.append(Moment(record.not_after, "expired"))
    return tuple(sorted(moments, key=lambda each: (each.at, _ORDER.index(each.what))))


def _signed(led: ApplicationRecord, one: Evidence, cases: Mapping[UUID, CaseRecord]) -> Moment:
    case = cases.get(one.application_id)
    receipt = "" if case is None else case.receipt
    return Moment(one.signed_at, one.role, (one.person,), receipt, led.action)


def _particulars(tx: Transaction, branches: Branches, cases: Sequence[CaseRecord]) -> Mapping[str, object]:
    """What the counter wrote down of the holder and their card, in the newest case that did."""
    for case in reversed(cases):
        for event in reversed(events_of(tx, branches, case.id)):
            if event.step == "register" and "card" in event.facts:
                return event.facts
    return {}


def _effects(tx: Transaction, looks: Sequence[Look], now: datetime) -> EffectsView:
    """What may happen to the certificate and to the others that its holder can use."""
    records = [each.record for each in looks if each.record.kind is not None]
    certificates = [(each.kind or "", f"{each.serial:x}", each.authority, each.partition) for each in records]
    kinds = {each.kind or "" for each in records}
    return effects_view(tx, [each for each in life_events().values() if _matters(each, kinds)], certificates, now)


def _matters(event: LifeEvent, kinds: set[str]) -> bool:
    done = {event.effects[kind].act for kind in kinds if kind in event.effects}
    return event.reported_by in _REPORTERS and bool(done - {"nothing"})


def _chain(office: Office, authority: str) -> tuple[x509.Certificate, ...]:
    """The authority's certificate and those above it, up to one that signed itself."""
    known = [office.statement(name).x509() for name in office.authorities()]
    chain = [office.statement(authority).x509()]
    while chain[-1].issuer != chain[-1].subject and len(chain) < 4:
        above = next((each for each in known if each not in chain and _signed_by(chain[-1], each)), None)
        if above is None:
            break
        chain.append(above)
    return tuple(chain)


def _signed_by(certificate: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _value(name: str, value: object, on: date) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if name in ("municipality", "body"):
        try:
            return f"{municipality(str(value), on).name} ({value})"
        except UnknownMunicipality:
            return str(value)
    return gettext(_VALUES[value]) if isinstance(value, str) and value in _VALUES else str(value)
