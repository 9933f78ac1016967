"""Help: short topics in the order of the counter's work, the one for the page that was asked from first."""

from dataclasses import dataclass
from typing import Final

from ra.languages import mark

__all__ = ["TOPICS", "Topic", "topics_for"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: the groups of pages it belongs to, a title, and what to do, one sentence each: message ids."""

    name: str
    groups: tuple[str, ...]
    title: str
    steps: tuple[str, ...]


TOPICS: Final = (
    Topic(
        "scan",
        ("home", "search"),
        mark("Find a case, a certificate or a person"),
        (
            mark("Scan any slip: whatever field you are in, the number goes to the search box."),
            mark("F2 puts the cursor into the box. Receipt numbers begin with R, serial numbers with S, cards with K."),
            mark(
                "Anything else is a name. Hiragana, katakana, half width and variant characters find the same person."
            ),
        ),
    ),
    Topic(
        "case",
        ("cases",),
        mark("Take a case from reception to hand-over"),
        (
            mark("The list beside is the procedure; the next step is the only blue button, and Enter presses it."),
            mark(
                "What is saved stays saved: you may leave a case at any step and go on later, or another officer may."
            ),
            mark("A form sent twice counts once. When in doubt open the case: it shows what was done and when."),
            mark("PINs are typed on the resident's screen only. Never ask for one, and never write one down."),
        ),
    ),
    Topic(
        "examine",
        ("cases", "approvals"),
        mark("Examine and approve"),
        (
            mark("Who took a case can neither examine nor approve it. The list says so in grey."),
            mark("Approvals are given on the approval site, with a passkey of its own: look for the dark blue head."),
            mark(
                "Your passkey signs exactly what the page shows. If the page and the papers differ, send the case back."
            ),
        ),
    ),
    Topic(
        "deferred",
        ("deferred", "home"),
        mark("When the centre does not answer"),
        (
            mark("The head of every page says how the centre is. Take cases in as deferred and give deposit slips."),
            mark("Nothing is lost and nothing is done twice: when the centre works again, open the case and go on."),
        ),
    ),
    Topic(
        "certificate",
        ("certs", "expiry", "ledgers"),
        mark("Read a certificate's state"),
        (
            mark("The first line says which certificate, what state, since when, why, and what to do now."),
            mark(
                "A revocation is for ever. Verifiers see it by OCSP at once, in the revocation list at its next issue."
            ),
            mark("When the address or name changes, the signing certificate is revoked and the other one stays valid."),
        ),
    ),
    Topic(
        "session",
        ("login", "desk", "signed", "staff"),
        mark("Log in, lock, leave"),
        (
            mark("After ten minutes without a key or a click the screen is locked. Your work stays as it was."),
            mark("Lock the screen whenever you leave the desk. Every session ends at midnight."),
            mark(
                "Look at what you signed now and then. Tell the administrators of anything that you do not recognise."
            ),
        ),
    ),
)
"""Every topic, in the order of the work."""


def topics_for(endpoint: str) -> tuple[Topic, ...]:
    """All topics, those of the page with this endpoint first."""
    group = endpoint.split(".")[0]
    return tuple(sorted(TOPICS, key=lambda topic: group not in topic.groups))
