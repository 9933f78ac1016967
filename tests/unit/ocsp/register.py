"""A database with issued certificates in it, as the tests of this package need one."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from store.certificates import CertificateRecord, record, reserve
from store.database import Database, upgrade
from store.status import hold, release, revoke


class Register:
    """An SQLite database in a folder, with the acts the tests do; `reader` is what a responder opens."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'ninsho.db'}"
        upgrade(self.url)
        self._signer = Database(self.url, "signer")
        self.reader = Database(self.url, "ocsp")

    def reserve(self, authority: str, issuer: str, serial: int, at: datetime) -> None:
        """Reserve a serial without recording a certificate."""
        mark = hashlib.sha256(f"{issuer} {serial}".encode()).digest()
        with self._signer.transaction() as tx:
            reserve(
                tx,
                CertificateRecord(
                    issuer=issuer,
                    serial=serial,
                    authority=authority,
                    profile="jpki-sign",
                    profile_digest=bytes(32),
                    application_id=None,
                    holder=mark,
                    kind=None,
                    partition="13103",
                    distribution_point=b"",
                    key_hash=mark,
                    tbs=b"\x30\x00",
                    certificate=None,
                    state="reserved",
                    not_before=at,
                    not_after=at + timedelta(days=1800),
                    reserved_at=at,
                    issued_at=None,
                ),
            )

    def issue(self, authority: str, issuer: str, serial: int, at: datetime) -> None:
        """Record a certificate under a serial."""
        self.reserve(authority, issuer, serial, at)
        with self._signer.transaction() as tx:
            record(tx, issuer, serial, b"\x30\x00", at)

    def revoke(self, issuer: str, serial: int, reason: int | None, at: datetime) -> None:
        """Revoke a certificate."""
        with self._signer.transaction() as tx:
            revoke(tx, issuer, serial, reason, at, None, None)

    def hold(self, issuer: str, serial: int, at: datetime) -> None:
        """Put a certificate on hold."""
        with self._signer.transaction() as tx:
            hold(tx, issuer, serial, at, None)

    def release(self, issuer: str, serial: int, at: datetime) -> None:
        """Release a certificate from hold."""
        with self._signer.transaction() as tx:
            release(tx, issuer, serial, at, None)

    def close(self) -> None:
        """Close both databases."""
        self._signer.close()
        self.reader.close()
