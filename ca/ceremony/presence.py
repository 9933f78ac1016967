"""Who is in the room and says so: a person confirms a step by a signature of their own credential.

The signature covers the script's digest, the step, the person and the root of the transcript at that moment, so it
confirms one step of one ceremony, after everything that was written before, and nothing else.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, JsonValue, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Digest, Octets, encode
from ca.ceremony.errors import ConfirmationRefused, PeopleRefused
from ca.ceremony.fido2 import assertion_holds
from ca.ceremony.script import Person, Role
from ca.errors import DocumentMalformed, TooLarge
from ca.roster import Person as Officer
from ca.roster import Role as Office
from ca.roster import Roster
from ca.signed_document import SIGNERS_NEEDED
from ca.statement import Domain, PrivateKey, message, public_key, sign, verifies

__all__ = ["Confirmation", "check", "check_against_roster", "check_people", "confirm", "statement"]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class _Statement:
    script: Digest
    step: Annotated[str, Field(max_length=8)]
    person: Annotated[str, Field(max_length=64)]
    head: Digest


_STATEMENT: Final = TypeAdapter(_Statement)


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Confirmation:
    """What a person leaves: `head` is the root of the transcript they saw, `authenticator_data` a FIDO2 key's part."""

    person: Annotated[str, Field(max_length=64)]
    head: Digest
    signature: Annotated[Octets, Field(min_length=1, max_length=1024)]
    authenticator_data: Annotated[Octets, Field(max_length=1024)] = b""

    @property
    def facts(self) -> dict[str, JsonValue]:
        """The confirmation as it stands in a transcript entry's facts: octets in hexadecimal."""
        return dict(_CONFIRMATION.dump_python(self, mode="json"))

    @staticmethod
    def from_facts(facts: Mapping[str, JsonValue], step: str) -> "Confirmation":
        """Return the confirmation of a step from a transcript entry's facts. Raises ConfirmationRefused."""
        try:
            return _CONFIRMATION.validate_json(encode(_FACTS, facts, document="confirmation", limit=8192))
        except (ValidationError, DocumentMalformed, TooLarge):
            raise ConfirmationRefused(str(facts.get("person"))[:64], step, "its facts are malformed") from None


_CONFIRMATION: Final = TypeAdapter(Confirmation)
_FACTS: Final = TypeAdapter(Mapping[str, JsonValue])


def statement(script_digest: bytes, step: str, person: str, head: bytes) -> bytes:
    """Return what a person signs to confirm a step such as "S03": canonical JSON (RFC 8785)."""
    content = _Statement(script=script_digest, step=step, person=person, head=head)
    return encode(_STATEMENT, content, document="confirmation", limit=1024)


def confirm(key: PrivateKey, script_digest: bytes, step: str, person: str, head: bytes) -> Confirmation:
    """Confirm a step with a key file or a token key; a FIDO2 key signs by itself (`ca.ceremony.fido2`)."""
    signature = sign(key, Domain.CEREMONY, statement(script_digest, step, person, head))
    return Confirmation(person=person, head=head, signature=signature)


def check(confirmation: Confirmation, person: Person, *, script_digest: bytes, step: str, head: bytes) -> None:
    """Believe that this person of the script confirmed this step when the transcript had this root.

    Raises ConfirmationRefused for another person, an older or other transcript, and any signature but that of the
    credential in the script over this very statement.
    """
    if confirmation.person != person.code:
        raise ConfirmationRefused(confirmation.person, step, f"it is {person.code} whose turn it is")
    if confirmation.head != head:
        raise ConfirmationRefused(person.code, step, "it was made at another point of the transcript")
    body = statement(script_digest, step, person.code, head)
    key = public_key(person.credential.spki)
    if person.credential.kind == "fido2":
        signed = message(Domain.CEREMONY, body)
        believed = assertion_holds(key, signed, confirmation.authenticator_data, confirmation.signature)
    else:
        believed = not confirmation.authenticator_data and verifies(key, Domain.CEREMONY, body, confirmation.signature)
    if not believed:
        raise ConfirmationRefused(person.code, step, "the signature is not that of the credential in the script")


def check_people(people: Sequence[Person], quorum: int, *, records_signed: bool = False) -> None:
    """See that the people of a script watch each other; `quorum` is how many custodians open a token.

    Everybody has one code, one name and one key in one role, so an operator is never a custodian or the witness.
    There are an operator, a witness, at least `quorum` custodians, and no administrator who would sign alone: two
    or more where `records_signed`, otherwise none or two. Raises PeopleRefused.
    """
    _refuse_same(people, lambda person: person.code, "one code stands for two entries")
    _refuse_same(people, lambda person: person.credential.spki, "one key confirms for two people")
    _refuse_same(people, lambda person: _folded(person.name), "one name stands under two codes")
    administrators = SIGNERS_NEEDED if records_signed or _with_role(people, Role.ADMINISTRATOR) else 0
    for role, needed in (
        (Role.OPERATOR, 1),
        (Role.WITNESS, 1),
        (Role.CUSTODIAN, quorum),
        (Role.ADMINISTRATOR, administrators),
    ):
        found = _with_role(people, role)
        if len(found) < needed:
            everybody = tuple(each.code for each in people)
            raise PeopleRefused(found or everybody, f"{needed} in the role {role} are needed, and it has {len(found)}")


def check_against_roster(people: Sequence[Person], roster: Roster, *, at: datetime) -> None:
    """See that the room holds people of the roster, each under their code there, with a key of theirs valid `at`.

    Whoever operates, keeps a share or signs has the roster's role `admin`, so any two of them are two people of the
    roster. A witness has any role, or comes from outside: known by neither code nor key, and left to the script's
    reviewers. Passkeys of browsers and keys of terminals are nobody's here. Raises PeopleRefused.
    """
    owners = {each.spki: each.code for each in roster.terminals}
    owners |= {each.spki: person.code for person in roster.persons for each in person.credentials}
    for person in people:
        known, owner = roster.person(person.code), owners.get(person.credential.spki)
        if owner is not None and owner != person.code:
            raise PeopleRefused((person.code, owner), "the key of the first is the second's in the roster")
        if known is not None:
            _check_officer(person, known, at)
        elif owner is not None or person.role is not Role.WITNESS:
            raise PeopleRefused((person.code,), "the roster has nobody of this code, and only a witness is a stranger")


def _check_officer(person: Person, known: Officer, at: datetime) -> None:
    """See that somebody comes as the person of the roster whose code they have."""
    keys = {each.spki: each for each in known.credentials if each.kind == "key"}
    credential = keys.get(person.credential.spki)
    if credential is None:
        raise PeopleRefused((person.code,), "the roster has this person with other keys")
    if not credential.valid(at):
        raise PeopleRefused((person.code,), "the roster's period of this key is over or has not begun")
    if person.role is not Role.WITNESS and Office.ADMIN not in known.roles:
        raise PeopleRefused((person.code,), f"the roster has this person without the role {Office.ADMIN}")


def _with_role(people: Sequence[Person], role: Role) -> tuple[str, ...]:
    return tuple(each.code for each in people if each.role is role)


def _refuse_same(people: Sequence[Person], trait: Callable[[Person], str | bytes], why: str) -> None:
    owners: dict[str | bytes, str] = {}
    for person in people:
        value = trait(person)
        if value in owners:
            raise PeopleRefused((owners[value], person.code), why)
        owners[value] = person.code


def _folded(name: str) -> str:
    """Return a name without what the eye passes over: width, case, spaces and invisible characters."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(each for each in folded if unicodedata.category(each)[0] not in "CZ")
