"""The counter's procedure: which steps a case takes, in which order, and who does each (fact sheet c.1, c.3, c.4, c.5).

A case is at one step at a time. What was done at each stands in its events, which are only ever added to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from ca.application import Action
from ca.roster import Role
from store.cases import CaseKind, Step

__all__ = ["ACTIONS", "PROCEDURES", "STAGES", "Actor", "Stage", "following", "is_over", "place"]

Actor = Literal["officer", "terminal", "signer"]
"""Who brings a case over a step: an officer at a page, the counter's terminal, or the signer."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step: its name as a message id, who does it, and of which roles an officer needs one."""

    step: Step
    title: str
    actor: Actor
    roles: frozenset[Role] = frozenset()


_DESK: Final = frozenset({Role.RECEPTION})
_EXAMINERS: Final = frozenset({Role.EXAMINE})
_DECIDERS: Final = frozenset({Role.APPROVE, Role.HEAD})

STAGES: Final[Mapping[Step, Stage]] = MappingProxyType(
    {
        stage.step: stage
        for stage in (
            Stage("receive", "Reception", "officer", _DESK),
            Stage("identify", "Identity check", "officer", _DESK),
            Stage("register", "Register comparison", "officer", _DESK),
            Stage("keys", "Key pair and PIN", "terminal"),
            Stage("select", "Certificates and reason", "officer", _DESK),
            Stage("confirm", "Confirm and submit", "officer", _DESK),
            Stage("examine", "Examination", "officer", _EXAMINERS),
            Stage("approve", "Approval", "officer", _DECIDERS),
            Stage("issue", "Carried out by the authority", "signer"),
            Stage("write", "Write to the card and read back", "terminal"),
            Stage("hand-over", "Hand over", "officer", _DESK),
            Stage("closed", "Closed", "officer"),
        )
    }
)
"""Every step there is, in the order in which the pages show them."""

_ISSUING: Final[tuple[Step, ...]] = (
    "receive",
    "identify",
    "register",
    "keys",
    "confirm",
    "examine",
    "approve",
    "issue",
    "write",
    "hand-over",
    "closed",
)
_ENDING: Final[tuple[Step, ...]] = (
    "receive",
    "identify",
    "select",
    "confirm",
    "approve",
    "issue",
    "hand-over",
    "closed",
)

PROCEDURES: Final[Mapping[CaseKind, tuple[Step, ...]]] = MappingProxyType(
    {
        "issue": _ISSUING,
        "renew": _ISSUING,
        "revoke": _ENDING,
        # One officer stops a certificate at once (`ca.rules`): nobody has to be found first.
        "hold": tuple(step for step in _ENDING if step != "approve"),
        "release": _ENDING,
        "pin-reset": ("receive", "identify", "keys", "hand-over", "closed"),
    }
)
"""The steps of each kind of case, from reception to its end."""

ACTIONS: Final[Mapping[CaseKind, Action | None]] = MappingProxyType(
    {"issue": "issue", "renew": "issue", "revoke": "revoke", "hold": "hold", "release": "release", "pin-reset": None}
)
"""What the signer is asked to do in a case of each kind; a PIN never concerns it."""


def following(kind: CaseKind, step: Step) -> Step:
    """The step after `step` in a case of that kind; ValueError for one that has none."""
    procedure = PROCEDURES[kind]
    at = procedure.index(step) + 1
    if at == len(procedure):
        raise ValueError(f"nothing comes after {step}")
    return procedure[at]


def place(kind: CaseKind, step: Step) -> tuple[int, int]:
    """Where a step stands among those of its kind, counted from 1, and how many there are."""
    procedure = PROCEDURES[kind]
    return procedure.index(step) + 1, len(procedure)


def is_over(step: Step) -> bool:
    """Whether a case at this step has come to its end."""
    return step == "closed"
