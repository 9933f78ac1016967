"""Whether the centre works: 稼働中, 遅延 or 停止, judged by the signer's heartbeat and by what waits for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from ra.languages import mark
from ra.office import Office
from store.heartbeat import last_beat

__all__ = ["LATE", "STOPPED", "Centre", "centre"]

LATE: Final = timedelta(seconds=45)
"""Without a heartbeat for so long the signer is slow; it beats every 15 s."""

STOPPED: Final = timedelta(seconds=180)
"""Without one for so long it has stopped, and cases are deferred."""


@dataclass(frozen=True, slots=True)
class Centre:
    """What the head of every page says of the centre; `since` is the signer's last sign of life, None for none ever."""

    state: Literal["working", "late", "stopped"]
    since: datetime | None

    @property
    def label(self) -> str:
        """The state in words: a message id."""
        return _LABELS[self.state]

    @property
    def kind(self) -> str:
        """How the state is shown (`parts.status`)."""
        return _KINDS[self.state]


_LABELS: Final = {
    "working": mark("Centre: working"),
    "late": mark("Centre: late"),
    "stopped": mark("Centre: stopped"),
}
_KINDS: Final = {"working": "good", "late": "warn", "stopped": "bad"}


def centre(office: Office) -> Centre:
    """The centre's state now."""
    with office.database.snapshot() as tx:
        beat = last_beat(tx, "signer")
    if beat is None:
        return Centre("stopped", None)
    silent = office.clock() - beat
    return Centre("working" if silent < LATE else "late" if silent < STOPPED else "stopped", beat)
