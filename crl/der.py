"""The few DER encodings a revocation list is made of (ITU-T X.690; RFC 5280 section 5.1)."""

from datetime import UTC, datetime

SEQUENCE = 0x30
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
CONTEXT_0 = 0xA0
CONTEXT_PRIMITIVE_0 = 0x80
CONTEXT_PRIMITIVE_2 = 0x82
NULL = b"\x05\x00"
TRUE = b"\x01\x01\xff"


def header(tag: int, length: int) -> bytes:
    """The identifier and length octets of an element whose content has `length` octets."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def element(tag: int, *contents: bytes) -> bytes:
    """One element: its header and its contents, one after the other."""
    content = b"".join(contents)
    return header(tag, len(content)) + content


def integer(value: int) -> bytes:
    """A non-negative INTEGER in its shortest form."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def serial_number(serial: bytes) -> bytes:
    """The INTEGER of a serial number given as minimal big-endian unsigned octets."""
    return element(INTEGER, b"\x00" + serial if serial[0] & 0x80 else serial)


def generalized_time(moment: datetime) -> bytes:
    """A GeneralizedTime in UTC with seconds and no fraction (RFC 5280 section 4.1.2.5.2)."""
    return element(GENERALIZED_TIME, moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").rjust(15, "0").encode())


def time(moment: datetime) -> bytes:
    """UTCTime through the year 2049 and GeneralizedTime from 2050 on (RFC 5280 sections 5.1.2.4 to 5.1.2.6)."""
    utc = moment.astimezone(UTC)
    if 1950 <= utc.year < 2050:
        return element(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(utc)
