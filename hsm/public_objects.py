"""What a token shows and takes without a PIN: public keys and certificates.

A certificate is no secret, and whoever writes one to a holder's token need not know the holder's PIN. Private keys are
not seen here.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pkcs11
from cryptography import x509
from pkcs11 import Attribute, CertificateType, Object, ObjectClass, exceptions

from hsm.config import TokenConfig
from hsm.keys import PublicKey
from hsm.objects import public_key
from hsm.provision import closed_token

__all__ = ["PublicObjects", "public_objects"]


class PublicObjects:
    """The public keys and certificates of one token, by label, as long as `public_objects` lasts."""

    def __init__(self, session: pkcs11.Session) -> None:
        self._session = session

    def keys(self) -> dict[str, PublicKey]:
        """The public keys by label; of several with one label, one."""
        return {_label(each): public_key(each) for each in self._found(ObjectClass.PUBLIC_KEY)}

    def certificates(self) -> dict[str, bytes]:
        """The certificates in DER by label; of several with one label, one."""
        return {_label(each): bytes(each[Attribute.VALUE]) for each in self._found(ObjectClass.CERTIFICATE)}

    def write_certificate(self, label: str, der: bytes) -> None:
        """Put a certificate (RFC 5280) into the token under `label`, in place of those that had it."""
        certificate = x509.load_der_x509_certificate(der)
        self.remove_certificate(label)
        self._session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.LABEL: label,
                Attribute.ID: label.encode(),
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.ISSUER: certificate.issuer.public_bytes(),
                Attribute.SERIAL_NUMBER: _integer(certificate.serial_number),
                Attribute.VALUE: der,
            }
        )

    def remove_certificate(self, label: str) -> None:
        """Remove the certificates of that label, if there are any."""
        self._destroy(ObjectClass.CERTIFICATE, label)

    def remove_key(self, label: str) -> None:
        """Remove the public keys of that label; without one, the private key is not found and signs no more."""
        self._destroy(ObjectClass.PUBLIC_KEY, label)

    def _found(self, kind: ObjectClass) -> list[Object]:
        return list(self._session.get_objects({Attribute.CLASS: kind}))

    def _destroy(self, kind: ObjectClass, label: str) -> None:
        for each in self._found(kind):
            if _label(each) == label:
                each.destroy()


@contextmanager
def public_objects(config: TokenConfig) -> Iterator[PublicObjects]:
    """The public objects of a token that this process has not open, while no other program starts at it.

    Raises TokenAlreadyOpen, TokenMissing, ModuleMissing, EnvironmentConflict, TokenUnavailable.
    """
    with closed_token(config) as token:
        session = token.open(rw=True)
        try:
            yield PublicObjects(session)
        finally:
            with suppress(exceptions.PKCS11Error):
                session.close()


def _label(found: Object) -> str:
    return str(found[Attribute.LABEL])


def _integer(value: int) -> bytes:
    """DER of an INTEGER below 128 octets, as CKA_SERIAL_NUMBER holds it (PKCS#11 2.40, 4.6.3)."""
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes((2, len(content))) + content
