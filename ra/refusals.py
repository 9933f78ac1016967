"""Why the authority refused, in words for the counter; the signer itself says it in one word (`code` of an error)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ra.languages import mark

__all__ = ["OTHER", "REFUSALS", "Refusal", "refusal_of"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why, and what to do: message ids."""

    why: str
    remedy: str


_NEW_CASE: Final = mark("Take a new case.")
_SIGN_ANEW: Final = mark("Take a new case and have it signed anew.")
_REGISTER: Final = mark("Have the register's entry looked at by the resident records division.")
_KEY: Final = mark("Take a new case, and let the card make a new key.")

REFUSALS: Final[Mapping[str, Refusal]] = MappingProxyType(
    {
        "store.holder-busy": Refusal(
            mark("The holder has another certificate of this kind that was issued and not handed over."),
            mark("Hand that one over or revoke it; then take a new case."),
        ),
        "store.key-of-another-holder": Refusal(mark("The key belongs to another holder already."), _KEY),
        "store.key-blocked": Refusal(mark("The key is blocked: it was reported as compromised."), _KEY),
        "ca.key-used": Refusal(mark("The key was used for another certificate before."), _KEY),
        "store.already-revoked": Refusal(
            mark("The certificate is revoked already."), mark("Nothing is left to do; tell the visitor so.")
        ),
        "store.already-held": Refusal(
            mark("The certificate is suspended already."), mark("Nothing is left to do; tell the visitor so.")
        ),
        "store.not-held": Refusal(
            mark("The certificate is not suspended."), mark("Nothing is left to do; tell the visitor so.")
        ),
        "ca.too-many-holds": Refusal(
            mark("The officer has suspended as many certificates within an hour as one person may."),
            mark("Have another officer take the case, and tell the administrators."),
        ),
        "ca.application-expired": Refusal(mark("The application was not carried out in time."), _NEW_CASE),
        "ca.evidence-signature-invalid": Refusal(mark("A signature under the application does not hold."), _SIGN_ANEW),
        "ca.credential-not-valid": Refusal(
            mark("An officer's credential was not valid any more when it was used."),
            mark("Have the credential renewed in the roster, and take a new case."),
        ),
        "validity.card-expired": Refusal(
            mark("The card's own validity is over."), mark("Have the card renewed first; then take a new case.")
        ),
        "validity.birth-date-impossible": Refusal(mark("The date of birth is no possible date."), _REGISTER),
        "policies.unknown-municipality": Refusal(mark("The municipality's code is not in use."), _REGISTER),
        "policies.facts-refused": Refusal(
            mark("One of the register's values does not have the form it must."), _REGISTER
        ),
        "characters.refused": Refusal(
            mark("The name or address holds a character that no certificate can carry."), _REGISTER
        ),
        "ca.authority-not-issuing": Refusal(
            mark("The authority does not issue at present."),
            mark("Tell the administrators, and take a new case later."),
        ),
    }
)
"""Refusals that a counter can meet without anybody's fault, by the signer's word."""

OTHER: Final = Refusal(
    mark("What was signed does not hold as it stands (%(word)s)."),
    mark("Take a new case. If it is refused again, tell the administrators the word in brackets."),
)
"""Every other refusal; its word fills the brackets."""


def refusal_of(word: str) -> Refusal:
    """The signer's word in words."""
    return REFUSALS.get(word, OTHER)
