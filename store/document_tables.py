"""The tables of the documents administrators sign: an authority with its versions and its end, and the roster."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, Index, LargeBinary
from sqlalchemy.sql.schema import SchemaItem
from sqlmodel import Field, SQLModel

from store.columns import Instant, key, plain, table


class AuthorityRow(SQLModel, table=True):
    """One generation of an issuer, with its certificate and the document two administrators signed."""

    __tablename__: ClassVar[str] = "authority"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        Index("authority_generation", "issuer", "generation", unique=True),
    )
    name: str = key()
    issuer: str
    generation: int
    subject_der: bytes = plain(LargeBinary)
    certificate: bytes = plain(LargeBinary)
    key_hash: bytes = plain(LargeBinary)
    document: bytes = plain(LargeBinary)
    signatures: list[list[str]] = plain(JSON)
    added_at: datetime = plain(Instant)
    version: int = Field(sa_column_kwargs={"server_default": "1"})


class AuthorityVersionRow(SQLModel, table=True):
    """A newer version of an authority's signed document; everything else about the authority stays."""

    __tablename__: ClassVar[str] = "authority_version"
    name: str = key()
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document: bytes = plain(LargeBinary)
    signatures: list[list[str]] = plain(JSON)
    added_at: datetime = plain(Instant)


class RetirementRow(SQLModel, table=True):
    """A signed statement that an authority's key ended, by the SHA-256 of its document."""

    __tablename__: ClassVar[str] = "retirement"
    digest: bytes = key(LargeBinary)
    authority: str
    document: bytes = plain(LargeBinary)
    signatures: list[list[str]] = plain(JSON)
    added_at: datetime = plain(Instant)


class RosterRow(SQLModel, table=True):
    """One version of the signed roster."""

    __tablename__: ClassVar[str] = "roster"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document: bytes = plain(LargeBinary)
    signatures: list[list[str]] = plain(JSON)
    added_at: datetime = plain(Instant)


AUTHORITY = table(AuthorityRow)
AUTHORITY_VERSION = table(AuthorityVersionRow)
RETIREMENT = table(RetirementRow)
ROSTER = table(RosterRow)
