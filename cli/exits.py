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
    TRY_LATER = 75
    INTERRUPTED = 130


# The longest matching prefix of an error's code decides.
EXIT_OF_CODE: dict[str, Exit] = {
    "ca": Exit.REFUSED,
    "ca.validation": Exit.FINDINGS,
    "ca.lint": Exit.FINDINGS,
    "cli": Exit.FAILED,
    "cli.busy-port": Exit.UNREACHABLE,
    "cli.config": Exit.USAGE,
    "cli.not-found": Exit.NOT_FOUND,
    "cli.stale": Exit.STALE,
    "cli.timeout": Exit.TRY_LATER,
    "cli.unreachable": Exit.UNREACHABLE,
    "crl": Exit.REFUSED,
    "hsm": Exit.TOKEN,
    "ocsp": Exit.REFUSED,
    "policies": Exit.REFUSED,
    "policies.profile": Exit.USAGE,
    "policies.terms": Exit.USAGE,
    "store": Exit.DATABASE,
    "store.unknown": Exit.NOT_FOUND,
}


def exit_of(code: str) -> Exit:
    """The exit status for an error `code` such as ``hsm.pin-refused``; FAILED for a code of no known room."""
    known = [prefix for prefix in EXIT_OF_CODE if code == prefix or code.startswith((f"{prefix}.", f"{prefix}-"))]
    return EXIT_OF_CODE[max(known, key=len)] if known else Exit.FAILED
