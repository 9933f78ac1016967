"""The few DER encodings a revocation list is made of (ITU-T X.690; RFC 5280 section 5.1)."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

SEQUENCE = 0x30
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
GENERALIZED_TIME = 0x18
CONTEXT_0 = 0xA0
CONTEXT_PRIMITIVE_0 = 0x80
CONTEXT_PRIMITIVE_2 = 0x82
NULL = b"\x05\x00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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


def time(moment: datetime) -> bytes:
    """UTCTime through the year 2049 and GeneralizedTime from 2050 on (RFC 5280 sections 5.1.2.4 to 5.1.2.6)."""
    return time_of(int(moment.timestamp()))


def time_of(seconds: int) -> bytes:
    """The same of whole seconds since 1970 UTC."""
    days, second = divmod(seconds, 86400)
    century, day = _date(days)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    if b"1950" <= century + day[:2] < b"2050":
        return b"\x17\x0d%b%02d%02d%02dZ" % (day, hour, minute, second)
    return b"\x18\x0f%b%b%02d%02d%02dZ" % (century, day, hour, minute, second)


def generalized_time_of(seconds: int) -> bytes:
    """A GeneralizedTime with seconds and no fraction (RFC 5280 section 4.1.2.5.2), of whole seconds since 1970 UTC."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return element(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


@lru_cache(maxsize=4096)
def _date(days: int) -> tuple[bytes, bytes]:
    """Century and YYMMDD of a day since 1970; revocations fall on few days."""
    written = (_EPOCH + timedelta(days=days)).strftime("%Y%m%d").encode()
    return written[:2], written[2:]
