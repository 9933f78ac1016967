"""The columns: what a table model is written with, and how a time is kept.

Times are microseconds since 1970 UTC in 64-bit integers on both engines, so no session setting can shift them and the
CRL scan reads plain numbers.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, Dialect, Table
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MICROSECONDS = 1_000_000


def instant(number: int) -> datetime:
    """Give the time of a number of microseconds since 1970 UTC."""
    return _EPOCH + timedelta(microseconds=number)


def microseconds(time: datetime) -> int:
    """Give the number of whole microseconds from 1970 UTC to an aware time."""
    return (time - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970-01-01T00:00:00Z."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware time into its number."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - the driver's own value, as the parent class types it
        """Turn the number back into a time in UTC."""
        return None if value is None else instant(value)


def key(type_: type[Any] | None = None) -> Any:  # noqa: ANN401 - SQLModel's fields are typed by their annotation
    """Give the field of a primary key's column."""
    return Field(primary_key=True) if type_ is None else Field(primary_key=True, sa_type=type_)


def plain(type_: TypeEngine[Any] | type[Any]) -> Any:  # noqa: ANN401 - SQLModel's fields are typed by their annotation
    """Give the field of a column of this type."""
    return Field(sa_type=type_)


def table(model: type[SQLModel]) -> Table:
    """Give the Core table behind a model."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # SQLModel makes it and does not declare it
