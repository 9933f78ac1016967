"""What a case does to its holder's certificates, and when those who check certificates see it.

The life-event table decided it when the certificates were selected. Everything is read from the journal, up to the
moment it was done: a slip that is printed again years later tells the same.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, cast
from uuid import UUID

from ra.case_file import CaseFile
from ra.effects import next_list
from ra.papers.status_slips import Affected, Visible
from ra.papers.words import CertificateKind, State
from ra.records import Selection, Submission
from ra.workflow import ACTIONS
from store.certificates import CertificateFilter, CertificateRecord, certificate, find
from store.crls import first_crl_after, latest_crl
from store.database import Transaction
from store.status import Act, acts

__all__ = ["Asked", "affected", "visible"]

Key = tuple[str, int]

_ANSWERED: Final = timedelta(minutes=1)
"""A responder knows a change within a second (`ocsp.cache`); papers tell whole minutes, so it is the next one."""

_DAILY: Final = timedelta(days=1)
"""Where no list was made yet: they are made daily (`policies/profiles/crl-*.toml`)."""

_MOST: Final = 8
"""Certificates on a slip."""

_CERTIFICATES_OF_A_HOLDER: Final = 50
"""Of a holder's certificates so many are looked through, the newest first."""

_STATES: Final[Mapping[str, State]] = {"revoke": "revoked", "hold": "held", "release": "good"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A case that revokes, holds or releases, looked at `now` (aware UTC to the second)."""

    file: CaseFile
    now: datetime

    @property
    def keys(self) -> tuple[Key, ...]:
        """The certificates that it is about."""
        return tuple((each.issuer, int(each.serial, 16)) for each in self.file.needed(Selection).targets)

    @property
    def applications(self) -> Collection[UUID]:
        """The applications that were submitted last."""
        return self.file.needed(Submission).applications


def affected(tx: Transaction, asked: Asked) -> tuple[tuple[Affected, ...], datetime | None]:
    """The certificates of the case, those of the same holder that stay as they are, and when it was done.

    None: it is not done yet. A certificate for which the authority refused it stays as it is, too.
    """
    selection = asked.file.needed(Selection)
    targets = [certificate(tx, *key) for key in asked.keys]
    holder = CertificateFilter(holder=bytes.fromhex(selection.targets[0].holder), state="issued")
    others = [each for each in find(tx, holder, limit=_CERTIFICATES_OF_A_HOLDER) if _key(each) not in asked.keys]
    journal = _journal(tx, [*targets, *others])
    done = {key: act for key in asked.keys for act in journal[key] if act.application_id in asked.applications}
    done_at = max((act.at.replace(microsecond=0) for act in done.values()), default=None)
    wish = cast("Literal['revoke', 'hold', 'release']", ACTIONS[asked.file.record.kind])
    rows = [
        _row(each, "nothing" if done and _key(each) not in done else wish, _before(journal[_key(each)], done))
        for each in targets
    ]
    moment = done_at or asked.now
    stay = [_row(each, "nothing", _at(journal[_key(each)], moment)) for each in others if _lives(each, moment)]
    return (*rows, *(each for each in stay if each.before != "revoked"))[:_MOST], done_at


def visible(tx: Transaction, asked: Asked, done_at: datetime | None) -> Visible:
    """When it is seen at the latest: by OCSP at once, on the lists with the next issue. Expected, where it is not done.

    Each certificate has a list of its own authority and partition; the last of them counts.
    """
    moment = done_at or asked.now
    lists = {(each.authority, each.partition) for each in (certificate(tx, *key) for key in asked.keys)}
    return Visible(moment + _ANSWERED, max(_listed(tx, *each, moment, asked.now) for each in lists))


def _listed(tx: Transaction, authority: str, partition: str, moment: datetime, now: datetime) -> datetime:
    """When the first list after a moment was made, or is made at the latest."""
    first = first_crl_after(tx, authority, partition, moment)
    if first is not None:
        return first.this_update
    return (next_list(latest_crl(tx, authority, partition), now) or now + _DAILY).replace(microsecond=0)


def _journal(tx: Transaction, records: Sequence[CertificateRecord]) -> Mapping[Key, tuple[Act, ...]]:
    issuers = {each.issuer for each in records}
    found = {issuer: acts(tx, issuer, [each.serial for each in records if each.issuer == issuer]) for issuer in issuers}
    return {_key(each): found[each.issuer][each.serial] for each in records}


def _key(record: CertificateRecord) -> Key:
    return record.issuer, record.serial


def _lives(record: CertificateRecord, moment: datetime) -> bool:
    return record.issued_at is not None and record.issued_at <= moment <= record.not_after


def _row(record: CertificateRecord, act: Literal["revoke", "hold", "release", "nothing"], before: State) -> Affected:
    return Affected(cast("CertificateKind", record.kind), record.serial, act, before)


def _before(history: Sequence[Act], done: Mapping[Key, Act]) -> State:
    """The state before what the case did to a certificate; the present one where it did nothing to it."""
    steps = [act.step for act in history if act in done.values()]
    return _after([act for act in history if not steps or act.step < min(steps)])


def _at(history: Sequence[Act], moment: datetime) -> State:
    return _after([act for act in history if act.at <= moment])


def _after(history: Sequence[Act]) -> State:
    """The state after these acts, oldest first; revoked is for ever."""
    if any(act.act == "revoke" for act in history):
        return "revoked"
    return _STATES[history[-1].act] if history else "good"
