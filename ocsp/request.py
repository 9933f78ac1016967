"""Questions by RFC 6960 section 4.1: bounded, read strictly, by POST or in a path by GET.

A request may ask about several certificates (section 4.1.1), which cryptography's reader does not take; so the reading
is here, and cryptography is its judge in the tests. A signature on a request is not asked for and not looked at.
"""

import base64
import binascii
from dataclasses import dataclass

from ocsp import der
from ocsp.der import Cursor
from ocsp.errors import MalformedRequest

MAX_OCTETS = 8192
MAX_CERTIFICATES = 32
MAX_NONCE = 128  # RFC 9654 section 2.1

NONCE = bytes.fromhex("2b0601050507300102")
SHA1 = bytes.fromhex("2b0e03021a")
SHA256 = bytes.fromhex("608648016503040201")


@dataclass(frozen=True, slots=True)
class CertID:
    """Which certificate is meant (section 4.1.1).

    `der` is the CertID as asked, to be repeated in the answer; `issuer` is the hash algorithm's object identifier with
    the hashes of the issuer's name and key; `serial` is the number asked for, whatever its size or sign.
    """

    der: bytes
    issuer: tuple[bytes, bytes, bytes]
    serial: int


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """What is asked: at least one certificate, and the nonce to be echoed.

    `plain` says that the request holds nothing but its CertIDs, so that equal questions have equal octets.
    """

    certificates: tuple[CertID, ...]
    nonce: bytes | None
    plain: bool


def decode_path(encoded: str) -> bytes:
    """The request in the path of a GET (RFC 6960 appendix A.1), after the percent signs were resolved.

    Plus and slash may have arrived raw or escaped; padding may be missing. MalformedRequest for other characters.
    """
    if len(encoded) > MAX_OCTETS:
        raise MalformedRequest("the path is too long")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRequest("the path is not base64") from error


def parse_request(octets: bytes) -> StatusRequest:
    """Read one DER OCSPRequest of at most MAX_OCTETS; MalformedRequest for anything else, and never another error."""
    if len(octets) > MAX_OCTETS:
        raise MalformedRequest("it is too large")
    document = Cursor(octets)
    request = document.enter(der.SEQUENCE)
    document.end()
    to_be_signed = request.enter(der.SEQUENCE)
    plain = request.ended()
    if not plain:
        request.enter(der.CONTEXT_0)
        request.end()
    if to_be_signed.comes(der.CONTEXT_0) and to_be_signed.content(der.CONTEXT_0) != b"\x02\x01\x00":
        raise MalformedRequest("its version is not 1")
    if to_be_signed.comes(der.CONTEXT_1):
        to_be_signed.enter(der.CONTEXT_1)
        plain = False
    certificates, single_extensions = _request_list(to_be_signed.enter(der.SEQUENCE))
    extensions = _extensions(to_be_signed.enter(der.CONTEXT_2)) if to_be_signed.comes(der.CONTEXT_2) else {}
    to_be_signed.end()
    return StatusRequest(certificates, _nonce(extensions), plain and not extensions and not single_extensions)


def _request_list(requests: Cursor) -> tuple[tuple[CertID, ...], bool]:
    certificates: list[CertID] = []
    extended = False
    while not requests.ended():
        if len(certificates) == MAX_CERTIFICATES:
            raise MalformedRequest("it asks about too many certificates")
        single = requests.enter(der.SEQUENCE)
        certificates.append(_cert_id(single.whole(der.SEQUENCE)))
        if single.comes(der.CONTEXT_0):
            _extensions(single.enter(der.CONTEXT_0))
            extended = True
        single.end()
    if not certificates:
        raise MalformedRequest("it asks about no certificate")
    return tuple(certificates), extended


def _cert_id(octets: bytes) -> CertID:
    fields = Cursor(octets).enter(der.SEQUENCE)
    algorithm = fields.enter(der.SEQUENCE)
    identifier = algorithm.content(der.OBJECT_IDENTIFIER)
    if not algorithm.ended() and algorithm.content(der.NULL[0]):
        raise MalformedRequest("its hash algorithm has parameters")
    algorithm.end()
    issuer = identifier, fields.content(der.OCTET_STRING), fields.content(der.OCTET_STRING)
    serial = fields.content(der.INTEGER)
    fields.end()
    if not serial or (len(serial) > 1 and serial[0] in (0, 0xFF) and (serial[0] ^ serial[1]) < 0x80):
        raise MalformedRequest("a serial number is not in its shortest form")
    return CertID(octets, issuer, int.from_bytes(serial, "big", signed=True))


def _extensions(holder: Cursor) -> dict[bytes, bytes]:
    """The extensions by object identifier. A critical one other than the nonce cannot be honoured (section 4.4)."""
    listed = holder.enter(der.SEQUENCE)
    holder.end()
    found: dict[bytes, bytes] = {}
    while not listed.ended():
        extension = listed.enter(der.SEQUENCE)
        identifier = extension.content(der.OBJECT_IDENTIFIER)
        critical = extension.comes(der.BOOLEAN) and extension.content(der.BOOLEAN) != b"\x00"
        if identifier in found or (critical and identifier != NONCE):
            raise MalformedRequest("it holds an extension twice or a critical one unknown here")
        found[identifier] = extension.content(der.OCTET_STRING)
        extension.end()
    return found


def _nonce(extensions: dict[bytes, bytes]) -> bytes | None:
    """The nonce's octets; 1 to 128 of them (RFC 9654 section 2.1)."""
    value = extensions.get(NONCE)
    if value is None:
        return None
    holder = Cursor(value)
    nonce = holder.content(der.OCTET_STRING)
    holder.end()
    if not 1 <= len(nonce) <= MAX_NONCE:
        raise MalformedRequest("its nonce has not 1 to 128 octets")
    return nonce
