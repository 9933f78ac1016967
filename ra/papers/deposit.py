"""預り証: what the branch keeps while the authority cannot be reached, until when, and what it promised."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Moment
from ra.papers.sheet import Counter, Form, Name, Number
from ra.papers.words import CaseKind, Promise, Thing, Words

__all__ = ["DepositSlip"]


@dataclass(frozen=True, slots=True, config=CONFIG)
class DepositSlip:
    """What was left at the counter at `at`, to be given back from the day `until` (in Japan) on.

    `card` holds the last four characters of the card's number, empty where no card was left.
    """

    form: ClassVar[Form] = Form("deposit-slip", Words("預り証", "Deposit slip"), "a5", 1, handed_out=True)

    counter: Counter
    receipt: Number
    at: Moment
    name: Name
    kind: CaseKind
    kept: Annotated[tuple[Thing, ...], Field(min_length=1, max_length=4)]
    card: Annotated[str, Field(pattern=r"\A([0-9A-Z]{4})?\z")]
    until: date
    promise: Promise
    officer: Name
