"""The applications of a case, made from what the counter wrote down: the same facts always give the same applications.

So the page that shows an application, the signature on it and what is saved are about the same octets, and nothing has
to be kept in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, cast

from pydantic import JsonValue

from ca.application import Action, Application, Proof
from ca.authority import newest_issuing
from policies.life_events import effect_of
from ra.errors import PageError
from ra.office import Office
from ra.records import CardKey, Draft, Notification, Particulars, Selection, Slot, Target
from store.cases import CaseRecord
from store.certificates import CertificateRecord
from store.identifiers import uuid7

__all__ = ["LIFE", "PROFILES", "about", "hand_overs", "issues", "issuing_authority", "new_draft"]

LIFE = timedelta(days=30)
"""How long an application of the counter may wait for its approval and its holder."""

PROFILES: Mapping[Slot, str] = {"sign": "jpki-sign", "auth": "jpki-auth"}
"""The profile of the certificate in each place of a card."""

Reason = Literal[0, 1, 2, 3, 4, 5, 9]


def new_draft(office: Office, profile: str, authority: str, slot: Slot | None, now: datetime) -> Draft:
    """A draft with an id and a salt of its own; `now` is aware UTC to the second."""
    return Draft(
        slot=slot,
        application=uuid7(now, office.random),
        salt=office.random(16).hex(),
        profile=profile,
        authority=authority,
        created_at=now,
    )


def issuing_authority(office: Office, profile: str, now: datetime) -> str:
    """The newest generation that may issue under a profile now. PageError E-3004 when none does."""
    able = newest_issuing(map(office.statement, office.authorities()), profile, office.retired(), now)
    if not able:
        raise PageError("E-3004")
    return max(able.values(), key=lambda each: (each.generation, each.name)).name


def issues(
    office: Office, case: CaseRecord, particulars: Particulars, notified: Notification, requester: str
) -> tuple[Application, ...]:
    """The applications for the certificates of a card, one for each key that the terminal reported.

    `requester` is the officer who is going to submit them.
    """
    keys = {each.application: each for each in notified.keys}
    drafts = [draft for draft in particulars.drafts if draft.application in keys]
    return tuple(
        _issue(office, case, particulars, each, keys[each.application], notified, requester) for each in drafts
    )


def about(
    office: Office, case: CaseRecord, selection: Selection, action: Action, requester: str
) -> tuple[Application, ...]:
    """The applications to revoke, hold or release the selected certificates, for the life event that was told."""
    return tuple(_about(office, case, each, action, requester, selection) for each in selection.targets)


def hand_overs(
    office: Office,
    case: CaseRecord,
    certificates: tuple[CertificateRecord, ...],
    drafts: tuple[Draft, ...],
    requester: str,
) -> tuple[Application, ...]:
    """The applications that record that issued certificates reached their holder; a draft for each certificate."""
    return tuple(
        _made(office, case, draft, requester, "hand-over", each.holder, _Content(target=(each.issuer, each.serial)))
        for each, draft in zip(certificates, drafts, strict=True)
    )


def _issue(
    office: Office,
    case: CaseRecord,
    particulars: Particulars,
    draft: Draft,
    key: CardKey,
    notified: Notification,
    requester: str,
) -> Application:
    proof = Proof(
        "challenge",
        bytes.fromhex(key.proof),
        terminal=notified.terminal,
        terminal_signature=bytes.fromhex(key.terminal_signature),
    )
    return _made(
        office,
        case,
        draft,
        requester,
        "issue",
        bytes.fromhex(particulars.holder),
        _Content(_facts(case, particulars, key.slot), (bytes.fromhex(key.subject_key), proof)),
    )


def _about(
    office: Office, case: CaseRecord, target: Target, action: Action, requester: str, selection: Selection
) -> Application:
    revoking = action == "revoke"
    reason = effect_of(selection.event, target.kind).reason if revoking else None
    return _made(
        office,
        case,
        target.draft,
        requester,
        action,
        bytes.fromhex(target.holder),
        _Content(
            target=(target.issuer, int(target.serial, 16)),
            event=selection.event if revoking else None,
            reason=cast("Reason | None", reason),  # the life-event table holds no others for a revocation
        ),
    )


@dataclass(frozen=True, slots=True)
class _Content:
    """What an application asks for, by its action; the rest stays empty."""

    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    possession: tuple[bytes, Proof] | None = None
    target: tuple[str, int] | None = None
    event: str | None = None
    reason: Reason | None = None


def _made(
    office: Office, case: CaseRecord, draft: Draft, requester: str, action: Action, holder: bytes, content: _Content
) -> Application:
    profile = office.profiles[draft.profile]
    return Application(
        deployment=office.deployment,
        action=action,
        id=draft.application,
        salt=bytes.fromhex(draft.salt),
        authority=draft.authority,
        authority_key_hash=office.statement(draft.authority).key_hash,
        profile=profile.name,
        profile_digest=profile.digest,
        holder=holder,
        kind=profile.holder_kind or profile.name,
        branch=case.branch,
        requester=requester,
        created_at=draft.created_at,
        expires_at=draft.created_at + LIFE,
        facts=content.facts,
        subject_key=content.possession[0] if content.possession else None,
        proof=content.possession[1] if content.possession else None,
        target=content.target,
        event=content.event,
        reason=content.reason,
    )


def _facts(case: CaseRecord, particulars: Particulars, slot: Slot) -> dict[str, JsonValue]:
    """What the profile makes the certificate from (`policies.facts.ResidentFacts`)."""
    facts: dict[str, JsonValue] = {
        "name": particulars.name,
        "address": particulars.address,
        "sex": particulars.sex,
        "birth_date": particulars.birth_date,
        "municipality": particulars.municipality,
        "window": case.window,
        "card_expiry": particulars.card_expiry.isoformat(),
    }
    if slot in particulars.previous:
        facts["previous_not_after"] = particulars.previous[slot].isoformat()
    if slot == "sign" and particulars.sibling_not_after is not None:
        facts["sibling_not_after"] = particulars.sibling_not_after.isoformat()
    return facts
