"""The roster: who may sign what, where, with which credential. The signer believes nobody outside the newest one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Code, Moment, Octets, decode, encode
from ca.document_errors import (
    BranchOfTerminalUnknown,
    BranchUnknown,
    CodeTwice,
    CredentialIdTwice,
    CredentialIncomplete,
    DocumentOfAnotherDeployment,
    DocumentOutdated,
    KeyTwice,
    RolesExclude,
)
from ca.signed_document import Administrators, check_signatures, sign_document
from ca.statement import Domain, PrivateKey, public_key
from store.rosters import MOST_DOCUMENT_OCTETS, DocumentSignature

__all__ = [
    "FORBIDDEN_PAIRS",
    "LIMIT",
    "Branch",
    "Credential",
    "Person",
    "Role",
    "Roster",
    "Terminal",
    "open_roster",
    "parse_roster",
    "roster_document",
    "sign_roster",
]

LIMIT: Final = MOST_DOCUMENT_OCTETS
"""Octets of a roster, as many as the store keeps: about 3,000 officers, each with a key and two passkeys."""

Name = Annotated[str, Field(min_length=1, max_length=100)]

Window = Annotated[str, Field(pattern=r"\A[0-9]{3}[A-Z]\z")]
"""A window of a branch (窓口), as it stands in a resident's facts."""

RelyingPartyId = Annotated[
    str, Field(max_length=253, pattern=r"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\z")
]
"""An RP ID: a domain name in lower case."""


class Role(StrEnum):
    """What a person may do; the values stand in signed rosters (fact sheet d.1)."""

    RECEPTION = "reception"
    """受付: takes applications at the counter, submits them, hands certificates over."""
    EXAMINE = "examine"
    """審査: examines an application against its documents."""
    APPROVE = "approve"
    """承認: approves an examined application."""
    HEAD = "head"
    """発行責任者, 登録分局責任者: heads a branch; approves too."""
    AUDIT = "audit"
    """監査: reads everything, changes nothing."""
    ADMIN = "admin"
    """管理: runs the programs and ceremonies, decides no case."""
    REGISTER = "register"
    """住民基本台帳の異動情報: a system that reports changes of the register, not a person."""


_DESK: Final = frozenset({Role.RECEPTION, Role.EXAMINE})
_DECISION: Final = frozenset({Role.APPROVE, Role.HEAD})
_APART: Final = frozenset({Role.AUDIT, Role.ADMIN, Role.REGISTER})

FORBIDDEN_PAIRS: Final = frozenset(
    frozenset({one, other})
    for one in Role
    for other in Role
    if one != other and (one in _APART or (one in _DESK and other in _DECISION))
)
"""Roles one person never holds together: the desk never decides; auditor, administrator and the register feed are
nothing else (NIAP PP_CA FMT_SMR.2, CIMC; fact sheet d.1)."""


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Credential:
    """A key that signs for a person; `spki` is its SubjectPublicKeyInfo in DER.

    Of kind "key": a key file, a card or a token alike. "passkey": one that a browser uses for the relying party
    `rp_id` (WebAuthn Level 2), which knows it by its credential `id`. "demo-passkey": the same made by software, which
    counts in demo homes only. It counts from `valid_from` (inclusive) until `valid_until` (exclusive).

    Raises CredentialIncomplete for a passkey without id or relying party and for a key with one.
    """

    code: Code
    kind: Literal["key", "passkey", "demo-passkey"] = "key"
    id: Annotated[Octets, Field(max_length=1023)] = b""
    rp_id: RelyingPartyId | Literal[""] = ""
    spki: Annotated[Octets, Field(min_length=1, max_length=4096)]
    valid_from: Moment
    valid_until: Moment

    @model_validator(mode="after")
    def _complete(self) -> Self:
        is_passkey = self.kind != "key"
        if is_passkey != bool(self.id) or is_passkey != bool(self.rp_id):
            raise CredentialIncomplete(self.code, self.kind)
        return self

    def valid(self, at: datetime) -> bool:
        """Say whether the credential counts at that moment."""
        return self.valid_from <= at < self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Terminal:
    """A counter's terminal (窓口端末): its key signs that a card made its key pair at that window of that branch.

    It counts from `valid_from` (inclusive) until `valid_until` (exclusive).
    """

    code: Code
    branch: Code
    window: Window
    spki: Annotated[Octets, Field(min_length=1, max_length=4096)]
    valid_from: Moment
    valid_until: Moment

    def valid(self, at: datetime) -> bool:
        """Say whether the terminal counts at that moment."""
        return self.valid_from <= at < self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Branch:
    """A registration branch (登録分局). `serves`: codes of the municipalities and bodies whose cases it may file."""

    code: Code
    name: Name
    serves: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Person:
    """An officer, or a system with the role of the register feed; acts in `branches` only."""

    code: Code
    name: Name
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    branches: tuple[Code, ...]
    credentials: tuple[Credential, ...]

    @model_validator(mode="after")
    def _no_excluding_roles(self) -> Self:
        for pair in FORBIDDEN_PAIRS:
            if pair <= set(self.roles):
                raise RolesExclude(self.code, tuple(sorted(pair)))
        return self


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Roster:
    """All persons, branches, credentials and terminals of a deployment, as two administrators signed them.

    Construction raises a subclass of RosterRefused, and KeyUnusable for a weak or broken key of a credential or a
    terminal. `version` rises with every change.
    """

    deployment: Code
    version: Annotated[int, Field(ge=1, lt=1 << 31)]
    made_at: Moment
    branches: tuple[Branch, ...]
    persons: tuple[Person, ...]
    terminals: tuple[Terminal, ...] = ()

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        credentials = [credential for person in self.persons for credential in person.credentials]
        _refuse_doubles([branch.code for branch in self.branches])
        _refuse_doubles([person.code for person in self.persons])
        keyed: list[Credential | Terminal] = [*credentials, *self.terminals]
        _refuse_doubles([each.code for each in keyed])
        _refuse_shared_keys(keyed)
        _refuse_shared_ids(credentials)
        for person in self.persons:
            for code in person.branches:
                if code not in self._branches:
                    raise BranchUnknown(person.code, code)
        for terminal in self.terminals:
            if terminal.branch not in self._branches:
                raise BranchOfTerminalUnknown(terminal.code, terminal.branch)
        return self

    @cached_property
    def _branches(self) -> dict[str, Branch]:
        return {branch.code: branch for branch in self.branches}

    @cached_property
    def _persons(self) -> dict[str, Person]:
        return {person.code: person for person in self.persons}

    @cached_property
    def _terminals(self) -> dict[str, Terminal]:
        return {terminal.code: terminal for terminal in self.terminals}

    @cached_property
    def _passkeys(self) -> dict[bytes, tuple[Person, Credential]]:
        return {each.id: (person, each) for person in self.persons for each in person.credentials if each.id}

    def person(self, code: str) -> Person | None:
        """Return the person with that code, None for nobody."""
        return self._persons.get(code)

    def branch(self, code: str) -> Branch | None:
        """Return the branch with that code, None for none."""
        return self._branches.get(code)

    def terminal(self, code: str) -> Terminal | None:
        """Return the terminal with that code, None for none."""
        return self._terminals.get(code)

    def credential(self, id: bytes) -> tuple[Person, Credential] | None:
        """Return the passkey with that credential id and whose it is, None for none."""
        return self._passkeys.get(id)

    def enrols_terminals(self, branch: str) -> bool:
        """Say whether keys of the branch's cards are made at enrolled terminals only."""
        return any(terminal.branch == branch for terminal in self.terminals)


def _refuse_doubles(codes: list[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise CodeTwice(code)
        seen.add(code)


def _refuse_shared_keys(holders: Sequence[Credential | Terminal]) -> None:
    owners: dict[bytes, str] = {}
    for each in holders:
        public_key(each.spki)
        if each.spki in owners:
            raise KeyTwice(owners[each.spki], each.code)
        owners[each.spki] = each.code


def _refuse_shared_ids(credentials: Iterable[Credential]) -> None:
    owners: dict[bytes, str] = {}
    for each in credentials:
        if each.id in owners:
            raise CredentialIdTwice(owners[each.id], each.code)
        if each.id:
            owners[each.id] = each.code


_ADAPTER: Final = TypeAdapter(Roster)


def roster_document(roster: Roster) -> bytes:
    """Return the canonical form (RFC 8785) of a roster: what administrators sign and the store keeps."""
    return encode(_ADAPTER, roster, document="roster", limit=LIMIT)


def parse_roster(document: bytes) -> Roster:
    """Read a roster without believing it, as an administrator does before signing; raises as `Roster` does."""
    return decode(_ADAPTER, document, document="roster", limit=LIMIT)


def sign_roster(roster: Roster, credential: str, key: PrivateKey) -> DocumentSignature:
    """Sign a roster as the administrator whose credential has that code in the signer's configuration."""
    return sign_document(Domain.ROSTER, roster_document(roster), credential, key)


def open_roster(
    document: bytes,
    signatures: Iterable[DocumentSignature],
    administrators: Administrators,
    *,
    deployment: str,
    floor: int,
) -> Roster:
    """Return the roster in a document, once it is believed.

    Two distinct administrators must have signed these bytes, for this deployment, with a version not below `floor`,
    the highest ever accepted. Raises DocumentRefused's subclasses, DocumentMalformed and TooLarge.
    """
    check_signatures(Domain.ROSTER, document, signatures, administrators)
    roster = parse_roster(document)
    if roster.deployment != deployment:
        raise DocumentOfAnotherDeployment("roster", roster.deployment)
    if roster.version < floor:
        raise DocumentOutdated("roster", roster.version, floor)
    return roster
