"""Whose signatures each action needs: the table of who may submit, examine and approve what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ca.application import Action
from ca.approvals import EvidenceRole
from ca.roster import Role
from policies.profile import CertificateProfile

__all__ = ["REGISTER_RULE", "RULES", "Rule", "approvals_needed", "roles_for", "rule_of"]

_OFFICERS: Final = frozenset({Role.RECEPTION, Role.EXAMINE, Role.APPROVE, Role.HEAD})


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose signatures an action needs, each from another person.

    `submitters`: the submitter has one of these roles. `examinations`: persons with the role EXAMINE. `approvals`:
    persons with the role APPROVE or HEAD; None: as many as the profile says, at least one.
    """

    submitters: frozenset[Role]
    examinations: int
    approvals: int | None


RULES: Final[Mapping[Action, Rule]] = MappingProxyType(
    {
        "issue": Rule(frozenset({Role.RECEPTION}), 1, None),
        "revoke": Rule(_OFFICERS, 0, 1),
        # The fail-safe shortcut: one officer stops a certificate at once, and a wrong stop ends by a release or a
        # new certificate.
        "hold": Rule(_OFFICERS, 0, 0),
        "release": Rule(frozenset({Role.RECEPTION}), 0, None),
        # It only records that an issued certificate reached its holder.
        "hand-over": Rule(frozenset({Role.RECEPTION}), 0, 0),
    }
)
"""The rule of each action (fact sheet c.1, c.3, c.4, d.2)."""

REGISTER_RULE: Final = Rule(frozenset({Role.REGISTER}), 0, 0)
"""The register feed revokes for a named life event, without officers (Act 153/2002 art. 12; fact sheet c.3)."""


def rule_of(action: Action, roles: Collection[Role]) -> Rule:
    """Return the rule of an action whose requester has these roles: the register's feed revokes by its own."""
    return REGISTER_RULE if action == "revoke" and Role.REGISTER in roles else RULES[action]


def roles_for(evidence_role: EvidenceRole, rule: Rule) -> frozenset[Role]:
    """Return the roles of which a person needs one to give that evidence."""
    match evidence_role:
        case "submission":
            return rule.submitters
        case "examination":
            return frozenset({Role.EXAMINE})
        case "approval":
            return frozenset({Role.APPROVE, Role.HEAD})


def approvals_needed(rule: Rule, profile: CertificateProfile) -> int:
    """Return how many distinct persons must approve; never none where the rule leaves it to the profile."""
    return max(1, profile.approvals) if rule.approvals is None else rule.approvals
