"""The few DER encodings requests and answers are made of, written and read strictly (ITU-T X.690; RFC 6960)."""

from datetime import UTC, datetime

from ocsp.errors import MalformedRequest

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
NULL = b"\x05\x00"
CONTEXT_0 = 0xA0
CONTEXT_1 = 0xA1
CONTEXT_2 = 0xA2


def element(tag: int, *contents: bytes) -> bytes:
    """One element: identifier, length and the contents one after the other."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def generalized_time(moment: datetime) -> bytes:
    """A GeneralizedTime in UTC with seconds and no fraction (RFC 6960 section 4.2.2.1)."""
    utc = moment.astimezone(UTC)
    return b"\x18\x0f%04d%02d%02d%02d%02d%02dZ" % (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)


class Cursor:
    """Reads the elements of one constructed value from front to back; MalformedRequest for anything that is not DER."""

    __slots__ = ("_at", "_data", "_stop")

    def __init__(self, data: bytes, start: int = 0, stop: int | None = None) -> None:
        self._data = data
        self._at = start
        self._stop = len(data) if stop is None else stop

    def comes(self, tag: int) -> bool:
        """Whether another element follows and has this tag."""
        return self._at < self._stop and self._data[self._at] == tag

    def ended(self) -> bool:
        """Whether nothing follows."""
        return self._at == self._stop

    def enter(self, tag: int) -> "Cursor":
        """A cursor over the content of the next element, which must have this tag."""
        start, stop = self._next(tag)
        return Cursor(self._data, start, stop)

    def content(self, tag: int) -> bytes:
        """The content octets of the next element, which must have this tag."""
        start, stop = self._next(tag)
        return self._data[start:stop]

    def whole(self, tag: int) -> bytes:
        """The next element, which must have this tag, with its identifier and length."""
        begin = self._at
        _, stop = self._next(tag)
        return self._data[begin:stop]

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != self._stop:
            raise MalformedRequest("something follows where an element should end")

    def _next(self, tag: int) -> tuple[int, int]:
        data, at = self._data, self._at
        if at + 2 > self._stop or data[at] != tag:
            raise MalformedRequest(f"an element with tag {tag:#04x} was expected")
        length, start = data[at + 1], at + 2
        if length >= 0x80:
            start += length & 0x7F
            octets = data[at + 2 : start]
            length = int.from_bytes(octets, "big")
            if not 1 <= len(octets) <= 4 or length < 0x80 or octets[0] == 0:
                raise MalformedRequest("a length is not in its shortest form")
        stop = start + length
        if stop > self._stop:
            raise MalformedRequest("an element is longer than what holds it")
        self._at = stop
        return start, stop
