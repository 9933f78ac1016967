"""The tokens of a ceremony on SoftHSM2: found, made, opened, backed up, restored for a test."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca.ceremony.script import TokenPlan
from ca.ceremony.shares import so_pin, user_pin
from cli.ceremony.tokens import CeremonyTokens, FolderRefused, planned_tokens, throw_away_folder
from cli.config import Config
from cli.errors import ConfigRefused
from cli.memory import check_folder
from cli.wiring import token_config
from hsm.errors import BackupRefused, KeyMissing, LabelInUse, PinRefused, TokenMissing
from hsm.provision import set_user_pin
from hsm.token import Token
from tests.fixtures.tokens import SoftHSM

SECRET = bytes(range(16))
SO_PIN, PIN = so_pin(SECRET), user_pin(SECRET)
MESSAGE = b"to be signed"


@pytest.fixture
def made(tokens: CeremonyTokens) -> CeremonyTokens:
    """The tokens after "issuing" was made and got a key "ca"."""
    tokens.initialise("issuing", SO_PIN, PIN)
    with tokens.open("issuing", PIN) as token:
        token.generate("ca", "p-256")
    return tokens


def test_a_token_is_made_once(tokens: CeremonyTokens) -> None:
    """It is absent, then present with the serial number it got; another of that label is not made."""
    assert not tokens.present("issuing")
    serial = tokens.initialise("issuing", SO_PIN, PIN)
    assert tokens.present("issuing")
    with tokens.open("issuing", PIN) as token:
        assert (token.serial, token.objects()) == (serial, ())
    with pytest.raises(LabelInUse):
        tokens.initialise("issuing", SO_PIN, PIN)


def test_a_new_token_is_found_again_by_a_resumed_ceremony(config: Config, made: CeremonyTokens, memory: Path) -> None:
    """The script of a new token has no serial number; after an interruption its label finds it."""
    plan = TokenPlan(name="issuing", label=str(config.tokens["issuing"].label), new=True)
    with planned_tokens(config, [plan], memory).open("issuing", PIN) as token:
        token.health("ca")


def test_the_right_label_with_another_serial_number_is_refused(
    config: Config, made: CeremonyTokens, memory: Path
) -> None:
    """A token put in the place of the reviewed one is not opened, not described, not backed up; its PIN is not sent."""
    plan = TokenPlan(name="issuing", label=str(config.tokens["issuing"].label), serial="0" * 16)
    swapped = planned_tokens(config, [plan], memory)
    with pytest.raises(TokenMissing), swapped.open("issuing", PIN):
        pass
    with pytest.raises(TokenMissing):
        swapped.back_up("issuing", memory / "ca.backup")


def test_a_script_and_a_configuration_mean_one_token(config: Config, memory: Path) -> None:
    """What was reviewed is what the programs open afterwards: names, labels and serial numbers agree."""
    label = str(config.tokens["issuing"].label)
    with pytest.raises(ConfigRefused, match="another label"):
        planned_tokens(config, [TokenPlan(name="issuing", label="other")], memory)
    with pytest.raises(ConfigRefused, match="which is not there"):
        planned_tokens(config, [TokenPlan(name="absent", label=label)], memory)
    section = config.tokens["issuing"].model_copy(update={"serial": "0" * 16})
    named = config.model_copy(update={"tokens": {"issuing": section}})
    with pytest.raises(ConfigRefused, match="another serial number"):
        planned_tokens(named, [TokenPlan(name="issuing", label=label, serial="1" * 16)], memory)


def test_a_key_of_no_known_algorithm_is_not_made(made: CeremonyTokens) -> None:
    """The script's own check comes first; the token is not asked for something unknown."""
    with made.open("issuing", PIN) as token, pytest.raises(ValueError, match="rsa-1024"):
        token.generate("weak", "rsa-1024")


def test_a_test_restore_signs_with_the_same_key_and_leaves_nothing(made: CeremonyTokens, memory: Path) -> None:
    """KEY ceremonies: the throw-away copy signs for the original's public key, and is gone afterwards."""
    with made.open("issuing", PIN) as token:
        public = token.signing_key("ca").public_key()
    made.back_up("issuing", memory / "ca.backup")
    assert isinstance(public, ec.EllipticCurvePublicKey)
    with made.restored("issuing", memory / "ca.backup", PIN) as copy:
        key = copy.signing_key("ca")
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.public_key() == public
        public.verify(key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())), MESSAGE, ec.ECDSA(hashes.SHA256()))
    assert [each.name for each in memory.iterdir()] == ["ca.backup"]


def test_a_restored_token_with_another_pin_leaves_nothing_either(made: CeremonyTokens, memory: Path) -> None:
    """The copy is removed however the test ends."""
    made.back_up("issuing", memory / "ca.backup")
    with pytest.raises(PinRefused), made.restored("issuing", memory / "ca.backup", user_pin(bytes(16))):
        pass
    assert [each.name for each in memory.iterdir()] == ["ca.backup"]


def test_every_sitting_of_a_script_has_one_throw_away_folder() -> None:
    """In memory and this user's alone; what a killed sitting left there is gone when the next one ends."""
    script = os.urandom(32)
    with throw_away_folder(script) as folder:
        check_folder(folder)
    folder.mkdir(mode=0o700)
    (folder / "restored").mkdir()
    with throw_away_folder(script) as again:
        assert again == folder
    assert not folder.exists()


def test_a_throw_away_folder_that_others_can_read_is_refused() -> None:
    """Its name can be guessed, so somebody else may have made it."""
    script = os.urandom(32)
    with throw_away_folder(script) as folder:
        folder.chmod(0o755)
        with pytest.raises(FolderRefused) as caught, throw_away_folder(script):
            pass
    assert f"{folder} cannot hold a throw-away token: it is not this user's alone" in str(caught.value)
    assert "Find out who made it" in caught.value.next


def test_a_damaged_backup_is_refused_before_anything_is_written(made: CeremonyTokens, memory: Path) -> None:
    """One changed bit of the file that this ceremony made is found by its digest."""
    made.back_up("issuing", memory / "ca.backup")
    octets = bytearray((memory / "ca.backup").read_bytes())
    octets[-2000] ^= 1
    (memory / "ca.backup").write_bytes(octets)
    with pytest.raises(BackupRefused), made.restored("issuing", memory / "ca.backup", PIN):
        pass
    assert [each.name for each in memory.iterdir()] == ["ca.backup"]


def test_a_backup_from_before_an_interruption_is_restored(config: Config, made: CeremonyTokens, memory: Path) -> None:
    """A resumed ceremony tests the file it finds; a file that is no token's backup is refused all the same."""
    made.back_up("issuing", memory / "ca.backup")
    plan = TokenPlan(name="issuing", label=str(config.tokens["issuing"].label), new=True)
    resumed = planned_tokens(config, [plan], memory)
    with resumed.restored("issuing", memory / "ca.backup", PIN) as copy:
        copy.health("ca")
    (memory / "other").write_bytes(os.urandom(4096))
    with pytest.raises(BackupRefused), resumed.restored("issuing", memory / "other", PIN):
        pass


def test_a_destroyed_key_is_gone_from_the_reopened_token(made: CeremonyTokens) -> None:
    """Another login shows no half of it."""
    with made.open("issuing", PIN) as token:
        token.destroy("ca")
    with made.open("issuing", PIN) as token:
        assert token.objects() == ()
        with pytest.raises(KeyMissing):
            token.signing_key("ca")


def test_the_so_pin_opens_no_key(softhsm: SoftHSM, config: Config, made: CeremonyTokens) -> None:
    """The two PINs of a secret are no substitutes for each other: neither is taken in the other's place."""
    reached = token_config(config, "issuing")
    with pytest.raises(PinRefused):
        Token.open(reached, SO_PIN)
    with pytest.raises(PinRefused):
        set_user_pin(reached, PIN, "another-pin")
    with made.open("issuing", PIN) as token:
        token.health("ca")


def test_a_quorum_gives_a_token_another_pin(config: Config, made: CeremonyTokens) -> None:
    """With the SO PIN of the same secret the user PIN is replaced and the key stays."""
    set_user_pin(token_config(config, "issuing"), SO_PIN, user_pin(bytes(16)))
    with pytest.raises(PinRefused), made.open("issuing", PIN):
        pass
    with made.open("issuing", user_pin(bytes(16))) as token:
        token.health("ca")


def test_a_token_with_a_destroyed_so_pin_keeps_its_user_pin(config: Config, tokens: CeremonyTokens) -> None:
    """An SO PIN that is drawn and forgotten leaves the shares of the user PIN as the only way in."""
    tokens.initialise("issuing", os.urandom(16).hex(), PIN)
    for guess in (PIN, SO_PIN, "12345678"):
        with pytest.raises(PinRefused):
            set_user_pin(replace(token_config(config, "issuing")), guess, "another-pin")
    with tokens.open("issuing", PIN) as token:
        assert token.objects() == ()
