"""Acts that certify the key of another generation or of another authority, and publish what verifiers fetch."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.certificate_acts import active_authority, profile_of, reviewed, reviewing, settled
from ca.ceremony.errors import CeremonyStopped
from ca.ceremony.review import link_profile
from ca.ceremony.room import Attempt, Facts, Room
from ca.links import cross_certificate, link_certificate
from ca.statement import PublicKey

__all__ = ["certify_link", "certify_peer"]


def certify_link(room: Room, attempt: Attempt) -> Facts:
    """Certify the key of one generation by the other (RFC 4210 section 4.4): NewWithOld or OldWithNew."""
    plan, subject = room.script.authority(attempt.fact("signer")), attempt.fact("subject")
    other = room.statement(subject)
    if other is None:
        raise CeremonyStopped(f"{subject} has no record yet")
    profile = link_profile(plan, room.profiles)
    found = settled(room, attempt, subject, _key(other.x509()), profile.name)
    certificate = found or link_certificate(
        other,
        profile,
        profiles=room.profiles,
        under=active_authority(room, plan),
        serial=room.serials.draw(),
        ledger=reviewing(room, attempt),
        now=room.clock(),
    )
    return _published(room, attempt, certificate)


def certify_peer(room: Room, attempt: Attempt) -> Facts:
    """Certify the key of another authority, under its own name (RFC 5280 section 3.2)."""
    plan, peer = room.script.authority(attempt.fact("authority")), room.script.peer
    if peer is None:
        raise CeremonyStopped("the script names no peer")
    shown = x509.load_pem_x509_certificate(peer.certificate.encode("ascii"))
    found = settled(room, attempt, peer.name, _key(shown), peer.profile)
    certificate = found or cross_certificate(
        peer.name,
        profile_of(room, peer.profile),
        shown,
        under=active_authority(room, plan),
        serial=room.serials.draw(),
        ledger=reviewing(room, attempt),
        now=room.clock(),
    )
    return _published(room, attempt, certificate)


def _key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        raise CeremonyStopped("the key to be certified is neither RSA, EC nor Ed25519")
    return key


def _published(room: Room, attempt: Attempt, certificate: x509.Certificate) -> Facts:
    """Publish the reviewed certificate beside those of the authorities: ca/<subject>-by-<signer>.cer."""
    facts = reviewed(room, attempt, certificate)
    name, version = f"ca/{attempt.fact('certificate')}.cer", f"{certificate.serial_number:x}"
    room.publication.put(name, certificate.public_bytes(Encoding.DER), version)
    attempt.reached("published")
    return {**facts, "published": name}
