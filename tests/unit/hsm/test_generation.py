"""What the token is told of a new key, and what happens when it does otherwise (RFC 3647 section 6.2)."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pkcs11 import Attribute, KeyType, Object, ObjectClass

from hsm import generation
from hsm.errors import AttributeRefused, TwoKeys
from hsm.generation import KeyAlgorithm, check_attributes, generate_pair
from hsm.token import Token, TokenConfig
from hsm.vendors import VENDORS, Vendor
from tests.fixtures.tokens import PIN


def test_an_imported_key_is_told_from_a_generated_one(token: Token) -> None:
    """A key made outside shows LOCAL false, and the check names that attribute."""
    with token._pool.writing() as work:
        imported = work.session.create_object(_private_ec_key())
        with pytest.raises(AttributeRefused) as caught:
            check_attributes(imported, VENDORS["softhsm"], token.name, "imported")
    assert caught.value.attribute == "LOCAL"


@pytest.mark.parametrize("wrong", [{Attribute.EXTRACTABLE: True}, {Attribute.SENSITIVE: False}])
def test_a_key_that_could_leave_is_refused(token: Token, wrong: dict[Attribute, bool]) -> None:
    """An extractable or readable private key does not pass, with any vendor."""
    with token._pool.writing() as work:
        imported = work.session.create_object(_private_ec_key() | wrong)
        with pytest.raises(AttributeRefused) as caught:
            check_attributes(imported, VENDORS["generic"], token.name, "imported")
    assert caught.value.attribute == next(iter(wrong)).name


def test_a_refused_pair_is_destroyed(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that did not come out as told does not stay. Here no key can: it must be local and not local."""
    monkeypatch.setitem(generation._OUTCOME, Attribute.LOCAL, False)
    with pytest.raises(AttributeRefused, match="did not give the new key ca the required attribute LOCAL"):
        token.generate("ca", KeyAlgorithm.P_256)
    assert token.objects() == ()


def test_an_attribute_may_be_absent_only_where_the_vendor_says_so(token: Token) -> None:
    """A value the token does not show is refused if the vendor's tokens are known to show it, otherwise accepted."""
    token.generate("ca", KeyAlgorithm.P_256)
    silent = _vendor_reporting(frozenset())
    strict = _vendor_reporting(frozenset({Attribute.SENSITIVE}))
    with token._pool.writing() as work:
        shows = _Without(work.private_key("ca"), Attribute.SENSITIVE)
        check_attributes(shows, silent, token.name, "ca")
        with pytest.raises(AttributeRefused):
            check_attributes(shows, strict, token.name, "ca")


def test_two_keys_of_one_label_are_not_chosen_between(token: Token) -> None:
    """PKCS#11 lets labels repeat; a key is then not found by its label."""
    token.generate("ca", KeyAlgorithm.P_256)
    with token._pool.writing() as work:
        generate_pair(work.session, "ca", KeyAlgorithm.P_256, VENDORS["softhsm"])
    with pytest.raises(TwoKeys) as caught:
        token.signing_key("ca")
    assert isinstance(caught.value, LookupError)


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_384, KeyAlgorithm.ED25519])
def test_a_token_without_special_habits_works_the_same(token_config: TokenConfig, algorithm: KeyAlgorithm) -> None:
    """The generic vendor makes, finds and uses the same keys: what differs is data."""
    with Token.open(replace(token_config, vendor="generic"), PIN) as token:
        token.generate("ca", algorithm)
        token.health("ca")


def test_a_new_rsa_key_neither_decrypts_nor_unwraps(token: Token) -> None:
    """A CA key has one use; python-pkcs11 alone would allow three."""
    key = token.generate("ca", KeyAlgorithm.RSA_2048)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.public_key().public_numbers().e == 65537
    shown = token._pool.run(
        lambda work: [work.private_key("ca")[each] for each in (Attribute.SIGN, Attribute.DECRYPT, Attribute.UNWRAP)]
    )
    assert shown == [True, False, False]
    key.public_key().verify(
        key.sign(b"message", padding.PKCS1v15(), hashes.SHA256()), b"message", padding.PKCS1v15(), hashes.SHA256()
    )


class _Without:
    """A token's object that does not show one attribute."""

    def __init__(self, found: Object, attribute: Attribute) -> None:
        self._found = found
        self._hidden = attribute

    def __getitem__(self, attribute: Attribute) -> object:
        # asking for an attribute the object's class does not have gives the token's own refusal
        return self._found[Attribute.MODULUS_BITS if attribute is self._hidden else attribute]


def _vendor_reporting(reported: frozenset[Attribute]) -> Vendor:
    return replace(VENDORS["generic"], reported=reported)


def _private_ec_key() -> dict[Attribute, object]:
    key = ec.generate_private_key(ec.SECP256R1())
    return {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.LABEL: "imported",
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.SIGN: True,
        Attribute.SIGN_RECOVER: False,
        Attribute.DECRYPT: False,
        Attribute.UNWRAP: False,
        Attribute.DERIVE: False,
        Attribute.EC_PARAMS: bytes.fromhex("06082a8648ce3d030107"),
        Attribute.VALUE: key.private_numbers().private_value.to_bytes(32, "big"),
    }
