"""A branch's counter (窓口): applications as officers make them, before anybody signs.

Whatever program stands there, the command line or the front end, makes them here; saving is `ca.lodging`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args
from uuid import UUID

from pydantic import JsonValue

from ca.application import Action, Application, Proof
from ca.holder import holder_name
from policies.profile import CertificateProfile
from store.authorities import AuthorityRecord
from store.certificates import CertificateRecord
from store.identifiers import uuid7

__all__ = ["LIFE", "Challenge", "Counter", "Reason", "new_challenge", "revocation_reason"]

LIFE: Final = timedelta(days=30)
"""How long an application may wait for its approvals."""

Reason = Literal[0, 1, 2, 3, 4, 5, 9]
"""A CRLReason code (RFC 5280 section 5.3.1) that a revocation may state."""


def revocation_reason(code: int | None) -> Reason:
    """Return `code` as a reason a revocation may state; ValueError for hold (6), removeFromCRL (8) and what is none."""
    for known in get_args(Reason):
        if code == known:
            reason: Reason = known
            return reason
    raise ValueError(f"{code} is no reason of a revocation")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What ties a proof of possession to one application, before it is made: its id and its salt (16 octets)."""

    application: UUID
    salt: bytes


def new_challenge(now: datetime, random: Callable[[int], bytes]) -> Challenge:
    """Return the challenge of an application that nobody made yet; ids are in the order of time."""
    return Challenge(uuid7(now, random), random(16))


@dataclass(frozen=True, slots=True)
class Counter:
    """The counter of the branch with the code `branch`; `holder_salt` (32 octets) keys the names of holders."""

    deployment: str
    branch: str
    holder_salt: bytes
    random: Callable[[int], bytes]

    def holder(self, reference: str) -> bytes:
        """Return the name of a holder by the register's reference."""
        return holder_name(self.holder_salt, reference)

    def issue(
        self,
        authority: AuthorityRecord,
        profile: CertificateProfile,
        facts: Mapping[str, JsonValue],
        possession: tuple[bytes, Proof],
        *,
        challenge: Challenge,
        holder: bytes,
        requester: str,
        now: datetime,
    ) -> Application:
        """Return an application for a certificate, which `requester` will submit.

        `possession` is the SubjectPublicKeyInfo and the proof, made for this `challenge`; whether it holds is asked
        later (`ca.request.check_possession`). Raises as `Application` does.
        """
        subject_key, proof = possession
        return Application(
            deployment=self.deployment,
            action="issue",
            id=challenge.application,
            salt=challenge.salt,
            authority=authority.name,
            authority_key_hash=authority.key_hash,
            profile=profile.name,
            profile_digest=profile.digest,
            holder=holder,
            kind=profile.holder_kind or profile.name,
            branch=self.branch,
            requester=requester,
            created_at=now,
            expires_at=now + LIFE,
            facts=facts,
            subject_key=subject_key,
            proof=proof,
        )

    def act(
        self,
        action: Action,
        certificate: CertificateRecord,
        authority: AuthorityRecord,
        profile: CertificateProfile,
        requester: str,
        now: datetime,
        *,
        event: str | None = None,
        reason: Reason | None = None,
    ) -> Application:
        """Return an application about an issued certificate: revoke, hold, release or hand over."""
        challenge = new_challenge(now, self.random)
        return Application(
            deployment=self.deployment,
            action=action,
            id=challenge.application,
            salt=challenge.salt,
            authority=authority.name,
            authority_key_hash=authority.key_hash,
            profile=profile.name,
            profile_digest=profile.digest,
            holder=certificate.holder,
            kind=profile.holder_kind or profile.name,
            branch=self.branch,
            requester=requester,
            created_at=now,
            expires_at=now + LIFE,
            target=(certificate.issuer, certificate.serial),
            event=event,
            reason=reason,
        )
