"""What an officer is told when something cannot be done: a code, what, why, what to do, and a number to quote.

One table for all pages. E-1xxx: a case and its contents; E-2xxx: lists and files; E-3xxx: the centre and the database;
E-4xxx: who is logged in and what they may do; E-5xxx: the request itself.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import gettext

from ra.case_faults import CASE_FAULTS
from ra.fault import Fault

__all__ = ["FAULTS", "Fault", "PageError"]


class PageError(Exception):
    """A page that cannot be shown, or a wish that cannot be granted, for the reason with this code.

    `facts` fill the words of the code's `Fault`. They are shown to the officer and written to no log.
    """

    def __init__(self, code: str, facts: Mapping[str, object] = MappingProxyType({})) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def fault(self) -> Fault:
        """What the code means."""
        return FAULTS[self.code]

    def words(self) -> Mapping[str, str]:
        """The `code`, and `what`, `why` and `remedy` in the language of this request."""
        fault = self.fault
        return {
            "code": self.code,
            "what": gettext(fault.what, **self.facts),
            "why": gettext(fault.why, **self.facts),
            "remedy": gettext(fault.remedy, **self.facts),
        }


FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        **CASE_FAULTS,
        "E-2103": Fault(
            400,
            "The records of these days cannot be shown.",
            "The days cannot be read, the last comes before the first, or they are more than a year apart.",
            "Go back and enter the first and the last day, like 2026-11-01 and 2026-11-30.",
        ),
        "E-3001": Fault(
            503,
            "The registration database does not answer.",
            "It is being restarted, or the connection to it is broken.",
            "Wait a minute, go back and send the form again; enter anew what the browser has not kept. "
            "Nothing is done twice.",
        ),
        "E-4101": Fault(
            403,
            "This page is not part of your duties.",
            "It is for these roles: %(roles)s.",
            "Ask an officer with that role, or have the roster changed by the administrators.",
        ),
        "E-4102": Fault(
            400,
            "This form is too old to be accepted.",
            "It was opened before you logged in, or more than a day ago.",
            "Go back, load the page again and send the form once more.",
        ),
        "E-4103": Fault(
            429,
            "There were too many requests in a short time.",
            "From one place only so many are accepted, so that nobody can try keys or block the counter.",
            "Wait a minute and try again.",
        ),
        "E-4104": Fault(
            403,
            "The credential was not accepted.",
            "%(why)s",
            "Try again. If it happens again, log in with another credential and tell the administrators.",
        ),
        "E-4105": Fault(
            403,
            "The client certificate was not accepted.",
            "It is missing, not from the configured authority, ended or revoked, or its key is not in the roster.",
            "Insert your officer's card and start again, or log in with your passkey.",
        ),
        "E-4201": Fault(
            401,
            "The terminal's request was not accepted.",
            "It is not one that an enrolled terminal made within the last minute (%(word)s).",
            "Check the terminal's clock and key, and that the roster enrols it for this window.",
        ),
        "E-4202": Fault(
            409,
            "The case is not at the step that the terminal reports.",
            "It was moved on or cancelled meanwhile, or the same report was received before.",
            "The terminal asks again by itself what is to be done.",
        ),
        "E-4203": Fault(
            422,
            "The terminal's report does not fit the case.",
            "What it says of the card differs from what the case is about (%(word)s).",
            "Repeat the step at the terminal. If it happens again, tell the administrators.",
        ),
        "E-5000": Fault(
            500,
            "The program met a fault of its own.",
            "The cause was written to the log under the number below, without anybody's data.",
            "What was saved before is kept. Tell the administrators the number, and go on with another case meanwhile.",
        ),
        "E-5001": Fault(
            404,
            "There is nothing here.",
            "The address is mistyped, or what you look for belongs to another branch.",
            "Look for it from the counter home by its number.",
        ),
        "E-5002": Fault(
            405,
            "This address cannot be used in that way.",
            "A form was sent to a page that takes none, or a page was opened that only takes a form.",
            "Go back to the counter home and start from there.",
        ),
        "E-5003": Fault(
            413,
            "What was sent is too large.",
            "A form may have %(limit)s at most.",
            "Choose a smaller file, or divide it.",
        ),
        "E-5004": Fault(
            421,
            "This server does not answer under that name.",
            "It is reached under the two addresses of its configuration only.",
            "Open it with the address that the administrators gave you.",
        ),
        "E-5005": Fault(
            400,
            "The request carries headers of a proxy that is not there.",
            "Only the configured proxy may say where a request comes from.",
            "Open the pages with the address that the administrators gave you.",
        ),
        "E-5006": Fault(
            400,
            "The request could not be understood.",
            "Something that the page sends is missing or has another form.",
            "Go back, load the page again and repeat the step.",
        ),
    }
)
"""Every code and its words. `docs/error-codes.md` is made from this table."""
