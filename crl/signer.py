"""Who signs a list: one generation of an issuer with its key, and what its lists look like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509

from crl.signature import PrivateKey
from policies.profile import CRLProfile


@dataclass(frozen=True, slots=True)
class ListSigner:
    """One generation of an issuer as the signer of its lists.

    `authority` and `issuer` are the names the database knows it by; `key` is the certificate's key; `profile` says
    what its lists look like and how long they live. `names` gives the DER DistributionPointName that its certificates
    in a partition of that code carry, None for a code that no list of its has. `generations` are the certificates of
    all generations of the issuer, itself and ended ones included: an entry leaves once its certificate, which one of
    them signed, has ended.
    """

    authority: str
    issuer: str
    certificate: x509.Certificate
    key: PrivateKey
    profile: CRLProfile
    names: Callable[[str], bytes | None]
    generations: tuple[x509.Certificate, ...]

    @property
    def key_identifier(self) -> bytes:
        """The subject key identifier, which the lists' authority key identifier repeats (RFC 5280 section 5.2.1)."""
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest

    @property
    def renew_after(self) -> timedelta:
        """The age at which a list is replaced: half its life, so that one missed day is tolerated (CRL-2)."""
        return timedelta(hours=self.profile.next_update_hours) / 2
