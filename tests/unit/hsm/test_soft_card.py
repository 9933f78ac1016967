"""A card in software: two SoftHSM2 tokens that behave as the applications of a resident's card (fact sheet c.5)."""

import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.card import PIN_RULES, SLOTS, Card, Slot
from hsm.card_errors import (
    CardAway,
    CardEmpty,
    CardExists,
    CardLocked,
    CertificateNotForCard,
    PinUnfit,
    WrongPin,
)
from hsm.errors import KeyMissing, OperationRefused
from hsm.generation import KeyAlgorithm
from hsm.soft_card import SoftCard, SoftReader, make_soft_card
from hsm.token import Token
from tests.fixtures.cards import CARD_CA, certified
from tests.fixtures.tokens import MODULE

PINS: dict[Slot, str] = {"sign": "KAKI7NAKU", "auth": "7035"}
WRONG: dict[Slot, str] = {"sign": "KAKI7NAKX", "auth": "7036"}
OCTETS = b"a challenge"


@pytest.fixture
def card(reader: SoftReader) -> SoftCard:
    """An empty card on its reader, with both PINs set."""
    found = reader.card()
    assert isinstance(found, SoftCard)
    for slot in SLOTS:
        found.set_pin(slot, PINS[slot])
    return found


def made(card: Card, slot: Slot) -> rsa.RSAPublicKey:
    """A new key of the card."""
    key = card.make_key(slot, KeyAlgorithm.RSA_2048, PINS[slot])
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def proves(card: Card, slot: Slot, key: rsa.RSAPublicKey) -> bool:
    """Whether the card signs with this very key."""
    try:
        key.verify(card.prove(slot, OCTETS, PINS[slot]), OCTETS, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def renewed(card: Card, slot: Slot) -> tuple[bytes, bytes]:
    """A certificate of an old and of a new key, both written."""
    old = certified(made(card, slot))
    card.write(slot, old, CARD_CA)
    new = certified(made(card, slot))
    card.write(slot, new, CARD_CA)
    return old, new


@pytest.mark.parametrize("slot", SLOTS)
def test_a_key_is_made_in_the_card_and_proves_itself(card: SoftCard, slot: Slot) -> None:
    """RSASSA-PKCS1-v1_5 with SHA-256 by a key of 2048 bits, after the PIN (fact sheet c.1, KEYGEN)."""
    key = made(card, slot)
    assert key.key_size == 2048
    assert proves(card, slot, key)


def test_a_key_never_leaves_the_card(card: SoftCard) -> None:
    """SENSITIVE and not EXTRACTABLE, made inside, for signatures."""
    made(card, "sign")
    with Token.open(card.token_config("sign"), PINS["sign"]) as token:
        (private,) = (each for each in token.objects() if each.kind == "private key")
    assert (private.sensitive, private.extractable, private.local, private.sign) == (True, False, True, True)


def test_each_application_has_its_own_pin(card: SoftCard) -> None:
    """The password of the one opens nothing of the other."""
    with pytest.raises(WrongPin):
        card.make_key("auth", KeyAlgorithm.RSA_2048, PINS["sign"])


def test_other_kinds_of_key_are_refused(card: SoftCard) -> None:
    """Cards of today hold RSA keys (fact sheet c.8)."""
    with pytest.raises(OperationRefused):
        card.make_key("auth", KeyAlgorithm.P_256, PINS["auth"])


@pytest.mark.parametrize("slot", SLOTS)
def test_an_application_locks_after_its_tries(card: SoftCard, slot: Slot) -> None:
    """Three wrong PINs lock 利用者証明用, five lock 署名用; then the right one is refused too."""
    made(card, slot)
    for left in reversed(range(PIN_RULES[slot].tries)):
        with pytest.raises(WrongPin) as caught:
            card.prove(slot, OCTETS, WRONG[slot])
        assert (caught.value.left, card.tries(slot)) == (left, left)
    with pytest.raises(CardLocked):
        card.prove(slot, OCTETS, PINS[slot])


def test_the_right_pin_gives_the_tries_back(card: SoftCard) -> None:
    """Only wrong PINs in a row count."""
    key = made(card, "auth")
    with pytest.raises(WrongPin):
        card.prove("auth", OCTETS, WRONG["auth"])
    assert proves(card, "auth", key)
    assert card.tries("auth") == 3


def test_a_locked_application_locks_only_itself(card: SoftCard) -> None:
    """The other application has a counter of its own."""
    key = made(card, "sign")
    for _ in range(3):
        with pytest.raises(WrongPin):
            card.make_key("auth", KeyAlgorithm.RSA_2048, WRONG["auth"])
    assert card.tries("auth") == 0
    assert proves(card, "sign", key)


def test_a_reset_unlocks_and_keeps_the_key(card: SoftCard) -> None:
    """暗証番号初期化: the municipality sets a new PIN; the old one opens nothing any more."""
    key = made(card, "auth")
    for _ in range(3):
        with pytest.raises(WrongPin):
            card.prove("auth", OCTETS, WRONG["auth"])
    card.set_pin("auth", "5318")
    key.verify(card.prove("auth", OCTETS, "5318"), OCTETS, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(WrongPin):
        card.prove("auth", OCTETS, PINS["auth"])


def test_an_unfit_pin_is_never_set(card: SoftCard) -> None:
    """The old PIN stays in force."""
    key = made(card, "auth")
    with pytest.raises(PinUnfit):
        card.set_pin("auth", "0000")
    assert proves(card, "auth", key)


@pytest.mark.parametrize("slot", SLOTS)
def test_a_certificate_is_written_and_read_back(card: SoftCard, slot: Slot) -> None:
    """The very octets; the authority's certificate lies beside it. No PIN is asked for either."""
    der = certified(made(card, slot))
    card.write(slot, der, CARD_CA)
    assert card.read(slot) == der


READ = """
import sys, pkcs11
from pkcs11 import Attribute, ObjectClass
token = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2])
with token.open() as session:
    (found,) = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: b"auth-1"})
    sys.stdout.buffer.write(found[pkcs11.Attribute.VALUE])
"""


def test_any_pkcs11_program_finds_the_certificate(card: SoftCard) -> None:
    """Another program reads it without a PIN, under the identifier of its key."""
    der = certified(made(card, "auth"))
    card.write("auth", der, CARD_CA)
    config = card.token_config("auth")
    command = [sys.executable, "-c", READ, str(MODULE), str(config.label)]
    assert subprocess.run(command, check=True, capture_output=True, env=dict(config.environment)).stdout == der


def test_a_write_may_be_repeated(card: SoftCard) -> None:
    """A terminal that lost its power in the middle writes again; there is still one certificate."""
    der = certified(made(card, "auth"))
    card.write("auth", der, CARD_CA)
    card.write("auth", der, CARD_CA)
    with Token.open(card.token_config("auth"), PINS["auth"]) as token:
        labels = [each.label for each in token.objects() if each.kind == "certificate"]
    assert labels == ["auth-1", "auth-1-ca"]


def test_a_certificate_of_another_cards_key_is_refused(card: SoftCard) -> None:
    """Nothing is written when no key of the card is the certificate's."""
    made(card, "auth")
    stranger = certified(ec.derive_private_key(7, ec.SECP256R1()).public_key())
    with pytest.raises(CertificateNotForCard):
        card.write("auth", stranger, CARD_CA)
    with pytest.raises(CardEmpty, match="no certificate"):
        card.read("auth")


def test_an_empty_card_says_so(card: SoftCard) -> None:
    """There is no key to prove anything with."""
    with pytest.raises(CardEmpty, match="no key"):
        card.prove("auth", OCTETS, PINS["auth"])


def test_a_new_key_leaves_the_old_certificate_alone(card: SoftCard) -> None:
    """Until its certificate is written, the holder's card is what it was."""
    old = certified(made(card, "auth"))
    card.write("auth", old, CARD_CA)
    made(card, "auth")
    assert card.read("auth") == old


def test_a_renewal_proves_the_new_key(card: SoftCard) -> None:
    """The proof of possession is the newest key's."""
    card.write("auth", certified(made(card, "auth")), CARD_CA)
    assert proves(card, "auth", made(card, "auth"))


def test_a_key_without_certificate_is_replaced(card: SoftCard) -> None:
    """A repeated key generation leaves one key that waits, and no private half behind."""
    first = made(card, "auth")
    second = made(card, "auth")
    assert not proves(card, "auth", first)
    assert proves(card, "auth", second)
    assert private_keys(card, "auth") == ["auth-1"]


def test_the_old_key_stays_until_the_hand_over(card: SoftCard) -> None:
    """Both keys and both certificates are there after a renewal was written."""
    renewed(card, "auth")
    assert private_keys(card, "auth") == ["auth-1", "auth-2"]


def test_the_hand_over_removes_the_old_key(card: SoftCard) -> None:
    """Afterwards nothing finds it, and its private half goes with the next PIN."""
    _, new = renewed(card, "auth")
    card.settle("auth")
    assert card.read("auth") == new
    with Token.open(card.token_config("auth"), PINS["auth"]) as token, pytest.raises(KeyMissing):
        token.signing_key("auth-1")
    card.prove("auth", OCTETS, PINS["auth"])
    assert private_keys(card, "auth") == ["auth-2"]


def test_a_failed_hand_over_loses_nothing(card: SoftCard) -> None:
    """The old certificate and its key are in force again (fact sheet c.3: failed hand-over)."""
    old, _ = renewed(card, "auth")
    card.give_up("auth")
    assert card.read("auth") == old
    key = x509.load_der_x509_certificate(old).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert proves(card, "auth", key)
    assert private_keys(card, "auth") == ["auth-1"]


def test_the_only_key_is_never_given_up(card: SoftCard) -> None:
    """There is nothing to go back to."""
    key = made(card, "auth")
    card.give_up("auth")
    assert proves(card, "auth", key)


def test_a_card_that_is_away_does_nothing(card: SoftCard, reader: SoftReader) -> None:
    """Every act says so, and none costs a try."""
    key = made(card, "auth")
    reader.put(None)
    assert not card.present
    assert reader.card() is None
    with pytest.raises(CardAway):
        card.prove("auth", OCTETS, PINS["auth"])
    with pytest.raises(CardAway):
        card.set_pin("auth", "5318")
    with pytest.raises(CardAway):
        card.make_key("auth", KeyAlgorithm.RSA_2048, PINS["auth"])
    reader.put(card.number)
    assert card.tries("auth") == 3
    assert proves(card, "auth", key)


def test_a_reader_takes_only_cards_that_exist(reader: SoftReader) -> None:
    """A number that is no card's is refused, and names no folder elsewhere."""
    with pytest.raises(LookupError):
        reader.put("../OTHER")
    (reader.folder / "reader").write_text("NOBODY")
    assert reader.card() is None


def test_a_card_is_never_overwritten(reader: SoftReader) -> None:
    """A number is given once."""
    with pytest.raises(CardExists):
        make_soft_card(reader.folder, reader.numbers()[0], MODULE)


def test_a_card_lies_open_to_nobody_else(card: SoftCard, reader: SoftReader) -> None:
    """Folder and files are their owner's alone."""
    chip = reader.folder / card.number
    assert {oct(each.stat().st_mode & 0o077) for each in (chip, chip / "officer.pin", chip / "auth.tries")} == {"0o0"}


def test_no_file_of_a_card_holds_a_pin(card: SoftCard, reader: SoftReader) -> None:
    """Neither in the clear nor with a byte between its characters."""
    made(card, "sign")
    for each in reader.folder.rglob("*"):
        if each.is_file():
            assert PINS["sign"].encode() not in each.read_bytes()


def private_keys(card: SoftCard, slot: Slot) -> list[str]:
    """Labels of the private keys in a token."""
    with Token.open(card.token_config(slot), PINS[slot]) as token:
        return [each.label for each in token.objects() if each.kind == "private key"]


def test_keys_of_two_cards_differ(card: SoftCard, reader: SoftReader) -> None:
    """Each card makes its own."""
    make_soft_card(reader.folder, "FEDC", MODULE)
    other = SoftCard(reader.folder, "FEDC", MODULE)
    mine = made(card, "auth")
    reader.put("FEDC")
    other.set_pin("auth", PINS["auth"])
    theirs = made(other, "auth")
    assert spki(mine) != spki(theirs)


def spki(key: rsa.RSAPublicKey) -> bytes:
    """The key's SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
