"""What a demo home shows to others: the certificates as PEM files, and `demo.json`, which says what to expect."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cli.config import Config
from cli.demo.story import Expected
from cli.errors import HomeRefused
from cli.options import hexadecimal
from store.certificates import CertificateRecord


@dataclass(frozen=True, slots=True)
class Paper:
    """One certificate of the home; files are relative to it, `issuer` is the authority, `serial` hexadecimal."""

    file: str
    issuer: str
    issuer_file: str
    serial: str
    profile: str
    partition: str
    expected: Expected


def index_file(config: Config) -> Path:
    """Where the index of a home is."""
    return config.home / "out" / "demo.json"


def write_papers(
    config: Config, records: Sequence[CertificateRecord], expected: Mapping[tuple[str, int], Expected]
) -> Path:
    """Write every certificate to ``out/`` and the index of them; the index's path."""
    papers = []
    for number, record in enumerate(records, 1):
        file = config.home / "out" / f"{record.profile}-{number:04d}.pem"
        file.write_bytes(x509.load_der_x509_certificate(record.certificate or b"").public_bytes(Encoding.PEM))
        papers.append(
            Paper(
                file=str(file.relative_to(config.home)),
                issuer=record.authority,
                issuer_file=f"public/ca/{record.authority}.cer",
                serial=hexadecimal(record.serial),
                profile=record.profile,
                partition=record.partition or "",
                expected=expected[record.issuer, record.serial],
            )
        )
    answering = [name for name, each in config.authorities.items() if each.responder_key is not None]
    body = {
        "schema": "ninsho.demo-index.v1",
        "ocsp": dict.fromkeys(answering, f"{config.ocsp.base_url}/ocsp"),
        "certificates": [asdict(paper) for paper in papers],
    }
    index = index_file(config)
    index.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return index


def read_papers(config: Config) -> list[Paper]:
    """The certificates of a home by its index; raises `HomeRefused` for a home whose making was interrupted."""
    try:
        body = json.loads(index_file(config).read_text(encoding="utf-8"))
    except FileNotFoundError:
        why, advice = "its making was interrupted", "Remove it and run the demo again."
        raise HomeRefused(config.home, why, advice) from None
    return [Paper(**entry) for entry in body["certificates"]]
