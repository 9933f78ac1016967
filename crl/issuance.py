"""Publishing revocation lists: one partition at a time, by every living generation of its issuer.

In order: lock the partition's number; open the snapshot, then date the list; spool the entries once; let each
generation sign them under its own key; pass every list through the gate; publish; record and audit. Whatever fails
leaves the lists published before in force. Other publishers of the partition wait at the number meanwhile; on SQLite
so does every writer, for about 0.1 s per 10,000 entries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crl.drafts import Draft, Drafts
from crl.errors import CRLError, ScopeDiffers, SignerEnded
from crl.gate import Ordered, check, check_journal, check_origin
from crl.scope import check_scope, is_misnamed, point_of
from crl.signer import ListSigner
from store.audit import AuditChain, Fact
from store.crls import CRLRecord, latest_crl, next_number, record_crl
from store.database import Database, Transaction
from store.partitions import Partition, partitions
from store.publication import Publication
from store.status import Compromise

SIZE_BOUND = 64 * 1024 * 1024  # octets; a list of a million entries has about 50 MiB


@dataclass(frozen=True, slots=True)
class Outcome:
    """The lists of one partition, one for each generation; `made` is False where young ones still say the same."""

    partition: str
    records: tuple[CRLRecord, ...]
    made: bool


class Publisher:
    """Makes and publishes lists. `clock` gives aware UTC times; `size_bound` is the most octets a list may have.

    The signers of one call are all living generations of one issuer, each with its key. `ended` tells which authorities
    sign nothing any more, `compromised` all whose certificates stand in the lists of the other generations.
    """

    def __init__(
        self,
        database: Database,
        publication: Publication,
        audit: AuditChain,
        clock: Callable[[], datetime],
        size_bound: int = SIZE_BOUND,
        compromised: Callable[[], tuple[Compromise, ...]] = tuple,
        ended: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._database = database
        self._publication = publication
        self._audit = audit
        self._clock = clock
        self._size_bound = size_bound
        self._compromised = compromised
        self._ended = ended
        self._refused: dict[tuple[str, str], str] = {}

    def wanted(self, issuer: str) -> tuple[Partition, ...]:
        """The partitions of an issuer that have lists now, once its status table was held against the journal.

        StatusTampered when the table says better of a certificate than the journal: then no list is right.
        """
        with self._database.snapshot() as snapshot:
            check_journal(snapshot, issuer)
            return partitions(snapshot, issuer, self._clock())

    def due(self, signers: Sequence[ListSigner]) -> tuple[Partition, ...]:
        """Those that need a list which is missing, misnamed, or has lived half its life. Raises as `wanted`.

        It is asked each minute, and the journal only grows: it is read where there is a list to make.
        """
        issuer = signers[0].issuer
        with self._database.snapshot() as snapshot:
            every = partitions(snapshot, issuer, self._clock())
            due = tuple(one for one in every if self._is_due(snapshot, signers, one))
            if due:
                check_journal(snapshot, issuer)
            return due

    def publish(self, signers: Sequence[ListSigner], partition: Partition) -> Outcome:
        """Publish the lists of one partition.

        Asked again while they are young and nothing changed, it makes none and says so. Raises CRLError (each refusal
        of the gate is one), NoFolderForDrafts, the store's errors and the keys' own; then nothing was recorded but the
        refusal, and that once for as long as the partition meets no other.
        """
        try:
            with self._database.snapshot() as snapshot:
                check_scope(snapshot, signers, partition)
            compromised = self._compromised()
            gone = self._ended() | {one.authority for one in compromised}
            if found := gone & {one.authority for one in signers}:
                raise SignerEnded(min(found))
            with Drafts(self._publication, tuple(signers), partition, compromised) as drafts:
                outcome = self._outcome(drafts)
        except CRLError as error:
            self._refuse(partition, error.code)
            raise
        self._refused.pop((partition.issuer, partition.code), None)
        return outcome

    def _outcome(self, drafts: Drafts) -> Outcome:
        in_force = self._in_force(drafts)
        if in_force:
            return Outcome(drafts.partition.code, in_force, made=False)
        with self._database.transaction() as tx:
            return Outcome(drafts.partition.code, self._make(drafts, tx), made=True)

    def _refuse(self, partition: Partition, code: str) -> None:
        """Audit a refusal, unless it is the partition's last one still: whoever is refused tries again each minute."""
        if self._refused.get((partition.issuer, partition.code)) == code:
            return
        with self._database.transaction() as tx:
            facts = {"issuer": partition.issuer, "partition": partition.code, "code": code}
            self._audit.append(tx, "crl.refused", facts, self._clock())
        self._refused[partition.issuer, partition.code] = code

    def _in_force(self, drafts: Drafts) -> tuple[CRLRecord, ...]:
        """The records of the lists in force, where all are young and say what the database says; otherwise ().

        In force is what stands under the published name: somebody may have lost it, or brought an older one back.
        """
        with self._database.snapshot() as snapshot:
            if not self._young(snapshot, drafts.signers, drafts.partition, self._clock()):
                return ()
            spool = drafts.spool(snapshot)
            if any(one is None or one.entries_digest() != spool.sha256 for one in drafts.previous()):
                return ()
            found = [(one, latest_crl(snapshot, one.authority, drafts.partition.code)) for one in drafts.signers]
        records = [record for one, record in found if record is not None and drafts.current(one) == record.sha256]
        return tuple(records) if len(records) == len(found) else ()

    def _make(self, drafts: Drafts, tx: Transaction) -> tuple[CRLRecord, ...]:
        partition = drafts.partition
        number = next_number(tx, partition.issuer, partition.code, drafts.newest_number())
        previous = drafts.previous()
        with self._database.snapshot() as snapshot:
            spool = drafts.spool(snapshot)
            this_update = self._clock().replace(microsecond=0)
            made = [drafts.draft(signer, number, this_update, spool) for signer in drafts.signers]
            for draft, earlier in zip(made, previous, strict=True):
                ordered = Ordered(
                    draft.signer.authority,
                    draft.signer.certificate,
                    draft.heading,
                    partition.issuer,
                    spool,
                    drafts.past(),
                    self._size_bound,
                    draft.signer.generations,
                    drafts.compromised,
                )
                if earlier is not None:
                    check_origin(earlier, ordered)
                check(draft.list, ordered, earlier, snapshot)
        for draft in made:
            drafts.publish(draft)
        return tuple(self._record(tx, draft, partition) for draft in made)

    def _record(self, tx: Transaction, draft: Draft, partition: Partition) -> CRLRecord:
        record = CRLRecord(
            authority=draft.signer.authority,
            issuer=partition.issuer,
            partition=partition.code,
            distribution_point=draft.heading.distribution_point,
            number=draft.heading.number,
            this_update=draft.heading.this_update,
            next_update=draft.heading.next_update,
            sha256=draft.written.sha256,
            size=draft.written.size,
            entries=draft.written.entries,
        )
        record_crl(tx, record)
        facts: dict[str, Fact] = {
            "authority": record.authority,
            "partition": record.partition,
            "number": record.number,
            "entries": record.entries,
            "sha256": record.sha256.hex(),
        }
        self._audit.append(tx, "crl.published", facts, self._clock())
        return record

    def _is_due(self, snapshot: Transaction, signers: Sequence[ListSigner], partition: Partition) -> bool:
        """Also where no list can be made: `publish` then says so of that partition, and the others have theirs."""
        try:
            return is_misnamed(signers, partition) or not self._young(snapshot, signers, partition, self._clock())
        except ScopeDiffers:
            return True

    @staticmethod
    def _young(tx: Transaction, signers: Sequence[ListSigner], partition: Partition, now: datetime) -> bool:
        """Whether every generation's list is under its present name and lives for more than half a new one's life."""
        newest = [latest_crl(tx, one.authority, partition.code) for one in signers]
        return all(
            record is not None
            and record.distribution_point == point_of(signer, signers, partition)
            and record.this_update <= now < record.next_update - signer.renew_after
            for record, signer in zip(newest, signers, strict=True)
        )
