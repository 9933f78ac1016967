"""The lists that a ceremony signs: an offline authority's, and the last ones of an authority whose key is destroyed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509

from ca.authority import Authority
from ca.ceremony.room import Signed
from cli.list_signers import list_signer
from crl.drafts import published_name
from crl.issuance import Publisher
from crl.signer import ListSigner
from policies.profile import CertificateProfile

__all__ = ["CeremonyLists"]


class CeremonyLists:
    """Publishes through the same publisher and gate as the signer, with the time to live that the script gives.

    `generations` gives the certificates of all generations of an issuer.
    """

    def __init__(
        self,
        publisher: Publisher,
        profiles: Mapping[str, CertificateProfile],
        clock: Callable[[], datetime],
        generations: Callable[[str], Sequence[x509.Certificate]],
    ) -> None:
        self._publisher = publisher
        self._profiles = profiles
        self._clock = clock
        self._generations = generations

    def sign(self, authority: Authority, days: int | None) -> Sequence[Signed]:
        """Sign and publish every list of the authority, valid for so many days; None: until its own end.

        Raises CRLError, the store's refusals and ConnectionError; lists published before stay in force then.
        """
        now = self._clock()
        signer = self._living(list_signer(authority, self._generations(authority.issuer), self._profiles), days, now)
        wanted = self._publisher.wanted(authority.issuer)
        records = [record for one in wanted for record in self._publisher.publish([signer], one).records]
        return [Signed(published_name(each.authority, each.partition), each.sha256) for each in records]

    @staticmethod
    def _living(signer: ListSigner, days: int | None, now: datetime) -> ListSigner:
        """The signer with its lists' life in hours, the last one begun: no last list ends before its authority."""
        left = signer.certificate.not_valid_after_utc - now
        life = left if days is None else min(timedelta(days=days), left)
        hours = -(-life // timedelta(hours=1))
        return replace(signer, profile=replace(signer.profile, next_update_hours=hours))
