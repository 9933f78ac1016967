"""Requests of a counter's terminal (窓口端末) to the front end, each signed by the terminal's enrolled key.

The terminal asks and is never asked. One header says who asks, when, and for the first time; the signature covers the
method, the path and the body, so nothing of a request can be changed or sent again.
"""

import hashlib
from collections import deque
from dataclasses import dataclass as plain_dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Annotated, Final, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Code, Digest, Moment, Octets, encode
from ca.roster import Roster, Terminal
from ca.statement import Domain, PrivateKey, public_key, sign, verifies
from ca.terminal_errors import (
    TerminalRequestMalformed,
    TerminalRequestOutOfTime,
    TerminalRequestReplayed,
    TerminalRequestSignatureInvalid,
    TerminalRequestUnknown,
)

__all__ = ["NONCE_OCTETS", "TOLERANCE", "Method", "Nonces", "Question", "authorisation", "check_request"]

TOLERANCE: Final = timedelta(seconds=60)
"""How far the clocks of a terminal and of the front end may differ."""

NONCE_OCTETS: Final = 16
SCHEME: Final = "Ninsho-Terminal"
LONGEST_HEADER: Final = 2048

Method = Literal["GET", "POST"]
Nonce = Annotated[Octets, Field(min_length=NONCE_OCTETS, max_length=NONCE_OCTETS)]
Path = Annotated[str, Field(pattern=r"\A/[a-z0-9/-]{0,199}\z")]


@plain_dataclass(frozen=True, slots=True)
class Question:
    """A request as HTTP carries it: `path` without a query, which these requests have not; `body` may be empty."""

    method: Method
    path: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class _Signed:
    deployment: Code
    terminal: Code
    method: Method
    path: Path
    body: Digest
    at: Moment
    nonce: Nonce


@dataclass(frozen=True, slots=True, config=CONFIG)
class _Header:
    """What the Authorization header says (RFC 9110 section 11.6.2), after its scheme: four words."""

    terminal: Code
    at: Moment
    nonce: Nonce
    signature: Annotated[Octets, Field(min_length=1, max_length=512)]

    @classmethod
    def read(cls, text: str) -> Self:
        scheme, *words = text.split(" ") if len(text) <= LONGEST_HEADER else ("",)
        if scheme != SCHEME or len(words) != 4:
            raise TerminalRequestMalformed
        try:
            moment = datetime.strptime(words[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            return cls(words[0], moment, bytes.fromhex(words[2]), bytes.fromhex(words[3]))
        except ValueError:  # pydantic's ValidationError is one
            raise TerminalRequestMalformed from None

    @property
    def text(self) -> str:
        return f"{SCHEME} {self.terminal} {self.at:%Y-%m-%dT%H:%M:%SZ} {self.nonce.hex()} {self.signature.hex()}"


class Nonces:
    """The requests of the last minutes, so that none is taken twice by this process. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: set[tuple[str, bytes]] = set()
        self._order: deque[tuple[datetime, tuple[str, bytes]]] = deque()

    def first(self, terminal: str, nonce: bytes, now: datetime) -> bool:
        """Say whether this nonce of the terminal is new, and remember it as long as its request could be believed."""
        with self._lock:
            while self._order and self._order[0][0] + 2 * TOLERANCE < now:
                self._known.discard(self._order.popleft()[1])
            if (terminal, nonce) in self._known:
                return False
            self._known.add((terminal, nonce))
            self._order.append((now, (terminal, nonce)))
            return True


def authorisation(
    key: PrivateKey, terminal: str, question: Question, *, deployment: str, at: datetime, nonce: bytes
) -> str:
    """Return the Authorization header of a request; `at` is UTC to the second, `nonce` 16 fresh random octets."""
    body = _signed_octets(question, deployment, terminal, at, nonce)
    return _Header(terminal, at, nonce, sign(key, Domain.TERMINAL, body)).text


def check_request(
    header: str, question: Question, *, deployment: str, roster: Roster, now: datetime, nonces: Nonces
) -> Terminal:
    """Return the enrolled terminal that made this request within the last minute, and makes it for the first time.

    Raises the subclasses of TerminalRequestRefused. A nonce is remembered only once the signature held, so that
    strangers cannot fill the memory.
    """
    given = _Header.read(header)
    if abs(now - given.at) > TOLERANCE:
        raise TerminalRequestOutOfTime(round((now - given.at).total_seconds()))
    terminal = roster.terminal(given.terminal)
    if terminal is None or not terminal.valid(now):
        raise TerminalRequestUnknown(given.terminal)
    try:
        body = _signed_octets(question, deployment, given.terminal, given.at, given.nonce)
    except ValidationError:
        raise TerminalRequestMalformed from None
    if not verifies(public_key(terminal.spki), Domain.TERMINAL, body, given.signature):
        raise TerminalRequestSignatureInvalid(given.terminal)
    if not nonces.first(given.terminal, given.nonce, now):
        raise TerminalRequestReplayed(given.terminal)
    return terminal


_ADAPTER: Final = TypeAdapter(_Signed)


def _signed_octets(question: Question, deployment: str, terminal: str, at: datetime, nonce: bytes) -> bytes:
    signed = _Signed(
        deployment=deployment,
        terminal=terminal,
        method=question.method,
        path=question.path,
        body=hashlib.sha256(question.body).digest(),
        at=at,
        nonce=nonce,
    )
    return encode(_ADAPTER, signed, document="terminal's request", limit=4096)
