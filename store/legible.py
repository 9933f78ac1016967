"""Which rows of the tables that the front end fills can be read as records, said in SQL so that no other is fetched.

The records beside the functions refuse what is out of bounds, and so nothing of that kind is ever written through this
package. Whoever has the front end's role writes without it: one such row must not keep the signer from all others.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, func, or_

from store.list_tables import PUBLICATION_REQUEST
from store.rosters import MOST_SIGNATURE_OCTETS
from store.tables import APPLICATION, EVIDENCE

MOST_CANONICAL_OCTETS = 64 * 1024
MOST_PERSONS = 16
"""Examinations or approvals that an application may require."""

_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _is_word(column: "Column[Any]") -> ColumnElement[bool]:
    # `store.bounds.WORD`; its length stands apart, since PostgreSQL takes ten times as long for a counted repetition
    return and_(func.length(column) <= 128, column.regexp_match(r"\A[A-Za-z0-9][A-Za-z0-9._:-]*\Z"))


def _has_octets(column: "Column[Any]", low: int, high: int) -> ColumnElement[bool]:
    return func.length(column).between(low, high)


APPLICATION_LEGIBLE = and_(
    *(_is_word(APPLICATION.c[name]) for name in ("action", "authority", "profile", "branch", "requester")),
    or_(APPLICATION.c.kind.is_(None), _is_word(APPLICATION.c.kind)),
    _has_octets(APPLICATION.c.holder, 32, 32),
    _has_octets(APPLICATION.c.canonical, 2, MOST_CANONICAL_OCTETS),
    _has_octets(APPLICATION.c.digest, 32, 32),
    *(APPLICATION.c[name].between(0, MOST_PERSONS) for name in ("examinations_required", "approvals_required")),
    *(APPLICATION.c[name].between(_EARLIEST, _LATEST) for name in ("created_at", "expires_at")),
)
EVIDENCE_LEGIBLE = and_(
    *(_is_word(EVIDENCE.c[name]) for name in ("person", "credential", "kind")),
    _has_octets(EVIDENCE.c.signature, 1, MOST_SIGNATURE_OCTETS),
    _has_octets(EVIDENCE.c.digest, 32, 32),
    EVIDENCE.c.signed_at.between(_EARLIEST, _LATEST),
)
REQUEST_LEGIBLE = and_(
    *(_is_word(PUBLICATION_REQUEST.c[name]) for name in ("issuer", "requested_by")),
    or_(PUBLICATION_REQUEST.c.partition.is_(None), _is_word(PUBLICATION_REQUEST.c.partition)),
    PUBLICATION_REQUEST.c.requested_at.between(_EARLIEST, _LATEST),
)
