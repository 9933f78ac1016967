"""PINs of a resident's card (fact sheet c.5), and the errors of cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm import card_errors
from hsm.card import PIN_RULES, Slot, check_pin
from hsm.card_errors import PinUnfit
from hsm.errors import TokenError

BIRTH = "1980-01-02"
CASES = (
    (card_errors.CardAway("A1"), ConnectionError),
    (card_errors.CardExists("A1"), ValueError),
    (card_errors.PinUnfit("auth", "same"), ValueError),
    (card_errors.WrongPin("A1", "auth", 2), PermissionError),
    (card_errors.CardLocked("A1", "auth"), PermissionError),
    (card_errors.CardEmpty("A1", "auth", "key"), LookupError),
    (card_errors.CertificateNotForCard("A1", "auth"), LookupError),
    (card_errors.CertificateNotKept("A1", "auth"), ArithmeticError),
)


@pytest.mark.parametrize("slot", ["auth", "sign"])
@pytest.mark.parametrize(
    ("auth", "sign", "defect"),
    [
        ("123", "ABCD1", "length"),
        ("70315", "ABCDEFGHIJKLMNOP7", "length"),
        ("70a5", "Abc7def", "characters"),
        ("７０３５", "ABC７DEF", "characters"),
        ("70-5", "ABC DEF", "characters"),
        ("0000", "AAAAAA", "same"),
        ("7777", "777777", "same"),
        ("1234", "123456", "run"),
        ("9876", "FEDCBA", "run"),
        ("0102", "19800102", "birth-date"),
        ("1980", "800102", "birth-date"),
    ],
)
def test_a_pin_that_anybody_would_try_is_refused(slot: Slot, auth: str, sign: str, defect: str) -> None:
    """Four digits or 6 to 16 capitals and digits; not 0000, 1234 or the birth date (fact sheet c.5)."""
    with pytest.raises(PinUnfit) as caught:
        check_pin(slot, auth if slot == "auth" else sign, BIRTH)
    assert caught.value.defect == defect


@pytest.mark.parametrize("pin", ["0201", "8001", "0180", "8002", "0280"])
def test_the_parts_of_the_birth_date_are_refused_in_any_order(pin: str) -> None:
    """Day and month, year and month, year and day, both ways round."""
    with pytest.raises(PinUnfit, match="birth-date"):
        check_pin("auth", pin, BIRTH)


@pytest.mark.parametrize("pin", ["KAKINAKU", "703518"])
def test_a_password_has_letters_and_digits(pin: str) -> None:
    """At least one of each."""
    with pytest.raises(PinUnfit, match="mixed"):
        check_pin("sign", pin, BIRTH)


def test_an_unknown_part_of_the_birth_date_forbids_nothing() -> None:
    """Month and day may be unknown ("00"); 1900 then is no part of a date known."""
    check_pin("auth", "8000", "1980-00-00")


@pytest.mark.parametrize(
    ("slot", "pin"), [("auth", "7035"), ("auth", "1243"), ("sign", "KAKI7NAKU"), ("sign", "A" * 15 + "7")]
)
def test_any_other_pin_is_accepted(slot: Slot, pin: str) -> None:
    """The shortest, the longest, and an almost trivial one."""
    check_pin(slot, pin, BIRTH)


@given(st.text(max_size=20))
def test_what_is_accepted_has_the_form_of_its_application(pin: str) -> None:
    """Whatever is typed: what passes is 4 ASCII digits, or 6 to 16 ASCII capitals and digits."""
    for slot, rule in PIN_RULES.items():
        try:
            check_pin(slot, pin)
        except PinUnfit:
            continue
        assert pin.isascii()
        assert pin.isalnum()
        assert pin == pin.upper()
        assert rule.shortest <= len(pin) <= rule.longest


@given(st.text(min_size=1, max_size=20))
def test_a_refused_pin_stands_in_no_message(pin: str) -> None:
    """An error tells the rule, never the PIN."""
    with pytest.raises(PinUnfit) as caught:
        check_pin("auth", pin + "x")
    assert pin + "x" not in str(caught.value.args)


@pytest.mark.parametrize(("error", "base"), CASES, ids=lambda each: type(each).__name__)
def test_an_error_tells_what_and_what_next(error: TokenError, base: type[Exception]) -> None:
    """Each error is a built-in to those who may not import `hsm`, a code, a sentence, and a next step."""
    assert isinstance(error, base)
    assert error.code.startswith("hsm.")
    assert str(error).endswith(".")
    assert error.next.endswith(".")
    assert str(type(error)(*error.args)) == str(error)


def test_every_error_has_its_own_code() -> None:
    """No two errors share a code, and none is left out of this test."""
    kinds = {type(error) for error, _ in CASES}
    assert kinds == {getattr(card_errors, name) for name in card_errors.__all__}
    assert len({kind.code for kind in kinds}) == len(kinds)
