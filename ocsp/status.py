"""What the database says of a certificate, with the change counter that was read before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ocsp.cache import Recent
from ocsp.response import Revoked, Standing
from store.certificates import certificate
from store.database import Database, Transaction
from store.status import Compromise, Status, change_counter, statuses, under

MAX_SERIAL = 1 << 159  # RFC 5280 section 4.1.2.2: positive, at most 20 octets


@dataclass(frozen=True, slots=True)
class Reading:
    """The standings of the serials asked for, and the change counter read before them."""

    counter: int
    standings: tuple[Standing, ...]


class StatusReader:
    """Reads the statuses one authority answers for. Raises the store's DatabaseAway while it cannot be asked.

    Which authority issued a serial never changes; so much is remembered of at most `capacity` certificates.
    `compromised` tells in a transaction which authorities' keys were compromised, and is asked when the change counter
    moved. All certificates of such an authority are revoked; what it did not issue stays unknown (RFC 6960 section
    2.2).
    """

    def __init__(
        self,
        database: Database,
        capacity: int,
        compromised: Callable[[Transaction], Sequence[Compromise]] = lambda tx: (),
    ) -> None:
        self._database = database
        self._ask = compromised
        self._compromised: tuple[int, Mapping[str, Compromise]] | None = None
        self._authorities: Recent[tuple[str, int], str] = Recent(capacity)

    def counter(self) -> int:
        """How many status changes are recorded."""
        with self._database.snapshot() as tx:
            return change_counter(tx)

    def read(self, authority: str, issuer: str, serials: Sequence[int]) -> Reading:
        """One standing for each serial: unknown for what this authority did not issue, whoever else did."""
        possible = [serial for serial in serials if 0 < serial < MAX_SERIAL]
        with self._database.snapshot() as tx:
            counter = change_counter(tx)
            found = statuses(tx, issuer, possible) if possible else {}
            compromise = self._compromise(tx, authority, counter)
            standings = tuple(self._standing(tx, authority, issuer, serial, found, compromise) for serial in serials)
        return Reading(counter, standings)

    def _compromise(self, tx: Transaction, authority: str, counter: int) -> Compromise | None:
        """Whether the authority was compromised; a statement of that raises the counter like a revocation."""
        known = self._compromised
        if known is None or known[0] != counter:
            known = counter, {one.authority: one for one in self._ask(tx)}
            self._compromised = known
        return known[1].get(authority)

    def _standing(
        self,
        tx: Transaction,
        authority: str,
        issuer: str,
        serial: int,
        found: Mapping[int, Status],
        compromise: Compromise | None,
    ) -> Standing:
        status = found.get(serial)
        if status is None or self._authority(tx, issuer, serial) != authority:
            return False
        if compromise is not None:
            status = under(status, compromise)
        if status.state == "good":
            return True
        if status.revoked_at is None:
            raise ValueError("a revoked certificate has a time of revocation")
        return Revoked(status.revoked_at, status.reason)

    def _authority(self, tx: Transaction, issuer: str, serial: int) -> str:
        known = self._authorities.get((issuer, serial))
        if known is None:
            known = certificate(tx, issuer, serial).authority
            self._authorities.put((issuer, serial), known)
        return known
