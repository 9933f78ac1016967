"""代替文字のお知らせ: characters of the register that a certificate cannot hold, beside what it shows instead."""

from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Moment
from ra.papers.hand_over import Substitute
from ra.papers.sheet import Counter, Form, Name, Number, Text
from ra.papers.words import Words

__all__ = ["SubstituteNote"]


@dataclass(frozen=True, slots=True, config=CONFIG)
class SubstituteNote:
    """Name and address as the register has them and as the certificate shows them, and each pair of characters."""

    form: ClassVar[Form] = Form(
        "substitute-note", Words("代替文字のお知らせ", "Substitute characters"), "a4", 2, handed_out=True
    )

    counter: Counter
    receipt: Number
    at: Moment
    name: Name
    name_shown: Name
    address: Text
    address_shown: Text
    substitutes: Annotated[tuple[Substitute, ...], Field(min_length=1, max_length=12)]
