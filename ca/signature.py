"""One signature over recorded bytes: the certificate is the recorded TBS, its algorithm and the signature value."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from ca.refusals import SignatureWrong

__all__ = ["CertificateKey", "certificate_der", "may_be_signed_again", "sign_certificate", "verified"]

CertificateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
"""What signs certificates: cryptography's own key interface, wherever the key lives."""

_SEQUENCE, _BIT_STRING = 0x30, 0x03


def certificate_der(tbs: bytes, signature: bytes) -> bytes:
    """Return the DER Certificate of RFC 5280 section 4.1: `tbs`, the algorithm that stands inside it, `signature`.

    With an empty signature the result parses and lints like a certificate and is none.
    """
    return _element(_SEQUENCE, tbs + _algorithm(tbs) + _element(_BIT_STRING, b"\0" + signature))


def sign_certificate(key: CertificateKey, tbs: bytes) -> bytes:
    """Ask `key` for one signature over exactly `tbs`, by the algorithm named inside it; return the certificate's DER.

    Raises ConnectionError when the token is away, SignatureWrong when `tbs` names an algorithm `key` cannot do.
    """
    shell = x509.load_der_x509_certificate(certificate_der(tbs, b""))
    parameters, digest = shell.signature_algorithm_parameters, shell.signature_hash_algorithm
    match key:
        case rsa.RSAPrivateKey() if isinstance(parameters, padding.PKCS1v15 | padding.PSS) and digest is not None:
            signature = key.sign(tbs, parameters, digest)
        case ec.EllipticCurvePrivateKey() if isinstance(parameters, ec.ECDSA):
            signature = key.sign(tbs, parameters)
        case ed25519.Ed25519PrivateKey() if parameters is None:
            signature = key.sign(tbs)
        case _:
            raise SignatureWrong("the key is of another kind than the algorithm in the certificate")
    return certificate_der(tbs, signature)


def verified(der: bytes, tbs: bytes, issuer: x509.Certificate | None) -> x509.Certificate:
    """Return the certificate in `der`, once it holds exactly `tbs` and a signature of `issuer` (None: of itself).

    Raises SignatureWrong otherwise; such a certificate must not leave the authority.
    """
    certificate = x509.load_der_x509_certificate(der)
    if certificate.tbs_certificate_bytes != tbs:
        raise SignatureWrong("the signed bytes are not the recorded ones")
    try:
        certificate.verify_directly_issued_by(issuer or certificate)
    except (InvalidSignature, TypeError, ValueError) as error:
        raise SignatureWrong("it does not verify with the authority's public key") from error
    return certificate


def may_be_signed_again(tbs: bytes) -> bool:
    """Say whether a second signature over `tbs` would be the same octets as the first (RFC 8017 section 8.2).

    True for RSA PKCS#1 v1.5 only: ECDSA and PSS are randomised, and of other algorithms a token makes no promise.
    """
    return isinstance(
        x509.load_der_x509_certificate(certificate_der(tbs, b"")).signature_algorithm_parameters, padding.PKCS1v15
    )


def _algorithm(tbs: bytes) -> bytes:
    """The third field of a version 3 TBSCertificate: version, serialNumber, signature."""
    _, start, _ = _header(tbs, 0)
    for _ in range(2):
        _, content, length = _header(tbs, start)
        start = content + length
    tag, content, length = _header(tbs, start)
    if tag != _SEQUENCE:
        raise SignatureWrong("the recorded bytes are not a version 3 certificate")
    return tbs[start : content + length]


def _header(der: bytes, at: int) -> tuple[int, int, int]:
    """Tag, where the content starts, and its length in octets."""
    tag, first = der[at], der[at + 1]
    if first < 0x80:
        return tag, at + 2, first
    octets = first & 0x7F
    return tag, at + 2 + octets, int.from_bytes(der[at + 2 : at + 2 + octets], "big")


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
