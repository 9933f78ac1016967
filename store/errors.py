"""What the store refuses, with the facts of each refusal as attributes.

Every error has a stable ``code``, one English sentence (``str(error)``) that says what failed and why, and ``next``:
what to do about it. No error text holds a name, an address, a birth date, a PIN or key material. What is refused about
one certificate, one application, or a case and a session stands in `store.certificate_errors`,
`store.application_errors` and `store.counter_errors`.
"""

from typing import ClassVar


class StoreError(Exception):
    """Root of everything this package refuses."""

    code: ClassVar[str] = "store.error"
    next: ClassVar[str] = "Read the message and the audit trail."


class RecordRefused(StoreError, ValueError):
    """A field of an input is outside its bounds; nothing was written."""

    code = "store.record-refused"
    next = "Correct the named field."

    def __init__(self, field: str, rule: str) -> None:
        """Name the ``field`` and the ``rule`` it breaks; the value itself is not repeated."""
        self.field, self.rule = field, rule
        super().__init__(f"The field {field} is refused: {rule}.")


class DatabaseAway(StoreError, ConnectionError):
    """The database could not do this now: unreachable, busy, full, or the transaction lost a race."""

    code = "store.database-away"
    next = "Nothing was recorded; try again, and look at the database's own log if it lasts."

    def __init__(self, why: str) -> None:
        """Say ``why`` in the driver's word for the class of error."""
        self.why = why
        super().__init__(f"The database did not carry out the transaction: {why}.")


class DatabaseRefused(StoreError):
    """The database refused a statement, or a row broke a constraint: a defect of this program or of its data."""

    code = "store.database-refused"
    next = "Nothing was recorded; report the code and the constraint."

    def __init__(self, why: str) -> None:
        """Say ``why`` by the driver's class of error, the SQLSTATE and the constraint, never by the row."""
        self.why = why
        super().__init__(f"The database refused the statement: {why}.")


class DatabaseMissing(StoreError, FileNotFoundError):
    """There is no database file at this place."""

    code = "store.database-missing"
    next = "Check the address of the database, or run `ninsho db upgrade` to make a new one."

    def __init__(self) -> None:
        """Take no facts: the address may hold a password and is not repeated."""
        super().__init__("The database file does not exist.")


class SchemaMismatch(StoreError):
    """The database has another schema than this program was written for."""

    code = "store.schema-mismatch"
    next = "Run `ninsho db upgrade` with the newest release, then start again."

    def __init__(self, found: str | None, expected: str) -> None:
        """State the schema ``found`` (None: an empty database) and the one ``expected``."""
        self.found, self.expected = found, expected
        what = "no schema" if found is None else f"schema {found}"
        super().__init__(
            f"The database has {what}, and this program needs schema {expected}: "
            "working on it could lose or misread records."
        )


class Denied(StoreError, PermissionError):
    """The database's own rules do not let this program do that."""

    code = "store.denied"
    next = "Use the program whose duty it is; grants are listed in the migration of roles."

    def __init__(self) -> None:
        """Take no facts: the driver's text may repeat a row."""
        super().__init__("The database denies this act to this program's role.")


class Immutable(StoreError, PermissionError):
    """A row that is written once was to be changed or removed."""

    code = "store.immutable"
    next = "Leave the row as it is; a correction is a new row."

    def __init__(self) -> None:
        """Take no facts: the driver's text may repeat a row."""
        super().__init__("The database keeps this row for ever: it can be neither changed nor removed.")


class SeatTaken(StoreError):
    """Another signer works on this SQLite database."""

    code = "store.seat-taken"
    next = "Stop the other signer, or move to PostgreSQL, where several may work."

    def __init__(self) -> None:
        """Take no facts."""
        super().__init__("Another signer already works on this SQLite database, and only one may.")


class FloorRefused(StoreError):
    """The file of the lowest acceptable version, of the roster or of an authority's document, cannot be used."""

    code = "store.floor-refused"
    next = "Restore the floor file from its copy; never lower it."

    def __init__(self, why: str) -> None:
        """Say ``why``."""
        self.why = why
        super().__init__(f"The version floor is refused: {why}.")


class UsedRefused(StoreError):
    """The file of the applications that were carried out cannot be used."""

    code = "store.used-refused"
    next = "Restore the file from its copy; without it an application could be carried out twice."

    def __init__(self, why: str) -> None:
        """Say ``why``."""
        self.why = why
        super().__init__(f"The file of used applications is refused: {why}.")


class RetiredRefused(StoreError):
    """The folder that says which authorities' keys ended cannot be believed or written."""

    code = "store.retired-refused"
    next = "Put the files back as they were from another program's copy of the folder; never make an empty one."

    def __init__(self, why: str) -> None:
        """Say ``why``."""
        self.why = why
        super().__init__(f"The folder of retired authorities cannot be used: {why}.")


class VersionNotNewer(StoreError):
    """A version of an authority's record that is not above every one recorded, or changes what never changes."""

    code = "store.version-not-newer"
    next = "Have a record with a higher version signed, for the same certificate."

    def __init__(self, name: str, why: str) -> None:
        """Name the authority and say ``why``."""
        self.name, self.why = name, why
        super().__init__(f"The record of authority {name} is not entered: {why}.")


class AuthorityExists(StoreError):
    """An authority of this name or generation is already recorded."""

    code = "store.authority-exists"
    next = "Give the new authority the next generation."

    def __init__(self, name: str) -> None:
        """State the authority's ``name``."""
        self.name = name
        super().__init__(f"The authority {name} is already recorded, and such a record never changes.")


class UnknownAuthority(StoreError, LookupError):
    """No authority of this name is recorded."""

    code = "store.unknown-authority"
    next = "List the authorities with `ninsho ca ls`."

    def __init__(self, name: str) -> None:
        """State the ``name`` asked for."""
        self.name = name
        super().__init__(f"No authority named {name} is recorded.")


class RosterExists(StoreError):
    """A roster of this version, or a newer one, is already recorded."""

    code = "store.roster-exists"
    next = "Give the new roster a higher version."

    def __init__(self, version: int) -> None:
        """State the ``version`` refused."""
        self.version = version
        super().__init__(f"Roster version {version} is not above the newest one recorded.")


class FactRefused(StoreError, ValueError):
    """A fact of an audit entry is not a small word, number, truth value or nothing."""

    code = "store.fact-refused"
    next = "Record a code or a hash; personal data never enters the audit trail."

    def __init__(self, name: str, rule: str) -> None:
        """Name the fact and the ``rule``; the value is not repeated."""
        self.name, self.rule = name, rule
        super().__init__(f"The audit fact is refused: {rule}.")


class AnchorRefused(StoreError):
    """An anchor cannot be written, read or believed."""

    code = "store.anchor-refused"
    next = "Keep the folder as it is and compare it with its copies."

    def __init__(self, place: str, why: str) -> None:
        """Name the ``place`` (a file name or a chain) and say ``why``."""
        self.place, self.why = place, why
        super().__init__(f"The audit anchor {place} is refused: {why}.")


class VersionExists(StoreError):
    """Something else was already published under this version."""

    code = "store.version-exists"
    next = "Publish under a new version; what was published is never overwritten."

    def __init__(self, name: str, version: str) -> None:
        """State the published ``name`` and ``version``."""
        self.name, self.version = name, version
        super().__init__(f"Version {version} of {name} was already published with other content.")


class NotPublished(StoreError, LookupError):
    """Nothing is published under this name."""

    code = "store.not-published"
    next = "Publish it first."

    def __init__(self, name: str) -> None:
        """State the ``name`` asked for."""
        self.name = name
        super().__init__(f"Nothing is published under {name}.")


class PublicationAway(StoreError, ConnectionError):
    """The place of publication did not take or give the file."""

    code = "store.publication-away"
    next = "The name holds the old or the new version, whole; try again."

    def __init__(self, name: str) -> None:
        """State the ``name`` that was to be written or read."""
        self.name = name
        super().__init__(f"The place of publication did not serve {name}.")
