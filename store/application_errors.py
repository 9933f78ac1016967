"""What the store refuses about one application: the signatures on it, its claim and its one use."""

from uuid import UUID

from store.errors import StoreError


class ApplicationError(StoreError):
    """A refusal about one application."""

    def __init__(self, id: UUID, what: str) -> None:
        """State the application's ``id`` and ``what`` stands in the way."""
        self.id = id
        super().__init__(f"The application {id} {what}.")


class UnknownApplication(ApplicationError, LookupError):
    """No such application."""

    code = "store.unknown-application"
    next = "Check the application's number."

    def __init__(self, id: UUID) -> None:
        """State the ``id`` asked for."""
        super().__init__(id, "is not recorded")


class ApplicationExists(ApplicationError):
    """An application of this id is already there."""

    code = "store.application-exists"
    next = "Read the recorded application; a repeated request needs no second one."

    def __init__(self, id: UUID) -> None:
        """State the ``id``."""
        super().__init__(id, "is already recorded")


class EvidenceExists(ApplicationError):
    """The person already acted in this role on this application."""

    code = "store.evidence-exists"
    next = "Let another person act."

    def __init__(self, id: UUID, role: str) -> None:
        """State the application's ``id`` and the ``role``."""
        self.role = role
        super().__init__(id, f"already has this person's {role}")


class ClaimLost(ApplicationError):
    """The application is no longer claimed under this token: another signer took it over, or it is finished."""

    code = "store.claim-lost"
    next = "Discard the work, and any signature made for it, and record that in the audit trail."

    def __init__(self, id: UUID) -> None:
        """State the ``id``."""
        super().__init__(id, "is no longer claimed under this token")


class ApplicationUsed(ApplicationError):
    """The application was already carried out once."""

    code = "store.application-used"
    next = "Read the certificate it led to; a second act needs a second application."

    def __init__(self, id: UUID) -> None:
        """State the ``id``."""
        super().__init__(id, "was already carried out")
