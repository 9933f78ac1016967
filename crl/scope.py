"""Which certificates a list is for: its name is made from the partition's code, never read from the database.

What the database says of a name is compared with it. So whoever can write there gets no list under another list's name,
which verifiers would take for that other list (RFC 5280 section 6.3.3).
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from crl.errors import ScopeDiffers, ScopeShared
from crl.signer import ListSigner
from store.database import Transaction
from store.partitions import Partition, partition_codes


def point_of(signer: ListSigner, signers: Sequence[ListSigner], partition: Partition) -> bytes:
    """The DER DistributionPointName of the signer's list of a partition; ScopeDiffers where it can have none.

    A generation without a certificate in the partition takes the oldest one's name (decision 0004).

    The list of CA certificates of a root whose own certificate names no point (LGPKI, fact sheet b.7) names none
    either: verifiers hold the root itself against it, and a certificate without a point is covered by a list
    without one only (RFC 5280 section 6.3.3). It still says onlyContainsCACerts, and there is no other list of CA
    certificates it could be taken for.
    """
    if partition.code == "ca" and not _names_a_list(signer.certificate):
        return b""
    own = signer.authority in partition.named
    others = (one for one in signers if one.authority in partition.named)
    name = (signer if own else next(others, signer)).names(partition.code)
    if name is None:
        raise ScopeDiffers(signer.authority, partition.code)
    return name


def is_misnamed(signers: Sequence[ListSigner], partition: Partition) -> bool:
    """Whether the database binds a generation's certificates in the partition to another name than they carry."""
    bound = [(one.names(partition.code), partition.named.get(one.authority)) for one in signers]
    return any(stored is not None and stored != name for name, stored in bound)


def check_scope(tx: Transaction, signers: Sequence[ListSigner], partition: Partition) -> None:
    """Refuse a partition whose stored name is not its code's, or whose name another partition has too.

    Raises ScopeDiffers or ScopeShared (RFC 5280 section 5.2.5: the scope says which certificates a list is for).
    """
    if is_misnamed(signers, partition):
        raise ScopeDiffers(partition.issuer, partition.code)
    others = [code for code in partition_codes(tx, partition.issuer) if code != partition.code]
    for signer in signers:
        name = point_of(signer, signers, partition)
        for code in others:
            if name and signer.names(code) == name:
                raise ScopeShared(signer.authority, partition.code, code)


def _names_a_list(certificate: x509.Certificate) -> bool:
    return any(one.oid == ExtensionOID.CRL_DISTRIBUTION_POINTS for one in certificate.extensions)
