"""Which subject keys may be certified, and which are too weak to be.

Sizes follow the ordinance to Act 153/2002 (article 2: RSA of 2048 bits or more) and the CA/Browser Forum baseline
requirements 6.1.5 and 6.1.6; weaknesses of key generators are looked for by badkeys (6.1.1.3). Whether a key is blocked
or already another holder's is known to the store, not here; it knows keys by their octets, so one RSA modulus must not
make two keys, and only one public exponent is accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from policies.errors import KeyRefused

__all__ = ["KeyRule", "SubjectKey", "check_public_key", "load_public_key"]

SubjectKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_LARGEST = 4096  # octets of SubjectPublicKeyInfo; RSA of 16,384 bits needs about 2,100
_FEWEST_RSA_BITS = 2048
_EXPONENT = 65537

# badkeys' checks that fit here, the code of each refusal and what it found. Left out are its block list, which must be
# downloaded, `smalld`, which needs another exponent, `pattern` and `xzbackdoor`, said to refuse good keys.
_WEAKNESSES: Mapping[str, tuple[str, str]] = {
    "smallfactors": ("keys.small-factor", "its modulus has a small prime factor"),
    "roca": ("keys.roca", "its primes are of the form of the ROCA weakness (CVE-2017-15361)"),
    "fermat": ("keys.close-primes", "its primes are so close that Fermat's method finds them"),
    "sharedprimes": ("keys.shared-prime", "it shares a prime with a known key"),
    "rsapoly": ("keys.patterned-primes", "its primes follow a pattern that lets the modulus be factored"),
    "rsabias": ("keys.biased-modulus", "the bits of its modulus are not random"),
}


@dataclass(frozen=True, slots=True)
class KeyRule:
    """The subject keys a profile accepts; what is not listed is refused.

    `rsa_bits`: permitted modulus lengths in bits, e.g. (2048,); empty means no RSA.
    `curves`: permitted named curves as in RFC 5480 and SEC 2, e.g. ("secp256r1", "secp384r1"); empty means no EC.
    `ed25519`: whether Ed25519 (RFC 8410) is permitted.
    """

    rsa_bits: tuple[int, ...]
    curves: tuple[str, ...]
    ed25519: bool


def load_public_key(spki: bytes) -> SubjectKey:
    """Read a DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7) that is exactly what its key would be written as.

    Raises KeyRefused: keys.too-long, keys.encoding (not DER, other parameters, data behind), keys.algorithm (not RSA,
    EC on a named curve or Ed25519), keys.point-not-on-curve, keys.exponent (one that makes no key).
    """
    if len(spki) > _LARGEST:
        raise KeyRefused("keys.too-long", f"it has more than {_LARGEST} octets")
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise _why_unreadable(spki) from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise KeyRefused("keys.algorithm", "its algorithm is not permitted")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != spki:
        raise KeyRefused("keys.encoding", "it is written in another form than DER with a named algorithm")
    return key


def check_public_key(key: SubjectKey, rule: KeyRule) -> None:
    """Refuse a key that the rule does not list or that is weak; about 1 ms for RSA, once badkeys is loaded.

    Raises KeyRefused whose `code` names the defect. A key that `cryptography` has loaded has a point on its curve.
    """
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        _check_rsa_size(numbers.n.bit_length(), rule)
        _check_exponent(numbers.e)
        _check_modulus(numbers.n)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in rule.curves:
            raise KeyRefused("keys.curve-not-permitted", f"the curve {key.curve.name} is not permitted here")
    else:
        if not rule.ed25519:
            raise KeyRefused("keys.algorithm", "Ed25519 is not permitted here")
        _check_edwards_point(key.public_bytes_raw())


def _why_unreadable(spki: bytes) -> KeyRefused:
    """Name the defect of a key that `cryptography` does not load."""
    # asn1crypto takes longer to import than all of this module, and a readable key never needs it.
    from asn1crypto.keys import PublicKeyInfo

    try:
        info = PublicKeyInfo.load(spki, strict=True)
        algorithm = info["algorithm"]["algorithm"].native
        if algorithm == "rsa":
            _check_exponent(info["public_key"].parsed["public_exponent"].native)
        elif algorithm == "ec" and info["algorithm"]["parameters"].name == "named":
            return KeyRefused("keys.point-not-on-curve", "its point does not lie on its curve")
    except KeyRefused as refused:
        return refused
    except (ValueError, TypeError, KeyError):
        return KeyRefused("keys.encoding", "it is no SubjectPublicKeyInfo")
    return KeyRefused("keys.encoding", "its numbers make no key of its algorithm")


def _check_rsa_size(bits: int, rule: KeyRule) -> None:
    if bits < _FEWEST_RSA_BITS:
        raise KeyRefused("keys.rsa-too-small", f"its modulus has {bits} bits, fewer than {_FEWEST_RSA_BITS}")
    if bits % 8:
        raise KeyRefused("keys.rsa-size-not-octets", f"its modulus has {bits} bits, not a multiple of 8")
    if bits not in rule.rsa_bits:
        raise KeyRefused("keys.rsa-size-not-permitted", f"RSA of {bits} bits is not permitted here")


def _check_exponent(exponent: int) -> None:
    """Only 65537, as every key of JPKI and LGPKI has it; baseline requirements 6.1.6 would allow up to 2^256 - 1.

    Whoever knows the primes of a compromised key can give its modulus any exponent: another key to whoever compares
    octets, and no safer one.
    """
    if exponent != _EXPONENT:
        raise KeyRefused("keys.exponent", f"its public exponent is not {_EXPONENT}")


def _check_modulus(modulus: int) -> None:
    if modulus % 2 == 0:
        raise KeyRefused("keys.modulus-even", "its modulus is even")
    # badkeys takes half a second to import; profiles are loaded by programs that never check a key.
    import badkeys

    found = badkeys.checkrsa(modulus, e=_EXPONENT, checks=list(_WEAKNESSES))
    for weakness, (code, reason) in _WEAKNESSES.items():
        if weakness in found:
            raise KeyRefused(code, reason)


def _check_edwards_point(raw: bytes) -> None:
    """RFC 8032 5.1.3: the 32 octets must decode to a point; 5.1.7: and not to one of the eight of small order.

    A small-order key makes signatures that verify over other messages, so it would also pass a proof of possession.
    """
    prime = 2**255 - 19
    d = -121665 * pow(121666, -1, prime) % prime
    y = int.from_bytes(raw, "little") & (2**255 - 1)

    def x_squared(y: int) -> int:
        return (y * y - 1) * pow(d * y * y + 1, -1, prime) % prime

    if y >= prime or pow(x_squared(y), (prime - 1) // 2, prime) == prime - 1:
        raise KeyRefused("keys.point-not-on-curve", "its point does not lie on its curve")
    for _ in range(3):  # eight times the point; doubling needs the square of x only
        square = x_squared(y)
        y = (y * y + square) * pow(1 - d * square * y * y, -1, prime) % prime
    if y == 1:
        raise KeyRefused("keys.small-order", "its point has a small order")
