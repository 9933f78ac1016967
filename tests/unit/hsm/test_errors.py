"""Errors carry facts, and built-in bases tell the layers above what happened."""

from pathlib import Path

import pytest

from hsm import errors

CASES = (
    (errors.ModuleMissing(Path("/m.so"), "there is no such file"), LookupError),
    (errors.EnvironmentConflict(Path("/m.so")), ValueError),
    (errors.TokenMissing("ca"), ConnectionError),
    (errors.TokenMissing("ca", 2), ConnectionError),
    (errors.TokenAlreadyOpen("ca"), ValueError),
    (errors.TokenUnavailable("ca", "DeviceRemoved"), ConnectionError),
    (errors.PinRefused("ca", "it is wrong"), PermissionError),
    (errors.KeyMissing("ca", "root", "there is no private key of this label"), LookupError),
    (errors.TwoKeys("ca", "root"), LookupError),
    (errors.LabelInUse("ca", "root"), LookupError),
    (errors.WrongKey("ca", "root"), LookupError),
    (errors.AttributeRefused("ca", "root", "LOCAL"), ValueError),
    (errors.OperationRefused("ca", "MechanismInvalid"), ValueError),
    (errors.SignatureRefused("ca", "root"), ArithmeticError),
    (errors.KeyRemains("ca", "root"), RuntimeError),
    (errors.BackupRefused(Path("/b.tar"), "it is no archive"), ValueError),
    (errors.KeyStaysInToken("root"), PermissionError),
)


@pytest.mark.parametrize(("error", "base"), CASES, ids=lambda each: type(each).__name__)
def test_an_error_tells_what_and_what_next(error: errors.TokenError, base: type[Exception]) -> None:
    """Each error is a built-in to those who may not import `hsm`, a code, a sentence, and a next step."""
    assert isinstance(error, base)
    assert error.code.startswith("hsm.")
    assert str(error).endswith(".")
    assert "\n" not in str(error)
    assert error.next.endswith(".")
    assert getattr(error, "errno", None) is None
    assert str(type(error)(*error.args)) == str(error)


def test_only_an_absent_token_is_a_connection_error() -> None:
    """Whoever waits for a token to come back must not wait for anything else."""
    away = {type(error) for error, _ in CASES if isinstance(error, ConnectionError)}
    assert away == {errors.TokenMissing, errors.TokenUnavailable}


def test_every_error_has_its_own_code() -> None:
    """Codes are stable names; no two errors share one, and none is left out of this test."""
    kinds = {type(error) for error, _ in CASES}
    assert kinds == {getattr(errors, name) for name in errors.__all__} - {errors.TokenError}
    assert len({kind.code for kind in kinds}) == len(kinds)
