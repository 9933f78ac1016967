"""What can be wrong with a profile, with an authority's terms, and with what is asked for."""

from datetime import date
from pathlib import Path

__all__ = [
    "CeilingExceeded",
    "CharacterRefused",
    "ContentRefused",
    "FactsRefused",
    "KeyRefused",
    "LifeEventRefused",
    "NameRefused",
    "PolicyError",
    "PreviewRefused",
    "ProfileError",
    "TermsError",
    "UnknownMunicipality",
    "ValidityRefused",
]


class PolicyError(ValueError):
    """Something may not be issued as asked. `code` is stable; `next` says what to do, in one sentence."""

    code: str = "policies.refused"
    next: str = "Correct the request and try again."


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


class PreviewRefused(PolicyError):
    """A preview is asked for in a way that names no certificate: `reason` says why."""

    code = "policies.preview-refused"
    next = "Name a shipped profile, and give a public key, a serial number and both times."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The preview is refused: {reason}.")


class UnknownMunicipality(PolicyError):
    """No municipality or ward has this code on this day: `municipality` is the code as given, `on` the day."""

    code = "policies.unknown-municipality"
    next = "Use the code of five digits of a municipality, or of a ward of a designated city, that exists on that day."

    def __init__(self, municipality: str, on: date) -> None:
        self.municipality, self.on = municipality, on
        super().__init__(f"No municipality has the code {municipality[:16]!r} on {on.isoformat()}.")


class CharacterRefused(PolicyError):
    """A text cannot stand in a certificate: `code` says why, `position` where (from 1), never which character."""

    code = "characters.refused"
    next = "Write the text anew without it; where the register has a character of its own, write 〓 in its place."

    def __init__(self, code: str, position: int, reason: str) -> None:
        self.code, self.position, self.reason = code, position, reason
        super().__init__(f"The text is refused at character {position}: {reason}.")


class ValidityRefused(PolicyError):
    """No lawful period can be given: `code` says why."""

    code = "validity.refused"
    next = "Correct the dates of the application, or use an authority that lives long enough."

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"No validity can be given: {reason}.")


class KeyRefused(PolicyError):
    """A subject key may not be certified: `code` names the defect, e.g. "keys.roca"."""

    code = "keys.refused"
    next = "Make a new key pair, on another device if this one made a weak key."

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"The key is refused: {reason}.")


class LifeEventRefused(PolicyError):
    """The table of life events is wrong or does not know what is asked: `source` says where, `reason` why."""

    code = "policies.life-event-refused"
    next = "Use an event and a kind of certificate that the table of life events names."

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason
        super().__init__(f"The life event is refused at {source}: {reason}.")
