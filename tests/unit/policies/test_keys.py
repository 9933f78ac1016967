"""Subject keys: every weak or misshapen key is refused with its own code (ISS-10)."""

from base64 import b64decode
from pathlib import Path

import badkeys
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from policies.errors import KeyRefused
from policies.keys import KeyRule, check_public_key, load_public_key

VECTORS = Path(__file__).parents[2] / "vectors/keys"
RULE = KeyRule(rsa_bits=(2048,), curves=("secp256r1", "secp384r1"), ed25519=True)
DEFECTS = {
    "rsa-1024-bits": "keys.rsa-too-small",
    "rsa-2047-bits": "keys.rsa-too-small",
    "rsa-2052-bits": "keys.rsa-size-not-octets",
    "rsa-2056-bits": "keys.rsa-size-not-permitted",
    "exponent-1": "keys.exponent",
    "exponent-3": "keys.exponent",
    "exponent-even": "keys.exponent",
    "exponent-65539": "keys.exponent",  # sound, but the modulus would come back as another key
    "exponent-257-bits": "keys.exponent",
    "negative-modulus": "keys.encoding",
    "even-modulus": "keys.modulus-even",
    "small-factor": "keys.small-factor",
    "roca": "keys.roca",
    "fermat": "keys.close-primes",
    "fermat-many-rounds": "keys.close-primes",
    "square-modulus": "keys.close-primes",
    "patterned-primes": "keys.patterned-primes",
    "biased-modulus": "keys.biased-modulus",
    "good-secp521r1": "keys.curve-not-permitted",  # sound, but the rule does not list it
    "curve-secp224r1": "keys.curve-not-permitted",
    "curve-secp256k1": "keys.curve-not-permitted",
    "point-not-on-curve": "keys.point-not-on-curve",
    "point-at-infinity": "keys.point-not-on-curve",
    "point-compressed": "keys.encoding",
    "explicit-parameters": "keys.encoding",
    "ed25519-small-order": "keys.small-order",
    "ed25519-identity": "keys.small-order",
    "ed25519-not-a-point": "keys.point-not-on-curve",
    "ed25519-not-reduced": "keys.point-not-on-curve",
    "rsa-pss": "keys.encoding",
    "dsa": "keys.algorithm",
    "truncated": "keys.encoding",
    "trailing-octet": "keys.encoding",
    "not-der": "keys.encoding",
    "empty": "keys.encoding",
    "too-long": "keys.too-long",
}
GOOD = ["good-rsa-2048", "good-secp256r1", "good-secp384r1", "good-ed25519"]


def vector(name: str) -> bytes:
    """The octets inside a vector file's armour, whatever they are."""
    return b64decode("".join(VECTORS.joinpath(f"{name}.pem").read_text().splitlines()[1:-1]))


@pytest.mark.parametrize(("name", "code"), DEFECTS.items())
def test_each_defect_has_its_code(name: str, code: str) -> None:
    """Baseline requirements 6.1.1.3, 6.1.5, 6.1.6 and RFC 5280 4.1.2.7: refused, and the code says for what."""
    with pytest.raises(KeyRefused) as caught:
        check_public_key(load_public_key(vector(name)), RULE)
    assert caught.value.code == code
    assert str(caught.value).startswith("The key is refused: ")


@pytest.mark.parametrize("name", GOOD)
def test_sound_keys_pass(name: str) -> None:
    """The same generator's sound keys are accepted, octet for octet."""
    key = load_public_key(vector(name))
    check_public_key(key, RULE)
    assert key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == vector(name)


def test_every_vector_is_used() -> None:
    """No file lies there untested."""
    assert {path.stem for path in VECTORS.glob("*.pem")} == DEFECTS.keys() | set(GOOD)


@pytest.mark.parametrize(
    ("name", "rule", "code"),
    [
        ("good-rsa-2048", KeyRule((), ("secp256r1",), ed25519=True), "keys.rsa-size-not-permitted"),
        ("good-rsa-2048", KeyRule((3072,), (), ed25519=False), "keys.rsa-size-not-permitted"),
        ("good-secp256r1", KeyRule((2048,), (), ed25519=True), "keys.curve-not-permitted"),
        ("good-secp384r1", KeyRule((2048,), ("secp256r1",), ed25519=True), "keys.curve-not-permitted"),
        ("good-ed25519", KeyRule((2048,), ("secp256r1",), ed25519=False), "keys.algorithm"),
    ],
)
def test_a_rule_permits_only_what_it_lists(name: str, rule: KeyRule, code: str) -> None:
    """A sound key of a kind that the profile does not name is refused."""
    with pytest.raises(KeyRefused) as caught:
        check_public_key(load_public_key(vector(name)), rule)
    assert caught.value.code == code


def test_a_rule_cannot_lower_the_floor() -> None:
    """RSA under 2048 bits is refused whatever a profile lists (ordinance to Act 153/2002, article 2)."""
    with pytest.raises(KeyRefused) as caught:
        check_public_key(load_public_key(vector("rsa-1024-bits")), KeyRule((1024,), (), ed25519=False))
    assert caught.value.code == "keys.rsa-too-small"


def test_a_modulus_makes_one_key() -> None:
    """CPS 4.9.3: a blocked modulus does not come back as another key with another exponent."""
    good = load_public_key(vector("good-rsa-2048"))
    assert isinstance(good, rsa.RSAPublicKey)
    for exponent in (65539, 65543, 2**32 + 1, 2**255 + 1):
        key = rsa.RSAPublicNumbers(exponent, good.public_numbers().n).public_key()
        with pytest.raises(KeyRefused) as caught:
            check_public_key(key, RULE)
        assert caught.value.code == "keys.exponent"


@pytest.mark.parametrize("bits", [2048, 3072])
def test_fresh_rsa_keys_pass(bits: int) -> None:
    """A key that OpenSSL has just made is accepted."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    check_public_key(key, KeyRule((bits,), (), ed25519=False))
    loaded = load_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert loaded == key


@given(st.integers(1, 2**255))
def test_fresh_curve_keys_pass(secret: int) -> None:
    """Any point on a listed curve is accepted."""
    key = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
    check_public_key(key, RULE)
    assert load_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == key


@given(st.binary(min_size=32, max_size=32))
def test_fresh_ed25519_keys_pass(seed: bytes) -> None:
    """Any key made as RFC 8032 5.1.5 says is a point of large order."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    check_public_key(key, RULE)
    assert load_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == key


@given(st.binary(max_size=600))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    """No input makes anything but a key or a refusal with a code."""
    with pytest.raises(KeyRefused) as caught:
        load_public_key(octets)
    assert caught.value.code.startswith("keys.")


@given(st.sampled_from(GOOD), st.data())
def test_a_changed_octet_is_never_another_key_of_the_same_octets(name: str, data: st.DataObject) -> None:
    """Flip any octet of a sound key: it is refused, or it is exactly the key that the octets say."""
    octets = bytearray(vector(name))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        key = load_public_key(bytes(octets))
    except KeyRefused as refused:
        written = refused.code.encode()
    else:
        written = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert written == bytes(octets) or written.startswith(b"keys.")


def test_dsa_is_no_subject_key() -> None:
    """What cryptography can load is not thereby permitted."""
    key = dsa.generate_private_key(2048).public_key()
    with pytest.raises(KeyRefused) as caught:
        load_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert caught.value.code == "keys.algorithm"


def test_badkeys_knows_every_check_we_ask_for() -> None:
    """A renamed check of the library would be an error, not a silent gap: a good key passes all of them by name."""
    key = load_public_key(vector("good-rsa-2048"))
    assert isinstance(key, rsa.RSAPublicKey)
    numbers = key.public_numbers()
    asked = ["smallfactors", "roca", "fermat", "sharedprimes", "rsapoly", "rsabias"]
    assert badkeys.checkrsa(numbers.n, e=numbers.e, checks=asked) == {}
    assert set(asked) <= badkeys.allchecks.keys()
