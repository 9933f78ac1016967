"""A verifier's side of OCSP (RFC 6960): ask over HTTP, verify the answer, say what it says."""

import secrets
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError, URLError

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from cli.config import Config
from cli.errors import CommandError, NotFound, Unreachable
from cli.options import hexadecimal
from cli.preview import certificate_file

LARGEST_ANSWER = 64 * 1024
SECONDS = 10.0
NONCE_OCTETS = 32


class AnswerRefused(CommandError):
    """An answer that a verifier must not believe."""

    code = "cli.answer"

    def __init__(self, why: str) -> None:
        super().__init__(f"The responder's answer cannot be believed: {why}.")
        self.next = "Treat the certificate's status as unknown and ask the responder's operator."


@dataclass(frozen=True, slots=True)
class Asked:
    """One verified answer: `status` is good, revoked, held or unknown; times are RFC 3339 in UTC."""

    serial: str
    status: str
    detail: str
    this_update: str
    next_update: str

    def as_json(self) -> dict[str, object]:
        """The answer with stable keys."""
        return {
            "serial": self.serial,
            "status": self.status,
            "detail": self.detail,
            "this_update": self.this_update,
            "next_update": self.next_update,
        }


def ask(
    certificate: x509.Certificate, issuers: Sequence[x509.Certificate], url: str | None, nonce: bool = True
) -> Asked:
    """The status of `certificate` by the responder of its issuer; raises `Unreachable`, `AnswerRefused`, `NotFound`."""
    issuer = issuer_of(certificate, issuers)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    sent = secrets.token_bytes(NONCE_OCTETS) if nonce else b""
    if sent:
        builder = builder.add_extension(x509.OCSPNonce(sent), critical=False)
    try:
        answer = ocsp.load_der_ocsp_response(post(url or responder_url(certificate), builder.build()))
    except ValueError:
        raise AnswerRefused("it is no OCSP response") from None
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise AnswerRefused(f"it says {answer.response_status.name.lower()}")
    check_signature(answer, issuer)
    if sent and sent != nonce_of(answer):
        raise AnswerRefused("it does not repeat the question's nonce")
    if answer.serial_number != certificate.serial_number:
        raise AnswerRefused("it is about another certificate")
    return in_words(answer)


def issuer_of(certificate: x509.Certificate, issuers: Sequence[x509.Certificate]) -> x509.Certificate:
    """The issuer whose key signed `certificate`: matched by key, never by name; raises `NotFound`."""
    for issuer in issuers:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return issuer
    raise NotFound("The certificate's issuer", "Give its certificate with --issuer FILE.")


def published_authorities(config: Config) -> list[x509.Certificate]:
    """The CA certificates in this installation's folder of publication."""
    return [certificate_file(path) for path in sorted(Path(config.publication_root()).glob("ca/*.cer"))]


def responder_url(certificate: x509.Certificate) -> str:
    """The OCSP address in the certificate (RFC 5280 section 4.2.2.1); raises `NotFound`."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        raise NotFound("An OCSP address in the certificate", "Give one with --url URL.") from None
    for description in access:
        if description.access_method == AuthorityInformationAccessOID.OCSP:
            return str(description.access_location.value)
    raise NotFound("An OCSP address in the certificate", "Give one with --url URL.")


def post(url: str, request: ocsp.OCSPRequest) -> bytes:
    """What the responder sends back; raises `Unreachable`."""
    if not url.startswith(("http://", "https://")):
        raise Unreachable("The responder", f"{url} is no HTTP address")
    message = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, request.public_bytes(Encoding.DER), {"Content-Type": "application/ocsp-request"}
    )
    try:
        with urllib.request.urlopen(message, timeout=SECONDS) as response:  # noqa: S310 - the same
            body: bytes = response.read(LARGEST_ANSWER)
    except HTTPError as error:
        raise Unreachable(f"The responder at {url}", f"HTTP status {error.code}") from None
    except (URLError, TimeoutError, ConnectionError) as error:
        raise Unreachable(f"The responder at {url}", str(getattr(error, "reason", error))) from None
    return body


def check_signature(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> None:
    """The signer is the issuer or its delegate (RFC 6960 section 4.2.2.2); raises `AnswerRefused`."""
    signer = answer.certificates[0] if answer.certificates else issuer
    if signer != issuer:
        try:
            signer.verify_directly_issued_by(issuer)
            usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            raise AnswerRefused("its signer is no delegate of the certificate's issuer") from None
        if ExtendedKeyUsageOID.OCSP_SIGNING not in usage:
            raise AnswerRefused("its signer may not sign answers")
    key, algorithm = signer.public_key(), answer.signature_hash_algorithm
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            raise AnswerRefused("its signer has a key of an unknown kind")
    except InvalidSignature:
        raise AnswerRefused("its signature is not valid") from None


def nonce_of(answer: ocsp.OCSPResponse) -> bytes | None:
    """The nonce that the answer repeats, if any."""
    try:
        return answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def in_words(answer: ocsp.OCSPResponse) -> Asked:
    """A verified answer with the words that the other commands use."""
    status = {
        ocsp.OCSPCertStatus.GOOD: "good",
        ocsp.OCSPCertStatus.REVOKED: "revoked",
        ocsp.OCSPCertStatus.UNKNOWN: "unknown",
    }[answer.certificate_status]
    reason = answer.revocation_reason
    if reason is x509.ReasonFlags.certificate_hold:
        status = "held"
    since = "" if answer.revocation_time_utc is None else rfc3339(answer.revocation_time_utc)
    detail = f"{since} {reason.value if reason else ''}".strip()
    updates = [rfc3339(moment) if moment else "" for moment in (answer.this_update_utc, answer.next_update_utc)]
    return Asked(hexadecimal(answer.serial_number), status, detail, *updates)


def rfc3339(moment: datetime) -> str:
    """A time in UTC as RFC 3339."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
