"""What a counter's terminal and the front end say to each other: jobs one way, reports the other.

All are canonical JSON (RFC 8785). A job holds what the terminal needs and nothing else, no name and no address; a
report never holds a PIN. `event` is the number that the report's event will have in the case, so that no job is done
twice.
"""

from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Digest, Octets, decode, encode

__all__ = [
    "LIMIT",
    "CertificateToWrite",
    "Draft",
    "Job",
    "Jobs",
    "KeyReport",
    "KeysJob",
    "PinJob",
    "PinReport",
    "ReadBack",
    "ReportedKey",
    "Slot",
    "Standing",
    "TroubleReport",
    "WriteJob",
    "WriteReport",
    "octets_of",
    "read",
]

LIMIT: Final = 64 * 1024
"""Octets of a message."""

Slot = Literal["sign", "auth"]
"""署名用, 利用者証明用: which of a card's two applications."""

EventNumber = Annotated[int, Field(ge=1, le=1000)]
Receipt = Annotated[str, Field(min_length=1, max_length=64)]
CardNumber = Annotated[str, Field(pattern=r"\A[0-9A-Z]{4,20}\z")]
BirthDate = Annotated[str, Field(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z")]
Certificate = Annotated[Octets, Field(min_length=1, max_length=8 * 1024)]
Signature = Annotated[Octets, Field(min_length=1, max_length=1024)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Draft:
    """An application that will be made: its id and salt are what the card's proof of possession is bound to."""

    slot: Slot
    application: UUID
    salt: Annotated[Octets, Field(min_length=16, max_length=16)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class CertificateToWrite:
    """A certificate and the certificate of the authority that issued it, in DER."""

    slot: Slot
    certificate: Certificate
    authority: Certificate


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class KeysJob:
    """Let the holder choose PINs and the card make keys, one for each draft. `birth_date` refuses PINs made of it."""

    kind: Literal["keys"] = "keys"
    case: UUID
    event: EventNumber
    receipt: Receipt
    card: CardNumber
    birth_date: BirthDate
    drafts: Annotated[tuple[Draft, ...], Field(min_length=1, max_length=2)]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class WriteJob:
    """Write certificates to the card that made their keys, and read them back."""

    kind: Literal["write"] = "write"
    case: UUID
    event: EventNumber
    receipt: Receipt
    card: CardNumber
    certificates: Annotated[tuple[CertificateToWrite, ...], Field(min_length=1, max_length=2)]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class PinJob:
    """Let the holder choose new PINs (暗証番号初期化); the keys stay. What is not known of the holder is None."""

    kind: Literal["pin"] = "pin"
    case: UUID
    event: EventNumber
    receipt: Receipt
    card: CardNumber | None
    birth_date: BirthDate | None
    slots: Annotated[tuple[Slot, ...], Field(min_length=1, max_length=2)]


Job = Annotated[KeysJob | WriteJob | PinJob, Field(discriminator="kind")]
"""What the terminal is to do in one case."""


@dataclass(frozen=True, slots=True, config=CONFIG)
class Jobs:
    """The jobs of a window, the case that was moved last first."""

    jobs: Annotated[tuple[Job, ...], Field(max_length=8)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class ReportedKey:
    """A key that the card made (SubjectPublicKeyInfo in DER), with its own proof and the terminal's signature on both.

    What the two signatures say stands in `ca.request` and `ca.notification`.
    """

    slot: Slot
    application: UUID
    subject_key: Annotated[Octets, Field(min_length=1, max_length=4096)]
    proof: Signature
    terminal_signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class KeyReport:
    """The holder chose PINs and the card made these keys (鍵情報の通知, Act 153/2002 art. 3(5))."""

    event: EventNumber
    card: CardNumber
    keys: Annotated[tuple[ReportedKey, ...], Field(min_length=1, max_length=2)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class ReadBack:
    """The SHA-256 of a certificate as the card showed it after it was written."""

    slot: Slot
    sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class WriteReport:
    """The certificates were written and read back."""

    event: EventNumber
    card: CardNumber
    read_back: Annotated[tuple[ReadBack, ...], Field(min_length=1, max_length=2)]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class PinReport:
    """The holder chose new PINs for these applications of the card."""

    event: EventNumber
    card: CardNumber
    slots: Annotated[tuple[Slot, ...], Field(min_length=1, max_length=2)]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class TroubleReport:
    """The terminal cannot go on with the job of that event: what failed, and the code of the error.

    "card": the card did not do it; "certificate": what should be written is not this card's; "refused": the front end
    did not take a report.
    """

    event: EventNumber
    trouble: Literal["card", "certificate", "refused"]
    code: Annotated[str, Field(pattern=r"\A[A-Za-z0-9.-]{1,64}\z")]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Standing:
    """Where a case stands for the card: still open, handed over to the holder, or ended without that."""

    state: Literal["open", "handed-over", "failed"]


Message = TypeVar("Message", Jobs, KeyReport, WriteReport, PinReport, TroubleReport, Standing)


def octets_of(message: Message) -> bytes:
    """Return a message as it travels. Raises TooLarge past the limit."""
    return encode(TypeAdapter(type(message)), message, document="message", limit=LIMIT)


def read(kind: type[Message], octets: bytes) -> Message:
    """Return the message of that kind in these octets. Raises TooLarge before parsing, DocumentMalformed."""
    return decode(TypeAdapter(kind), octets, document="message", limit=LIMIT)
