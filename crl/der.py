"""The few DER encodings a revocation list is made of (ITU-T X.690; RFC 5280 section 5.1)."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

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


def time(moment: datetime) -> bytes:
    """UTCTime through the year 2049 and GeneralizedTime from 2050 on (RFC 5280 sections 5.1.2.4 to 5.1.2.6)."""
    return time_of(int(moment.timestamp()))


def time_of(seconds: int) -> bytes:
    """The same of whole seconds since 1970 UTC."""
    day, second = divmod(seconds, 86400)
    return _date(day) + _second_of_day(second)


def generalized_time_of(seconds: int) -> bytes:
    """A GeneralizedTime with seconds and no fraction (RFC 5280 section 4.1.2.5.2), of whole seconds since 1970 UTC."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return element(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


@lru_cache(maxsize=8192)
def _date(day: int) -> bytes:
    """Tag, length and date of a day since 1970; revocations fall on few days."""
    date = _EPOCH + timedelta(days=day)
    if 1950 <= date.year < 2050:
        return bytes((UTC_TIME, 13)) + date.strftime("%y%m%d").encode()
    return bytes((GENERALIZED_TIME, 15)) + date.strftime("%Y%m%d").encode()


@lru_cache(maxsize=86400)
def _second_of_day(second: int) -> bytes:
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return b"%02d%02d%02dZ" % (hour, minute, second)
