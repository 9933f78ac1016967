"""Making a key pair inside the token: what is asked for, and what the token gave."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, Object, PrivateKey, PublicKey, Session

from hsm.errors import AttributeRefused
from hsm.objects import CURVES, shown
from hsm.vendors import Vendor

__all__ = ["KeyAlgorithm", "check_attributes", "generate_pair"]


_Make = Callable[..., tuple[PublicKey, PrivateKey]]


class KeyAlgorithm(StrEnum):
    """The kinds of keys a token may be told to make."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P_256 = "p-256"
    P_384 = "p-384"
    ED25519 = "ed25519"

    @property
    def rsa_bits(self) -> int | None:
        """The length of the modulus in bits, None for the others."""
        return int(self.value.removeprefix("rsa-")) if self.value.startswith("rsa-") else None


# Everything is said, because defaults differ: python-pkcs11 alone would let an RSA key decrypt and unwrap.
_PRIVATE: dict[Attribute, bool] = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.SIGN: True,
    Attribute.SIGN_RECOVER: False,
    Attribute.DECRYPT: False,
    Attribute.UNWRAP: False,
    Attribute.DERIVE: False,
}
_PUBLIC: dict[Attribute, bool] = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: False,
    Attribute.VERIFY: True,
    Attribute.ENCRYPT: False,
    Attribute.WRAP: False,
}
# What the token itself sets for a key that was made inside and never left (PKCS#11 2.40, 4.9).
_OUTCOME = {Attribute.LOCAL: True, Attribute.ALWAYS_SENSITIVE: True, Attribute.NEVER_EXTRACTABLE: True}


def generate_pair(
    session: Session, label: str, algorithm: KeyAlgorithm, vendor: Vendor
) -> tuple[PublicKey, PrivateKey]:
    """A new key pair of this label, for signatures only; its identifier (CKA_ID) is the label's octets.

    Raises PKCS11Error, e.g. MechanismInvalid when the token cannot make such keys.
    """
    if algorithm.rsa_bits is not None:
        make: _Make = partial(session.generate_keypair, KeyType.RSA, algorithm.rsa_bits)
        mechanism = Mechanism.RSA_PKCS_KEY_PAIR_GEN
    elif algorithm is KeyAlgorithm.ED25519:
        make = _on_curve(session, KeyType.EC_EDWARDS, vendor.edwards_parameters)
        mechanism = Mechanism.EC_EDWARDS_KEY_PAIR_GEN
    else:
        make = _on_curve(session, KeyType.EC, _parameters(algorithm))
        mechanism = Mechanism.EC_KEY_PAIR_GEN
    return make(
        id=label.encode(),
        label=label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        mechanism=mechanism,
        public_template=_PUBLIC,
        private_template=_PRIVATE,
    )


def check_attributes(private_key: Object, vendor: Vendor, token: str, label: str) -> None:
    """Compare what the token says of a new private key with what was asked. Raises AttributeRefused.

    A wrong value is always refused, a missing one where the vendor's tokens are known to show it.
    """
    for attribute, expected in (_PRIVATE | _OUTCOME).items():
        value = shown(private_key, attribute)
        missing = value is None and attribute in vendor.reported
        if missing or value is (not expected):
            raise AttributeRefused(token, label, attribute.name)


def _on_curve(session: Session, kind: KeyType, parameters: bytes) -> _Make:
    # python-pkcs11 makes curve keys from domain parameters; local ones never reach the token as an object.
    domain = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: parameters}, local=True)
    return domain.generate_keypair


def _parameters(algorithm: KeyAlgorithm) -> bytes:
    bits = int(algorithm.value.removeprefix("p-"))
    return next(der for der, curve in CURVES.items() if curve.key_size == bits)
