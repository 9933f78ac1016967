"""What is written down at each step of a case: the facts of its events, strictly typed.

They are what the counter knows of a case. Nothing here is believed by the signer, which reads signed applications only.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from store.cases import Step, Visitor
from store.ledgers import Ending

__all__ = [
    "CARD_WRITTEN",
    "CARRIED_OUT",
    "HANDED_OVER",
    "Approved",
    "Attribute",
    "CardKey",
    "Change",
    "Deferral",
    "Draft",
    "Examined",
    "Finish",
    "Identification",
    "Notification",
    "Outcome",
    "Particulars",
    "Reception",
    "Record",
    "Selection",
    "Slot",
    "Submission",
    "Target",
    "Trouble",
    "Withdrawal",
    "Written",
]

Slot: TypeAlias = Literal["sign", "auth"]
"""The two places of a card: 署名用 and 利用者証明用."""

Attribute: TypeAlias = Literal["name", "address", "sex", "birth_date"]
"""One of the four attributes of a person (基本4情報)."""

Line: TypeAlias = Annotated[str, Field(max_length=200)]


def _each_once(wishes: tuple[Slot, ...]) -> tuple[Slot, ...]:
    if len(set(wishes)) != len(wishes):
        raise ValueError("a card has one certificate in each place")
    return wishes


Wishes: TypeAlias = Annotated[tuple[Slot, ...], Field(max_length=2), AfterValidator(_each_once)]
"""The places of a card that a case is about, each once."""

Hex32: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """The facts of one event. Times are aware UTC, octets hexadecimal. No unknown fact is read.

    `step` is the one that the event finishes; None for what may happen at every step.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    step: ClassVar[Step | None] = None

    @property
    def facts(self) -> dict[str, JsonValue]:
        """The record as an event's facts."""
        return self.model_dump(mode="json")

    @classmethod
    def of(cls, facts: Mapping[str, JsonValue]) -> Self:
        """The record in an event's facts; raises ValidationError for another one's."""
        return cls.model_validate(dict(facts))


class Reception(Record):
    """Who came, and for which certificates (受付)."""

    step: ClassVar[Step | None] = "receive"
    visitor: Visitor
    wishes: Wishes = ()
    note: Line = ""


class Identification(Record):
    """Which documents were shown (本人確認); `papers` are an agent's. Their numbers are not kept."""

    step: ClassVar[Step | None] = "identify"
    documents: Annotated[tuple[str, ...], Field(max_length=10)]
    papers: Annotated[tuple[str, ...], Field(max_length=4)] = ()


class Change(Record):
    """A character that certificates cannot carry, and the one that stands in for it (代替文字)."""

    step: ClassVar[Step | None] = "register"
    field: Literal["name", "address"]
    written: Annotated[str, Field(min_length=1, max_length=8)]
    carried: Annotated[str, Field(min_length=1, max_length=4)]


class Draft(Record):
    """An application that is not made yet, with its id and salt: a card's proof of possession is bound to them."""

    step: ClassVar[Step | None] = "keys"
    slot: Slot | None = None
    application: UUID
    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    profile: Annotated[str, Field(max_length=64)]
    authority: Annotated[str, Field(max_length=64)]
    created_at: AwareDatetime


class Particulars(Record):
    """The holder as the register has them, compared with the form (登録事項), and the drafts of what is applied for.

    `holder` is the salted name of the holder. `previous` gives the end of the live certificate that each slot's new one
    replaces; `sibling_not_after` is the end of the live user-authentication certificate that stays, beyond which no
    signing certificate goes (fact sheet c.2). `differences` names the attributes in which the form differed; the
    register's values were taken.
    """

    step: ClassVar[Step | None] = "register"
    holder: Hex32
    name: Annotated[str, Field(min_length=1, max_length=100)]
    kana: Annotated[str, Field(max_length=100)] = ""
    address: Annotated[str, Field(min_length=1, max_length=200)]
    sex: Literal["male", "female", "unknown"]
    birth_date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    municipality: Annotated[str, Field(pattern=r"^[0-9]{5}$")]
    card: Annotated[str, Field(pattern=r"^[A-Z0-9]{4,20}$")]
    card_expiry: date
    protected: bool = False
    differences: tuple[Attribute, ...] = ()
    changes: Annotated[tuple[Change, ...], Field(max_length=100)] = ()
    previous: Mapping[Slot, AwareDatetime] = Field(default_factory=dict)
    sibling_not_after: AwareDatetime | None = None
    drafts: Annotated[tuple[Draft, ...], Field(min_length=1, max_length=2)]


class CardKey(Record):
    """A key pair that a card made: its public key in DER, the card's proof and the terminal's signature on both."""

    step: ClassVar[Step | None] = "keys"
    slot: Slot
    application: UUID
    subject_key: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,4096}$")]
    proof: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,1024}$")]
    terminal_signature: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,1024}$")]


class Notification(Record):
    """What a terminal reported after the holder chose their PINs (鍵情報の通知, Act 153/2002 art. 3(5))."""

    step: ClassVar[Step | None] = "keys"
    terminal: Annotated[str, Field(max_length=64)]
    window: Annotated[str, Field(pattern=r"^[0-9]{3}[A-Z]$")]
    card: Annotated[str, Field(pattern=r"^[A-Z0-9]{4,20}$")]
    keys: Annotated[tuple[CardKey, ...], Field(max_length=2)] = ()


class Written(Record):
    """What a terminal reported after writing (書込み): the SHA-256 of each certificate that it read back."""

    step: ClassVar[Step | None] = "write"
    terminal: Annotated[str, Field(max_length=64)]
    card: Annotated[str, Field(pattern=r"^[A-Z0-9]{4,20}$")]
    read_back: Mapping[Slot, Hex32]


class Target(Record):
    """A certificate that a case is about, with the draft of what is asked for it."""

    step: ClassVar[Step | None] = "select"
    issuer: Annotated[str, Field(max_length=64)]
    serial: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,20}$")]
    kind: Annotated[str, Field(max_length=32)]
    holder: Hex32
    draft: Draft


class Selection(Record):
    """The certificates to revoke, hold or release, and the life event that is the reason (対象の選択).

    `name` is the holder's as the register had it, for the papers; empty where it was not kept.
    """

    step: ClassVar[Step | None] = "select"
    name: Annotated[str, Field(max_length=100)] = ""
    event: Annotated[str, Field(max_length=64)]
    targets: Annotated[tuple[Target, ...], Field(min_length=1, max_length=8)]
    invalid_since: AwareDatetime | None = None


class Submission(Record):
    """The applications that an officer signed and submitted (申請), by their digests."""

    step: ClassVar[Step | None] = "confirm"
    applications: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=8)]
    digests: Annotated[tuple[Hex32, ...], Field(min_length=1, max_length=8)]


class Examined(Record):
    """That the applications were examined and signed for (審査), by their digests; or that the case was sent back."""

    step: ClassVar[Step | None] = "examine"
    digests: Annotated[tuple[Hex32, ...], Field(max_length=8)] = ()
    sent_back: bool = False
    comment: Line = ""


class Approved(Examined):
    """The same of the approval (承認, 差戻し)."""

    step: ClassVar[Step | None] = "approve"


class Outcome(Record):
    """What the signer made of the applications: the state and word of each, in the order of the submission."""

    step: ClassVar[Step | None] = "issue"
    states: tuple[str, ...]
    outcomes: tuple[str, ...]


class Finish(Record):
    """The hand-over (交付): the fee in yen, and that the receipt was signed. Drafts are of its own applications."""

    step: ClassVar[Step | None] = "hand-over"
    fee: Annotated[int, Field(ge=0, le=100_000)] = 0
    received: Literal[True]
    drafts: Annotated[tuple[Draft, ...], Field(max_length=4)] = ()


class Deferral(Record):
    """A case that waits for the centre (預かり処理): the visitor agreed, may come again from `until`, was `told` so."""

    consent: Literal[True]
    until: date
    told: Line = ""


class Withdrawal(Record):
    """A case that ends without what was wished for (取下げ), and why."""

    withdrawn: Literal[True] = True
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Trouble(Record):
    """That a terminal cannot go on, and why (`ca.terminal_messages.TroubleReport`); the case stands where it stood."""

    terminal: Annotated[str, Field(max_length=64)]
    trouble: Literal["card", "certificate", "refused"]
    code: Annotated[str, Field(max_length=64)]


HANDED_OVER: Final = Ending("hand-over", "received")
"""A `Finish`."""

CARD_WRITTEN: Final = Ending("write", "read_back")
"""A `Written`."""

CARRIED_OUT: Final = Ending("issue", "states")
"""An `Outcome`."""
