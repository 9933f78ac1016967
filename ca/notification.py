"""Key notifications (鍵生成通知): a counter's terminal signs that a resident's card made this key pair at its window.

The officers see a public key in the application that they cannot tell from another one. With the terminal's signature
under it, whoever holds the web process cannot put a key of their own in its place before the officers sign.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from ca.application import Application, Proof
from ca.canonical import CONFIG, Code, Octets, encode
from ca.evidence_errors import (
    NotificationInvalid,
    TerminalElsewhere,
    TerminalMissing,
    TerminalNotValid,
    TerminalUnknown,
)
from ca.roster import Roster, Terminal, Window
from ca.statement import Domain, PrivateKey, public_key, sign, verifies
from policies.profile import CertificateProfile

__all__ = ["check_notification", "notification_holds", "notify"]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class _Notification:
    deployment: Code
    application: UUID
    salt: Octets
    subject_key: Octets
    window: Window
    proof: Octets


_ADAPTER: Final = TypeAdapter(_Notification)
_LIMIT: Final = 64 * 1024


def notify(
    key: PrivateKey,
    terminal: str,
    proof: Proof,
    *,
    deployment: str,
    application_id: UUID,
    salt: bytes,
    subject_key: bytes,
    window: str,
) -> Proof:
    """Return a proof of possession with the notification of the terminal of that code, whose key is `key`.

    The signature covers the subject key, the proof, the window, and the application they are for. Raises pydantic's
    ValidationError (a ValueError) for a window that is none.
    """
    body = _body(deployment, application_id, salt, subject_key, window, proof.value)
    return replace(proof, terminal=terminal, terminal_signature=sign(key, Domain.NOTIFICATION, body))


def check_notification(application: Application, profile: CertificateProfile, roster: Roster, now: datetime) -> None:
    """Believe that the key of an issue was made at a window of its branch, where the roster enrols terminals there.

    Staff bring their own requests, and a branch without terminals has no such proof. Raises TerminalMissing,
    TerminalUnknown, TerminalElsewhere, TerminalNotValid, NotificationInvalid.
    """
    proof = application.proof
    if proof is None or application.subject_key is None:
        return
    if proof.terminal is None or proof.terminal_signature is None:
        if profile.facts == "resident" and roster.enrols_terminals(application.branch):
            raise TerminalMissing(application.branch)
        return
    terminal = roster.terminal(proof.terminal)
    if terminal is None:
        raise TerminalUnknown(proof.terminal)
    if (terminal.branch, terminal.window) != (application.branch, application.facts.get("window")):
        raise TerminalElsewhere(terminal.code, application.branch)
    if not (terminal.valid(application.created_at) and terminal.valid(now)):
        raise TerminalNotValid(terminal.code, terminal.valid_from, terminal.valid_until)
    holds = notification_holds(
        terminal,
        proof,
        deployment=application.deployment,
        application_id=application.id,
        salt=application.salt,
        subject_key=application.subject_key,
    )
    if not holds:
        raise NotificationInvalid(terminal.code)


def notification_holds(
    terminal: Terminal, proof: Proof, *, deployment: str, application_id: UUID, salt: bytes, subject_key: bytes
) -> bool:
    """Say whether this terminal signed that the key was made, and proved, at its window for this application."""
    body = _body(deployment, application_id, salt, subject_key, terminal.window, proof.value)
    return verifies(public_key(terminal.spki), Domain.NOTIFICATION, body, proof.terminal_signature or b"")


def _body(deployment: str, application_id: UUID, salt: bytes, subject_key: bytes, window: str, proof: bytes) -> bytes:
    notification = _Notification(
        deployment=deployment,
        application=application_id,
        salt=salt,
        subject_key=subject_key,
        window=window,
        proof=proof,
    )
    return encode(_ADAPTER, notification, document="key notification", limit=_LIMIT)
