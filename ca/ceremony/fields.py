"""The forms of values in a ceremony's script, each checked as it is read."""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import AfterValidator, AwareDatetime, Field

from ca.errors import KeyUnusable
from ca.statement import PublicKey, key_octets, public_key

__all__ = ["Algorithm", "AuthorityName", "CertificatePem", "Code", "Digest", "Line", "Moment", "PublicKeyPem"]

_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Controls, formats such as those that turn the direction of writing, separators of lines and paragraphs (Unicode)."""


def _spki(pem: str) -> str:
    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("it is no public key in PEM") from None
    if not isinstance(key, PublicKey):
        raise ValueError("it is neither RSA, EC nor Ed25519")
    try:
        public_key(key_octets(key))
    except KeyUnusable as error:
        raise ValueError(str(error)) from None
    return pem


def _certificate(pem: str) -> str:
    try:
        x509.load_pem_x509_certificate(pem.encode("ascii"))
    except ValueError:
        raise ValueError("it is no certificate in PEM") from None
    return pem


def _digest(text: str) -> str:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ValueError("it is no SHA-256 of 64 lower-case hexadecimal digits")
    return text


def _shown(text: str) -> str:
    if any(unicodedata.category(each) in _UNSEEN for each in text):
        raise ValueError("it has characters that a terminal acts upon or does not show")
    return text


def _to_utc(moment: datetime) -> datetime:
    if moment.microsecond:
        raise ValueError("it has fractions of a second")
    return moment.astimezone(UTC)


Code = Annotated[str, Field(pattern=r"\A[a-z][a-z0-9-]{0,31}\z")]
AuthorityName = Annotated[str, Field(pattern=r"\A[a-z][a-z0-9-]{0,31}-g[1-9][0-9]{0,3}\z")]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_shown)]
Digest = Annotated[str, AfterValidator(_digest)]
PublicKeyPem = Annotated[str, Field(max_length=4096), AfterValidator(_spki)]
CertificatePem = Annotated[str, Field(max_length=16_384), AfterValidator(_certificate)]
Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
Algorithm = Literal["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384"]
