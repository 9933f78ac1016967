"""The tables of the lists: an issuer's partitions, the numbers given out, what was published and what was asked for."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, Uuid, text
from sqlalchemy.sql.schema import SchemaItem
from sqlmodel import SQLModel

from store.columns import Instant, key, plain, table


class PartitionRow(SQLModel, table=True):
    """One partition of an issuer's CRL and the latest end of a certificate in it."""

    __tablename__: ClassVar[str] = "partition"
    issuer: str = key()
    code: str = key()
    last_not_after: datetime = plain(Instant)


class DistributionPointRow(SQLModel, table=True):
    """The distribution point that a generation's certificates in a partition name, bound for ever."""

    __tablename__: ClassVar[str] = "distribution_point"
    issuer: str = key()
    partition: str = key()
    authority: str = key()
    name: bytes = plain(LargeBinary)


class CRLNumberRow(SQLModel, table=True):
    """The last CRL number given out for a partition; the row is locked while the next one is taken."""

    __tablename__: ClassVar[str] = "crl_number"
    issuer: str = key()
    partition: str = key()
    number: int = plain(BigInteger)


class CRLRow(SQLModel, table=True):
    """A CRL that passed the gate."""

    __tablename__: ClassVar[str] = "crl"
    issuer: str = key()
    partition: str = key()
    authority: str = key()
    number: int = key(BigInteger)
    distribution_point: bytes = plain(LargeBinary)
    this_update: datetime = plain(Instant)
    next_update: datetime = plain(Instant)
    sha256: bytes = plain(LargeBinary)
    size: int = plain(BigInteger)
    entries: int = plain(BigInteger)


class PublicationRequestRow(SQLModel, table=True):
    """Somebody asks the signer for a CRL now."""

    __tablename__: ClassVar[str] = "publication_request"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        Index(
            "publication_request_open",
            "id",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )
    id: UUID = key(Uuid)
    issuer: str
    partition: str | None
    requested_by: str
    requested_at: datetime = plain(Instant)
    answered_at: datetime | None = plain(Instant)
    answer: str | None


PARTITION = table(PartitionRow)
DISTRIBUTION_POINT = table(DistributionPointRow)
CRL_NUMBER = table(CRLNumberRow)
CRL = table(CRLRow)
PUBLICATION_REQUEST = table(PublicationRequestRow)
