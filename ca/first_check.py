"""The first look at a case, at the counter: facts, key and names are checked before an application exists.

The signer checks all of it again. What is found here is told while the applicant still stands at the counter, and
nothing was written.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509

from ca.lodging_errors import KeyStopped, KeyUsed, NotHandedOver
from policies.content import certificate_builder, validity_for
from policies.facts import ResidentFacts, parse_facts, with_common_name_parts
from policies.keys import check_public_key, load_public_key
from policies.profile import CertificateProfile
from policies.terms import AuthorityTerms
from store.certificates import key_blocked, key_owner, pending
from store.database import Transaction

__all__ = ["check_content", "check_holder"]


def check_content(
    profile: CertificateProfile,
    terms: AuthorityTerms,
    issuer: x509.Certificate,
    stated: Mapping[str, object],
    subject_key: bytes,
    now: datetime,
) -> None:
    """Refuse facts, a key or names of which no certificate can be made; raises PolicyError's subclasses."""
    facts = parse_facts(profile.facts, stated)
    key = load_public_key(subject_key)
    check_public_key(key, profile.key)
    if isinstance(facts, ResidentFacts):
        facts = with_common_name_parts(facts, requested_at=now, sequence=0, random=_no_randomness)
    validity = validity_for(profile, facts, now=now, authority_not_after=issuer.not_valid_after_utc)
    certificate_builder(profile, terms, facts, key, issuer=issuer, serial=1, validity=validity)


def _no_randomness(length: int) -> bytes:
    """Octets for a common name that is thrown away again."""
    return bytes(length)


def check_holder(tx: Transaction, holder: bytes, kind: str, subject_key: bytes) -> None:
    """Refuse a key that is another's or blocked, and a holder whose last certificate was not handed over.

    Raises KeyUsed, KeyStopped, NotHandedOver.
    """
    key_hash = hashlib.sha256(subject_key).digest()
    owner = key_owner(tx, key_hash)
    if owner is not None and owner != holder:
        raise KeyUsed
    if key_blocked(tx, key_hash):
        raise KeyStopped
    waiting = pending(tx, holder, kind)
    if waiting is not None:
        raise NotHandedOver(waiting[0], f"{waiting[1]:x}".zfill((waiting[1].bit_length() + 7) // 8 * 2))
