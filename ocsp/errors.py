"""Refusals of this package. Each carries its facts, a stable code and what to do next; none names a person."""

from typing import ClassVar


class OCSPError(Exception):
    """A question was not answered with a status, or a responder did not start."""

    code: ClassVar[str] = "ocsp.failed"
    next: ClassVar[str] = "Read the sentence above."


class MalformedRequest(OCSPError):
    """The octets are no OCSPRequest, or one outside the stated bounds (RFC 6960 section 4.1)."""

    code = "ocsp.malformed-request"
    next = "Send one DER OCSPRequest of at most 8 KiB by RFC 6960."

    def __init__(self, where: str) -> None:
        super().__init__(f"The request is malformed: {where}.")
        self.where = where


class NotAuthoritative(OCSPError):
    """The question is about an issuer that this responder does not answer for (RFC 5019 section 2.2.3)."""

    code = "ocsp.not-authoritative"
    next = "Ask the responder named in the certificate."

    def __init__(self) -> None:
        super().__init__("This responder does not answer for the issuer asked about.")


class TryLater(OCSPError):
    """No answer can be given now without guessing (RFC 6960 section 2.3)."""

    code = "ocsp.try-later"
    next = "Ask again in a minute; if that persists, look at the responder's database and token."

    def __init__(self, why: str) -> None:
        super().__init__(f"No status can be given now: {why}.")
        self.why = why


class ResponderRefused(OCSPError):
    """A responder's certificate or key is not fit to sign answers, so it does not start (RFC 6960 section 4.2.2.2)."""

    code = "ocsp.responder-refused"
    next = "Issue a responder certificate for the key on this token with the CA key it answers for."

    def __init__(self, authority: str, why: str) -> None:
        super().__init__(f"The responder of {authority} does not start: {why}.")
        self.authority = authority
        self.why = why


class WrongResponderKey(ResponderRefused):
    """The key is not the one in the responder's certificate."""

    code = "ocsp.wrong-responder-key"
    next = "Check the key's label on the token and the responder certificate in the configuration."

    def __init__(self, authority: str) -> None:
        super().__init__(authority, "its key does not match its certificate")
