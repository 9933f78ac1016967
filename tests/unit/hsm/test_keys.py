"""Token keys as `cryptography` private keys: every abstract method, every builder, every padding and digest."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st
from pkcs11 import Attribute, KeyType, Mechanism, Object, ObjectClass

from hsm.errors import KeyStaysInToken, SignatureRefused
from hsm.generation import KeyAlgorithm
from hsm.keys import SigningKey, TokenECKey, TokenEd25519Key, TokenRSAKey
from hsm.objects import public_key
from hsm.pool import Pool
from hsm.token import Token
from tests.fixtures.tokens import PIN, SoftHSM

SHA2 = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Keys:
    """One token with a key of each class."""

    token: Token
    rsa: TokenRSAKey
    p256: TokenECKey
    p384: TokenECKey
    ed25519: TokenEd25519Key

    def __iter__(self) -> Iterator[SigningKey]:
        return iter((self.rsa, self.p256, self.p384, self.ed25519))


@pytest.fixture(scope="module")
def keys(softhsm: SoftHSM) -> Iterator[Keys]:
    """A key of each class; the token is open for the whole module."""
    with Token.open(softhsm.make("key-classes"), PIN) as token:
        made = [
            token.generate(each.value, each)
            for each in (KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256, KeyAlgorithm.P_384, KeyAlgorithm.ED25519)
        ]
        yield Keys(token, *made)


def hash_for(key: SigningKey) -> hashes.HashAlgorithm | None:
    """The digest builders are given for this key."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


@pytest.mark.parametrize("kind", [TokenRSAKey, TokenECKey, TokenEd25519Key])
def test_no_abstract_method_is_left(kind: type) -> None:
    """A method that a new `cryptography` adds to its private keys must be answered here, or every CA stops."""
    assert not kind.__abstractmethods__


def test_every_class_is_made(keys: Keys) -> None:
    """Each key class can be instantiated and shows its public half."""
    assert [type(each) for each in keys] == [TokenRSAKey, TokenECKey, TokenECKey, TokenEd25519Key]
    assert (keys.rsa.key_size, keys.p256.key_size, keys.p384.key_size) == (2048, 256, 384)
    assert isinstance(keys.p384.curve, ec.SECP384R1)


@pytest.mark.parametrize("algorithm", SHA2, ids=lambda each: each.name)
@settings(max_examples=10, deadline=None)
@given(message=st.binary(max_size=300))
def test_rsa_signs_any_message(keys: Keys, algorithm: hashes.HashAlgorithm, message: bytes) -> None:
    """RSASSA-PKCS1-v1_5 over raw CKM_RSA_PKCS verifies with `cryptography` (RFC 8017 section 8.2)."""
    signature = keys.rsa.sign(message, padding.PKCS1v15(), algorithm)
    keys.rsa.public_key().verify(signature, message, padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize("algorithm", SHA2, ids=lambda each: each.name)
@pytest.mark.parametrize("curve", ["p256", "p384"])
@settings(max_examples=10, deadline=None)
@given(message=st.binary(max_size=300))
def test_ecdsa_signs_any_message(keys: Keys, curve: str, algorithm: hashes.HashAlgorithm, message: bytes) -> None:
    """ECDSA over raw CKM_ECDSA verifies, also where the digest is longer than the curve (FIPS 186-5 section 6.4.1)."""
    key = getattr(keys, curve)
    signature = key.sign(message, ec.ECDSA(algorithm))
    key.public_key().verify(signature, message, ec.ECDSA(algorithm))


@settings(max_examples=10, deadline=None)
@given(message=st.binary(max_size=300))
def test_ed25519_signs_any_message(keys: Keys, message: bytes) -> None:
    """PureEdDSA over CKM_EDDSA verifies (RFC 8032 section 5.1)."""
    keys.ed25519.public_key().verify(keys.ed25519.sign(message), message)


def test_a_digest_made_elsewhere_is_signed(keys: Keys) -> None:
    """A CRL is hashed while it is written; its digest signs like the message."""
    message, prehashed = b"a very long CRL", utils.Prehashed(hashes.SHA256())
    hasher = hashes.Hash(hashes.SHA256())
    hasher.update(message)
    digest = hasher.finalize()
    assert keys.rsa.sign(digest, padding.PKCS1v15(), prehashed) == keys.rsa.sign(
        message, padding.PKCS1v15(), hashes.SHA256()
    )
    keys.p256.public_key().verify(keys.p256.sign(digest, ec.ECDSA(prehashed)), message, ec.ECDSA(hashes.SHA256()))


def test_a_digest_of_the_wrong_length_is_refused(keys: Keys) -> None:
    """What is no digest is not signed as one."""
    with pytest.raises(ValueError, match="32 octets"):
        keys.rsa.sign(b"short", padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


@pytest.mark.parametrize(
    "asked",
    [
        (padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303  # that it is refused is the point
        (padding.PKCS1v15(), hashes.SHA3_256()),
        (padding.PKCS1v15(), utils.Prehashed(hashes.SHA3_256())),
        (padding.PKCS1v15(), utils.NoDigestInfo()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    ],
)
def test_other_signature_schemes_are_refused(keys: Keys, asked: tuple[padding.AsymmetricPadding, object]) -> None:
    """Only the schemes of the profiles are signed: PKCS #1 v1.5 with SHA-2."""
    with pytest.raises(UnsupportedAlgorithm):
        keys.rsa.sign(bytes(32), asked[0], asked[1])


def test_sha1_is_refused_for_ecdsa(keys: Keys) -> None:
    """SHA-1 signs nothing."""
    with pytest.raises(UnsupportedAlgorithm):
        keys.p256.sign(b"message", ec.ECDSA(hashes.SHA1()))  # noqa: S303  # that it is refused is the point


REFUSALS: tuple[Callable[[Keys], object], ...] = (
    lambda keys: keys.rsa.decrypt(bytes(256), padding.PKCS1v15()),
    lambda keys: keys.rsa.private_numbers(),
    lambda keys: keys.p256.private_numbers(),
    lambda keys: keys.p256.exchange(ec.ECDH(), keys.p256.public_key()),
    lambda keys: keys.ed25519.private_bytes_raw(),
    *(
        lambda keys, name=name: getattr(keys, name).private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for name in ("rsa", "p256", "ed25519")
    ),
)


@pytest.mark.parametrize("refused", REFUSALS)
def test_a_token_key_only_signs(keys: Keys, refused: Callable[[Keys], object]) -> None:
    """Export, decryption and key agreement raise PermissionError (RFC 3647 section 6.2)."""
    with pytest.raises(KeyStaysInToken) as caught:
        refused(keys)
    assert isinstance(caught.value, PermissionError)


def test_a_copy_is_the_key_itself(keys: Keys) -> None:
    """There is one key, however often it is copied."""
    for key in keys:
        assert copy.copy(key) is key
        assert copy.deepcopy(key) is key


def test_builders_take_every_key(keys: Keys) -> None:
    """Certificates, requests, CRLs and OCSP answers are built with each class (RFC 5280, 2986, 6960)."""
    for key in keys:
        name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "JPKI-TEST")])
        algorithm, end = hash_for(key), NOW + timedelta(days=1)
        certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, end).sign(key, algorithm)
        certificate.verify_directly_issued_by(certificate)
        assert x509.CertificateSigningRequestBuilder(name).sign(key, algorithm).is_signature_valid
        crl = x509.CertificateRevocationListBuilder(name, NOW, end).sign(key, algorithm)
        assert crl.is_signature_valid(key.public_key())
        answer = (
            ocsp.OCSPResponseBuilder()
            .add_response(certificate, certificate, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, NOW, end, None, None)
            .responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
            .sign(key, algorithm)
        )
        assert answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL


class Recorder(Pool):
    """A pool that remembers what reached the token."""

    def __init__(self, pool: Pool) -> None:
        self.__dict__.update(pool.__dict__)
        self.sent: list[tuple[Mechanism, int]] = []

    def sign(self, label: str, mechanism: Mechanism, data: bytes) -> bytes:
        """Sign as ever."""
        self.sent.append((mechanism, len(data)))
        return super().sign(label, mechanism, data)


def test_only_digests_reach_the_token_through_raw_mechanisms(keys: Keys) -> None:
    """A message of a megabyte sends 51 or 32 octets: raw mechanisms are the ones every token has."""
    recorder, message = Recorder(keys.token._pool), bytes(2**20)
    TokenRSAKey(recorder, "rsa-2048", keys.rsa.public_key()).sign(message, padding.PKCS1v15(), hashes.SHA256())
    TokenECKey(recorder, "p-256", keys.p256.public_key()).sign(message, ec.ECDSA(hashes.SHA512()))
    assert recorder.sent == [(Mechanism.RSA_PKCS, 51), (Mechanism.ECDSA, 32)]


@pytest.mark.parametrize("kind", ["rsa", "p256", "ed25519"])
def test_a_wrong_signature_does_not_leave(keys: Keys, token: Token, kind: str) -> None:
    """A signature that the public half does not verify is thrown away; here the public half is another key's."""
    right = getattr(keys, kind)
    token.generate("ca", {"rsa": KeyAlgorithm.RSA_2048, "p256": KeyAlgorithm.P_256}.get(kind, KeyAlgorithm.ED25519))
    _replace_public_half(token, "ca", keys.token, right.label)
    assert token.signing_key("ca").public_key() == right.public_key()
    with pytest.raises(SignatureRefused, match="does not verify"):
        token.health("ca")


def test_a_public_half_without_octet_string_is_read(keys: Keys) -> None:
    """Some tokens show CKA_EC_POINT as the bare point (PKCS#11 2.40, 6.3.3 notes both)."""
    for key in (keys.p256, keys.p384, keys.ed25519):
        found = keys.token._pool.run(lambda work, label=key.label: dict(_public_attributes(work.public_object(label))))
        wrapped = bytes(found[Attribute.EC_POINT])
        assert wrapped[0] == 4
        found[Attribute.EC_POINT] = wrapped[2:]
        assert public_key(found) == key.public_key()


_PUBLIC = {
    KeyType.RSA: (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT),
    KeyType.EC: (Attribute.EC_PARAMS, Attribute.EC_POINT),
    KeyType.EC_EDWARDS: (Attribute.EC_PARAMS, Attribute.EC_POINT),
}


def _public_attributes(found: Object) -> Iterator[tuple[Attribute, object]]:
    kind = found[Attribute.KEY_TYPE]
    yield Attribute.KEY_TYPE, kind
    for each in _PUBLIC[kind]:
        yield each, found[each]


def _replace_public_half(token: Token, label: str, other: Token, other_label: str) -> None:
    """Give the key `label` the public object of another token's key."""
    taken = other._pool.run(lambda work: dict(_public_attributes(work.public_object(other_label))))
    with token._pool.writing() as work:
        work.public_object(label).destroy()
        work.session.create_object(
            {
                Attribute.CLASS: ObjectClass.PUBLIC_KEY,
                Attribute.LABEL: label,
                Attribute.TOKEN: True,
                Attribute.VERIFY: True,
                **taken,
            }
        )
