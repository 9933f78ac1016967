"""The resident register as the counter sees it: who a card belongs to, and the four attributes (基本4情報).

It answers from a file, as a demo home has one; no other way to a register is there. Without one no card is known, and
the counter refuses every number with E-1108.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

__all__ = ["Entry", "Register", "RegisterFile", "RegisterUnreadable", "write_register"]

LIMIT = 64 * 1024 * 1024
"""Octets of a register file that is read."""


class Entry(BaseModel):
    """One person of the register: items 1-3 and 7 of its record (Act 153/2002 art. 3(2)) and the card.

    `reference` is the resident record code (住民票コード), which names the holder and is never shown or stored by the
    counter. `birth_date` is "YYYY-MM-DD", unknown parts zeros. `ward` is an adult ward (成年被後見人), who has no
    signing certificate; `protected` a person under support measures (支援措置), whose address nobody reads aloud.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    reference: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    kana: Annotated[str, Field(max_length=100)] = ""
    address: Annotated[str, Field(min_length=1, max_length=200)]
    sex: Literal["male", "female", "unknown"]
    birth_date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    municipality: Annotated[str, Field(pattern=r"^[0-9]{5}$")]
    card: Annotated[str, Field(pattern=r"^[A-Z0-9]{4,20}$")]
    card_expiry: date
    ward: bool = False
    protected: bool = False


class RegisterUnreadable(ValueError):
    """A register file is too large or holds something else; it is never quoted, since it holds people."""

    code = "ra.register-unreadable"
    next = "Write the file anew; a demo home makes its own."

    def __init__(self, path: Path) -> None:
        super().__init__(f"The register file {path} is not a list of entries.")


class Register(Protocol):
    """What answers for the register."""

    def by_card(self, card: str) -> Entry | None:
        """The person whose card has that number, None for nobody."""
        ...


class RegisterFile:
    """A register in a file: a JSON list of entries, as a demo home has it. Read whole when it is made.

    Raises RegisterUnreadable for a file that is too large or no list of entries.
    """

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > LIMIT:
            raise RegisterUnreadable(path)
        try:
            entries = _ENTRIES.validate_json(path.read_bytes())
        except ValidationError:
            raise RegisterUnreadable(path) from None
        self._by_card: Mapping[str, Entry] = {entry.card: entry for entry in entries}

    def by_card(self, card: str) -> Entry | None:
        """See `Register.by_card`."""
        return self._by_card.get(card)


def write_register(path: Path, entries: tuple[Entry, ...]) -> None:
    """Write a register file for its owner's eyes only."""
    path.touch(mode=0o600)
    path.write_text(
        json.dumps([entry.model_dump(mode="json") for entry in entries], ensure_ascii=False), encoding="utf-8"
    )


_ENTRIES = TypeAdapter(tuple[Entry, ...])
