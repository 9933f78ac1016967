"""How a certificate stands, in words: which it is, what state, since when, why, what it can be used for, what now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from flask_babel import get_locale, gettext

from ca.look import Look
from policies.life_events import life_events
from ra.dates import day, minute
from ra.languages import mark
from ra.reception import RENEWAL
from store.cases import CaseKind

__all__ = [
    "KINDS",
    "STATES",
    "Shown",
    "Standing",
    "kind_name",
    "offered",
    "reason_words",
    "shown",
    "standing",
    "word",
]

Shown: TypeAlias = Literal["good", "pending", "held", "revoked", "expired"]
"""A certificate's state on a page: "pending" is valid and not handed over yet."""

KINDS: Final[Mapping[str, str]] = {
    "sign": mark("Signing certificate"),
    "auth": mark("User authentication certificate"),
    "sign-phone": mark("Signing certificate of a telephone"),
    "auth-phone": mark("User authentication certificate of a telephone"),
    "post": mark("Post certificate"),
    "user": mark("Staff certificate"),
    "server": mark("Server certificate"),
    "web": mark("Web server certificate"),
}
"""Kinds of certificates: message ids."""

STATES: Final[Mapping[Shown, tuple[str, str]]] = {
    "good": ("good", mark("Valid")),
    "pending": ("wait", mark("Not handed over")),
    "held": ("hold", mark("Suspended")),
    "revoked": ("bad", mark("Revoked")),
    "expired": ("ended", mark("Expired")),
}
"""The sign (ra/templates/parts.html) and the word of each state, a message id."""

_SENTENCES: Final[Mapping[Shown, str]] = {
    "good": mark("This %(which)s is valid until %(end)s."),
    "pending": mark("This %(which)s is valid until %(end)s, but it has not been handed over yet."),
    "held": mark("This %(which)s has been suspended since %(since)s: %(why)s."),
    "revoked": mark("This %(which)s was revoked on %(since)s: %(why)s."),
    "expired": mark("This %(which)s expired on %(end)s."),
}

_USES: Final[Mapping[str, str]] = {
    "sign": mark("Signing applications and other documents electronically, with the password."),
    "auth": mark("Logging in to services and showing who one is, with the four-digit PIN."),
    "post": mark("Signing official documents of the post."),
    "user": mark("Showing to other systems who the officer is."),
    "server": mark("Showing to other programs which server they talk to."),
    "web": mark("Showing to browsers which site they see."),
}

_USELESS: Final[Mapping[Shown, str]] = {
    "pending": mark("Nothing yet: it is not in its holder's hands."),
    "held": mark("Nothing as long as it is suspended. Every verifier refuses it."),
    "revoked": mark("Nothing new. A signature made before it was revoked can still be verified."),
    "expired": mark("Nothing new. A signature made while it was valid can still be verified."),
}

_REASONS: Final[Mapping[int, str]] = {
    0: mark("no reason was stated"),
    1: mark("the private key has leaked or is lost"),
    2: mark("the authority's private key has leaked or is lost"),
    3: mark("the holder's particulars have changed"),
    4: mark("it was renewed or replaced"),
    5: mark("it is no longer used"),
    6: mark("a loss was reported"),
    9: mark("the holder lost the right to it"),
}
"""CRLReason codes (RFC 5280 section 5.3.1) in words: message ids."""

_NEXT: Final[Mapping[Shown, str]] = {
    "good": mark("Nothing has to be done. It can be renewed from %(day)s."),
    "pending": mark("Hand it over, or revoke it."),
    "held": mark("This suspension is never lifted: revoke the certificate and issue a new one."),
    "revoked": mark("That is for ever. A new %(which)s can be applied for."),
    "expired": mark("A new %(which)s can be applied for."),
}

_NEXT_SPECIAL: Final[Mapping[Shown, str]] = {
    "good": mark("It can be renewed now."),
    "held": mark("The suspension can be lifted, or the certificate revoked."),
}
_FOLLOWED: Final = mark("Another %(which)s took its place, which is valid until %(until)s.")
"""What can be done now: as a rule, and when it is renewed already or its profile lets a suspension be lifted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page of a certificate opens with: its state, the sentence, what can be done, what it can be used for."""

    state: Shown
    sentence: str
    next: str
    use: str


def standing(look: Look, now: datetime, newer: Look | None = None) -> Standing:
    """Say how a certificate stands, in the language of this request; `newer` is one of the kind that came after it."""
    state, which = shown(look), lowered(kind_name(look.record.kind or look.record.profile))
    sentence = gettext(
        _SENTENCES[state],
        which=which,
        end=minute(look.record.not_after),
        since="" if look.since is None else minute(look.since),
        why=lowered(reason_words(look.reason, look.event)),
    )
    use = _USELESS.get(state) or _USES.get((look.record.kind or "").removesuffix("-phone"), "")
    return Standing(state, sentence, _next(look, which, now, newer), gettext(use) if use else "")


def shown(look: Look) -> Shown:
    """The state as pages show it."""
    match look.state:
        case "good" | "reserved":
            return "pending" if look.handed_over is False else "good"
        case "abandoned":
            return "revoked"
        case state:
            return state


def offered(look: Look, now: datetime, newer: Look | None = None) -> tuple[CaseKind, ...]:
    """The kinds of cases that can be opened about a certificate as it stands; nothing else gets a button.

    One that has ended is followed by a new one, unless its holder has a `newer` one already.
    """
    match shown(look):
        case "good":
            renewing: tuple[CaseKind, ...] = ("renew",) if _renewed_from(look) <= now else ()
            holding: tuple[CaseKind, ...] = ("hold",) if look.profile is not None and look.profile.hold else ()
            return (*renewing, *holding, "revoke")
        case "held":
            releasing: tuple[CaseKind, ...] = ("release",) if look.profile is not None and look.profile.release else ()
            return (*releasing, "revoke")
        case "pending":
            return ("revoke",)
        case _:
            return ("issue",) if newer is None else ()


def kind_name(kind: str) -> str:
    """The name of a kind of certificate; the profile's own for one without."""
    return str(gettext(KINDS[kind])) if kind in KINDS else kind


def word(state: Shown) -> tuple[str, str]:
    """The sign of a state, and its word in the language of this request."""
    sign, message = STATES[state]
    return sign, gettext(message)


def reason_words(reason: int | None, event: str | None) -> str:
    """Why it was revoked or suspended: the life event, where one was named, or else the reason's code in words."""
    known = life_events().get(event or "")
    if known is not None:
        return known.ja if str(get_locale()) == "ja" else known.en
    return str(gettext(_REASONS.get(reason or 0, _REASONS[0])))


def lowered(words: str) -> str:
    """Words as they stand inside a sentence."""
    return words[:1].lower() + words[1:]


def _renewed_from(look: Look) -> datetime:
    return look.record.not_after - RENEWAL


def _next(look: Look, which: str, now: datetime, newer: Look | None) -> str:
    state, may = shown(look), offered(look, now)
    special = "renew" in may or "release" in may
    message = _NEXT_SPECIAL[state] if special else _NEXT[state]
    until = ""
    if newer is not None and state in ("revoked", "expired"):
        message, until = _FOLLOWED, day(newer.record.not_after)
    return str(gettext(message, which=which, day=day(_renewed_from(look)), until=until))
