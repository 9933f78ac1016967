"""Why a paper is not made, or a sealed one not believed; the form is that of `ca.errors`."""

from dataclasses import dataclass

from ca.errors import CAError

__all__ = [
    "CharactersNotPrintable",
    "FontMissing",
    "PageReachesOut",
    "PaperOverflows",
    "PaperRefused",
    "PaperUnreadable",
    "SealBroken",
    "SealKeyUnusable",
    "SealOfStranger",
]


class PaperRefused(CAError):
    """A paper (PDF) is not made as asked, or not believed as it is."""


@dataclass(eq=False)
class CharactersNotPrintable(PaperRefused):
    """The embedded font lacks characters; `code_points` names them ("U+1F600")."""

    code_points: tuple[str, ...]
    code = "ca.paper-characters"
    sentence = "The font of the papers has no characters {code_points}"
    next = "Write the text with characters of JIS X 0213 and say in words what cannot be written"


@dataclass(eq=False)
class FontMissing(PaperRefused):
    """The font that every paper is set in is not installed."""

    font: str
    code = "ca.paper-font"
    sentence = "The font {font} of the papers is not installed"
    next = "Install the font (Debian package fonts-ipaexfont-gothic) and print again"


@dataclass(eq=False)
class PageReachesOut(PaperRefused):
    """A page names something outside itself; nothing was fetched."""

    code = "ca.paper-reaches-out"
    sentence = "A page refers to something outside itself, and nothing is ever fetched for a paper"
    next = "Put the picture or the style into the page itself"


@dataclass(eq=False)
class PaperOverflows(PaperRefused):
    """A form of a fixed number of pages would need more; nothing of it was cut off."""

    pages: int
    most: int
    code = "ca.paper-overflows"
    sentence = "The paper needs {pages} pages and its form has {most}"
    next = "Shorten what is printed on it: the names, the list of things, the remarks"


@dataclass(eq=False)
class PaperUnreadable(PaperRefused):
    """Octets are not a PDF that can be taken apart; `why` says what was met."""

    why: str
    code = "ca.paper-unreadable"
    sentence = "The paper cannot be read: {why}"
    next = "Take the paper from another participant's copy"


@dataclass(eq=False)
class SealKeyUnusable(PaperRefused):
    """A key cannot seal a paper."""

    why: str
    code = "ca.seal-key-unusable"
    sentence = "The key cannot seal a paper: {why}"
    next = "Seal with the RSA or EC key that the certificate is for"


@dataclass(eq=False)
class SealBroken(PaperRefused):
    """A seal is not as it was set, or something was changed after it; `seal` is the name of its field."""

    seal: str
    why: str
    code = "ca.seal-broken"
    sentence = "The seal {seal} is broken: {why}"
    next = "Treat the paper as tampered with: compare it with the copies that the participants keep"


@dataclass(eq=False)
class SealOfStranger(PaperRefused):
    """A seal was set with a key that nobody vouched for; `seal` is the name of its field."""

    seal: str
    code = "ca.seal-stranger"
    sentence = "The seal {seal} was set with none of the keys given"
    next = "Give the public key of whoever set it, if that person was to seal the paper"
