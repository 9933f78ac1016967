"""Answers by RFC 6960 section 4.2, put together octet by octet: 15 us where a general builder needs 115.

`cryptography`'s OCSPResponseBuilder is the judge of these octets in the tests; where it has no word (several
certificates in one answer, archive cutoff, the CertID repeated exactly as asked) its reader and OpenSSL's are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ocsp import der
from ocsp.request import NONCE, CertID

# OCSPResponseStatus (section 4.2.1) of the answers that carry no status and no signature.
MALFORMED_REQUEST = bytes.fromhex("30030a0101")
INTERNAL_ERROR = bytes.fromhex("30030a0102")
TRY_LATER = bytes.fromhex("30030a0103")
UNAUTHORIZED = bytes.fromhex("30030a0106")

_SUCCESSFUL = bytes.fromhex("0a0100")
_BASIC = bytes.fromhex("06092b0601050507300101")
_NONCE = der.element(der.OBJECT_IDENTIFIER, NONCE)
_ARCHIVE_CUTOFF = bytes.fromhex("06092b0601050507300106")
_GOOD = b"\x80\x00"
_UNKNOWN = b"\x82\x00"


@dataclass(frozen=True, slots=True)
class Revoked:
    """RevokedInfo of section 4.2.1; `reason` is a CRLReason, None and 0 (unspecified) are left out."""

    at: datetime
    reason: int | None


Standing: TypeAlias = Revoked | bool
"""Revoked, True for good, False for unknown."""


def single_response(
    asked: CertID,
    standing: Standing,
    this_update: datetime,
    next_update: datetime,
    archive_cutoff: datetime | None,
) -> bytes:
    """The SingleResponse to one CertID.

    `archive_cutoff` says since when statuses are kept after a certificate's end (section 4.4.4); None leaves it out.
    """
    extensions = b""
    if archive_cutoff is not None:
        value = der.element(der.OCTET_STRING, der.generalized_time(archive_cutoff))
        extensions = _extensions(_ARCHIVE_CUTOFF, value)
    return der.element(
        der.SEQUENCE,
        asked.der,
        _cert_status(standing),
        der.generalized_time(this_update),
        der.element(der.CONTEXT_0, der.generalized_time(next_update)),
        extensions,
    )


def response_data(responder_id: bytes, produced_at: datetime, responses: list[bytes], nonce: bytes | None) -> bytes:
    """The ResponseData to be signed (section 4.2.1): byKey, and the nonce of a request that had one."""
    extensions = b""
    if nonce is not None:
        value = der.element(der.OCTET_STRING, der.element(der.OCTET_STRING, nonce))
        extensions = _extensions(_NONCE, value)
    return der.element(
        der.SEQUENCE, responder_id, der.generalized_time(produced_at), der.element(der.SEQUENCE, *responses), extensions
    )


def by_key(key_hash: bytes) -> bytes:
    """The ResponderID that names the signer by the SHA-1 of its public key (section 4.2.2.3)."""
    return der.element(der.CONTEXT_2, der.element(der.OCTET_STRING, key_hash))


def successful_response(data: bytes, algorithm: bytes, signature: bytes, certificate: bytes) -> bytes:
    """The OCSPResponse around signed ResponseData, with the responder's certificate in it (section 4.2.1)."""
    basic = der.element(
        der.SEQUENCE,
        data,
        algorithm,
        der.element(der.BIT_STRING, b"\x00", signature),
        der.element(der.CONTEXT_0, der.element(der.SEQUENCE, certificate)),
    )
    body = der.element(der.SEQUENCE, _BASIC, der.element(der.OCTET_STRING, basic))
    return der.element(der.SEQUENCE, _SUCCESSFUL, der.element(der.CONTEXT_0, body))


def _extensions(identifier: bytes, value: bytes) -> bytes:
    """The one extension of a response or a single response, which both carry under [1]; never critical."""
    return der.element(der.CONTEXT_1, der.element(der.SEQUENCE, der.element(der.SEQUENCE, identifier, value)))


def _cert_status(standing: Standing) -> bytes:
    if isinstance(standing, Revoked):
        reason = b""
        if standing.reason:
            reason = der.element(der.CONTEXT_0, der.element(der.ENUMERATED, bytes((standing.reason,))))
        return der.element(der.CONTEXT_1, der.generalized_time(standing.at), reason)
    return _GOOD if standing else _UNKNOWN
