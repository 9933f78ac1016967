"""What a terminal cannot go on with."""

from cli.errors import CommandError

__all__ = ["CertificateUntrusted", "FrontEndAway", "FrontEndRefused", "ScreenBusy"]


class FrontEndAway(CommandError, ConnectionError):
    """The front end does not answer; what is to be told it is kept and told again."""

    code = "cli.unreachable-front-end"

    def __init__(self, why: str) -> None:
        super().__init__(f"The front end does not answer: {why}.")
        self.next = "Wait; the terminal asks again by itself."


class FrontEndRefused(CommandError):
    """The front end answered with an error; `status` is HTTP's, `word` the front end's own code."""

    code = "cli.refused-by-front-end"

    def __init__(self, status: int, word: str) -> None:
        super().__init__(f"The front end refused a request with status {status}: {word}.")
        self.status = status
        self.word = word
        self.next = "Look up the code in docs/error-codes.md; check the terminal's clock, key and enrolment."


class CertificateUntrusted(CommandError):
    """A certificate to be written is not one that a known authority issued; nothing was written."""

    code = "cli.refused-certificate"

    def __init__(self, why: str) -> None:
        super().__init__(f"The certificate that the front end gave is refused: {why}.")
        self.next = "Look into it before anything else; nothing was written to the card."


class ScreenBusy(CommandError):
    """The port of the resident's screen is held by another program."""

    code = "cli.busy-port-screen"

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} of this host is in use, so there is no place for the resident's screen.")
        self.port = port
        self.next = "Stop the other program, or give another port with --screen."
