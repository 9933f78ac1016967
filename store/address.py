"""Database URLs (SQLAlchemy's, with percent escapes): made absolute, and shown without their passwords."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_SECRET = ("password", "sslpassword")
_HIDDEN = "hidden"


def absolute(url: str, folder: Path) -> str:
    """Give ``url`` with a relative SQLite path read from ``folder``, whatever characters that has in its name.

    Any other URL is given as it stands. Raises ValueError, which never quotes the URL, for what is none.
    """
    address = _address(url)
    if address.get_backend_name() != "sqlite" or not address.database or Path(address.database).is_absolute():
        return url
    return address.set(database=str((folder / address.database).resolve())).render_as_string(hide_password=False)


def has_password(url: str) -> bool:
    """Tell whether a password stands in ``url``, before its host or among its parameters; ValueError as above."""
    address = _address(url)
    return bool(address.password) or any(name in address.query for name in _SECRET)


def without_password(url: str) -> str:
    """Give ``url`` as it may be shown: every password in it reads "hidden"; ValueError as above."""
    if not has_password(url):
        return url
    address = _address(url)
    hidden = address.update_query_dict({name: _HIDDEN for name in _SECRET if name in address.query})
    return hidden.set(password=_HIDDEN if address.password else None).render_as_string(hide_password=False)


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("it is no database URL") from None
