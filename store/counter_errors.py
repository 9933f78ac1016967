"""What the store refuses about cases and sessions. Another branch's case is spoken of as one that does not exist."""

from uuid import UUID

from store.errors import StoreError


class CaseError(StoreError):
    """A refusal about one case."""


class UnknownCase(CaseError, LookupError):
    """No such case in these branches."""

    code = "store.unknown-case"
    next = "Check the receipt number, and whether the case belongs to this branch."

    def __init__(self) -> None:
        """Take no facts: what was asked for may be what somebody guessed."""
        super().__init__("No such case is recorded in this branch.")


class CaseMoved(CaseError):
    """Somebody else moved the case on, or the same form was sent twice."""

    code = "store.case-moved"
    next = "Open the case again and see what was done."

    def __init__(self, id: UUID, number: int) -> None:
        """State the case's ``id`` and the ``number`` of the event that was not entered."""
        self.id, self.number = id, number
        super().__init__(f"The case {id} already moved on, so its event {number} was not entered.")


class ApplicationOfAnotherCase(CaseError):
    """An application belongs to one case for ever, and to the case's branch."""

    code = "store.application-of-another-case"
    next = "Make a new application in this case."

    def __init__(self, id: UUID) -> None:
        """State the case's ``id``."""
        self.id = id
        super().__init__(f"An application cannot be added to case {id}: it is another case's, or another branch's.")


class SessionExists(StoreError):
    """A session of this secret was opened before."""

    code = "store.session-exists"
    next = "Draw another secret; if it happens again, stop and check the random source."

    def __init__(self) -> None:
        """Take no facts."""
        super().__init__("A session of this secret was opened before.")
