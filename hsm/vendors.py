"""What differs between makers of tokens, as data; no code asks which one it talks to."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pkcs11 import Attribute

__all__ = ["VENDORS", "Vendor", "VendorName"]

VendorName = Literal["softhsm", "generic"]

# PrintableString "edwards25519" and OBJECT IDENTIFIER 1.3.101.112: PKCS#11 3.0 section 2.3.5 allows both
_EDWARDS_NAME = bytes.fromhex("130c") + b"edwards25519"
_EDWARDS_OID = bytes.fromhex("06032b6570")


@dataclass(frozen=True, slots=True)
class Vendor:
    """The habits of one maker's PKCS#11 module.

    `edwards_parameters`: the DER it takes as CKA_EC_PARAMS of an Ed25519 key.
    `reported`: the attributes a new private key must be able to show; others may be absent but not wrong.
    `restart_to_see`: a token that came after C_Initialize is seen only after the module was finalised and initialised.
    `backup`: "directory" when a token is a folder of files encrypted under its PIN, which a copy backs up; "vendor"
    when only the maker's own tool can make a backup.
    """

    name: VendorName
    edwards_parameters: bytes
    reported: frozenset[Attribute]
    restart_to_see: bool
    backup: Literal["directory", "vendor"]


_MUST_SHOW = frozenset({Attribute.TOKEN, Attribute.PRIVATE, Attribute.SENSITIVE, Attribute.EXTRACTABLE, Attribute.SIGN})

VENDORS: Mapping[VendorName, Vendor] = MappingProxyType(
    {
        "softhsm": Vendor(
            name="softhsm",
            edwards_parameters=_EDWARDS_NAME,
            reported=_MUST_SHOW
            | {
                Attribute.LOCAL,
                Attribute.ALWAYS_SENSITIVE,
                Attribute.NEVER_EXTRACTABLE,
                Attribute.DECRYPT,
                Attribute.UNWRAP,
                Attribute.DERIVE,
                Attribute.SIGN_RECOVER,
            },
            restart_to_see=True,
            backup="directory",
        ),
        "generic": Vendor(
            name="generic",
            edwards_parameters=_EDWARDS_OID,
            reported=_MUST_SHOW,
            restart_to_see=False,
            backup="vendor",
        ),
    }
)
