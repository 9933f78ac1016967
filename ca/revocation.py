"""Revoke, hold, release, hand over: what a warrant lets the signer do to a certificate, in one transaction.

Revoked is for ever. Only certificateHold is released (RFC 5280 section 5.3.1), and only where the profile allows it,
which `ca.warrant` has checked. A renewal supersedes at hand-over: the old certificate is revoked in the same
transaction; a hand-over that failed is a revocation of the new one with reason unspecified (fact sheet c.3).
"""

from datetime import datetime, timedelta
from typing import Final

from ca.application import Application, parse
from ca.refusals import EffectDiffers, InvalidityInFuture, TargetDiffers, TargetNotServed, TooManyHolds
from ca.roster import Branch
from ca.trail import serial_text, warrant_facts
from ca.warrant import Warrant
from policies.life_events import effect_of
from policies.limits import HOLDS_AN_HOUR
from store import revocations
from store.applications import application as application_row
from store.applications import use
from store.audit import AuditChain, Fact
from store.certificates import CertificateRecord, certificate, hand_over, pending
from store.database import Transaction
from store.signatures import count_signed

__all__ = ["Act", "check_hold_rate", "check_pending", "check_served", "execute", "withdraw"]

Act = tuple[str, dict[str, Fact]]
"""An audit event and its facts."""

SUPERSEDED: Final = 4
"""RFC 5280 section 5.3.1: the reason of a certificate that a renewal replaced."""


def execute(tx: Transaction, warrant: Warrant, now: datetime) -> tuple[Act, ...]:
    """Carry out a warrant that is no issue, and use its application up; return what the audit trail has to say.

    The caller fences the claim before and writes the audit entries after, in the same transaction. Raises TargetDiffers
    when the certificate is not the one the application speaks of, TargetNotServed as `check_served`, TooManyHolds as
    `check_hold_rate`, EffectDiffers when the life event has another effect on this kind of certificate,
    InvalidityInFuture; AlreadyRevoked, AlreadyHeld, NotHeld, NoPending, UnknownCertificate and ApplicationUsed from the
    store. Nothing was written then that the caller may keep.
    """
    application = warrant.application
    if application.target is None:
        raise ValueError("only an issue has no target")
    target = certificate(tx, *application.target)
    _check_target(application, target)
    check_served(tx, application, warrant.branch, target)
    check_hold_rate(tx, application, now)
    use(tx, application.id, now, *application.target)
    match application.action:
        case "revoke":
            acts = _revoke(tx, application, target, now)
        case "hold":
            revocations.hold(tx, target.issuer, target.serial, now, application.id)
            acts = [("certificate.held", _named(target))]
        case "release":
            revocations.release(tx, target.issuer, target.serial, now, application.id)
            acts = [("certificate.released", _named(target))]
        case "hand-over":
            acts = _hand_over(tx, application, target, now)
        case "issue":
            raise ValueError("an issue is carried out by ca.issuance")
    return tuple((event, facts | warrant_facts(warrant)) for event, facts in acts)


def withdraw(tx: Transaction, issuer: str, serial: int, reason: int, audit: AuditChain, now: datetime) -> None:
    """Revoke in a ceremony what no officer applied for: a responder's certificate, with its entry in the audit trail.

    Raises TargetDiffers for a certificate that was issued on an application, whose officers decide; AlreadyRevoked,
    UnknownCertificate.
    """
    target = certificate(tx, issuer, serial)
    if target.application_id is not None:
        raise TargetDiffers(issuer, serial_text(serial), "application")
    revocations.revoke(tx, issuer, serial, reason, now, None, None)
    audit.append(tx, "certificate.revoked", _named(target) | {"reason": reason}, now)


def check_served(tx: Transaction, application: Application, branch: Branch, target: CertificateRecord) -> None:
    """Refuse a release or a hand-over from a branch that does not serve the body `target` was issued for.

    The body is the one that the facts of the issue's own application name. Any branch may hold and revoke, which is
    fail-safe. Raises TargetNotServed, also for what a ceremony issued.
    """
    if application.action not in ("release", "hand-over"):
        return
    body = None
    if target.application_id is not None:
        body = parse(application_row(tx, target.application_id).canonical).body
    if body not in branch.serves:
        raise TargetNotServed(branch.code, target.issuer, serial_text(target.serial))


def check_pending(tx: Transaction, application: Application) -> None:
    """Refuse to hand over what does not wait for its holder any more: it was revoked, or another one waits.

    Raises TargetDiffers.
    """
    if application.action != "hand-over" or application.target is None:
        return
    if pending(tx, application.holder, application.kind) != application.target:
        issuer, serial = application.target
        raise TargetDiffers(issuer, serial_text(serial), "pending")


def check_hold_rate(tx: Transaction, application: Application, now: datetime) -> None:
    """Refuse a hold by somebody who has held as many within the last hour as one person may. Raises TooManyHolds."""
    if application.action != "hold":
        return
    if count_signed(tx, application.requester, "hold", now - timedelta(hours=1), HOLDS_AN_HOUR) >= HOLDS_AN_HOUR:
        raise TooManyHolds(application.requester, HOLDS_AN_HOUR)


def _check_target(application: Application, target: CertificateRecord) -> None:
    """The row of the certificate must be of the authority, profile and holder that the officers signed for.

    Without this, an application under a profile that allows a release could release a certificate of one that does not.
    """
    for field in ("authority", "profile", "holder", "kind"):
        if getattr(application, field) != getattr(target, field):
            raise TargetDiffers(target.issuer, serial_text(target.serial), field)


def _revoke(tx: Transaction, application: Application, target: CertificateRecord, now: datetime) -> list[Act]:
    _check_effect(application)
    _check_invalidity(application.invalidity_at, now)
    reason = application.reason or None  # unspecified is left out (RFC 5280 section 5.3.1)
    revocations.revoke(tx, target.issuer, target.serial, reason, now, application.invalidity_at, application.id)
    return [
        ("certificate.revoked", _named(target) | {"reason": application.reason, "event_of_life": application.event})
    ]


def _check_invalidity(invalidity_at: datetime | None, now: datetime) -> None:
    if invalidity_at is not None and invalidity_at > now:
        raise InvalidityInFuture(invalidity_at)


def _check_effect(application: Application) -> None:
    """A life event has the effect that the table gives it on this kind of certificate, and no other."""
    if application.event is None:
        return
    effect = effect_of(application.event, application.kind)
    if effect.act != "revoke" or effect.reason != application.reason:
        raise EffectDiffers(application.event, application.kind)


def _hand_over(tx: Transaction, application: Application, target: CertificateRecord, now: datetime) -> list[Act]:
    """The pending certificate becomes the live one, and the one it replaces is superseded."""
    check_pending(tx, application)
    acts: list[Act] = [("certificate.handed-over", _named(target))]
    old = hand_over(tx, application.holder, application.kind, now)
    if old is not None:
        revocations.revoke(tx, *old, SUPERSEDED, now, None, application.id)
        acts.append(("certificate.revoked", _named(certificate(tx, *old)) | {"reason": SUPERSEDED}))
    return acts


def _named(target: CertificateRecord) -> dict[str, Fact]:
    return {"issuer": target.issuer, "serial": serial_text(target.serial), "profile": target.profile}
