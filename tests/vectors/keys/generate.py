"""Make the key files of this directory, one defect in each.

Run it as  .venv/bin/python tests/vectors/keys/generate.py  from the top of the checkout.
All numbers come from a seeded generator, so a second run writes the same files. None of the keys is of any use.
"""

import random
from base64 import encodebytes
from pathlib import Path

import gmpy2
from asn1crypto import core, keys
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = Path(__file__).parent
SEED = random.Random(20261123)  # noqa: S311 - the files must come out the same again
CURVES = (ec.SECP224R1(), ec.SECP256R1(), ec.SECP256K1(), ec.SECP384R1(), ec.SECP521R1())
EDWARDS_PRIME = 2**255 - 19
# A y of a point of order eight (RFC 8032's curve), and one that belongs to no point.
ORDER_EIGHT = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"


def prime(bits: int) -> int:
    """A prime of so many bits whose two highest are set, so that a product has the full length."""
    return int(gmpy2.next_prime(SEED.getrandbits(bits) | 0b11 << (bits - 2)))


def rsa(modulus: int, exponent: int = 65537) -> bytes:
    """DER of an RSA key of any two numbers."""
    algorithm = keys.PublicKeyAlgorithm({"algorithm": "rsa", "parameters": core.Null()})
    numbers = keys.RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    return bytes(keys.PublicKeyInfo({"algorithm": algorithm, "public_key": numbers}).dump())


def point(curve: str, octets: bytes) -> bytes:
    """DER of an EC key of any octets."""
    parameters = keys.ECDomainParameters(name="named", value=curve)
    algorithm = keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": parameters})
    return bytes(keys.PublicKeyInfo({"algorithm": algorithm, "public_key": keys.ECPointBitString(octets)}).dump())


def der(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | dsa.DSAPublicKey) -> bytes:
    """DER of a key that cryptography can write."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def roca() -> int:
    """A modulus of two primes k*M + (65537^a mod M), M the product of the first 126 primes, as broken chips made it."""
    product = int(gmpy2.primorial(701))
    found: list[int] = []
    while len(found) < 2:
        low = pow(65537, SEED.getrandbits(60), product)
        candidate = (SEED.getrandbits(1024) | 0b11 << 1022) // product * product + low
        if candidate.bit_length() == 1024 and gmpy2.is_prime(candidate):
            found.append(candidate)
    return found[0] * found[1]


def patterned() -> int:
    """A modulus of two primes whose 128-bit words hold a few low bits only."""
    found: list[int] = []
    while len(found) < 2:
        words = sum(SEED.getrandbits(4) << 128 * place for place in range(8))
        candidate = int(gmpy2.next_prime(words | 0b11 << 1022))
        if candidate.bit_length() == 1024:
            found.append(candidate)
    return found[0] * found[1]


def biased() -> int:
    """A modulus whose upper half has ones only: chosen for show, with the second prime made to fit."""
    first = prime(1024)
    return first * int(gmpy2.next_prime((2**2048 - 2**1030) // first))


def explicit() -> bytes:
    """The P-256 key with its curve's parameters written out instead of named."""
    named = keys.PublicKeyInfo.load(der(ec.derive_private_key(7, ec.SECP256R1()).public_key()))
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    generator = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    base = generator.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    specified = keys.SpecifiedECDomain(
        {
            "version": "ecdpVer1",
            "field_id": {"field_type": "prime_field", "parameters": core.Integer(p)},
            "curve": {"a": (p - 3).to_bytes(32, "big"), "b": b.to_bytes(32, "big")},
            "base": base,
            "order": order,
            "cofactor": 1,
        }
    )
    parameters = keys.ECDomainParameters(name="specified", value=specified)
    algorithm = keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": parameters})
    return bytes(keys.PublicKeyInfo({"algorithm": algorithm, "public_key": named["public_key"]}).dump())


def rsa_files(modulus: int) -> dict[str, bytes]:
    """RSA keys, sound but for what the name says."""
    first = prime(1024)
    return {
        "good-rsa-2048": rsa(modulus),
        "rsa-1024-bits": rsa(prime(512) * prime(512)),
        "rsa-2047-bits": rsa(prime(1024) * int(gmpy2.next_prime(2**1022 + 2**1021))),
        "rsa-2052-bits": rsa(prime(1026) * prime(1026)),
        "rsa-2056-bits": rsa(prime(1028) * prime(1028)),
        "exponent-1": rsa(modulus, 1),
        "exponent-3": rsa(modulus, 3),
        "exponent-even": rsa(modulus, 65538),
        "exponent-65539": rsa(modulus, 65539),
        "exponent-257-bits": rsa(modulus, 2**256 + 1),
        "negative-modulus": rsa(-modulus),
        "even-modulus": rsa(modulus - 1),
        "small-factor": rsa(65521 * int(gmpy2.next_prime(2**2048 // 65521 - 2**1024))),
        "roca": rsa(roca()),
        "fermat": rsa(first * int(gmpy2.next_prime(first + 2**512))),
        "fermat-many-rounds": rsa(first * int(gmpy2.next_prime(first + 24 * 2**512))),
        "square-modulus": rsa(first**2),
        "patterned-primes": rsa(patterned()),
        "biased-modulus": rsa(biased()),
    }


def curve_files() -> dict[str, bytes]:
    """Keys on curves."""
    files = {f"good-{curve.name}": der(ec.derive_private_key(20261123, curve).public_key()) for curve in CURVES}
    files |= {name.replace("good", "curve"): files.pop(name) for name in list(files) if name[-5:] in ("224r1", "256k1")}
    on_curve = files["good-secp256r1"]
    octets = on_curve[-65:]
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    edwards = der(private.public_key())
    return files | {
        "good-ed25519": edwards,
        "point-not-on-curve": on_curve[:-1] + bytes([on_curve[-1] ^ 1]),
        "point-at-infinity": point("secp256r1", b"\0"),
        "point-compressed": point("secp256r1", bytes([2 + octets[-1] % 2]) + octets[1:33]),
        "explicit-parameters": explicit(),
        "ed25519-small-order": edwards[:-32] + bytes.fromhex(ORDER_EIGHT),
        "ed25519-identity": edwards[:-32] + (1).to_bytes(32, "little"),
        "ed25519-not-a-point": edwards[:-32] + (2).to_bytes(32, "little"),
        "ed25519-not-reduced": edwards[:-32] + (EDWARDS_PRIME + 3).to_bytes(32, "little"),
    }


def form_files(modulus: int) -> dict[str, bytes]:
    """Keys whose encoding or algorithm is wrong."""
    good = rsa(modulus)
    pss = keys.PublicKeyInfo.load(good)
    del pss["algorithm"]["parameters"]
    pss["algorithm"]["algorithm"] = "rsassa_pss"
    parameters = keys.DSAParams({"p": prime(2048), "q": prime(256), "g": 2})
    old = keys.PublicKeyAlgorithm({"algorithm": "dsa", "parameters": parameters})
    return {
        "rsa-pss": bytes(pss.dump(force=True)),
        "dsa": bytes(keys.PublicKeyInfo({"algorithm": old, "public_key": core.Integer(4)}).dump()),
        "truncated": good[:-1],
        "trailing-octet": good + b"\0",
        "not-der": b"ninsho",
        "empty": b"",
        "too-long": rsa(modulus << 31000 | 1),
    }


def main() -> None:
    """Write every file as PEM."""
    modulus = prime(1024) * prime(1024)
    for name, octets in (rsa_files(modulus) | curve_files() | form_files(modulus)).items():
        text = "-----BEGIN PUBLIC KEY-----\n" + encodebytes(octets).decode() + "-----END PUBLIC KEY-----\n"
        HERE.joinpath(name + ".pem").write_text(text)


if __name__ == "__main__":
    main()
