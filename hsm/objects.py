"""What a token shows of its objects: public keys, and the attributes a ceremony records."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pkcs11 import Attribute, KeyType, Object, ObjectClass, exceptions

from hsm.keys import PublicKey

__all__ = ["CURVES", "ObjectDescription", "UnknownKind", "describe", "public_key", "shown"]

# DER of the OBJECT IDENTIFIER, as it stands in CKA_EC_PARAMS (SEC 2, RFC 5480 section 2.1.1.1)
CURVES: dict[bytes, ec.EllipticCurve] = {
    bytes.fromhex("06082a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("06052b81040022"): ec.SECP384R1(),
}
_ED25519_OCTETS = 32


class UnknownKind(ValueError):
    """The object is no RSA, P-256, P-384 or Ed25519 key."""


@dataclass(frozen=True, slots=True)
class ObjectDescription:
    """One object of a token as the token shows it; None where it does not say.

    `kind`: PKCS#11 object class in words, e.g. "private key". `algorithm`: "rsa-2048", "p-256", "ed25519" and so on for
    the kinds used here, otherwise None. `local`, `always_sensitive` and `never_extractable` are the token's claim that
    the key was made inside and never left; some tokens claim it of imported keys too, so believe the ceremony's record
    first.
    """

    kind: str
    label: str
    identifier: bytes
    algorithm: str | None
    sign: bool | None
    sensitive: bool | None
    extractable: bool | None
    local: bool | None
    always_sensitive: bool | None
    never_extractable: bool | None


def describe(found: Object) -> ObjectDescription:
    """What the token shows of one object found by a search."""
    object_class = shown(found, Attribute.CLASS)
    kind = object_class.name if isinstance(object_class, ObjectClass) else "unknown"
    return ObjectDescription(
        kind=kind.replace("_", " ").lower(),
        label=shown(found, Attribute.LABEL) or "",
        identifier=shown(found, Attribute.ID) or b"",
        algorithm=_algorithm(found),
        sign=shown(found, Attribute.SIGN),
        sensitive=shown(found, Attribute.SENSITIVE),
        extractable=shown(found, Attribute.EXTRACTABLE),
        local=shown(found, Attribute.LOCAL),
        always_sensitive=shown(found, Attribute.ALWAYS_SENSITIVE),
        never_extractable=shown(found, Attribute.NEVER_EXTRACTABLE),
    )


def public_key(found: Object) -> PublicKey:
    """The public key in a public key object. Raises UnknownKind for a kind of key that is not used here."""
    kind = found[Attribute.KEY_TYPE]
    if kind is KeyType.RSA:
        exponent, modulus = found[Attribute.PUBLIC_EXPONENT], found[Attribute.MODULUS]
        return rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big")).public_key()
    point = bytes(found[Attribute.EC_POINT])
    # Some tokens wrap the point into an OCTET STRING, some do not; its length is known.
    if kind is KeyType.EC:
        curve = CURVES.get(bytes(found[Attribute.EC_PARAMS]))
        if curve is not None:
            octets = 1 + 2 * ((curve.key_size + 7) // 8)
            return ec.EllipticCurvePublicKey.from_encoded_point(curve, point[-octets:])
    if kind is KeyType.EC_EDWARDS and len(point) in (_ED25519_OCTETS, _ED25519_OCTETS + 2):
        return ed25519.Ed25519PublicKey.from_public_bytes(point[-_ED25519_OCTETS:])
    raise UnknownKind(f"the key is of a kind that is not used here: {kind!r}")


def shown(found: Object, attribute: Attribute) -> Any:  # noqa: ANN401  # each attribute has its own type
    """The attribute's value, or None when the token does not show it."""
    try:
        return found[attribute]
    except (exceptions.AttributeTypeInvalid, exceptions.AttributeSensitive, exceptions.FunctionFailed):
        return None


def _algorithm(found: Object) -> str | None:
    kind = shown(found, Attribute.KEY_TYPE)
    if kind is KeyType.RSA:
        modulus = shown(found, Attribute.MODULUS)
        return None if modulus is None else f"rsa-{len(modulus) * 8}"
    if kind is KeyType.EC_EDWARDS:
        return "ed25519"
    curve = CURVES.get(bytes(shown(found, Attribute.EC_PARAMS) or b"")) if kind is KeyType.EC else None
    return None if curve is None else f"p-{curve.key_size}"
