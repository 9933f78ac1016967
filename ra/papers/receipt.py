"""受付票: what a visitor holds from the reception to the hand-over."""

from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Moment
from ra.papers.sheet import Counter, Form, Number
from ra.papers.words import CaseKind, Thing, Visitor, Words

__all__ = ["Receipt"]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Receipt:
    """A receipt: its number as bars and digits, what it is for, when (`at`) and where it was taken, what to bring."""

    form: ClassVar[Form] = Form("receipt", Words("受付票", "Receipt"), "a6", 1, handed_out=True)

    counter: Counter
    receipt: Number
    at: Moment
    kind: CaseKind
    visitor: Visitor
    window: Annotated[str, Field(pattern=r"\A[0-9A-Z]{1,8}\z")]
    bring: Annotated[tuple[Thing, ...], Field(max_length=5)]
