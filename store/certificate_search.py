"""Certificates as the counter finds them: by serial, holder, kind, state, end of validity, and whom they were made for.

Every answer is of the branches of the certificates' applications. States are filtered by the narrow table and told by
status table and journal (`store.status`), which decide.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, Select, literal, select, tuple_

from store.bounds import serial_octets, serial_of
from store.certificate_errors import UnknownCertificate
from store.counter_tables import CERTIFICATE_BRANCH, IS_ENDED_EARLY, PERSON_ENTRY
from store.crls import CRLRecord, first_crl_after
from store.database import Transaction
from store.people import PersonFilter, person_conditions
from store.rows import among
from store.scope import MOST_COUNTED, Branches, count_most, first, of_few, page, within
from store.status import NAMES, Key, State, Status, statuses
from store.tables import GOOD

_STATES = {name: number for number, name in NAMES.items()}


@dataclass(frozen=True, slots=True)
class CertificateSearch:
    """Which certificates to find; None does not restrict.

    Validity ends ``ends_from`` or later, and before ``ends_before``; the application is about such a ``person``.
    """

    serial: int | None = None
    holder: bytes | None = None
    kind: str | None = None
    state: State | None = None
    ends_from: datetime | None = None
    ends_before: datetime | None = None
    person: PersonFilter | None = None


@dataclass(frozen=True, slots=True)
class CertificateHit:
    """An issued certificate and the branch it was applied for in; ``status`` as OCSP says it, its authority aside."""

    issuer: str
    serial: int
    authority: str
    branch: str
    kind: str
    not_after: datetime
    issued_at: datetime
    holder: bytes
    application_id: UUID
    status: Status

    @property
    def key(self) -> Key:
        """Issuer and serial."""
        return self.issuer, self.serial


def search_certificates(
    tx: Transaction,
    branches: Branches,
    wanted: CertificateSearch,
    *,
    after: Key | None = None,
    limit: int = 50,
) -> tuple[CertificateHit, ...]:
    """Give certificates, at most ``limit``; the next page begins ``after`` the issuer and serial of the last one.

    Their order is that of the person's key where one is asked for, and otherwise the soonest end first.
    """
    order = ["not_after", "issuer", "serial"] if wanted.person is None else [wanted.person.order, "person_id"]
    conditions = _conditions(tx, branches, wanted)
    if after is not None:
        last = tx.execute(_joined(wanted).where(*_is(after), of_few(tx, CERTIFICATE_BRANCH.c.branch, branches)))
        if (row := last.one_or_none()) is None:
            return ()
        conditions.append(_beyond(row, wanted, order))

    statement, walked = _joined(wanted).where(*conditions), _walked(wanted)
    few = first(statement, order, limit) if walked is None else page(tx, statement, walked, branches, order, limit)
    return hits(tx, tx.execute(few).all())


def count_certificates(tx: Transaction, branches: Branches, wanted: CertificateSearch, most: int = MOST_COUNTED) -> int:
    """Count what `search_certificates` lists over all its pages, and stop at ``most``."""
    statement, walked = _joined(wanted).where(*_conditions(tx, branches, wanted)), _walked(wanted)
    return count_most(tx, statement if walked is None else statement.where(within(tx, walked, branches)), most)


def certificate_hit(tx: Transaction, branches: Branches, issuer: str, serial: int) -> CertificateHit:
    """Give one certificate. UnknownCertificate when none was issued on an application of these branches."""
    ours = of_few(tx, CERTIFICATE_BRANCH.c.branch, branches)
    found = hits(tx, tx.execute(select(*COLUMNS).where(*_is((issuer, serial)), ours)).all())
    if not found:
        raise UnknownCertificate(issuer, serial)
    return found[0]


def certificates_of(
    tx: Transaction, branches: Branches, application_ids: Collection[UUID]
) -> tuple[CertificateHit, ...]:
    """Give what these applications led to, in the order of their ids."""
    theirs = among(tx, CERTIFICATE_BRANCH.c.application_id, list(application_ids))
    ours = of_few(tx, CERTIFICATE_BRANCH.c.branch, branches)
    statement = select(*COLUMNS).where(theirs, ours).order_by(CERTIFICATE_BRANCH.c.application_id)
    return hits(tx, tx.execute(statement).all())


def siblings(tx: Transaction, branches: Branches, hit: CertificateHit) -> tuple[CertificateHit, ...]:
    """Give the other certificates of the same holder, newest first (at most 100)."""
    here = (
        CERTIFICATE_BRANCH.c.holder == hit.holder,
        of_few(tx, CERTIFICATE_BRANCH.c.branch, branches),
        CERTIFICATE_BRANCH.c.application_id != hit.application_id,
    )
    statement = select(*COLUMNS).where(*here).order_by(CERTIFICATE_BRANCH.c.issued_at.desc()).limit(100)
    return hits(tx, tx.execute(statement).all())


def first_list(tx: Transaction, hit: CertificateHit, partition: str) -> CRLRecord | None:
    """Give the first list of its authority that holds a certificate as it stands, or None: none was made since.

    Lists are made of what was recorded before their thisUpdate, by whole seconds. Where several signers share the work,
    a list that another one was making in that very second may not hold it yet, and the next one does.
    """
    if hit.status.revoked_at is None:
        return None
    return first_crl_after(tx, hit.authority, partition, hit.status.revoked_at)


COLUMNS = [CERTIFICATE_BRANCH.c[name] for name in CertificateHit.__slots__ if name != "status"]


def _joined(wanted: CertificateSearch) -> Select[Any]:
    if wanted.person is None:
        return select(*COLUMNS)
    keys = [PERSON_ENTRY.c.name_key, PERSON_ENTRY.c.kana_key, PERSON_ENTRY.c.id.label("person_id")]
    same = PERSON_ENTRY.c.id == CERTIFICATE_BRANCH.c.application_id
    return select(*COLUMNS, *keys).select_from(PERSON_ENTRY).join(CERTIFICATE_BRANCH, same)


def _walked(wanted: CertificateSearch) -> Column[Any] | None:
    """The branch's column in the table whose index is walked; None where serial or holder bring it down to a few."""
    if wanted.person is not None:
        return PERSON_ENTRY.c.branch
    return CERTIFICATE_BRANCH.c.branch if wanted.serial is None and wanted.holder is None else None


def _conditions(tx: Transaction, branches: Branches, wanted: CertificateSearch) -> list[ColumnElement[bool]]:
    conditions: list[Any] = []
    if _walked(wanted) is not CERTIFICATE_BRANCH.c.branch:
        conditions.append(of_few(tx, CERTIFICATE_BRANCH.c.branch, branches))
    if wanted.serial is not None:
        conditions.append(CERTIFICATE_BRANCH.c.serial == serial_octets(wanted.serial))
    if wanted.state is not None:
        conditions.append(CERTIFICATE_BRANCH.c.state == _STATES[wanted.state])
        conditions += [] if _STATES[wanted.state] == GOOD else [IS_ENDED_EARLY]
    for field in ("holder", "kind"):
        if (value := getattr(wanted, field)) is not None:
            conditions.append(CERTIFICATE_BRANCH.c[field] == value)
    if wanted.ends_from is not None:
        conditions.append(CERTIFICATE_BRANCH.c.not_after >= wanted.ends_from)
    if wanted.ends_before is not None:
        conditions.append(CERTIFICATE_BRANCH.c.not_after < wanted.ends_before)
    if wanted.person is not None:
        conditions += [PERSON_ENTRY.c.subject == literal("application"), *person_conditions(wanted.person)]
    return conditions


def _is(key: Key) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    issuer, serial = key
    return CERTIFICATE_BRANCH.c.issuer == issuer, CERTIFICATE_BRANCH.c.serial == serial_octets(serial)


def _beyond(row: Row[Any], wanted: CertificateSearch, order: Sequence[str]) -> ColumnElement[bool]:
    """Say that a row comes after this one."""
    person = wanted.person is not None
    columns = [
        PERSON_ENTRY.c.id if name == "person_id" else (PERSON_ENTRY if person else CERTIFICATE_BRANCH).c[name]
        for name in order
    ]
    values = [literal(row._mapping[name], column.type) for name, column in zip(order, columns, strict=True)]
    return tuple_(*columns) > tuple_(*values)


def hits(tx: Transaction, rows: Sequence[Row[Any]]) -> tuple[CertificateHit, ...]:
    """Read certificates from rows of the columns `COLUMNS`, each with its status now."""
    said: dict[Key, Status] = {}
    for issuer in sorted({row.issuer for row in rows}):
        serials = [serial_of(row.serial) for row in rows if row.issuer == issuer]
        said |= {(issuer, serial): status for serial, status in statuses(tx, issuer, serials).items()}
    found = []
    for row in rows:
        values = {name: row._mapping[name] for name in CertificateHit.__slots__ if name != "status"}
        serial = serial_of(row.serial)
        found.append(CertificateHit(**{**values, "serial": serial}, status=said[row.issuer, serial]))
    return tuple(found)
