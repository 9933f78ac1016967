"""Which papers prove who stands at the counter (本人確認; fact sheet c.1, RULE 5(2) for agents).

One document with a photograph, or the PIN of the card itself, is enough; of the others two are needed. An agent shows
their own and, when the holder chose them, the letter of attorney and the answered inquiry that was posted to the
holder. No number of a document is kept, and no copy of a My Number.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Literal

from ra.languages import mark
from store.cases import Visitor

__all__ = ["AGENT_PAPERS", "DOCUMENTS", "Strength", "enough", "missing_papers"]

Strength = Literal["alone", "with another"]
"""Whether a document proves identity by itself or only together with another one."""

DOCUMENTS: Final[Mapping[str, tuple[str, Strength]]] = MappingProxyType(
    {
        "card-pin": (mark("PIN of the individual number card"), "alone"),
        "number-card": (mark("Individual number card with photograph"), "alone"),
        "driving-licence": (mark("Driving licence"), "alone"),
        "passport": (mark("Passport"), "alone"),
        "residence-card": (mark("Residence card or special permanent resident certificate"), "alone"),
        "disability-handbook": (mark("Disability handbook with photograph"), "alone"),
        "eligibility": (mark("Certificate of health insurance eligibility"), "with another"),
        "pension": (mark("Pension handbook or pension certificate"), "with another"),
        "care-insurance": (mark("Long-term care insurance card"), "with another"),
        "student-card": (mark("Student or employee card with photograph"), "with another"),
    }
)
"""Kinds of documents: the name as a message id, and their strength."""

AGENT_PAPERS: Final[Mapping[Visitor, Mapping[str, str]]] = MappingProxyType(
    {
        "self": {},
        "legal-agent": {"authority": mark("Proof of legal agency (family register, registration of guardianship)")},
        "agent": {
            "attorney": mark("Letter of attorney"),
            "inquiry": mark("Inquiry-and-answer form, posted to the holder and answered"),
        },
    }
)
"""The papers that an agent brings beside their own identity document, by visitor: code and message id."""


def enough(documents: Collection[str]) -> bool:
    """Whether these kinds of documents prove one person's identity; unknown kinds count for nothing."""
    strengths = [DOCUMENTS[each][1] for each in set(documents) if each in DOCUMENTS]
    return "alone" in strengths or strengths.count("with another") >= 2


def missing_papers(visitor: Visitor, papers: Collection[str]) -> tuple[str, ...]:
    """The papers that an agent still has to show, in the order of the table; none for the holder."""
    return tuple(each for each in AGENT_PAPERS[visitor] if each not in papers)
