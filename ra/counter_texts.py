"""What an installation says of its counters on the papers that leave them: names, telephones, hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BranchTexts", "CounterTexts"]


@dataclass(frozen=True, slots=True)
class BranchTexts:
    """What a branch says of itself; what is empty comes from the roster, or from `CounterTexts`."""

    name: str = ""
    name_en: str = ""
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class CounterTexts:
    """`telephone` answers in the counter's hours, `loss_telephone` for lost cards in its own; `branches` by code.

    The forms of the papers (`ra.papers`) say how long each may be.
    """

    telephone: str
    loss_telephone: str
    loss_hours_ja: str
    loss_hours_en: str
    branches: Mapping[str, BranchTexts] = field(default_factory=dict)
