"""How an answer is signed: its AlgorithmIdentifier and one signature over the ResponseData (RFC 6960 section 4.2.1)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ocsp import der

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_HASHES: dict[int, hashes.HashAlgorithm] = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
_ECDSA = {  # RFC 5758 section 3.2
    256: der.element(der.SEQUENCE, bytes.fromhex("06082a8648ce3d040302")),
    384: der.element(der.SEQUENCE, bytes.fromhex("06082a8648ce3d040303")),
    521: der.element(der.SEQUENCE, bytes.fromhex("06082a8648ce3d040304")),
}
_RSA_SHA256 = der.element(der.SEQUENCE, bytes.fromhex("06092a864886f70d01010b"), der.NULL)  # RFC 4055 section 5


def algorithm_identifier(key: PrivateKey) -> bytes:
    """The DER AlgorithmIdentifier: PKCS#1 v1.5 with SHA-256, or ECDSA with the hash that fits the curve."""
    return _RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else _ECDSA[key.curve.key_size]


def sign(key: PrivateKey, data: bytes) -> bytes:
    """One signature over `data` under that algorithm."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(_HASHES[key.curve.key_size]))


def is_signed(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is this key's over `data` under that algorithm."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, data, ec.ECDSA(_HASHES[key.curve.key_size]))
    except InvalidSignature:
        return False
    return True
