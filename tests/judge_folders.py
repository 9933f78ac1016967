"""Lay out one folder per profile of a demo home, for verifiers that nobody here wrote.

    python -m tests.judge_folders demo-home judged

Each folder holds ca.pem, root.pem and root.crl of a two-tier authority, ca.crl (the one list of the partition),
leaf.pem, revoked.pem, hold.pem where the profile allows a hold, and never-issued.pem: signed here with the demo's
token and recorded nowhere, so its status must be unknown.
"""

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from cli.config import Config, load_config
from cli.wiring import open_token

NAMES = {"good": "leaf", "revoked": "revoked", "held": "hold"}
ROOT_OF = {"lgpki-sub-g1": "lgpki-root-g1"}

Entry = Mapping[str, str]


def main(home: Path, target: Path) -> None:
    """Write a folder for every profile in the home's index."""
    config = load_config(home / "ninsho.toml")
    entries: Sequence[Entry] = json.loads((home / "out" / "demo.json").read_text(encoding="utf-8"))["certificates"]
    with open_token(config, "issuing") as token:
        for profile in sorted({each["profile"] for each in entries}):
            chosen = one_partition([each for each in entries if each["profile"] == profile])
            folder = target / profile
            folder.mkdir(parents=True)
            lay_out(config, folder, chosen)
            authority = chosen["good"]["issuer"]
            leaf = x509.load_pem_x509_certificate((folder / "leaf.pem").read_bytes())
            key = token.signing_key(config.authorities[authority].key)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise TypeError("the demo's authorities have RSA keys")
            (folder / "never-issued.pem").write_bytes(never_issued(leaf, key).public_bytes(Encoding.PEM))


def one_partition(entries: Sequence[Entry]) -> dict[str, Entry]:
    """One certificate of each state out of one partition, the one with most states."""
    partitions = sorted({each["partition"] for each in entries})
    found = [{each["expected"]: each for each in entries if each["partition"] == code} for code in partitions]
    return max(found, key=len)


def lay_out(config: Config, folder: Path, chosen: Mapping[str, Entry]) -> None:
    """Copy the certificates, their issuer and its list into `folder`."""
    for state, entry in chosen.items():
        (folder / f"{NAMES[state]}.pem").write_bytes((config.home / entry["file"]).read_bytes())
    authority, partition = chosen["good"]["issuer"], chosen["good"]["partition"]
    public = config.home / "public"
    (folder / "ca.pem").write_bytes(pem(public / "ca" / f"{authority}.cer"))
    (folder / "ca.crl").write_bytes((public / "crl" / authority / f"{partition}.crl").read_bytes())
    if root := ROOT_OF.get(authority):
        (folder / "root.pem").write_bytes(pem(public / "ca" / f"{root}.cer"))
        (folder / "root.crl").write_bytes((public / "crl" / root / "ca.crl").read_bytes())


def pem(path: Path) -> bytes:
    """A DER certificate as PEM."""
    return x509.load_der_x509_certificate(path.read_bytes()).public_bytes(Encoding.PEM)


def never_issued(leaf: x509.Certificate, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A certificate like `leaf` under another serial number, signed by its authority's key and recorded nowhere."""
    builder = x509.CertificateBuilder(
        issuer_name=leaf.issuer,
        subject_name=leaf.subject,
        public_key=leaf.public_key(),
        serial_number=int.from_bytes(secrets.token_bytes(16)) >> 1,
        not_valid_before=leaf.not_valid_before_utc,
        not_valid_after=leaf.not_valid_after_utc,
        extensions=list(leaf.extensions),
    )
    return builder.sign(key, hashes.SHA256())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
