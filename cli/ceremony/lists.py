"""The lists that a ceremony signs: an offline authority's, and the last ones of an authority whose key is destroyed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ca.authority import Authority
from ca.ceremony.room import Signed
from cli.chores import list_signer
from crl.drafts import published_name
from crl.issuance import Publisher
from policies.profile import CertificateProfile
from store.audit import AuditChain
from store.database import Database
from store.partitions import partitions
from store.publication import Publication

__all__ = ["CeremonyLists"]


class CeremonyLists:
    """Publishes through the same publisher and gate as the signer, with the time to live that the script gives."""

    def __init__(
        self,
        database: Database,
        publication: Publication,
        audit: AuditChain,
        profiles: Mapping[str, CertificateProfile],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._clock = clock
        self._publisher = Publisher(database, publication, audit, clock)

    def sign(self, authority: Authority, days: int | None) -> Sequence[Signed]:
        """Sign and publish every list of the authority, valid for so many days; None: until its own end.

        Raises CRLError, the store's refusals and ConnectionError; lists published before stay in force then.
        """
        now = self._clock()
        end = authority.certificate.not_valid_after_utc
        life = end - now if days is None else min(timedelta(days=days), end - now)
        signer = list_signer(authority, [authority.certificate], self._profiles)
        signer = replace(
            signer, profile=replace(signer.profile, next_update_hours=max(1, int(life / timedelta(hours=1))))
        )
        with self._database.snapshot() as tx:
            wanted = partitions(tx, authority.issuer, now)
        signed = []
        for partition in wanted:
            for record in self._publisher.publish([signer], partition).records:
                signed.append(Signed(published_name(record.authority, record.partition), record.sha256))
        return signed
