"""What may stand in the way of a case: the codes E-1xxx, and those of its signatures."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ra.fault import Fault

__all__ = ["CASE_FAULTS"]

CASE_FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "E-1001": Fault(
            404,
            "There is no case with the number %(receipt)s.",
            "It is mistyped, or it belongs to another branch.",
            "Scan the receipt again, or search by name.",
        ),
        "E-1002": Fault(
            409,
            "Case %(receipt)s has not come so far.",
            "A step before this one is still open.",
            "Open the case and take the step that is next.",
        ),
        "E-1003": Fault(
            409,
            "Case %(receipt)s has moved on.",
            "Another tab or another officer was quicker, or the form was sent twice. Nothing was done twice.",
            "Open the case again and see what was done.",
        ),
        "E-1103": Fault(
            400,
            "No certificate was chosen.",
            "A new issue, a renewal or a PIN reset is for at least one of the two certificates of a card.",
            "Go back and choose at least one.",
        ),
        "E-1104": Fault(
            400,
            "The documents do not prove the visitor's identity.",
            "One document of the first list is needed, or two of the second.",
            "Ask for another document, or for the PIN of the card.",
        ),
        "E-1105": Fault(
            400,
            "Papers of the agent are missing.",
            "An agent shows the papers of the list beside their own document, all of them.",
            "Ask for the missing paper, or close the case and let the agent come again with it.",
        ),
        "E-1106": Fault(
            400,
            "The name or address holds a character that no certificate can carry.",
            "It is a control or formatting sign, or too long.",
            "Have the register's entry looked at by the resident records division.",
        ),
        "E-1107": Fault(
            400,
            "The reception form was not complete.",
            "What for and who came must be chosen.",
            "Go back and fill in the form.",
        ),
        "E-1108": Fault(
            404,
            "The register knows no card with this number.",
            "It is mistyped, or the card was replaced.",
            "Scan the card again, or look the person up in the register.",
        ),
        "E-1109": Fault(
            409,
            "No case can be taken in here.",
            "You belong to no branch that serves a municipality.",
            "Choose your branch at the head of the page, or have the roster changed by the administrators.",
        ),
        "E-1201": Fault(
            409,
            "A signing certificate cannot be issued: the holder is under 15 years old.",
            "Act on public key certification, article 3, and its ordinance.",
            "Withdraw this case, and take one for the user authentication certificate alone.",
        ),
        "E-1202": Fault(
            409,
            "A signing certificate cannot be issued: the holder is an adult ward.",
            "The practice statement does not allow it.",
            "Withdraw this case, and take one for the user authentication certificate alone.",
        ),
        "E-1203": Fault(
            409,
            "The holder has a valid certificate of this kind already, until %(until)s.",
            "Nobody has two valid certificates of a kind (article 6).",
            "Withdraw this case; a renewal can be taken from %(from)s on.",
        ),
        "E-1204": Fault(
            409,
            "The certificate cannot be renewed yet; it can from %(from)s on.",
            "A renewal is taken in the last three months.",
            "Ask the holder to come again from that day on.",
        ),
        "E-1205": Fault(
            409,
            "The holder's certificate is suspended.",
            "A card's suspension is never lifted; its certificates are revoked and issued anew.",
            "Take a revocation first, then a new issue.",
        ),
        "E-1206": Fault(
            409,
            "The holder has another certificate of this kind that was issued and not handed over.",
            "Nobody has two certificates of a kind (article 6).",
            "Hand that one over or revoke it; then take a new case.",
        ),
        "E-1207": Fault(
            409,
            "The holder is registered in a municipality that this branch does not serve.",
            "A new issue or a renewal is applied for where the holder is registered (article 3).",
            "Withdraw this case, and send the visitor to the municipality of residence or to the branch that serves "
            "it.",
        ),
        "E-1208": Fault(
            409,
            "The card's last day was %(day)s.",
            "A certificate ends with its card at the latest.",
            "Withdraw this case, and have the visitor apply for a new card first.",
        ),
        "E-1301": Fault(
            409,
            "The authority would refuse this: %(why)s",
            "It was verified before it was saved, as the authority will verify it; nothing was saved (%(word)s).",
            "Correct the cause. If you do not see it, tell the administrators the word in brackets.",
        ),
        "E-1302": Fault(
            409,
            "No certificate can be made from these facts.",
            "%(why)s",
            "Withdraw the case or have it sent back, and take it anew once the cause is mended. If you do not see the "
            "cause, tell the administrators the word %(word)s.",
        ),
        "E-1401": Fault(
            403,
            "You took this case in, so you can neither examine nor approve it.",
            "Nobody decides their own case.",
            "Ask another officer with that role.",
        ),
        "E-1404": Fault(
            400,
            "A case is sent back with a reason.",
            "The counter must know what to correct.",
            "Go back and say what has to be corrected.",
        ),
        "E-1405": Fault(
            409,
            "The case cannot be withdrawn any more.",
            "The authority was asked already; what it issued is revoked, not withdrawn.",
            "Open a revocation for the certificates of this case.",
        ),
        "E-1406": Fault(
            400,
            "A case is withdrawn or taken in with a reason and the visitor's consent.",
            "It stands in the case file, and on the deposit slip.",
            "Go back and fill in the form.",
        ),
        "E-1407": Fault(
            400,
            "The day on which the visitor shall come again has passed.",
            "It stands on the deposit slip.",
            "Go back and enter today or a later day.",
        ),
        "E-1501": Fault(
            400,
            "No certificate was chosen, or it is not the holder's any more.",
            "At least one certificate that is valid or suspended must be chosen.",
            "Go back, look the holder up again, and choose.",
        ),
        "E-1502": Fault(
            409,
            "This event does not do that to the certificate.",
            "What an event does to which certificate is laid down in a table; nobody at the counter decides it.",
            "Choose another event, or leave the certificate out.",
        ),
        "E-1601": Fault(
            400,
            "The receipt is not signed yet.",
            "The hand-over ends with the visitor's signature on the receipt.",
            "Have it signed, tick the box, and go on.",
        ),
        "E-1602": Fault(
            400,
            "The fee is not a number of yen.",
            "It is written in digits, at most five.",
            "Go back and correct the fee.",
        ),
        "E-1603": Fault(
            409,
            "The fee differs from the one on the receipt.",
            "The receipt was printed with %(printed)s yen, and %(fee)s yen were entered.",
            "Go back and enter the fee of the receipt, or print the receipt anew with the right one.",
        ),
        "E-1701": Fault(
            404,
            "This paper does not belong to case %(receipt)s as it stands.",
            "Each paper fits certain procedures, from a certain step on.",
            "Open the case: it offers the papers that fit.",
        ),
        "E-1702": Fault(
            409,
            "The paper cannot be printed.",
            "%(why)s",
            "Write the paper by hand, and tell the administrators this code.",
        ),
        "E-3005": Fault(
            409,
            "The centre works, so the case need not be deferred.",
            "A case is taken in only while the centre is late or stopped.",
            "Go on with the case.",
        ),
        "E-3004": Fault(
            503,
            "No authority issues this certificate now.",
            "Its period of issuing is over, or it was retired.",
            "Tell the administrators; take the case in and defer it.",
        ),
        "E-4106": Fault(
            400,
            "The page stood open too long, or it was another officer's.",
            "What is signed is offered for half an hour, to one officer.",
            "Open the case again and sign anew.",
        ),
        "E-4107": Fault(
            409,
            "The case changed since the page was opened.",
            "You would have signed something else than what you saw. Nothing was saved.",
            "Open the case again, read it, and sign anew.",
        ),
        "E-4108": Fault(
            403,
            "You have no passkey for this site that is valid now.",
            "The roster lists none for %(site)s, or its period is over.",
            "Have one entered in the roster by the administrators.",
        ),
    }
)
"""Codes and words of cases."""
