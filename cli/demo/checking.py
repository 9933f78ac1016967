"""The demo checks itself: every certificate's state by OCSP and by its list, against what the story says."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509

from cli.asking import ask, published_authorities
from cli.config import Config
from cli.demo.story import Expected
from cli.errors import Disagreement
from cli.lists import signed_by
from crl.drafts import published_name
from store.certificates import CertificateRecord

QUESTIONS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Checked:
    """One certificate: what it should be, and what OCSP and its list say."""

    record: CertificateRecord
    expected: Expected
    by_ocsp: str
    by_list: str

    @property
    def agrees(self) -> bool:
        """Whether both say what the story says."""
        return self.by_ocsp == self.by_list == self.expected


def check_all(
    config: Config, records: Iterable[CertificateRecord], expected: Mapping[tuple[str, int], Expected]
) -> list[Checked]:
    """Every certificate asked of the running responder and looked up in the published lists."""
    issuers = published_authorities(config)
    root = Path(config.publication_root())

    @cache
    def listed(authority: str, partition: str) -> Mapping[int, str]:
        return entries_of(root / published_name(authority, partition), issuers)

    def check(record: CertificateRecord) -> Checked:
        certificate = x509.load_der_x509_certificate(record.certificate or b"")
        by_list = listed(record.authority, record.partition or "").get(record.serial, "good")
        answer = ask(certificate, issuers, None)
        return Checked(record, expected[record.issuer, record.serial], answer.status, by_list)

    with ThreadPoolExecutor(QUESTIONS_AT_ONCE) as pool:
        return list(pool.map(check, records))


def entries_of(path: Path, issuers: Sequence[x509.Certificate]) -> Mapping[int, str]:
    """The entries of a published list, once one of `issuers` is found to have signed it: serial -> revoked or held."""
    found = x509.load_der_x509_crl(path.read_bytes())
    if not any(signed_by(found, each) for each in issuers):
        raise Disagreement(f"The list {path.name} is signed by no authority of this home.", "See log/signer.log.")
    return {entry.serial_number: state_of(entry) for entry in found}


def state_of(entry: x509.RevokedCertificate) -> str:
    """Held for the reason certificateHold, otherwise revoked (RFC 5280 section 5.3.1)."""
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return "revoked"
    return "held" if reason is x509.ReasonFlags.certificate_hold else "revoked"


def summary(checked: Sequence[Checked], title: Callable[[str], str]) -> list[tuple[str, ...]]:
    """One row per profile: its title, how many certificates are good, revoked and held, and how many agree."""
    rows = []
    for profile in sorted({each.record.profile for each in checked}):
        ours = [each for each in checked if each.record.profile == profile]
        states = Counter(each.expected for each in ours)
        agree = sum(each.agrees for each in ours)
        counts = [str(states[state]) for state in ("good", "revoked", "held")]
        rows.append((profile, title(profile), *counts, f"{agree} of {len(ours)}"))
    return rows
