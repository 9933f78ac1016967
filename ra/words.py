"""A case's applications in words: all that will be signed, and why a certificate ends when it does (page 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from ca.application import Application
from ca.trail import serial_text
from policies.characters import Substituted, substitute
from policies.content import validity_for
from policies.errors import PolicyError
from policies.facts import ResidentFacts, parse_facts
from policies.life_events import life_events
from policies.municipalities import municipality
from policies.validity import Validity
from ra.case_file import CaseFile
from ra.dates import day_in_japan
from ra.errors import PageError
from ra.office import Office
from ra.records import Submission
from ra.refusals import refusal_of
from ra.standing import kind_name

__all__ = ["Wording", "saved_wordings", "wording_of"]


@dataclass(frozen=True, slots=True)
class Wording:
    """One application as the officer reads it before signing.

    `certificate` is the name of its kind in the language of the request, `facts` what an issue puts into the
    certificate, `name` and `address` with the characters that are substituted. `validity` is worked out as the signer
    will; None where nothing is issued. `event` and `target` say what a revocation, hold or release is about.
    """

    application: Application
    certificate: str
    facts: ResidentFacts | None = None
    name: Substituted | None = None
    address: Substituted | None = None
    municipality: str = ""
    validity: Validity | None = None
    event: Mapping[str, str] | None = None
    target_serial: str = ""


def saved_wordings(office: Office, file: CaseFile, applications: Sequence[Application]) -> tuple[Wording, ...]:
    """What was submitted, in the words of its time. PageError E-1302 as `wording_of` says.

    As long as it is decided, that is now. Later it is when the certificate was issued, or where none was, when it was
    asked for: what stands in a file does not change with the calendar.
    """
    submitted = file.event_of(Submission)
    asked = office.clock()
    if submitted is not None and file.record.step not in ("examine", "approve"):
        asked = submitted.at
    issued = {each.application_id: each.not_before for each in file.certificates}
    return tuple(wording_of(office, each, issued.get(each.id, asked)) for each in applications)


def wording_of(office: Office, application: Application, at: datetime) -> Wording:
    """The application in words, as it is carried out at that time (aware UTC).

    PageError E-1302 for facts no certificate can be made from then, with the reason.
    """
    certificate = kind_name(application.kind)
    if application.action != "issue":
        event = life_events().get(application.event or "")
        serial = "" if application.target is None else serial_text(application.target[1])
        told = None if event is None else {"ja": event.ja, "en": event.en}
        return Wording(application, certificate, event=told, target_serial=serial)
    profile = office.profiles[application.profile]
    end = office.statement(application.authority).x509().not_valid_after_utc
    try:
        facts = parse_facts(profile.facts, application.facts)
        if not isinstance(facts, ResidentFacts):
            return Wording(application, certificate)
        return Wording(
            application,
            certificate,
            facts,
            substitute(facts.name, limit=100),
            substitute(facts.address, limit=200),
            municipality(facts.municipality, day_in_japan(at)).name,
            validity_for(profile, facts, now=at, authority_not_after=end),
        )
    except PolicyError as error:
        why = gettext(refusal_of(error.code).why, word=error.code)
        raise PageError("E-1302", {"word": error.code, "why": why}) from None
