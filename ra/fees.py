"""The fee of a hand-over: as it was typed, and as it stands on the receipt that the visitor signs."""

from flask import session

from ra.errors import PageError
from ra.scan import fold_code

__all__ = ["check_printed", "printed_fee", "read_fee", "remember_printed"]

_PRINTED = "printed"
_MOST_DIGITS = 5


def read_fee(text: str) -> int:
    """Yen, written in digits of any width; PageError E-1602."""
    fee = fold_code(text)
    if not fee.isascii() or not fee.isdigit() or len(fee) > _MOST_DIGITS:
        raise PageError("E-1602")
    return int(fee)


def remember_printed(receipt: str, fee: int) -> None:
    """Keep, for this officer's session, which fee the receipt of this case was printed with; the last one counts."""
    session[_PRINTED] = {"receipt": receipt, "fee": fee}


def printed_fee(receipt: str) -> int | None:
    """The fee on the receipt that this officer printed for this case last; None where the last one was another's."""
    printed = session.get(_PRINTED, {})
    return int(printed["fee"]) if printed.get("receipt") == receipt else None


def check_printed(receipt: str, fee: int) -> None:
    """The ledger says what the visitor signed for; PageError E-1603 when the printed receipt names another fee."""
    printed = printed_fee(receipt)
    if printed is not None and printed != fee:
        raise PageError("E-1603", {"printed": printed, "fee": fee})
