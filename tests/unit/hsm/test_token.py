"""Opening tokens, finding and making keys (RFC 3647 section 6.1 and 6.2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from hsm.errors import (
    EnvironmentConflict,
    KeyMissing,
    KeyRemains,
    LabelInUse,
    ModuleMissing,
    PinRefused,
    TokenAlreadyOpen,
    TokenMissing,
    WrongKey,
)
from hsm.generation import KeyAlgorithm
from hsm.keys import SigningKey
from hsm.token import Token, TokenConfig
from tests.fixtures.token_faults import destroying_nothing
from tests.fixtures.tokens import PIN, SoftHSM

MESSAGE = b"to be signed"


def certificate_of(key: SigningKey) -> x509.Certificate:
    """A self-signed certificate of `key`, made through it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "JPKI-TEST")])
    start = datetime(2026, 11, 23, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def test_a_token_is_found_by_its_label(token_config: TokenConfig) -> None:
    """The label alone names the token (design, section 3: one token and PIN per program and level)."""
    with Token.open(replace(token_config, serial=None), PIN) as token:
        assert token.name == token_config.label


def test_a_token_is_found_by_its_serial_number(token_config: TokenConfig) -> None:
    """The serial number alone names the token."""
    with Token.open(replace(token_config, label=None), PIN) as token:
        assert token.objects() == ()


def test_a_token_needs_a_name(tmp_path: Path) -> None:
    """A configuration that would take any token is refused."""
    with pytest.raises(ValueError, match="label or its serial number"):
        TokenConfig(module=tmp_path / "module.so", lock=tmp_path / "lock")


def test_a_missing_module_is_named(tmp_path: Path, token_config: TokenConfig) -> None:
    """No module at the configured path is a configuration error, found by LookupError."""
    with pytest.raises(ModuleMissing) as caught:
        Token.open(replace(token_config, module=tmp_path / "absent.so"), PIN)
    assert isinstance(caught.value, LookupError)
    assert str(caught.value) == f"The PKCS#11 module {tmp_path}/absent.so cannot be used: there is no such file."


def test_a_file_that_is_no_module_is_named(tmp_path: Path, token_config: TokenConfig) -> None:
    """A text file at the configured path is refused without a crash."""
    other = tmp_path / "text.so"
    other.write_text("not a library")
    with pytest.raises(ModuleMissing, match="it is not a PKCS#11 module"):
        Token.open(replace(token_config, module=other), PIN)


def test_a_missing_token_is_told_from_a_bug(softhsm: SoftHSM) -> None:
    """A token that is not there raises a ConnectionError."""
    with pytest.raises(TokenMissing, match="No token answers to nobody") as caught:
        Token.open(softhsm.config("nobody"), PIN)
    assert isinstance(caught.value, ConnectionError)


def test_a_wrong_serial_number_does_not_open_the_token_of_that_label(token_config: TokenConfig) -> None:
    """Label and serial number must both agree when both are given."""
    with pytest.raises(TokenMissing):
        Token.open(replace(token_config, serial="0000000000000000"), PIN)


def test_a_refused_pin_is_a_permission_error_without_the_pin(token_config: TokenConfig) -> None:
    """A wrong PIN raises PinRefused, and no error text holds the PIN."""
    with pytest.raises(PinRefused, match="refused the PIN: it is wrong") as caught:
        Token.open(token_config, "wrong-pin-99")
    assert isinstance(caught.value, PermissionError)
    assert "wrong-pin-99" not in repr(caught.value)


def test_a_token_opens_once_per_process(token: Token, token_config: TokenConfig) -> None:
    """PKCS#11 logs in per process: a second opening could not check its PIN and is refused."""
    with pytest.raises(TokenAlreadyOpen):
        Token.open(token_config, "any PIN at all")
    assert token.objects() == ()


def test_a_closed_token_opens_again(token_config: TokenConfig) -> None:
    """Closing ends the login, so the process may open the token anew."""
    Token.open(token_config, PIN).close()
    with Token.open(token_config, PIN) as token:
        assert token.objects() == ()


def test_tokens_open_together_agree_on_the_environment(token: Token, token_config: TokenConfig) -> None:
    """SoftHSM reads SOFTHSM2_CONF once, so another value while a token is open is an error, not ignored."""
    other = replace(token_config, label="other", environment={"SOFTHSM2_CONF": "/nowhere"})
    with pytest.raises(EnvironmentConflict):
        Token.open(other, PIN)
    assert token.objects() == ()


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_a_new_key_signs_and_stays(token: Token, algorithm: KeyAlgorithm) -> None:
    """A generated key is sensitive, not extractable, made inside, for signatures only (RFC 3647 section 6.1.1, 6.2)."""
    token.generate("ca", algorithm)
    private = next(each for each in token.objects() if each.kind == "private key")
    assert (private.label, private.identifier, private.algorithm) == ("ca", b"ca", algorithm.value)
    assert (private.sign, private.sensitive, private.extractable) == (True, True, False)
    assert (private.local, private.always_sensitive, private.never_extractable) == (True, True, True)


def test_a_label_is_used_once(token: Token) -> None:
    """Generating under a label in use makes nothing."""
    token.generate("ca", KeyAlgorithm.P_256)
    with pytest.raises(LabelInUse):
        token.generate("ca", KeyAlgorithm.P_384)
    assert [each.algorithm for each in token.objects()] == ["p-256", "p-256"]


def test_a_missing_key_is_a_lookup_error(token: Token) -> None:
    """A label without a key raises KeyMissing."""
    with pytest.raises(KeyMissing, match="there is no private key of this label") as caught:
        token.signing_key("absent")
    assert isinstance(caught.value, LookupError)


def test_a_key_is_checked_against_its_certificate(token: Token) -> None:
    """The certificate's own key opens, any other raises WrongKey."""
    first, second = token.generate("first", KeyAlgorithm.P_256), token.generate("second", KeyAlgorithm.P_256)
    token.signing_key("first", certificate=certificate_of(first))
    with pytest.raises(WrongKey, match="second"):
        token.signing_key("second", certificate=certificate_of(first))
    assert first.public_key() != second.public_key()


def test_a_destroyed_key_is_gone(token: Token) -> None:
    """Destroying takes both halves, and a key object from before can no longer sign."""
    key = token.generate("ca", KeyAlgorithm.P_256)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    token.destroy("ca")
    assert token.objects() == ()
    with pytest.raises(KeyMissing):
        key.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(KeyMissing):
        token.destroy("ca")


def test_a_destroyed_key_is_gone_from_the_reopened_token(token_config: TokenConfig) -> None:
    """Destruction (RFC 3647 section 6.2.10) reaches the token's storage: after another login the key is not there."""
    with Token.open(token_config, PIN) as token:
        token.generate("ca", KeyAlgorithm.P_256)
        token.generate("stays", KeyAlgorithm.P_256)
        token.destroy("ca")
    with Token.open(token_config, PIN) as token:
        assert [each.label for each in token.objects()] == ["stays", "stays"]
        with pytest.raises(KeyMissing):
            token.signing_key("ca")


def test_a_token_that_only_says_it_destroyed_a_key_is_found_out(token: Token) -> None:
    """The token is asked again after the destruction; its answer to the command proves nothing."""
    token.generate("ca", KeyAlgorithm.P_256)
    with destroying_nothing(token), pytest.raises(KeyRemains, match="still shows the key ca"):
        token.destroy("ca")
    token.health("ca")
    token.destroy("ca")
    assert token.objects() == ()


def test_health_signs(token: Token) -> None:
    """Health passes for a key that signs and fails for one that is not there."""
    token.generate("ca", KeyAlgorithm.P_256)
    token.health("ca")
    with pytest.raises(KeyMissing):
        token.health("absent")
