"""Private keys of `cryptography` whose signatures are made in a token.

The certificate, CRL and OCSP builders take them like any other key. The digest is made here, so 32 to 64 octets reach
the token instead of a whole CRL, and only the raw mechanisms are used, which every token has. Each signature is
verified with the public key before it leaves. All other operations are refused with KeyStaysInToken.
"""

from typing import NoReturn, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, KeySerializationEncryption, PrivateFormat
from cryptography.utils import Buffer
from pkcs11 import Mechanism

from hsm.errors import KeyStaysInToken, SignatureRefused
from hsm.pool import Pool

__all__ = ["PublicKey", "SigningKey", "TokenECKey", "TokenEd25519Key", "TokenRSAKey", "signing_key"]

PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
SigningKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

# DER of DigestInfo up to the digest (RFC 8017 section 9.2, note 1)
_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def signing_key(pool: Pool, label: str, public_key: PublicKey) -> SigningKey:
    """The key `label` of the pool's token, whose public half is `public_key`; no PKCS#11 call is made."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return TokenRSAKey(pool, label, public_key)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return TokenECKey(pool, label, public_key)
    return TokenEd25519Key(pool, label, public_key)


class TokenRSAKey(rsa.RSAPrivateKey):
    """An RSA key in a token, for RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) with SHA-256, SHA-384 or SHA-512."""

    def __init__(self, pool: Pool, label: str, public_key: rsa.RSAPublicKey) -> None:
        self._pool = pool
        self.label = label
        self._public_key = public_key

    def sign(
        self,
        data: Buffer,
        padding: padding.AsymmetricPadding,
        algorithm: Prehashed | hashes.HashAlgorithm | NoDigestInfo,
    ) -> bytes:
        """The signature over `data`, or over the digest given with Prehashed.

        Raises UnsupportedAlgorithm for other paddings and digests, SignatureRefused, and what `Pool.run` raises.
        """
        _require_pkcs1v15(padding)
        if isinstance(algorithm, NoDigestInfo):
            raise UnsupportedAlgorithm("a digest must be named")
        digest, name = _digest(data, algorithm)
        signature = self._pool.sign(self.label, Mechanism.RSA_PKCS, _DIGEST_INFO[name] + digest)
        try:
            self._public_key.verify(signature, digest, padding, Prehashed(_hash(algorithm)))
        except InvalidSignature:
            raise SignatureRefused(self._pool.name, self.label) from None
        return signature

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        return self._public_key

    @property
    def key_size(self) -> int:
        """Length of the modulus in bits."""
        return self._public_key.key_size

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def private_numbers(self) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def private_bytes(
        self, encoding: Encoding, format: PrivateFormat, encryption_algorithm: KeySerializationEncryption
    ) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def __copy__(self) -> "TokenRSAKey":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "TokenRSAKey":
        return self


class TokenECKey(ec.EllipticCurvePrivateKey):
    """An EC key in a token, for ECDSA (RFC 5758, RFC 5480) with SHA-256, SHA-384 or SHA-512."""

    def __init__(self, pool: Pool, label: str, public_key: ec.EllipticCurvePublicKey) -> None:
        self._pool = pool
        self.label = label
        self._public_key = public_key

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """The DER of Ecdsa-Sig-Value over `data`, or over the digest given with Prehashed.

        Raises UnsupportedAlgorithm for other digests, SignatureRefused, and what `Pool.run` raises.
        """
        algorithm = signature_algorithm.algorithm
        digest, _ = _digest(data, algorithm)
        size = (self.key_size + 7) // 8
        # Not every token shortens a digest that is longer than the group order (FIPS 186-5 section 6.4.1).
        raw = self._pool.sign(self.label, Mechanism.ECDSA, digest[:size])
        signature = encode_dss_signature(int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big"))
        try:
            self._public_key.verify(signature, digest, ec.ECDSA(Prehashed(_hash(algorithm))))
        except InvalidSignature:
            raise SignatureRefused(self._pool.name, self.label) from None
        return signature

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        """The named curve."""
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        """Length of the curve's order in bits."""
        return self._public_key.key_size

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def private_numbers(self) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def private_bytes(
        self, encoding: Encoding, format: PrivateFormat, encryption_algorithm: KeySerializationEncryption
    ) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def __copy__(self) -> "TokenECKey":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "TokenECKey":
        return self


class TokenEd25519Key(ed25519.Ed25519PrivateKey):
    """An Ed25519 key in a token (RFC 8032); the token reads the whole message, as PureEdDSA demands."""

    def __init__(self, pool: Pool, label: str, public_key: ed25519.Ed25519PublicKey) -> None:
        self._pool = pool
        self.label = label
        self._public_key = public_key

    def sign(self, data: Buffer) -> bytes:
        """The 64 octets of the signature over `data`. Raises SignatureRefused, and what `Pool.run` raises."""
        message = bytes(data)
        signature = self._pool.sign(self.label, Mechanism.EDDSA, message)
        try:
            self._public_key.verify(signature, message)
        except InvalidSignature:
            raise SignatureRefused(self._pool.name, self.label) from None
        return signature

    def public_key(self) -> ed25519.Ed25519PublicKey:
        """The public half."""
        return self._public_key

    def private_bytes_raw(self) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def private_bytes(
        self, encoding: Encoding, format: PrivateFormat, encryption_algorithm: KeySerializationEncryption
    ) -> NoReturn:
        """Refused."""
        raise KeyStaysInToken(self.label)

    def __copy__(self) -> "TokenEd25519Key":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "TokenEd25519Key":
        return self


def _require_pkcs1v15(asked: padding.AsymmetricPadding) -> None:
    if not isinstance(asked, padding.PKCS1v15):
        raise UnsupportedAlgorithm(f"token keys do not sign with {asked.name}")


def _hash(algorithm: Prehashed | hashes.HashAlgorithm) -> hashes.HashAlgorithm:
    # Prehashed shows its digest's length only, and lengths do not tell SHA-2 from SHA-3.
    return algorithm._algorithm if isinstance(algorithm, Prehashed) else algorithm


def _digest(data: Buffer, algorithm: Prehashed | hashes.HashAlgorithm) -> tuple[bytes, str]:
    used = _hash(algorithm)
    if used.name not in _DIGEST_INFO:
        raise UnsupportedAlgorithm(f"token keys do not sign with {used.name}")
    if isinstance(algorithm, Prehashed):
        digest = bytes(data)
        if len(digest) != used.digest_size:
            raise ValueError(f"a digest of {used.name} has {used.digest_size} octets")
        return digest, used.name
    hasher = hashes.Hash(used)
    hasher.update(data)
    return hasher.finalize(), used.name
