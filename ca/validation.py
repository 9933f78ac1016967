"""Path validation, offline: does this certificate stand under that root today (RFC 5280 section 6)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathError,
    RevokedError,
    ValidationError,
)

from ca.refusals import PathInvalid

__all__ = ["validate_path"]


def validate_path(
    certificate: x509.Certificate,
    roots: Sequence[x509.Certificate],
    now: datetime,
    *,
    intermediates: Sequence[x509.Certificate] = (),
    crls: Sequence[x509.CertificateRevocationList] = (),
) -> tuple[x509.Certificate, ...]:
    """Return the valid path from one of `roots` down to `certificate`, at `now` (aware UTC). Nothing is fetched.

    With `crls` every certificate below the root must be covered by one of them and not be revoked; without, nothing
    is said about revocation. Raises PathInvalid with the first defect in words.
    """
    context = ValidationContext(
        trust_roots=[_converted(root) for root in roots],
        moment=_within_the_second(certificate, now),
        allow_fetching=False,
        crls=[crl.public_bytes(Encoding.DER) for crl in crls],
        revocation_mode="require" if crls else "soft-fail",
    )
    validator = CertificateValidator(
        _converted(certificate),
        intermediate_certs=[_converted(intermediate) for intermediate in intermediates],
        validation_context=context,
    )
    try:
        path = asyncio.run(validator.async_validate_path())
    except (PathError, ValidationError) as error:
        raise PathInvalid(_reason(error)) from error
    return tuple(x509.load_der_x509_certificate(step.dump()) for step in path)


def _within_the_second(certificate: x509.Certificate, now: datetime) -> datetime:
    """A moment inside the second of `now`: the validator counts a revocation only from after its date."""
    return now if now >= certificate.not_valid_after_utc else now + timedelta(microseconds=1)


# The validator's own sentences name subjects, so they stay in the cause; the narrower class comes first.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (RevokedError, "a certificate in the path is revoked"),
    (ExpiredError, "a certificate in the path has expired"),
    (NotYetValidError, "a certificate in the path is not valid yet"),
    (InsufficientRevinfoError, "no current list covers a certificate in the path"),
    (DisallowedAlgorithmError, "a signature in the path uses an algorithm that is too weak"),
    (PathBuildingError, "no chain of issuers leads to a root given"),
)


def _reason(error: Exception) -> str:
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    return "a certificate in the path breaks a rule of RFC 5280 section 6"


def _converted(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
