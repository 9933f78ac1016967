"""What can be wrong with a profile, with an authority's terms, and with what is asked for."""

from pathlib import Path
from typing import ClassVar

__all__ = [
    "CeilingExceeded",
    "ContentRefused",
    "FactsRefused",
    "NameRefused",
    "PolicyError",
    "ProfileError",
    "TermsError",
]


class PolicyError(ValueError):
    """Something may not be issued as asked. `code` is stable; `next` says what to do, in one sentence."""

    code: ClassVar[str] = "policies.refused"
    next: ClassVar[str] = "Correct the request and try again."


class ProfileError(PolicyError):
    """A profile file cannot be believed: `file` and `key` say where, `reason` why."""

    code = "policies.profile-invalid"
    next = "Correct the file; a profile with an unknown or missing key is never used in part."

    def __init__(self, file: Path, key: str, reason: str) -> None:
        self.file, self.key, self.reason = file, key, reason
        super().__init__(f"The profile {file.name} is refused at {key}: {reason}.")


class CeilingExceeded(ProfileError):
    """A profile file allows more than `policies.limits` lets any file allow."""

    code = "policies.ceiling-exceeded"
    next = "Lower the value in the file; the ceilings change only with the program."


class TermsError(PolicyError):
    """An authority's terms are unusable: `source` names the file or the terms, `key` the place."""

    code = "policies.terms-invalid"
    next = "Correct the terms file of the authority."

    def __init__(self, source: str, key: str, reason: str) -> None:
        self.source, self.key, self.reason = source, key, reason
        super().__init__(f"The terms {source} are refused at {key}: {reason}.")


class FactsRefused(PolicyError):
    """The facts of a case do not have the required form: `field` names the fact, never its value."""

    code = "policies.facts-refused"
    next = "Correct the named fact in the application."

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"The fact {field} is refused: {reason}.")


class NameRefused(PolicyError):
    """A name cannot be encoded as the profile demands: `attribute` names the part, never its value."""

    code = "policies.name-refused"
    next = "Correct the named part of the name."

    def __init__(self, attribute: str, reason: str) -> None:
        self.attribute, self.reason = attribute, reason
        super().__init__(f"The name part {attribute} is refused: {reason}.")


class ContentRefused(PolicyError):
    """Profile, terms, facts and issuer do not make a certificate together: `profile` and `part` say where."""

    code = "policies.content-refused"
    next = "Check that profile, facts and issuing authority belong together."

    def __init__(self, profile: str, part: str, reason: str) -> None:
        self.profile, self.part, self.reason = profile, part, reason
        super().__init__(f"A certificate of profile {profile} cannot be built at {part}: {reason}.")
