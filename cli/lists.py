"""A verifier's side of revocation lists (RFC 5280 section 6.3): read one, say what it says, verify it."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from cli.asking import rfc3339
from cli.errors import CommandError, FileRefused
from cli.wiring import utc_now
from policies.finding import Severity
from policies.lint import lint_crl

LARGEST_LIST = 128 * 1024 * 1024


class ListNotValid(CommandError):
    """A list that a verifier must not use."""

    code = "ca.validation-list"

    def __init__(self, why: str) -> None:
        super().__init__(f"The list must not be used: {why}.")
        self.next = "Fetch the newest list from its place of publication."


def load_list(path: Path) -> x509.CertificateRevocationList:
    """The list in a DER or PEM file of at most 128 MiB; raises `FileRefused`."""
    if path.stat().st_size > LARGEST_LIST:
        raise FileRefused(path, f"it is larger than {LARGEST_LIST} octets")
    data = path.read_bytes()
    for load in (x509.load_der_x509_crl, x509.load_pem_x509_crl):
        try:
            found = load(data)
            found.extensions  # noqa: B018 - read now, since it is here that a fault in them makes it no list
        except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            continue
        return found
    raise FileRefused(path, "it holds no revocation list")


def described(found: x509.CertificateRevocationList) -> dict[str, object]:
    """What a list says of itself; times are RFC 3339 in UTC. Other authorities' lists may have no number."""
    values = {one.oid: one.value for one in found.extensions}
    number = values.get(x509.CRLNumber.oid)
    scope = values.get(x509.IssuingDistributionPoint.oid)
    names = (scope.full_name or ()) if isinstance(scope, x509.IssuingDistributionPoint) else ()
    return {
        "issuer": found.issuer.rfc4514_string(),
        "number": number.crl_number if isinstance(number, x509.CRLNumber) else None,
        "this_update": rfc3339(found.last_update_utc),
        "next_update": rfc3339(found.next_update_utc) if found.next_update_utc else None,
        "partition": " | ".join(general_name(name) for name in names),
        "entries": len(found),
    }


def general_name(name: x509.GeneralName) -> str:
    """A distribution point's name as text."""
    return name.value.rfc4514_string() if isinstance(name, x509.DirectoryName) else str(name.value)


def verified(found: x509.CertificateRevocationList, issuers: Sequence[x509.Certificate]) -> x509.Certificate:
    """The CA certificate whose key signed the list, once it is current and lints clean; raises `ListNotValid`."""
    signer = next((each for each in issuers if signed_by(found, each)), None)
    if signer is None:
        raise ListNotValid("none of the known authorities signed it")
    if found.next_update_utc is None or found.next_update_utc <= utc_now():
        raise ListNotValid("its nextUpdate has passed")
    codes = sorted(
        {each.code for each in lint_crl(found.public_bytes(Encoding.DER)) if each.severity > Severity.NOTICE}
    )
    if codes:
        raise ListNotValid(f"its form breaks rules ({', '.join(codes)})")
    return signer


def signed_by(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether the key of `issuer` signed the list and the names agree."""
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        return False
    return found.issuer == issuer.subject and found.is_signature_valid(key)
