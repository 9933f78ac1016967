"""How a list is signed: its AlgorithmIdentifier and the signature over a finished digest (RFC 5280 section 5.1.1)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from crl import der
from crl.errors import KeyNotUsable

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

# The DER of the object identifiers of RFC 4055 section 5 and RFC 5758 section 3.2.
_RSA = {
    "sha256": bytes.fromhex("06092a864886f70d01010b"),
    "sha384": bytes.fromhex("06092a864886f70d01010c"),
    "sha512": bytes.fromhex("06092a864886f70d01010d"),
}
_ECDSA = {
    "sha256": bytes.fromhex("06082a8648ce3d040302"),
    "sha384": bytes.fromhex("06082a8648ce3d040303"),
    "sha512": bytes.fromhex("06082a8648ce3d040304"),
}


def algorithm_identifier(key: PrivateKey, algorithm: hashes.HashAlgorithm) -> bytes:
    """The DER AlgorithmIdentifier of PKCS#1 v1.5 or ECDSA signatures by this key; KeyNotUsable for another kind."""
    if isinstance(key, rsa.RSAPrivateKey) and algorithm.name in _RSA:
        return der.element(der.SEQUENCE, _RSA[algorithm.name], der.NULL)
    if isinstance(key, ec.EllipticCurvePrivateKey) and algorithm.name in _ECDSA:
        return der.element(der.SEQUENCE, _ECDSA[algorithm.name])
    raise KeyNotUsable(f"a {type(key).__name__} and {algorithm.name}")


def sign_digest(key: PrivateKey, digest: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    """One signature over a digest made with `algorithm`."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), Prehashed(algorithm))
    return key.sign(digest, ec.ECDSA(Prehashed(algorithm)))


def digest_is_signed(key: PublicKey, signature: bytes, digest: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    """Whether `signature` is this key's over a digest made with `algorithm`."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PKCS1v15(), Prehashed(algorithm))
        else:
            key.verify(signature, digest, ec.ECDSA(Prehashed(algorithm)))
    except InvalidSignature:
        return False
    return True
