"""What the tests of this package ask about: an authority, its delegated responder, and requests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ocsp.delegate import Delegate

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def name(common_name: str) -> x509.Name:
    """A test name."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI-TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def issue(
    subject: str,
    key: PrivateKey,
    *extensions: x509.ExtensionType,
    issuer: "SampleAuthority | None" = None,
    serial: int | None = None,
    now: datetime = NOW,
    days: int = 300,
) -> x509.Certificate:
    """A certificate with no critical extension, self-signed unless an issuer is given."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(subject) if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )
    for extension in extensions:
        builder = builder.add_extension(
            extension, critical=isinstance(extension, x509.BasicConstraints | x509.KeyUsage)
        )
    return builder.sign(key if issuer is None else issuer.key, hashes.SHA256())


@dataclass(frozen=True)
class SampleAuthority:
    """A CA key and its self-signed certificate, with the names the database knows it by."""

    name: str
    issuer: str
    key: PrivateKey
    certificate: x509.Certificate


def make_authority(name: str, issuer: str, key: PrivateKey, now: datetime = NOW) -> SampleAuthority:
    """An authority whose subject says its issuer code."""
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    return SampleAuthority(name, issuer, key, issue(issuer, key, constraints, usage, identifier, now=now))


def responder_certificate(
    authority: SampleAuthority, key: PrivateKey, now: datetime = NOW, days: int = 300
) -> x509.Certificate:
    """A delegated responder's certificate as RFC 6960 section 4.2.2.2 wants it."""
    return issue(
        "OCSP",
        key,
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]),
        x509.OCSPNoCheck(),
        x509.KeyUsage(True, False, False, False, False, False, False, False, False),
        issuer=authority,
        now=now,
        days=days,
    )


def make_delegate(
    authority: SampleAuthority,
    key: PrivateKey,
    certificate: x509.Certificate | None = None,
    validity: timedelta = timedelta(minutes=30),
    now: datetime = NOW,
) -> Delegate:
    """The authority's delegate under that key."""
    return Delegate(
        authority=authority.name,
        issuer=authority.issuer,
        ca_certificate=authority.certificate,
        certificate=certificate or responder_certificate(authority, key, now),
        key=key,
        validity=validity,
        outage=timedelta(minutes=15),
    )


def question(
    authority: SampleAuthority,
    serial: int,
    algorithm: hashes.SHA1 | hashes.SHA256 | None = None,
    nonce: bytes | None = None,
) -> bytes:
    """A request about one serial of the authority, by cryptography's builder."""
    holder = issue("holder", ec.generate_private_key(ec.SECP256R1()), issuer=authority, serial=serial)
    builder = ocsp.OCSPRequestBuilder().add_certificate(holder, authority.certificate, algorithm or hashes.SHA1())  # noqa: S303 - SHA-1 names an issuer here (RFC 5019)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)
