"""The demo checks itself as a verifier would: by the home's files, its lists and its responder, against the story."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509

from cli.asking import ask, published_authorities
from cli.config import Config
from cli.demo.papers import Paper, read_papers
from cli.errors import Disagreement
from cli.lists import signed_by
from cli.preview import certificate_file
from crl.drafts import published_name

QUESTIONS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Checked:
    """One certificate of the home: what it should be, and what OCSP and its list say."""

    paper: Paper
    by_ocsp: str
    by_list: str

    @property
    def agrees(self) -> bool:
        """Whether both say what the story says."""
        return self.by_ocsp == self.by_list == self.paper.expected


def check_all(config: Config) -> list[Checked]:
    """Every certificate of the home asked of the running responder and looked up in the published lists."""
    issuers = published_authorities(config)
    root = Path(config.publication_root())

    @cache
    def listed(authority: str, partition: str) -> Mapping[int, str]:
        return entries_of(root / published_name(authority, partition), issuers)

    def check(paper: Paper) -> Checked:
        by_list = listed(paper.issuer, paper.partition).get(int(paper.serial, 16), "good")
        answer = ask(certificate_file(config.home / paper.file), issuers, None)
        return Checked(paper, answer.status, by_list)

    with ThreadPoolExecutor(QUESTIONS_AT_ONCE) as pool:
        return list(pool.map(check, read_papers(config)))


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
    for profile in sorted({each.paper.profile for each in checked}):
        ours = [each for each in checked if each.paper.profile == profile]
        states = Counter(each.paper.expected for each in ours)
        agree = sum(each.agrees for each in ours)
        counts = [str(states[state]) for state in ("good", "revoked", "held")]
        rows.append((profile, title(profile), *counts, f"{agree} of {len(ours)}"))
    return rows


def as_document(config: Config, checked: Sequence[Checked], seconds: float) -> dict[str, object]:
    """The outcome with stable keys, for ``--json``."""
    counts = Counter((each.paper.profile, each.paper.expected) for each in checked)
    return {
        "home": str(config.home),
        "seconds": round(seconds, 1),
        "certificates": len(checked),
        "agree": sum(each.agrees for each in checked),
        "profiles": [
            {"profile": profile, **{state: counts[profile, state] for state in ("good", "revoked", "held")}}
            for profile in sorted({each.paper.profile for each in checked})
        ],
        "disagree": json_of([each for each in checked if not each.agrees]),
        "ocsp": f"{config.ocsp.base_url}/ocsp",
        "crl": f"{config.ocsp.base_url}/crl",
    }


def json_of(wrong: Sequence[Checked]) -> list[dict[str, str]]:
    """Certificates that are not what the story says."""
    return [
        {"file": each.paper.file, "expected": each.paper.expected, "ocsp": each.by_ocsp, "list": each.by_list}
        for each in wrong
    ]
