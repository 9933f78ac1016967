"""Exit statuses of the command and which error code leads to which: the one table on the administrators' side."""

from enum import IntEnum


class Exit(IntEnum):
    """Why a command ended, for scripts and timers."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    FINDINGS = 5
    SECOND_PERSON = 6
    TOKEN = 7
    DATABASE = 8
    UNREACHABLE = 9
    STALE = 10
    PIN_REFUSED = 11  # apart from TOKEN, so that a supervisor never tries it again: tokens count, and lock themselves
    TRY_LATER = 75
    INTERRUPTED = 130


# The longest matching prefix of an error's code decides.
EXIT_OF_CODE: dict[str, Exit] = {
    "ca": Exit.REFUSED,
    "ca.ceremony": Exit.REFUSED,
    "ca.ceremony-changed": Exit.SECOND_PERSON,
    "ca.ceremony-confirmation": Exit.SECOND_PERSON,
    "ca.ceremony-input-ended": Exit.SECOND_PERSON,
    "ca.ceremony-minutes": Exit.FINDINGS,
    "ca.ceremony-order": Exit.SECOND_PERSON,
    "ca.ceremony-people": Exit.SECOND_PERSON,
    "ca.ceremony-person": Exit.SECOND_PERSON,
    "ca.ceremony-shares": Exit.SECOND_PERSON,
    "ca.ceremony-timeout": Exit.SECOND_PERSON,
    "ca.ceremony-transcript": Exit.FINDINGS,
    "ca.evidence-too-few": Exit.SECOND_PERSON,
    "ca.not-examined": Exit.SECOND_PERSON,
    "ca.own-case": Exit.SECOND_PERSON,
    "ca.paper": Exit.FINDINGS,
    "ca.path-invalid": Exit.FINDINGS,
    "ca.person-twice": Exit.SECOND_PERSON,
    "ca.requester-decides": Exit.SECOND_PERSON,
    "ca.seal": Exit.FINDINGS,
    "ca.validation": Exit.FINDINGS,
    "characters": Exit.REFUSED,
    "cli": Exit.FAILED,
    "cli.busy-port": Exit.UNREACHABLE,
    "cli.busy-socket": Exit.UNREACHABLE,
    "cli.config": Exit.USAGE,
    "cli.not-found": Exit.NOT_FOUND,
    "cli.pin": Exit.TOKEN,
    "cli.preview": Exit.USAGE,
    "cli.refused": Exit.REFUSED,
    "cli.second-person": Exit.SECOND_PERSON,
    "cli.stale": Exit.STALE,
    "cli.timeout": Exit.TRY_LATER,
    "cli.unreachable": Exit.UNREACHABLE,
    "cli.usage": Exit.USAGE,
    "crl": Exit.REFUSED,
    "hsm": Exit.TOKEN,
    "hsm.pin-refused": Exit.PIN_REFUSED,
    "keys": Exit.REFUSED,
    "ocsp": Exit.REFUSED,
    "policies": Exit.REFUSED,
    "policies.profile": Exit.USAGE,
    "policies.terms": Exit.USAGE,
    "store": Exit.DATABASE,
    "store.already": Exit.REFUSED,
    "store.application-exists": Exit.REFUSED,
    "store.evidence-exists": Exit.SECOND_PERSON,
    "store.holder-busy": Exit.REFUSED,
    "store.key": Exit.REFUSED,
    "store.no-pending": Exit.REFUSED,
    "store.not-held": Exit.REFUSED,
    "store.roster-exists": Exit.REFUSED,
    "store.unknown": Exit.NOT_FOUND,
    "validity": Exit.REFUSED,
}


def exit_of(code: str) -> Exit:
    """The exit status for an error `code` such as ``hsm.pin-refused``; FAILED for a code of no known room."""
    known = [prefix for prefix in EXIT_OF_CODE if code == prefix or code.startswith((f"{prefix}.", f"{prefix}-"))]
    return EXIT_OF_CODE[max(known, key=len)] if known else Exit.FAILED
