"""To-be-signed bytes without what only the day of the ceremony knows, so that they can be compared before it.

Blanked are the key, key identifiers, serial numbers and both times; everything else is compared byte for byte: names,
policies, usages, distribution points, their order and their string types (RFC 5280 section 4.1).
"""

from hashlib import sha256
from typing import Any, Final

from asn1crypto import core, x509

__all__ = ["blanked", "blanked_digest"]

_FIELDS: Final = ("version", "signature", "issuer", "subject")
_IDENTIFIER: Final = "2.5.29.14"
_AUTHORITY_IDENTIFIER: Final = "2.5.29.35"


def blanked(tbs: bytes) -> bytes:
    """Return a TBSCertificate with its variable parts emptied: DER, for comparing only. ValueError for other bytes."""
    certificate = x509.TbsCertificate.load(tbs, strict=True)
    parts = [certificate[name].dump() for name in _FIELDS]
    parts.append(certificate["subject_public_key_info"]["algorithm"].dump())
    parts += [_extension(each) for each in certificate["extensions"]]
    return bytes(core.Sequence(contents=b"".join(parts)).dump())


def blanked_digest(tbs: bytes) -> bytes:
    """The SHA-256 of `blanked`: printed on the script and compared when the certificate is made."""
    return sha256(blanked(tbs)).digest()


def _extension(extension: Any) -> bytes:  # noqa: ANN401  # asn1crypto publishes no types
    oid = extension["extn_id"].dotted
    if oid == _IDENTIFIER:
        value = core.OctetString(b"").dump()
    elif oid == _AUTHORITY_IDENTIFIER:
        value = _without_identifiers(extension["extn_value"].parsed)
    else:
        return bytes(extension.dump())
    parts = extension["extn_id"].dump() + extension["critical"].dump() + value
    return bytes(core.Sequence(contents=parts).dump())


def _without_identifiers(value: Any) -> bytes:  # noqa: ANN401  # the same
    if value["key_identifier"].native is not None:
        value["key_identifier"] = b""
    if value["authority_cert_serial_number"].native is not None:
        value["authority_cert_serial_number"] = 1
    return bytes(value.dump(force=True))
