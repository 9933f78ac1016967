"""What a counter's terminal is to do in a case, and whether what it reports fits the case.

A terminal gets what its window's cases need of a card: no name, no address.
"""

import hashlib
from typing import TypeVar

from ca.application import Proof
from ca.errors import KeyUnusable
from ca.notification import notification_holds
from ca.request import possession_challenge
from ca.roster import Terminal
from ca.statement import octets_verify, public_key
from ca.terminal_messages import (
    CertificateToWrite,
    Draft,
    Job,
    KeyReport,
    KeysJob,
    PinJob,
    PinReport,
    ReportedKey,
    Standing,
    WriteJob,
    WriteReport,
)
from policies.errors import KeyRefused
from policies.keys import check_public_key
from ra.case_file import CaseFile
from ra.errors import PageError
from ra.office import Office
from ra.records import CardKey, Finish, Notification, Particulars, Reception, Record, Written
from ra.records import Draft as DraftRecord
from store.applications import application
from store.certificates import CertificateFilter, CertificateRecord, find
from store.database import Transaction

__all__ = ["job_of", "notification_of", "pin_notification_of", "standing_of", "written_of"]

AnyRecord = TypeVar("AnyRecord", bound=Record)


def job_of(office: Office, tx: Transaction, file: CaseFile) -> Job | None:
    """The job of a case at a step that is the terminal's; None at any other, and with nothing to be written."""
    case = file.record
    particulars = file.latest(Particulars)
    if case.step == "keys" and case.kind == "pin-reset":
        reception = file.latest(Reception)
        return PinJob(
            case=case.id,
            event=file.awaited,
            receipt=case.receipt,
            card=None if particulars is None else particulars.card,
            birth_date=None if particulars is None else particulars.birth_date,
            slots=("sign", "auth") if reception is None or not reception.wishes else reception.wishes,
        )
    if case.step == "keys" and particulars is not None:
        return KeysJob(
            case=case.id,
            event=file.awaited,
            receipt=case.receipt,
            card=particulars.card,
            birth_date=particulars.birth_date,
            drafts=tuple(
                Draft(each.slot, each.application, bytes.fromhex(each.salt))
                for each in particulars.drafts
                if each.slot is not None
            ),
        )
    notified = file.latest(Notification)
    if case.step != "write" or notified is None:
        return None
    certificates = to_write(office, tx, notified)
    if not certificates:
        return None
    return WriteJob(
        case=case.id, event=file.awaited, receipt=case.receipt, card=notified.card, certificates=certificates
    )


def notification_of(office: Office, terminal: Terminal, file: CaseFile, report: KeyReport) -> Notification:
    """The record of a report about keys, once it fits the case; PageError E-4203 when it does not.

    Every key is one of the drafts', of the profile's kind, proved by the card and vouched for by this terminal. The
    signer asks all of it again.
    """
    particulars = fitting(file.latest(Particulars), "particulars")
    expect(report.card == particulars.card, "card")
    drafts = {each.application: each for each in particulars.drafts}
    expect(sorted(each.application for each in report.keys) == sorted(drafts), "applications")
    for key in report.keys:
        check_key(office, terminal, drafts[key.application], key)
    return Notification(
        terminal=terminal.code,
        window=terminal.window,
        card=report.card,
        keys=tuple(
            CardKey(
                slot=each.slot,
                application=each.application,
                subject_key=each.subject_key.hex(),
                proof=each.proof.hex(),
                terminal_signature=each.terminal_signature.hex(),
            )
            for each in report.keys
        ),
    )


def pin_notification_of(terminal: Terminal, file: CaseFile, report: PinReport) -> Notification:
    """The record of a report about new PINs, once it fits the case; PageError E-4203."""
    particulars, reception = file.latest(Particulars), file.latest(Reception)
    expect(particulars is None or report.card == particulars.card, "card")
    wishes = () if reception is None else reception.wishes
    expect(len(set(report.slots)) == len(report.slots), "slots")
    expect(not wishes or set(report.slots) == set(wishes), "slots")
    return Notification(terminal=terminal.code, window=terminal.window, card=report.card)


def written_of(office: Office, tx: Transaction, terminal: Terminal, file: CaseFile, report: WriteReport) -> Written:
    """The record of a report about written certificates: the card shows exactly those; PageError E-4203."""
    notified = fitting(file.latest(Notification), "keys")
    expect(report.card == notified.card, "card")
    expected = [(each.slot, hashlib.sha256(each.certificate).digest()) for each in to_write(office, tx, notified)]
    expect(sorted((each.slot, each.sha256) for each in report.read_back) == sorted(expected), "certificates")
    return Written(
        terminal=terminal.code,
        card=report.card,
        read_back={each.slot: each.sha256.hex() for each in report.read_back},
    )


def standing_of(tx: Transaction, file: CaseFile) -> Standing:
    """Whether the holder has what was written to their card.

    That is once the signer made it the valid one: until then the one before counts, and both keys stay in the card.
    """
    if file.record.step != "closed":
        return Standing("open")
    finish = file.latest(Finish)
    if finish is None:
        return Standing("failed")
    asked = [application(tx, each.application).state for each in finish.drafts]
    return Standing("handed-over" if all(state == "done" for state in asked) else "open")


def to_write(office: Office, tx: Transaction, notified: Notification) -> tuple[CertificateToWrite, ...]:
    """The certificates that were issued for the keys of a case, each with its authority's."""
    known = office.authorities()
    return tuple(
        CertificateToWrite(key.slot, issued.certificate or b"", known[issued.authority].certificate)
        for key in notified.keys
        for issued in issued_for(tx, key)
    )


def issued_for(tx: Transaction, key: CardKey) -> tuple[CertificateRecord, ...]:
    """The certificate of a key, if it was issued."""
    wanted = CertificateFilter(application_id=key.application, state="issued")
    return tuple(find(tx, wanted, limit=1))


def check_key(office: Office, terminal: Terminal, draft: DraftRecord, key: ReportedKey) -> None:
    """See that a reported key is its draft's; PageError E-4203 with the word for what is not."""
    salt = bytes.fromhex(draft.salt)
    expect(key.slot == draft.slot, "slot")
    try:
        subject = public_key(key.subject_key)
        check_public_key(subject, office.profiles[draft.profile].key)
    except (KeyUnusable, KeyRefused) as error:
        raise PageError("E-4203", {"word": error.code}) from None
    challenge = possession_challenge(office.deployment, draft.application, salt, key.subject_key)
    expect(octets_verify(subject, challenge, key.proof), "proof")
    proof = Proof("challenge", key.proof, terminal=terminal.code, terminal_signature=key.terminal_signature)
    vouched = notification_holds(
        terminal,
        proof,
        deployment=office.deployment,
        application_id=draft.application,
        salt=salt,
        subject_key=key.subject_key,
    )
    expect(vouched, "terminal-signature")


def fitting(found: AnyRecord | None, word: str) -> AnyRecord:
    """A record that the case must have; PageError E-4203 without it."""
    if found is None:
        raise PageError("E-4203", {"word": word})
    return found


def expect(holds: bool, word: str) -> None:
    """Go on if something holds; PageError E-4203 with the word for it otherwise."""
    if not holds:
        raise PageError("E-4203", {"word": word})
