"""The one signer's seat on an SQLite database. PostgreSQL lets several signers share the work, so it needs none."""

import fcntl
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from sqlalchemy import make_url

from store.errors import SeatTaken


class SignerSeat:
    """Holds the seat until `leave` or the end of the process: an flock on ``<database file>.signer``.

    Raises SeatTaken when another process sits there. On PostgreSQL there is nothing to take.
    """

    def __init__(self, url: str) -> None:
        self._held = ExitStack()
        address = make_url(url)
        if address.get_backend_name() != "sqlite" or not address.database:
            return
        file = self._held.enter_context(Path(f"{address.database}.signer").open("ab"))  # noqa: SIM115 - the stack closes it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._held.close()
            raise SeatTaken from error

    def leave(self) -> None:
        """Give the seat up."""
        self._held.close()

    def __enter__(self) -> "SignerSeat":
        """Sit for the length of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave."""
        self.leave()
