"""What the front end needs of an installation, handed to it by the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from flask import current_app

from ca.authority import AuthorityStatement
from ca.passkeys import Parties
from ca.retirement import Retired
from ca.roster import Roster
from ca.seals import SealKey
from ca.statement import PrivateKey
from policies.profile import CertificateProfile
from ra.counter_texts import CounterTexts
from ra.register import Register
from store.authorities import AuthorityRecord
from store.database import Database

__all__ = ["OFFICE", "Office", "Party", "office"]

OFFICE: Final = "ninsho-office"
"""Where an application keeps its office, among Flask's extensions."""

Party: TypeAlias = Literal["working", "approval"]
"""Which of the two sites: where officers work, or where they approve and nothing else (docs/decisions/0003)."""


@dataclass(frozen=True, slots=True)
class Office:
    """One registration office's front end: what it may read, write and ask.

    `roster`, `authorities`, `statement` and `retired` give what is believed now. `salt` keys the names of holders,
    `random` gives that many octets, `clock` is UTC to the second. `wake` tells the signer that there is work.
    `register` answers for the resident register; without one no card is known.
    `seal` seals the papers that leave the counter; without one they are printed unsealed, and say nothing of a seal.
    `counter` is what papers say of the counters; without it a case has no papers.
    `demo_keys` gives the software key of a person on a site, and exists in demo homes only.
    """

    deployment: str
    demo: bool
    database: Database
    roster: Callable[[], Roster]
    profiles: Mapping[str, CertificateProfile]
    statement: Callable[[str], AuthorityStatement]
    authorities: Callable[[], Mapping[str, AuthorityRecord]]
    retired: Callable[[], Retired]
    salt: bytes
    random: Callable[[int], bytes]
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    parties: Parties
    register: Register | None = None
    seal: SealKey | None = None
    counter: CounterTexts | None = None
    demo_keys: Callable[[str, Party], PrivateKey] | None = None

    def __post_init__(self) -> None:
        if self.demo_keys is not None and not self.demo:
            raise ValueError("only a demo home has software keys of its officers")


def office() -> Office:
    """The office of the application that answers the current request."""
    held: Office = current_app.extensions[OFFICE]
    return held
