"""Lists of other authorities, which need not have what ours have."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cli.errors import FileRefused
from cli.lists import described, load_list

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _list(path: Path, *extensions: x509.ExtensionType) -> Path:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Another")])
    builder = x509.CertificateRevocationListBuilder(name, NOW, NOW + timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    path.write_bytes(signed.public_bytes(Encoding.DER))
    return path


def test_a_list_without_number_and_scope_is_described(tmp_path: Path) -> None:
    """RFC 5280 section 5.2: what a list does not say is shown as absent, not as a failure."""
    body = described(load_list(_list(tmp_path / "plain.crl")))
    assert (body["number"], body["partition"], body["issuer"]) == (None, "", "O=Another")


def test_a_list_whose_extensions_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """RFC 5280 section 5.2.5: a scope by x400Address is none this program knows, and it says so."""
    scope = bytes.fromhex("3008a006a004a302 0500".replace(" ", ""))
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.28"), scope)
    with pytest.raises(FileRefused):
        load_list(_list(tmp_path / "odd.crl", odd))
