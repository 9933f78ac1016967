"""Setting up SoftHSM homes and tokens."""

from dataclasses import replace
from pathlib import Path

import pytest

from hsm.errors import (
    EnvironmentConflict,
    LabelInUse,
    ModuleMissing,
    OperationRefused,
    PinRefused,
    TokenAlreadyOpen,
    TokenMissing,
    TokenUnavailable,
)
from hsm.generation import KeyAlgorithm
from hsm.provision import (
    described,
    initialise,
    public_key_shown,
    set_user_pin,
    slots,
    softhsm_configuration,
)
from hsm.token import Token, TokenConfig
from tests.fixtures.tokens import MODULE, PIN, SO_PIN, SoftHSM


def test_a_softhsm_home_is_its_owners_alone(tmp_path: Path) -> None:
    """SoftHSM protects keys by file modes and the PIN only: folders 0700, configuration 0600."""
    home = tmp_path / "home"
    configuration = softhsm_configuration(home)
    modes = [each.stat().st_mode & 0o777 for each in (home, home / "tokens", configuration)]
    assert modes == [0o700, 0o700, 0o600]
    assert configuration.read_text().splitlines() == [
        f"directories.tokendir = {home}/tokens",
        "objectstore.backend = file",
        "log.level = ERROR",
        "slots.removable = false",
    ]


def test_an_existing_softhsm_home_is_kept(tmp_path: Path) -> None:
    """A second set-up in the same folder is refused and changes nothing."""
    configuration = softhsm_configuration(tmp_path)
    before = configuration.read_bytes()
    with pytest.raises(FileExistsError):
        softhsm_configuration(tmp_path)
    assert configuration.read_bytes() == before


def test_a_new_token_is_listed_and_opens(softhsm: SoftHSM) -> None:
    """Initialising gives a token with a user PIN; it is seen by `slots` and opened at once."""
    config = softhsm.make("provisioned")
    listed = [each for each in slots(MODULE, softhsm.environment) if each.label == "provisioned"]
    assert [(each.serial, each.user_pin_set, each.user_pin_locked) for each in listed] == [(config.serial, True, False)]
    with Token.open(config, PIN) as token:
        assert token.objects() == ()


def test_a_free_slot_is_listed_without_a_label(softhsm: SoftHSM) -> None:
    """The slot SoftHSM keeps for the next token shows no label."""
    assert any(each.label is None for each in slots(MODULE, softhsm.environment))


def test_a_token_is_made_while_another_is_in_use(softhsm: SoftHSM, token: Token) -> None:
    """Making a token does not disturb those that are open."""
    softhsm.make("beside")
    assert token.objects() == ()


def test_a_label_in_use_is_refused(softhsm: SoftHSM) -> None:
    """Two tokens of one label could not be told apart, so the second is not made."""
    config = softhsm.make("once")
    before = slots(MODULE, softhsm.environment)
    with pytest.raises(LabelInUse, match="once"):
        initialise(config, SO_PIN, PIN)
    assert slots(MODULE, softhsm.environment) == before


@pytest.mark.parametrize("label", ["", "x" * 33, "署" * 11])
def test_a_label_has_1_to_32_octets(softhsm: SoftHSM, label: str) -> None:
    """PKCS#11 pads labels to 32 octets; a longer one would be cut."""
    with pytest.raises(OperationRefused, match="1 to 32 octets"):
        initialise(replace(softhsm.config("x"), label=label), SO_PIN, PIN)


def test_a_japanese_label_works(softhsm: SoftHSM) -> None:
    """Labels are UTF-8 (PKCS#11 2.40, 3.2)."""
    with Token.open(softhsm.make("署名用"), PIN) as token:
        assert token.name == "署名用"


def test_a_too_short_so_pin_is_refused(softhsm: SoftHSM) -> None:
    """The token's own rule for PINs is reported as such, and no token is made."""
    with pytest.raises(PinRefused, match="does not accept it"):
        initialise(softhsm.config("short-so"), "1", PIN)
    assert all(each.label != "short-so" for each in slots(MODULE, softhsm.environment))


def test_a_refused_user_pin_can_be_chosen_again(softhsm: SoftHSM) -> None:
    """A token left without a user PIN is completed by the next call."""
    config = softhsm.config("short-user")
    with pytest.raises(PinRefused):
        initialise(config, SO_PIN, "1")
    assert initialise(config, SO_PIN, PIN).user_pin_set
    Token.open(config, PIN).close()


def test_a_token_half_made_is_not_completed_by_another_officer(softhsm: SoftHSM) -> None:
    """Completing a token needs the security officer's PIN it was made with."""
    config = softhsm.config("half-made")
    with pytest.raises(PinRefused):
        initialise(config, SO_PIN, "1")
    with pytest.raises(PinRefused):
        initialise(config, "another-so-pin", PIN)


def test_a_token_is_described_by_its_serial_number(token_config: TokenConfig) -> None:
    """A ceremony learns label and serial number of the token in the slot before any PIN is typed."""
    found = described(replace(token_config, label=None))
    assert (found.label, found.serial, found.user_pin_set) == (token_config.label, token_config.serial, True)


def test_the_right_label_with_another_serial_number_is_no_token(token_config: TokenConfig) -> None:
    """A token put in the place of another is not taken for it."""
    with pytest.raises(TokenMissing):
        described(replace(token_config, serial="0" * 16))


def test_the_so_pin_gives_another_user_pin(token_config: TokenConfig) -> None:
    """C_InitPIN (PKCS#11 2.40, 5.5): the security officer alone resets the user PIN, hence splits or loses its own."""
    with Token.open(token_config, PIN) as token:
        token.generate("ca", KeyAlgorithm.P_256)
    set_user_pin(token_config, SO_PIN, "another-pin")
    with pytest.raises(PinRefused):
        Token.open(token_config, PIN)
    with Token.open(token_config, "another-pin") as token:
        token.health("ca")


def test_a_wrong_so_pin_changes_nothing(token_config: TokenConfig) -> None:
    """The user PIN stays what it was, and no error text holds a PIN."""
    with pytest.raises(PinRefused, match="it is wrong") as caught:
        set_user_pin(token_config, "another-so-pin", "another-pin")
    assert "another" not in repr(caught.value)
    Token.open(token_config, PIN).close()


def test_a_new_pin_must_suit_the_token(token_config: TokenConfig) -> None:
    """The token's own rule for PINs holds for a reset; the PIN stays what it was."""
    with pytest.raises(PinRefused, match="as a new PIN"):
        set_user_pin(token_config, SO_PIN, "1")
    Token.open(token_config, PIN).close()


def test_the_pin_of_an_open_token_stays(token: Token, token_config: TokenConfig) -> None:
    """A program never changes the PIN below its own login, which it could not renew afterwards."""
    with pytest.raises(TokenAlreadyOpen):
        set_user_pin(token_config, SO_PIN, "another-pin")
    assert token.objects() == ()


def test_a_broken_token_does_not_hide_the_others(softhsm: SoftHSM) -> None:
    """One token's damaged files leave the other tokens usable."""
    broken, whole = softhsm.make("broken"), softhsm.make("whole")
    file = softhsm.token_directory(broken) / "token.object"
    kept = file.read_bytes()
    file.write_bytes(kept[:10])
    try:
        with Token.open(whole, PIN) as token:
            assert token.objects() == ()
    finally:
        file.write_bytes(kept)


def test_a_missing_configuration_is_reported(tmp_path: Path) -> None:
    """SoftHSM refuses to start without its configuration; that is the token being away, not a crash."""
    with pytest.raises(TokenUnavailable):
        slots(MODULE, {"SOFTHSM2_CONF": str(tmp_path / "absent.conf")})


def test_a_missing_module_is_reported(tmp_path: Path) -> None:
    """`slots` names a module that is not there."""
    with pytest.raises(ModuleMissing, match="there is no such file"):
        slots(tmp_path / "absent.so")


def test_slots_do_not_change_the_environment_of_open_tokens(token: Token) -> None:
    """Listing another SoftHSM home while a token is open is refused."""
    with pytest.raises(EnvironmentConflict):
        slots(MODULE, {"SOFTHSM2_CONF": "/nowhere"})
    assert token.objects() == ()


def test_a_public_key_is_shown_without_a_pin(token_config: TokenConfig) -> None:
    """A key pair's public half is no secret (CKA_PRIVATE false): whose card it is can be seen before it is opened."""
    with Token.open(token_config, PIN) as token:
        made = token.generate("sign", KeyAlgorithm.P_256).public_key()
    assert public_key_shown(token_config, "sign") == made
    assert public_key_shown(token_config, "other") is None


def test_looking_at_a_public_key_leaves_another_tokens_login(softhsm: SoftHSM, token: Token) -> None:
    """Tokens behind one module share its life; the open one signs afterwards as before."""
    token.generate("ca", KeyAlgorithm.P_256)
    assert public_key_shown(softhsm.make("card"), "sign") is None
    token.health("ca")


def test_no_public_key_is_shown_by_a_token_that_is_away(softhsm: SoftHSM) -> None:
    """That is another answer than a token without the key."""
    with pytest.raises(TokenMissing):
        public_key_shown(softhsm.config("away"), "sign")
