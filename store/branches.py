"""Issued certificates in the branch of their application: the narrow table that the counter's searches walk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from store.counter_tables import CERTIFICATE_BRANCH
from store.database import Transaction
from store.rows import among, insert_all
from store.tables import APPLICATION, GOOD


def enter_branches(tx: Transaction, rows: Sequence[Row[Any]], at: datetime) -> None:
    """Enter certificate rows as issued and good, each in the branch of its application.

    What a ceremony issued has no application, and is nobody's at the counter. Called by `store.reservations`.
    """
    ids = {row.application_id for row in rows if row.application_id is not None}
    if not ids:
        return
    statement = select(APPLICATION.c.id, APPLICATION.c.branch).where(among(tx, APPLICATION.c.id, list(ids)))
    branches = {row.id: row.branch for row in tx.execute(statement)}
    entered = [
        {
            "serial": row.serial,
            "issuer": row.issuer,
            "authority": row.authority,
            "branch": branches[row.application_id],
            "kind": row.kind or row.profile,
            "state": GOOD,
            "not_after": row.not_after,
            "issued_at": at,
            "holder": row.holder,
            "application_id": row.application_id,
        }
        for row in rows
        if row.application_id in branches
    ]
    insert_all(tx, CERTIFICATE_BRANCH, entered)
