"""Acts that make certificates: of an authority, and of the responder that answers for it.

An interrupted act is found again in the database: what was recorded for the same key is taken, never made twice.
"""

from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ca.authority import Authority, activate, key_hash
from ca.ceremony.blank import blanked_digest
from ca.ceremony.errors import CeremonyChanged, CeremonyStopped
from ca.ceremony.review import authority_facts, responder_profile
from ca.ceremony.room import Attempt, Facts, Room
from ca.ceremony.script import AuthorityPlan
from ca.hierarchy import responder_certificate, self_signed_certificate, subordinate_certificate
from ca.holder import holder_of_body
from ca.issuance import Ledger
from ca.preparation import PreparedCertificate
from ca.recovery import abandon_rows
from ca.responders import RESPONDER_PROFILE, responder_facts, responder_name
from ca.statement import PublicKey
from ca.trail import serial_text
from policies.profile import CertificateProfile
from store.certificates import CertificateFilter, CertificateRecord, State, find

__all__ = [
    "active_authority",
    "certified",
    "certify_authority",
    "certify_responder",
    "profile_of",
    "reviewed",
    "reviewing",
    "settled",
]


def certify_authority(room: Room, attempt: Attempt) -> Facts:
    """Certify a new authority's key by itself or by the authority above, as reviewed but for key, serial and times."""
    plan = room.script.authority(attempt.fact("authority"))
    key = room.token(str(plan.token)).signing_key(plan.name).public_key()
    certificate = settled(room, attempt, plan.name, key, str(plan.profile)) or _certify(
        room, plan, reviewing(room, attempt)
    )
    return reviewed(room, attempt, certificate)


def certify_responder(room: Room, attempt: Attempt) -> Facts:
    """Let an authority delegate its answers to the responder's key that its record names."""
    plan = room.script.authority(attempt.fact("authority"))
    authority = active_authority(room, plan)
    key = _responder_key(room, plan)
    profile, name = profile_of(room, responder_profile(room.script)), responder_name(plan.name)
    found = settled(room, attempt, name, key, profile.name)
    certificate = found or responder_certificate(
        name,
        profile,
        responder_facts(plan.name),
        key,
        under=authority,
        serial=room.serials.draw(),
        ledger=reviewing(room, attempt),
        now=room.clock(),
    )
    return reviewed(room, attempt, certificate)


def active_authority(room: Room, plan: AuthorityPlan) -> Authority:
    """An authority of the script with its believed record and the key in its open token, which has not ended.

    Raises CeremonyStopped, CeremonyChanged, AuthorityEnded's kinds for a key that signs nothing more.
    """
    statement = room.statement(plan.name)
    if statement is None:
        raise CeremonyStopped(f"{plan.name} has no record yet")
    if plan.certificate is not None and plan.x509() != statement.x509():
        raise CeremonyChanged(f"The certificate of {plan.name}", "the script holds another one than its record")
    room.ledger.retired().check_signing(statement.key_hash, room.clock())
    return activate(statement, room.token(str(plan.token)).signing_key(plan.name), room.terms(plan.name))


def certified(room: Room, plan: AuthorityPlan) -> x509.Certificate | None:
    """The certificate recorded for the key of a new authority; None while there is none."""
    key = room.token(str(plan.token)).signing_key(plan.name).public_key()
    return _found(room, plan.name, key, str(plan.profile), None)


def settled(room: Room, attempt: Attempt, name: str, key: PublicKey, profile: str) -> x509.Certificate | None:
    """Settle what an interrupted attempt left behind; the certificate that it recorded, None for one to be made.

    A serial number that it reserved and never recorded is given up for ever, since a signature may exist.
    """
    if not attempt.again:
        return None
    left = _rows(room, name, key, profile, "reserved")
    for row in left:
        attempt.note("certificate.abandoned", {"serial": serial_text(row.serial), "profile": profile})
    with room.ledger.database.transaction() as tx:
        abandon_rows(tx, left, room.ledger, room.clock())
    return _found(room, name, key, profile, attempt.earlier[0].at)


def reviewing(room: Room, attempt: Attempt) -> Ledger:
    """The ledger of an act that makes a certificate: what nobody reviewed is refused before a key signs it."""

    def review(prepared: PreparedCertificate) -> None:
        _check_reviewed(room, attempt, prepared.tbs)

    return replace(room.ledger, review=review)


def reviewed(room: Room, attempt: Attempt, certificate: x509.Certificate) -> Facts:
    """What the transcript keeps of a certificate, made now or before an interruption. Raises CeremonyChanged."""
    digest = _check_reviewed(room, attempt, certificate.tbs_certificate_bytes)
    return {**_facts(certificate), "blanked": digest.hex()}


def _check_reviewed(room: Room, attempt: Attempt, tbs: bytes) -> bytes:
    """The digest of the blanked bytes; CeremonyChanged unless it is the reviewed one (`ca.ceremony.blank`)."""
    digest = blanked_digest(tbs)
    if digest != room.expected.get(attempt.fact("certificate")):
        what = f"The certificate {attempt.fact('certificate')}"
        raise CeremonyChanged(what, "its bytes differ in more than key, serial and times")
    return digest


def _facts(certificate: x509.Certificate) -> Facts:
    """Serial number, names, times, fingerprint, all public."""
    return {
        "serial": serial_text(certificate.serial_number),
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "sha256": certificate.fingerprint(SHA256()).hex(),
    }


def _certify(room: Room, plan: AuthorityPlan, ledger: Ledger) -> x509.Certificate:
    profile, key = profile_of(room, str(plan.profile)), room.token(str(plan.token)).signing_key(plan.name)
    serial, now = room.serials.draw(), room.clock()
    if plan.signed_by is None:
        terms = room.terms(plan.name)
        return self_signed_certificate(
            plan.name, profile, terms, authority_facts(plan), key, serial=serial, ledger=ledger, now=now
        )
    above = active_authority(room, room.script.authority(plan.signed_by))
    return subordinate_certificate(
        plan.name,
        profile,
        authority_facts(plan),
        key.public_key(),
        under=above,
        serial=serial,
        ledger=ledger,
        now=now,
    )


def _responder_key(room: Room, plan: AuthorityPlan) -> PublicKey:
    """The responder's key: in its open token, or as the authority certified it before."""
    label = plan.responder or responder_name(plan.name)
    if plan.responder_token is not None:
        return room.token(plan.responder_token).signing_key(label).public_key()
    statement = room.statement(plan.name)
    for hashed in reversed(statement.responders if statement else ()):  # the newest key
        wanted = CertificateFilter(authority=plan.name, profile=RESPONDER_PROFILE, key_hash=hashed, state="issued")
        with room.ledger.database.snapshot() as tx:
            rows = find(tx, wanted, limit=1)
        for row in rows:
            if row.certificate is not None:
                key = x509.load_der_x509_certificate(row.certificate).public_key()
                if isinstance(key, PublicKey) and key_hash(key) == hashed:
                    return key
    raise CeremonyStopped(f"no responder's key of {plan.name} is known")


def _found(room: Room, name: str, key: PublicKey, profile: str, since: datetime | None) -> x509.Certificate | None:
    """The certificate of a key that was recorded, `since` a time or ever."""
    rows = [row for row in _rows(room, name, key, profile, "issued") if since is None or row.reserved_at >= since]
    ders = [row.certificate for row in rows if row.certificate is not None]
    return x509.load_der_x509_certificate(ders[0]) if ders else None


def _rows(room: Room, name: str, key: PublicKey, profile: str, state: State) -> tuple[CertificateRecord, ...]:
    wanted = CertificateFilter(profile=profile, holder=holder_of_body(name), key_hash=key_hash(key), state=state)
    with room.ledger.database.snapshot() as tx:
        return find(tx, wanted)


def profile_of(room: Room, name: str) -> CertificateProfile:
    """The installed profile of this name; CeremonyStopped without one."""
    if name not in room.profiles:
        raise CeremonyStopped(f"there is no profile {name} here")
    return room.profiles[name]
