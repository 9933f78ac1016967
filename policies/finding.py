"""One finding of a check over a certificate, a CRL or a response."""

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Finding", "Severity"]


class Severity(IntEnum):
    """How bad a finding is; ordered, so that `severity >= Severity.ERROR` stops an issuance."""

    NOTICE = 1
    WARNING = 2
    ERROR = 3
    FATAL = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from a rule, naming the rule.

    `code` is stable and may be named in a configuration ("profile.extension-order");
    `source` says where the rule stands ("RFC 5280 4.2.1.10", "jpki-sign.toml [basic_constraints]");
    `detail` is one English sentence and never holds a name, an address or a birth date.
    """

    code: str
    severity: Severity
    source: str
    detail: str
