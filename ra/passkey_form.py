"""Asking a passkey to sign, by a form: what the browser's script needs to know, and what it puts into the form."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ca.passkeys import Assertion
from ra.errors import PageError

__all__ = ["MOST_CHARACTERS", "Answer", "Prompt", "read_answer", "write_answer"]

MOST_CHARACTERS: Final = 8192
"""Characters of the field that a script fills; an assertion has well under half as many."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a passkey is asked: to sign this challenge for this RP ID; `ids` are the credentials that may, () for any.

    `ra/templates/parts.html` writes it into a form (macro `passkey`), where ra/static/passkey.js finds it.
    """

    challenge: bytes
    rp_id: str
    ids: tuple[bytes, ...] = ()

    @property
    def challenge_text(self) -> str:
        """The challenge in base64url."""
        return _text(self.challenge)

    @property
    def ids_text(self) -> str:
        """The credential ids in base64url, a space between."""
        return " ".join(_text(each) for each in self.ids)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the id of the credential that signed, and the assertion."""

    credential: bytes
    assertion: Assertion


class _Field(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(max_length=1400)
    authenticator_data: str = Field(max_length=1400)
    client_data: str = Field(max_length=4000)
    signature: str = Field(max_length=1400)


def read_answer(text: str | None) -> Answer:
    """The content of the form's field ``assertion``; raises PageError E-5006 for what no script of ours writes."""
    if text is None or len(text) > MOST_CHARACTERS:
        raise PageError("E-5006")
    try:
        field = _Field.model_validate_json(text)
        return Answer(
            _octets(field.id),
            Assertion(_octets(field.authenticator_data), _octets(field.client_data), _octets(field.signature)),
        )
    except (ValidationError, ValueError):
        raise PageError("E-5006") from None


def write_answer(answer: Answer) -> str:
    """The field as the script would fill it: for the software authenticator of demo homes."""
    assertion = answer.assertion
    return json.dumps(
        {
            "id": _text(answer.credential),
            "authenticator_data": _text(assertion.authenticator_data),
            "client_data": _text(assertion.client_data),
            "signature": _text(assertion.signature),
        }
    )


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
