"""The facts of a case: what an application says about the holder, one model for each kind of holder."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from policies.errors import FactsRefused

__all__ = [
    "AuthorityFacts",
    "Facts",
    "FactsKind",
    "PeerFacts",
    "ResidentFacts",
    "ResponderFacts",
    "StaffFacts",
    "parse_facts",
    "with_common_name_parts",
]

FactsKind: TypeAlias = Literal["resident", "staff", "authority", "responder", "peer"]
"""Which model the facts of a profile have."""

_PSEUDONYM_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_PSEUDONYM_LENGTH = 14

_LARGEST = 16_384  # characters of JSON; the longest legitimate facts are far below
_REASONS = {
    "extra_forbidden": "no such fact is known",
    "missing": "it is missing",
    "string_type": "it is not a text",
    "string_too_long": "it is too long",
    "string_too_short": "it is empty",
    "too_long": "there are too many of them",
}

BodyCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
"""A local government's code of five digits (without the check digit)."""

# A PrintableString of RFC 5280 4.1.2.4, at most ub-common-name (64) characters.
Printable: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 '()+,\-./:=?]{1,64}$")]
Japanese: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=64)]
DNSName: TypeAlias = Annotated[
    str,
    StringConstraints(
        max_length=253,
        # RFC 1034 3.5 as RFC 5280 4.2.1.6 demands: letters, digits, hyphens; at least two labels, no wildcard.
        pattern=r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$",
    ),
]
Mailbox: TypeAlias = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9.-]{1,189}$")
]

PEM: TypeAlias = Annotated[str, StringConstraints(max_length=12_000, pattern=r"^-----BEGIN [A-Z0-9 ]{1,40}-----\s")]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class ResidentFacts(_Facts):
    """A resident as the register says it (fact sheet c.1), and what the certificate needs beside it.

    `birth_date` is "YYYY-MM-DD" and unknown parts are zeros, so it need not be a real date. `window` is three digits
    and a letter; with the municipality's code it forms the reception-window id of nine characters.
    `requested_at` and `sequence` (0..99999), or `pseudonym` (14 characters), go into the common name and are set by
    `with_common_name_parts`; an application does not state them.
    """

    # The characters of name and address are judged by `policies.characters`, not by a pattern.
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    address: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    sex: Literal["male", "female", "unknown"]
    birth_date: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    municipality: BodyCode
    window: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}[A-Z]$")]
    card_expiry: date
    sibling_not_after: AwareDatetime | None = None
    previous_not_after: AwareDatetime | None = None
    requested_at: AwareDatetime | None = None
    sequence: Annotated[int, Field(ge=0, le=99999)] | None = None
    pseudonym: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{14}$")] | None = None


class StaffFacts(_Facts):
    """A post, a user or a server of a local government (fact sheet b.8, d.3).

    `body` is the municipality's or prefecture's code. Which of the others a certificate needs is said by its profile.
    """

    body: BodyCode
    department: Printable | None = None
    department_ja: Japanese | None = None
    post: Printable | None = None
    post_ja: Japanese | None = None
    user_id: Printable | None = None
    user_ja: Japanese | None = None
    email: Mailbox | None = None
    dns_names: Annotated[tuple[DNSName, ...], Field(max_length=20)] = ()


class AuthorityFacts(_Facts):
    """A certification authority whose generation stands in its own name (LGPKI, fact sheet b.7)."""

    common_name: Printable | None = None


class ResponderFacts(_Facts):
    """An OCSP responder (RFC 6960 4.2.2.2), e.g. "OCSP Responder jpki-sign-g1"."""

    common_name: Printable | None = None


class PeerFacts(_Facts):
    """Another authority, or another generation of the issuing one, as its own certificate or its request shows it.

    Exactly one is given, in PEM: a self-signed `certificate`, or a PKCS#10 `request` (RFC 2986). `policies.peer` reads
    them; name and key of what is issued come from there.
    """

    certificate: PEM | None = None
    request: PEM | None = None


Facts: TypeAlias = ResidentFacts | StaffFacts | AuthorityFacts | ResponderFacts | PeerFacts

_MODELS: Mapping[
    FactsKind,
    type[ResidentFacts] | type[StaffFacts] | type[AuthorityFacts] | type[ResponderFacts] | type[PeerFacts],
] = {
    "resident": ResidentFacts,
    "staff": StaffFacts,
    "authority": AuthorityFacts,
    "responder": ResponderFacts,
    "peer": PeerFacts,
}


def parse_facts(kind: FactsKind, data: Mapping[str, object]) -> Facts:
    """Read a JSON object as the facts of `kind`; times are ISO 8601 strings with an offset, days "YYYY-MM-DD".

    Raises FactsRefused naming the first wrong field: an unknown key, a wrong type, a text too long.
    """
    try:
        text = json.dumps(dict(data))
    except (TypeError, ValueError):
        raise FactsRefused("facts", "they are not a JSON object") from None
    if len(text) > _LARGEST:
        raise FactsRefused("facts", f"they are longer than {_LARGEST} characters")
    try:
        return _MODELS[kind].model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "facts"
        raise FactsRefused(field[:64], _REASONS.get(first["type"], "it does not have the required form")) from None


def with_common_name_parts(
    facts: ResidentFacts, *, requested_at: datetime, sequence: int, random: Callable[[int], bytes]
) -> ResidentFacts:
    """Add what the common name of a resident's certificate is made of (fact sheet b.2, b.3).

    `requested_at` is aware UTC; `sequence` is taken modulo 100,000; `random(n)` returns n octets of a CSPRNG, from
    which the 14 upper-case alphanumerics of the user-authentication certificate are drawn without bias.
    """
    if requested_at.tzinfo is None:
        raise FactsRefused("requested_at", "it has no time zone")
    added = {"requested_at": requested_at, "sequence": sequence % 100_000, "pseudonym": _pseudonym(random)}
    return facts.model_copy(update=added)


def _pseudonym(random: Callable[[int], bytes]) -> str:
    """Draw characters; octets of 252 and more are thrown away, since 252 is the largest multiple of 36."""
    drawn: list[str] = []
    while len(drawn) < _PSEUDONYM_LENGTH:
        drawn += [_PSEUDONYM_ALPHABET[octet % 36] for octet in random(_PSEUDONYM_LENGTH) if octet < 252]
    return "".join(drawn[:_PSEUDONYM_LENGTH])
