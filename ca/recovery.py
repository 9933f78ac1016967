"""Crash resolution: what becomes of a serial number that was reserved and never recorded (requirement ISS-2).

A signature may exist that nobody knows of. An RSA PKCS#1 v1.5 row may be signed again soon after, since the same bytes
give the same certificate; every other row is abandoned: recorded as revoked, listed in CRL and OCSP, never reused.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from ca.issuance import Ledger, Outcome, finish_issue
from ca.preparation import Case, PreparedCertificate, Refused, prepare
from ca.signature import may_be_signed_again
from ca.trail import serial_text
from store.applications import application
from store.certificate_errors import NotReserved
from store.certificates import CertificateRecord, reserved
from store.database import Transaction
from store.reservations import abandon_many

__all__ = ["SIGN_AGAIN", "abandon_rows", "left_behind", "orphans", "prepared_again", "sign_again", "sweep"]

SIGN_AGAIN: Final = timedelta(minutes=10)
"""How long after its reservation a row may still be signed: its notBefore stays honest."""

_MOST: Final = 100_000


def left_behind(tx: Transaction, ids: Collection[UUID], now: datetime) -> Mapping[UUID, CertificateRecord]:
    """Return the reserved rows of applications whose earlier signer did not come to an end, by application."""
    rows = reserved(tx, now + timedelta(microseconds=1), _MOST)
    return {row.application_id: row for row in rows if row.application_id is not None and row.application_id in ids}


def prepared_again(case: Case, row: CertificateRecord, now: datetime) -> PreparedCertificate | None:
    """Return the row as a prepared certificate if it may still be signed, else None.

    It is prepared from the application anew, every check included, and must come out as the recorded bytes: so an
    edited row, whatever it holds now, a changed profile or a changed authority never gets a signature.
    """
    if now - row.reserved_at > SIGN_AGAIN:
        return None
    try:
        prepared = prepare(case, row.reserved_at)
    except Refused:
        return None
    recorded = (row.tbs, row.authority, row.partition, row.distribution_point, row.key_hash, row.holder)
    again = (
        prepared.tbs,
        prepared.plan.authority,
        prepared.partition,
        prepared.distribution_point,
        prepared.key_hash,
        prepared.plan.holder,
    )
    return prepared if again == recorded and may_be_signed_again(prepared.tbs) else None


def sign_again(prepared: Sequence[PreparedCertificate], ledger: Ledger, now: datetime) -> tuple[Outcome, ...]:
    """Sign reserved rows that `prepared_again` found in order; the outcomes are those of `ca.issuance.issue`."""
    if not prepared:
        return ()
    ledger.checkpoint("resolving")
    return finish_issue(prepared, ledger, now)


def abandon_rows(tx: Transaction, rows: Sequence[CertificateRecord], ledger: Ledger, now: datetime) -> None:
    """Give up reserved serial numbers for ever. Raises NotReserved for one that another signer resolved first."""
    abandon_many(tx, [(row.issuer, row.serial) for row in rows], now)
    ledger.audit.append_many(
        tx,
        [
            (
                "certificate.abandoned",
                {
                    "authority": row.authority,
                    "issuer": row.issuer,
                    "serial": serial_text(row.serial),
                    "application": None if row.application_id is None else str(row.application_id),
                },
            )
            for row in rows
        ],
        now,
    )


def orphans(tx: Transaction, now: datetime, lease: timedelta) -> tuple[CertificateRecord, ...]:
    """Return old reserved rows that no claim will ever come back to: ended or expired applications, ceremonies.

    Rows younger than `SIGN_AGAIN` and a lease are left alone.
    """
    return tuple(row for row in reserved(tx, now - SIGN_AGAIN - lease) if not _will_be_claimed(tx, row, now))


def sweep(rows: Sequence[CertificateRecord], ledger: Ledger, now: datetime) -> int:
    """Abandon orphans, each in a transaction of its own; return how many. Two signers may sweep at once."""
    swept = 0
    for row in rows:
        try:
            with ledger.database.transaction() as tx:
                abandon_rows(tx, [row], ledger, now)
        except NotReserved:
            continue
        swept += 1
    return swept


def _will_be_claimed(tx: Transaction, row: CertificateRecord, now: datetime) -> bool:
    if row.application_id is None:
        return False
    record = application(tx, row.application_id)
    return record.state == "open" and record.expires_at > now
