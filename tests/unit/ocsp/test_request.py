"""Questions are read strictly, within bounds, and with one kind of error (RFC 6960 section 4.1, RFC 9654)."""

import base64
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from ocsp import der
from ocsp.errors import MalformedRequest
from ocsp.request import MAX_CERTIFICATES, MAX_OCTETS, SHA1, SHA256, decode_path, parse_request
from tests.unit.ocsp.samples import SampleAuthority, question

HASHES = {SHA1: hashes.SHA1(), SHA256: hashes.SHA256()}  # noqa: S303 - SHA-1 names an issuer here (RFC 5019)


def single(serial: int, identifier: bytes = SHA1, *, parameters: bytes = der.NULL, extensions: bytes = b"") -> bytes:
    """The DER of one Request with made-up hashes."""
    algorithm = der.element(der.SEQUENCE, der.element(der.OBJECT_IDENTIFIER, identifier), parameters)
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)
    hashed = der.element(der.OCTET_STRING, bytes(20))
    return der.element(
        der.SEQUENCE,
        der.element(der.SEQUENCE, algorithm, hashed, hashed, der.element(der.INTEGER, number)),
        extensions,
    )


def request(*singles: bytes, before: bytes = b"", extensions: tuple[bytes, ...] = (), after: bytes = b"") -> bytes:
    """The DER of an OCSPRequest around Requests."""
    listed = der.element(der.CONTEXT_2, der.element(der.SEQUENCE, *extensions)) if extensions else b""
    return der.element(
        der.SEQUENCE, der.element(der.SEQUENCE, before, der.element(der.SEQUENCE, *singles), listed), after
    )


def extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    """The DER of one Extension; the identifier in hexadecimal."""
    return der.element(
        der.SEQUENCE,
        der.element(der.OBJECT_IDENTIFIER, bytes.fromhex(identifier)),
        b"\x01\x01\xff" if critical else b"",
        der.element(der.OCTET_STRING, value),
    )


NONCE = "2b0601050507300102"
SERVICE_LOCATOR = "2b0601050507300107"


@given(
    serial=st.integers(1, 2**159 - 1),
    algorithm=st.sampled_from([SHA1, SHA256]),
    nonce=st.none() | st.binary(min_size=1, max_size=128),
)
def test_reads_what_cryptography_writes(serial: int, algorithm: bytes, nonce: bytes | None) -> None:
    """RFC 6960 section 4.1.1: every field reads as an independent encoder meant it."""
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        b"n" * HASHES[algorithm].digest_size, b"k" * HASHES[algorithm].digest_size, serial, HASHES[algorithm]
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    read = parse_request(builder.build().public_bytes(Encoding.DER))
    (asked,) = read.certificates
    size = HASHES[algorithm].digest_size
    assert (asked.issuer, asked.serial, read.nonce) == ((algorithm, b"n" * size, b"k" * size), serial, nonce)
    assert read.plain is (nonce is None)


def test_cert_id_is_kept_as_asked() -> None:
    """RFC 6960 section 4.2.1: the answer repeats the CertID; its absent hash parameters stay absent."""
    for parameters in (der.NULL, b""):
        asked = single(77, parameters=parameters)
        (read,) = parse_request(request(asked)).certificates
        assert der.element(der.SEQUENCE, read.der) == asked


@given(st.binary(max_size=400))
def test_garbage_is_malformed(octets: bytes) -> None:
    """No octets raise anything but MalformedRequest (OCSP-5)."""
    with suppress(MalformedRequest):
        parse_request(octets)


@given(data=st.data())
def test_damaged_requests_are_malformed_or_read_alike(data: st.DataObject) -> None:
    """A request with any octet changed is refused, or read as cryptography reads it (OCSP-5)."""
    octets = bytearray(request(single(0x1234), extensions=(extension(NONCE, b"\x04\x08" + bytes(8)),)))
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = parse_request(bytes(octets))
    except MalformedRequest:
        return
    (asked,) = read.certificates
    with suppress(ValueError):  # what the judge does not take, it does not contradict
        judge = ocsp.load_der_ocsp_request(bytes(octets))
        assert (asked.serial, asked.issuer[1:]) == (
            judge.serial_number,
            (judge.issuer_name_hash, judge.issuer_key_hash),
        )


def test_several_certificates() -> None:
    """RFC 6960 section 4.1.1: one request may ask about several certificates."""
    assert [asked.serial for asked in parse_request(request(*map(single, (5, 6, 7)))).certificates] == [5, 6, 7]


def test_requestor_name_signature_and_single_extensions_are_passed_over() -> None:
    """RFC 6960 section 4.1.1: they may be there; such a request is not taken for the plain one."""
    requestor = der.element(der.CONTEXT_1, b"\x86\x01x")
    signature = der.element(der.CONTEXT_0, der.element(der.SEQUENCE))
    located = der.element(der.CONTEXT_0, der.element(der.SEQUENCE, extension(SERVICE_LOCATOR, b"\x30\x00")))
    assert parse_request(request(single(5))).plain
    for octets in (
        request(single(5), before=requestor),
        request(single(5), after=signature),
        request(single(5, extensions=located)),
    ):
        read = parse_request(octets)
        assert ([asked.serial for asked in read.certificates], read.plain) == ([5], False)


@pytest.mark.parametrize("size", [1, 8, 32, 128])
def test_nonce_of_1_to_128_octets(size: int) -> None:
    """RFC 9654 section 2.1: a nonce of 1 to 128 octets is taken."""
    assert parse_request(
        request(single(5), extensions=(extension(NONCE, der.element(4, bytes(size))),))
    ).nonce == bytes(size)


MALFORMED = {
    "nothing": b"",
    "no-certificate": request(),
    "too-many-certificates": request(*[single(5)] * (MAX_CERTIFICATES + 1)),
    "too-large": request(single(5), before=der.element(der.CONTEXT_1, bytes(MAX_OCTETS))),
    "trailing-octet": request(single(5)) + b"\x00",
    "other-version": request(single(5), before=b"\xa0\x03\x02\x01\x01"),
    "nonce-empty": request(single(5), extensions=(extension(NONCE, b"\x04\x00"),)),
    "nonce-of-129-octets": request(single(5), extensions=(extension(NONCE, der.element(4, bytes(129))),)),
    "nonce-not-an-octet-string": request(single(5), extensions=(extension(NONCE, b"\x05\x00"),)),
    "nonce-twice": request(single(5), extensions=(extension(NONCE, b"\x04\x01x"),) * 2),
    "unknown-critical-extension": request(
        single(5), extensions=(extension(SERVICE_LOCATOR, b"\x30\x00", critical=True),)
    ),
    "hash-parameters": request(single(5, parameters=b"\x04\x00")),
    "serial-padded": request(single(5)).replace(b"\x02\x01\x05", b"\x02\x01"),
    "long-length": b"\x30\x81\x05" + bytes(5),
    "length-of-five-octets": b"\x30\x85\x00\x00\x00\x00\x01\x00",
    "indefinite-length": b"\x30\x80\x00\x00",
}


@pytest.mark.parametrize("octets", MALFORMED.values(), ids=MALFORMED)
def test_malformed(octets: bytes) -> None:
    """RFC 6960 section 4.1 and the stated bounds: one defect is one refusal."""
    with pytest.raises(MalformedRequest):
        parse_request(octets)


def test_path_is_base64(authority: SampleAuthority) -> None:
    """RFC 6960 appendix A.1: plus, slash and padding as they are; missing padding is forgiven."""
    octets = question(authority, 5) + b"\xfb\xff"
    encoded = base64.b64encode(octets).decode()
    assert decode_path(encoded) == decode_path(encoded.rstrip("=")) == octets


@given(st.text(max_size=60))
def test_path_of_anything_else_is_malformed(text: str) -> None:
    """Whatever stands in a path, nothing but MalformedRequest is raised."""
    with suppress(MalformedRequest):
        decode_path(text)
