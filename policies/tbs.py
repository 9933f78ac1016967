"""The to-be-signed bytes of a certificate, made before any key signs them (RFC 5280 4.1.1.1).

A stub key takes the issuer's place in the builder and returns no octets. What comes out has the exact TBS bytes that
the real key will sign, and an empty signature, so it can never pass for a certificate.
"""

from typing import NoReturn, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

__all__ = ["IssuerKey", "stub_key", "to_be_signed"]

IssuerKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
"""The kinds of keys an authority may have: RSA signs with PKCS#1 v1.5, EC with ECDSA."""


def to_be_signed(
    builder: x509.CertificateBuilder,
    signature_like: IssuerKey,
    algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None,
) -> bytes:
    """The TBS DER that `builder` makes when a key of the kind of `signature_like` signs with `algorithm`.

    `algorithm` is None exactly for Ed25519. Raises ValueError when the builder lacks a mandatory field.
    """
    return builder.sign(stub_key(signature_like), algorithm).tbs_certificate_bytes


def stub_key(public: IssuerKey) -> "_RSAStub | _ECStub | _Ed25519Stub":
    """A key that stands for its public half and signs no octets: what is made with it is never a certificate."""
    if isinstance(public, rsa.RSAPublicKey):
        return _RSAStub(public)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return _ECStub(public)
    return _Ed25519Stub(public)


class _Unable:
    """What a stub key refuses: it has no secret to use, copy or show."""

    def _refuse(self, *_arguments: object, **_named: object) -> NoReturn:
        raise TypeError("A stub key stands for its public half only.")

    private_bytes = private_numbers = decrypt = exchange = private_bytes_raw = __copy__ = __deepcopy__ = _refuse


class _RSAStub(_Unable, rsa.RSAPrivateKey):
    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = public

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public

    def sign(self, data: object, padding: object, algorithm: object) -> bytes:
        return b""


class _ECStub(_Unable, ec.EllipticCurvePrivateKey):
    def __init__(self, public: ec.EllipticCurvePublicKey) -> None:
        self._public = public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    def sign(self, data: object, signature_algorithm: object) -> bytes:
        return b""


class _Ed25519Stub(_Unable, ed25519.Ed25519PrivateKey):
    def __init__(self, public: ed25519.Ed25519PublicKey) -> None:
        self._public = public

    def public_key(self) -> ed25519.Ed25519PublicKey:
        return self._public

    def sign(self, data: object) -> bytes:
        return b""
