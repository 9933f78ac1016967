"""Who seals the minutes: the audit key, and participants with keys of their own."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.x509.oid import NameOID

from ca.seals import seal
from ca.statement import PrivateKey

__all__ = ["bearer_certificate", "seal_minutes"]

_YEARS_KEPT = 30
"""How long minutes are kept at least (fact sheet f names no time; this is longer than any CA key lives)."""


def seal_minutes(
    pdf: bytes, key: PrivateKey, name: str, certificate: x509.Certificate | None, serial: int, at: datetime
) -> bytes:
    """Seal the minutes as `name`; without a certificate the seal carries one that only tells the key.

    `at` is aware UTC. Raises what `ca.seals.seal` raises.
    """
    bearer = certificate or bearer_certificate(key, name, serial, at)
    return seal(pdf, key, bearer, field=f"seal-{name}", reason="minutes of a key ceremony 鍵生成式の議事録", at=at)


def bearer_certificate(key: PrivateKey, name: str, serial: int, at: datetime) -> x509.Certificate:
    """A self-signed certificate for a key that has none: signed PDF files carry a certificate (ETSI EN 319 142-1).

    Nobody trusts it for what it says; `verify` is given the public key itself.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), serial)
        .not_valid_before(at - timedelta(minutes=5))
        .not_valid_after(at + timedelta(days=365 * _YEARS_KEPT))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return builder.sign(key, None)
    wide = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)  # noqa: S101 - the union has no other kind
    return builder.sign(key, SHA384() if wide else SHA256())
