"""One kind of refusal, in words for an officer."""

from dataclasses import dataclass

__all__ = ["Fault"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of refusal: its HTTP status, and message ids that say what, why, and what to do.

    A message may name facts of the case as ``%(name)s``; `PageError` carries them.
    """

    status: int
    what: str
    why: str
    remedy: str
