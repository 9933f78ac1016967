"""What the tests of this package make lists from: authorities with plain keys, entries, headings."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from crl.builder import Heading
from policies.profile import CRLProfile, load_crl_profiles

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
POINT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI-TEST"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Minato-ku CRLDP"),
    ]
)

CA_POINT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA CRLDP")])


def names(code: str) -> bytes | None:
    """The name of the one list that the authorities have for residents, and that of their own certificates."""
    return {"13103": name_bytes(POINT), "ca": name_bytes(CA_POINT)}.get(code)


@dataclass(frozen=True)
class SampleAuthority:
    """A key and its self-signed certificate."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def subject(self) -> bytes:
        """The DER of the subject name."""
        return self.certificate.subject.public_bytes()

    @property
    def key_identifier(self) -> bytes:
        """The subject key identifier."""
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def make_authority(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> SampleAuthority:
    """A self-signed CA certificate over the key, always under one and the same name."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI-TEST")]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return SampleAuthority(key, certificate)


def name_bytes(point: x509.Name) -> bytes:
    """The DER of a DistributionPointName with one directoryName, cut out of an extension made by cryptography."""
    full_name = [x509.DirectoryName(point)]
    value = x509.IssuingDistributionPoint(full_name, None, False, False, None, False, False).public_bytes()
    return value[4:]


def profile(*, reason_code: bool = True, invalidity_date: bool = True) -> CRLProfile:
    """The profile of JPKI's lists, with other entry extensions where asked for."""
    shipped = load_crl_profiles()["crl-jpki"]
    return replace(shipped, reason_code=reason_code, invalidity_date=invalidity_date)


def heading(
    authority: SampleAuthority,
    *,
    number: int = 7,
    point: x509.Name | None = POINT,
    partition: str = "13103",
    of: CRLProfile | None = None,
) -> Heading:
    """The heading of one list of the authority."""
    return Heading(
        profile=of or profile(),
        partition=partition,
        issuer=authority.subject,
        key_identifier=authority.key_identifier,
        distribution_point=b"" if point is None else name_bytes(point),
        number=number,
        this_update=NOW,
    )
