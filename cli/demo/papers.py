"""What a demo home shows to others: the certificates as PEM files, and `demo.json`, which says what to expect."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cli.config import Config
from cli.demo.story import Expected
from cli.options import hexadecimal
from store.certificates import CertificateRecord


def write_papers(
    config: Config,
    records: Sequence[CertificateRecord],
    expected: Mapping[tuple[str, int], Expected],
) -> Path:
    """Write every certificate to ``out/`` and the index of them; the index's path."""
    entries = []
    for number, record in enumerate(records, 1):
        file = config.home / "out" / f"{record.profile}-{number:04d}.pem"
        file.write_bytes(x509.load_der_x509_certificate(record.certificate or b"").public_bytes(Encoding.PEM))
        entries.append(
            {
                "file": str(file.relative_to(config.home)),
                "issuer": record.authority,
                "issuer_file": f"public/ca/{record.authority}.cer",
                "serial": hexadecimal(record.serial),
                "profile": record.profile,
                "partition": record.partition,
                "expected": expected[record.issuer, record.serial],
            }
        )
    responders = {
        name: f"{config.ocsp.base_url}/ocsp" for name, each in config.authorities.items() if each.responder_key
    }
    index = config.home / "out" / "demo.json"
    body = {"schema": "ninsho.demo.v1", "ocsp": responders, "certificates": entries}
    index.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return index
