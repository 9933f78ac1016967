"""Responders of the authorities: what they are called, and which certificate a responder's key has.

Whose key may answer stands in the authority's record, which two administrators signed. The database only says where
the certificates of such a key lie; what is found there is believed for its key and its signature.
"""

from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ca.authority import key_hash
from ca.holder import holder_of_body
from ca.statement import PublicKey
from store.certificates import CertificateFilter, find
from store.database import Transaction

__all__ = [
    "LAST_RESPONDER_PROFILE",
    "PROFILES",
    "RESPONDER_PROFILE",
    "current_certificate",
    "responder_certificates",
    "responder_facts",
    "responder_name",
]

RESPONDER_PROFILE = "ocsp-responder"
LAST_RESPONDER_PROFILE = "ocsp-responder-last"
"""The profile of a responder that answers until its authority's end, after the authority's key is gone."""

PROFILES = (RESPONDER_PROFILE, LAST_RESPONDER_PROFILE)
"""What a responder's certificate may be: the one that is renewed, and the last one before its authority's key ends."""

_LOOKED_AT = 32
"""Newest rows of one key that are looked at; a responder has a new one every twenty days."""


def responder_name(authority: str) -> str:
    """The name of an authority's responder in records; a key that no script calls otherwise has it as its label."""
    return f"ocsp-{authority}"


def responder_facts(authority: str) -> dict[str, str]:
    """What a responder's certificate says of it."""
    return {"common_name": f"OCSP Responder {authority}"}


def responder_certificates(
    tx: Transaction, authority: str, ca_certificate: x509.Certificate, key: bytes
) -> tuple[x509.Certificate, ...]:
    """The certificates of the responder's key with the hash `key`, signed under `ca_certificate`, newest first.

    A row that holds anything else is passed over. The holder's value only narrows the search to what an index finds.
    """
    holder = holder_of_body(responder_name(authority))
    wanted = CertificateFilter(authority=authority, holder=holder, key_hash=key, state="issued")
    rows = [row for one in PROFILES for row in find(tx, replace(wanted, profile=one), limit=_LOOKED_AT)]
    read = (_believed(row.certificate, ca_certificate, key) for row in rows if row.certificate is not None)
    found = [certificate for certificate in read if certificate is not None]
    return tuple(sorted(found, key=lambda each: each.not_valid_after_utc, reverse=True))


def current_certificate(
    tx: Transaction, authority: str, ca_certificate: x509.Certificate, key: bytes, now: datetime
) -> x509.Certificate | None:
    """The one of `responder_certificates` that answers at `now` (aware UTC) and longest; the newest if none does."""
    found = responder_certificates(tx, authority, ca_certificate, key)
    valid = [each for each in found if each.not_valid_before_utc <= now < each.not_valid_after_utc]
    return next(iter((*valid, *found)), None)


def _believed(der: bytes, ca_certificate: x509.Certificate, key: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        public = certificate.public_key()
        certificate.verify_directly_issued_by(ca_certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
        return None
    return certificate if isinstance(public, PublicKey) and key_hash(public) == key else None
