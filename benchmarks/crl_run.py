"""One run of the list benchmark, as its own process: ``python -m benchmarks.crl_run METHOD CONFIG PARTITION FILE``.

METHOD is "ours" or "cryptography". Prints one JSON document: seconds from the first row asked for to the file written,
MiB of memory before and at the peak, entries, and the SHA-256 of the entries' DER as they stand in the file.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from cli.config import load_config
from cli.list_signers import list_signer
from cli.wiring import open_authorities, open_database, open_token, profiles_of
from crl.builder import Heading, spool_entries, write_list
from crl.reader import open_list
from crl.signer import ListSigner
from store.crls import Entry, entries
from store.database import Transaction

AUTHORITY = "jpki-auth-g1"
PARTITION = "13103"
REASONS = {
    1: x509.ReasonFlags.key_compromise,
    3: x509.ReasonFlags.affiliation_changed,
    4: x509.ReasonFlags.superseded,
    5: x509.ReasonFlags.cessation_of_operation,
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds, MiB of memory at the start and at the peak, and what came out."""

    seconds: float
    before: float
    peak: float
    entries: int
    sha256: str


def main(method: str, config_path: str, partition: str, out: str) -> Run:
    """Make the list by `method` and read back what was written."""
    config = load_config(Path(config_path))
    database = open_database(config, "signer")
    with open_token(config, "issuing") as token:
        opened = {each.name: each for each in open_authorities(config, database, {"issuing": token})}
        signer = list_signer(opened[AUTHORITY], [opened[AUTHORITY].certificate], profiles_of(config))
        before = peak_memory()
        start = time.perf_counter()
        with database.snapshot() as snapshot:
            METHODS[method](snapshot, heading(signer, partition), signer, Path(out))
        seconds, peak = time.perf_counter() - start, peak_memory()
    database.close()
    with Path(out).open("rb") as file:
        read = open_list(file)
        count = sum(1 for _ in read.serials())
        return Run(seconds, before, peak, count, read.entries_digest().hex())


def heading(signer: ListSigner, partition: str) -> Heading:
    """The first list of the partition, dated now."""
    return Heading(
        profile=signer.profile,
        partition=partition,
        issuer=signer.certificate.subject.public_bytes(),
        key_identifier=signer.key_identifier,
        distribution_point=b"",
        number=1,
        this_update=datetime.now(UTC).replace(microsecond=0),
    )


def ours(snapshot: Transaction, head: Heading, signer: ListSigner, out: Path) -> None:
    """Stream the rows into a spool, hash, sign once, write."""
    rows = entries(snapshot, signer.issuer, head.partition, None)
    with tempfile.TemporaryFile(dir=out.parent) as spool, out.open("wb") as file:
        write_list(head, spool_entries(rows, signer.profile, spool), signer.key, file)


def theirs(snapshot: Transaction, head: Heading, signer: ListSigner, out: Path) -> None:
    """Cryptography's builder with the whole list at once, since adding entries one by one copies the list each time."""
    rows = [revoked(entry) for entry in entries(snapshot, signer.issuer, head.partition, None)]
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=rows)
        .issuer_name(signer.certificate.subject)
        .last_update(head.this_update)
        .next_update(head.next_update)
        .add_extension(x509.AuthorityKeyIdentifier(signer.key_identifier, None, None), critical=False)
        .add_extension(x509.CRLNumber(head.number), critical=False)
    )
    out.write_bytes(builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER))


def revoked(entry: Entry) -> x509.RevokedCertificate:
    """One entry as cryptography takes it."""
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(int.from_bytes(entry.serial, "big"))
        .revocation_date(datetime.fromtimestamp(entry.revoked_at, UTC))
    )
    if entry.reason is not None:
        builder = builder.add_extension(x509.CRLReason(REASONS[entry.reason]), critical=False)
    return builder.build()


def peak_memory() -> float:
    """The most resident memory this process had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


METHODS: Mapping[str, Callable[[Transaction, Heading, ListSigner, Path], None]] = {"ours": ours, "cryptography": theirs}

if __name__ == "__main__":
    print(json.dumps(asdict(main(*sys.argv[1:]))))
