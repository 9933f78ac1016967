"""Acts that make certificates: of an authority, and of the responder that answers for it.

An interrupted act is found again in the database: what was recorded for the same key is taken, never made twice.
"""

from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ca.authority import Authority, activate, key_hash
from ca.ceremony.blank import blanked_digest
from ca.ceremony.errors import CeremonyChanged, CeremonyStopped
from ca.ceremony.review import authority_facts
from ca.ceremony.room import Attempt, Facts, Room
from ca.ceremony.script import AuthorityPlan
from ca.ceremony.steps import responder_label
from ca.hierarchy import responder_certificate, self_signed_certificate, subordinate_certificate
from ca.recovery import abandon_rows
from ca.statement import PublicKey
from policies.profile import CertificateProfile
from store.certificates import CertificateFilter, CertificateRecord, State, find

__all__ = ["active_authority", "certificate_facts", "certified", "certify_authority", "certify_responder", "settled"]

RESPONDER = "ocsp-responder"
LAST_RESPONDER = "ocsp-responder-last"
"""The profile of a responder that answers until its authority's end, after the authority's key is gone."""


def certify_authority(room: Room, attempt: Attempt) -> Facts:
    """Certify a new authority's key by itself or by the authority above, as reviewed but for key, serial and times."""
    plan = room.script.authority(attempt.fact("authority"))
    key = room.token(str(plan.token)).signing_key(plan.name).public_key()
    certificate = settled(room, attempt, plan.name, key, str(plan.profile)) or _certify(room, plan)
    digest = blanked_digest(certificate.tbs_certificate_bytes)
    if digest != room.expected.get(plan.name):
        raise CeremonyChanged(f"the certificate of {plan.name}", "its bytes differ in more than key, serial and times")
    return {**certificate_facts(certificate), "blanked": digest.hex()}


def certify_responder(room: Room, attempt: Attempt) -> Facts:
    """Let an authority delegate its answers to the responder's key that its record names."""
    plan = room.script.authority(attempt.fact("authority"))
    authority = active_authority(room, plan)
    key = _responder_key(room, plan)
    last = room.script.retirement is not None
    profile = _profile(room, LAST_RESPONDER if last else RESPONDER)
    name = responder_label(plan.name)
    if (found := settled(room, attempt, name, key, profile.name)) is not None:
        return certificate_facts(found)
    certificate = responder_certificate(
        name,
        profile,
        {"common_name": f"OCSP Responder {plan.name}"},
        key,
        under=authority,
        serial=room.serials.draw(),
        ledger=room.ledger,
        now=room.clock(),
    )
    return certificate_facts(certificate)


def active_authority(room: Room, plan: AuthorityPlan) -> Authority:
    """An authority of the script with its believed record and the key in its open token."""
    statement = room.statement(plan.name)
    if statement is None:
        raise CeremonyStopped(f"{plan.name} has no record yet")
    if plan.certificate is not None and plan.x509() != statement.x509():
        raise CeremonyChanged(f"the certificate of {plan.name}", "the script holds another one than its record")
    return activate(statement, room.token(str(plan.token)).signing_key(plan.name), room.terms(plan.name))


def certified(room: Room, plan: AuthorityPlan) -> x509.Certificate | None:
    """The certificate recorded for the key of a new authority; None while there is none."""
    key = room.token(str(plan.token)).signing_key(plan.name).public_key()
    return _found(room, plan.name, key, str(plan.profile))


def settled(room: Room, attempt: Attempt, name: str, key: PublicKey, profile: str) -> x509.Certificate | None:
    """Settle what an interrupted attempt left behind; the certificate that it recorded, None for one to be made.

    A serial number that it reserved and never recorded is given up for ever, since a signature may exist.
    """
    if not attempt.again:
        return None
    left = _rows(room, name, key, profile, "reserved")
    for row in left:
        attempt.note("certificate.abandoned", {"serial": f"{row.serial:x}", "profile": profile})
    with room.ledger.database.transaction() as tx:
        abandon_rows(tx, left, room.ledger, room.clock())
    return _found(room, name, key, profile)


def certificate_facts(certificate: x509.Certificate) -> Facts:
    """What the transcript keeps of a certificate: serial number, names, times, fingerprint, all public."""
    return {
        "serial": f"{certificate.serial_number:x}",
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "sha256": certificate.fingerprint(SHA256()).hex(),
    }


def _certify(room: Room, plan: AuthorityPlan) -> x509.Certificate:
    profile, key = _profile(room, str(plan.profile)), room.token(str(plan.token)).signing_key(plan.name)
    serial, now = room.serials.draw(), room.clock()
    if plan.signed_by is None:
        terms = room.terms(plan.name)
        return self_signed_certificate(
            plan.name, profile, terms, authority_facts(plan), key, serial=serial, ledger=room.ledger, now=now
        )
    above = active_authority(room, room.script.authority(plan.signed_by))
    return subordinate_certificate(
        plan.name,
        profile,
        authority_facts(plan),
        key.public_key(),
        under=above,
        serial=serial,
        ledger=room.ledger,
        now=now,
    )


def _responder_key(room: Room, plan: AuthorityPlan) -> PublicKey:
    """The responder's key: in its open token, or as the authority certified it before."""
    label = plan.responder or responder_label(plan.name)
    if plan.responder_token is not None:
        return room.token(plan.responder_token).signing_key(label).public_key()
    statement = room.statement(plan.name)
    for hashed in statement.responders if statement else ():
        wanted = CertificateFilter(authority=plan.name, profile=RESPONDER, key_hash=hashed, state="issued")
        with room.ledger.database.snapshot() as tx:
            rows = find(tx, wanted, limit=1)
        for row in rows:
            if row.certificate is not None:
                key = x509.load_der_x509_certificate(row.certificate).public_key()
                if isinstance(key, PublicKey) and key_hash(key) == hashed:
                    return key
    raise CeremonyStopped(f"no responder's key of {plan.name} is known")


def _found(room: Room, name: str, key: PublicKey, profile: str) -> x509.Certificate | None:
    issued = (row.certificate for row in _rows(room, name, key, profile, "issued"))
    ders = [each for each in issued if each is not None]
    return x509.load_der_x509_certificate(ders[0]) if ders else None


def _rows(room: Room, name: str, key: PublicKey, profile: str, state: State) -> tuple[CertificateRecord, ...]:
    wanted = CertificateFilter(
        profile=profile, holder=sha256(name.encode()).digest(), key_hash=key_hash(key), state=state
    )
    with room.ledger.database.snapshot() as tx:
        return find(tx, wanted)


def _profile(room: Room, name: str) -> CertificateProfile:
    if name not in room.profiles:
        raise CeremonyStopped(f"there is no profile {name} here")
    return room.profiles[name]
