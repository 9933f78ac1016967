"""What the audit trail says of the signer's acts: identifiers, hashes and codes of persons, nothing about a holder."""

from hashlib import sha256

from ca.preparation import PreparedCertificate
from ca.warrant import Warrant
from store.audit import Fact

__all__ = ["certificate_facts", "serial_text", "warrant_facts"]


def serial_text(serial: int) -> str:
    """Write a serial number as everywhere in text: lower-case hexadecimal, an even number of digits."""
    return serial.to_bytes((serial.bit_length() + 7) // 8, "big").hex()


def warrant_facts(warrant: Warrant) -> dict[str, Fact]:
    """The application, the digest that was signed, and who signed it in which role ("approval", "approval_2")."""
    facts: dict[str, Fact] = {
        "application": str(warrant.application.id),
        "digest": warrant.digest.hex(),
        "roster": warrant.roster_version,
    }
    for role, persons in warrant.persons.items():
        for place, person in enumerate(persons, 1):
            facts[role if place == 1 else f"{role}_{place}"] = person
    return facts


def certificate_facts(prepared: PreparedCertificate) -> dict[str, Fact]:
    """The certificate by issuer and serial number, its profile, the SHA-256 of its TBS, and its application's facts."""
    plan = prepared.plan
    facts: dict[str, Fact] = {
        "authority": plan.authority,
        "issuer": plan.issuer,
        "serial": serial_text(plan.serial),
        "profile": plan.profile.name,
        "tbs": sha256(prepared.tbs).hexdigest(),
    }
    return facts | (warrant_facts(plan.warrant) if plan.warrant else {})
