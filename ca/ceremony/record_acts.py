"""Acts in which two administrators sign: an authority's record, the roster.

What they sign is shown by its digest in words, entered in the database in one transaction with its audit entry, and
published where the world needs it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding

from ca.authority import AuthorityStatement, authority_document, key_hash
from ca.ceremony.certificate_acts import certified
from ca.ceremony.errors import CeremonyChanged, CeremonyStopped
from ca.ceremony.room import Attempt, Facts, Room
from ca.ceremony.script import AuthorityPlan, Role
from ca.ceremony.words import digest_words
from ca.responders import responder_certificates, responder_name
from ca.revocation import withdraw
from ca.roster import parse_roster
from ca.statement import Domain
from policies.extension import CRLDistributionPoints
from store.audit import Fact
from store.authorities import AuthorityRecord, add_authority, add_version
from store.database import Transaction
from store.rosters import DocumentSignature, RosterRecord, add_roster
from store.status import KEY_COMPROMISE

__all__ = ["end_responder", "record_authority", "sign_roster_document", "signed_by_administrators"]


def record_authority(room: Room, attempt: Attempt) -> Facts:
    """Have an authority's record signed and entered: its first, or the next version of one that exists."""
    plan = room.script.authority(attempt.fact("authority"))
    before = room.statement(plan.name)
    statement = _next(room, plan, before) if before else _first(room, plan)
    if attempt.again and before is not None and before.made_at >= attempt.earlier[0].at and _same(before, statement):
        statement = before
    else:
        _enter(room, attempt, statement)
    room.publication.put(f"ca/{statement.name}.cer", statement.certificate, "1")
    attempt.reached("published")
    return _record_facts(statement)


def end_responder(room: Room, attempt: Attempt) -> Facts:
    """Have an authority's record signed without a key that answered until now; the signer certifies it no more.

    A compromised key's certificates are revoked (keyCompromise) in the same transaction. CeremonyStopped for a key that
    the record does not name, and, unless it is compromised, for the last one.
    """
    name, key = attempt.fact("authority"), bytes.fromhex(attempt.fact("key"))
    lost = attempt.fact("reason") == "compromised"
    before = room.statement(name)
    if before is None or key not in before.responders:
        if before is not None and attempt.again and before.made_at >= attempt.earlier[0].at:
            return _record_facts(before)
        raise CeremonyStopped(f"the record of {name} does not name this key")
    left = tuple(each for each in before.responders if each != key)
    if not left and not lost:
        raise CeremonyStopped(f"no key would answer for {name} any more")

    def revoke(tx: Transaction) -> None:
        for each in responder_certificates(tx, name, before.x509(), key) if lost else ():
            if each.not_valid_after_utc > room.clock():
                withdraw(tx, before.issuer, each.serial_number, KEY_COMPROMISE, room.ledger.audit, room.clock())

    statement = replace(before, version=before.version + 1, made_at=room.clock(), responders=left)
    _enter(room, attempt, statement, revoke)
    return _record_facts(statement)


def _enter(
    room: Room, attempt: Attempt, statement: AuthorityStatement, also: Callable[[Transaction], None] = lambda tx: None
) -> None:
    """Have a record signed and enter it with its audit entry and what is done `also`: all of it or nothing."""
    document = authority_document(statement)
    signatures = signed_by_administrators(room, Domain.AUTHORITY, document)
    attempt.reached("signed")
    certificate = statement.x509()
    record = AuthorityRecord(
        name=statement.name,
        issuer=statement.issuer,
        generation=statement.generation,
        subject_der=certificate.subject.public_bytes(),
        certificate=statement.certificate,
        key_hash=statement.key_hash,
        document=document,
        signatures=signatures,
        added_at=room.clock(),
        version=statement.version,
    )
    with room.ledger.database.transaction() as tx:
        (add_authority if statement.version == 1 else add_version)(tx, record)
        facts: dict[str, Fact] = {
            "authority": statement.name,
            "key": statement.key_hash.hex(),
            "version": statement.version,
        }
        room.ledger.audit.append(tx, "authority.entered", facts, room.clock())
        also(tx)
        attempt.reached("entering")
    attempt.reached("entered")


def sign_roster_document(room: Room, attempt: Attempt) -> Facts:
    """Have the roster beside the script signed and entered, if it is the one whose digest was reviewed."""
    document = room.files(attempt.fact("file"))
    if sha256(document).hexdigest() != attempt.fact("sha256"):
        raise CeremonyChanged(f"the roster {attempt.fact('file')}", "its digest is another one than the script's")
    roster = parse_roster(document)
    known = room.roster()
    facts: Facts = {"version": roster.version, "persons": len(roster.persons), "sha256": attempt.fact("sha256")}
    if attempt.again and known == roster:
        return facts
    signatures = signed_by_administrators(room, Domain.ROSTER, document)
    with room.ledger.database.transaction() as tx:
        add_roster(tx, RosterRecord(roster.version, document, signatures, room.clock()))
        entered: dict[str, Fact] = {"version": roster.version, "persons": len(roster.persons)}
        room.ledger.audit.append(tx, "roster.entered", entered, room.clock())
        attempt.reached("entering")
    attempt.reached("entered")
    return facts


def signed_by_administrators(room: Room, domain: Domain, document: bytes) -> tuple[DocumentSignature, ...]:
    """The signatures of every administrator in the room over a document whose digest is shown as words first."""
    room.people.tell(f"{domain.value}: {' '.join(digest_words(sha256(document).digest()))}")
    return tuple(
        DocumentSignature(person.code, room.people.sign(person, domain, document))
        for person in room.script.with_role(Role.ADMINISTRATOR)
    )


def _first(room: Room, plan: AuthorityPlan) -> AuthorityStatement:
    certificate = certified(room, plan)
    if certificate is None:
        raise CeremonyStopped(f"{plan.name} has no certificate yet")
    now = room.clock()
    issuer, _, generation = plan.name.rpartition("-g")
    key = certificate.public_key()
    return AuthorityStatement(
        deployment=room.script.deployment,
        version=1,
        made_at=now,
        name=plan.name,
        issuer=issuer,
        generation=int(generation),
        certificate=certificate.public_bytes(Encoding.DER),
        key_hash=key_hash(key),  # type: ignore[arg-type]  # certified for a token's key, which is RSA or EC
        terms_digest=room.terms(plan.name).digest,
        profiles=_profiles(room, plan.issues),
        responders=_responders(room, plan, ()),
        issuing_from=max(plan.issuing_from or now, certificate.not_valid_before_utc),
        issuing_until=certificate.not_valid_after_utc,
    )


def _next(room: Room, plan: AuthorityPlan, before: AuthorityStatement) -> AuthorityStatement:
    """The next version of a record: what the script says anew, and everything else as it was."""
    following = [each for each in room.script.authorities if each.replaces == plan.name and each.issuing_from]
    return replace(
        before,
        version=before.version + 1,
        made_at=room.clock(),
        profiles=_authorised(room, plan, before.profiles) if plan.issues else before.profiles,
        responders=_responders(room, plan, before.responders),
        issuing_until=following[0].issuing_from if following else before.issuing_until,  # type: ignore[arg-type]
    )


def _authorised(room: Room, plan: AuthorityPlan, before: Mapping[str, bytes]) -> dict[str, bytes]:
    """The profiles of a record from now on. What was issued stays on its lists: each kind has one left."""
    after = _profiles(room, plan.issues)
    ended = _lists(room, before) - _lists(room, after)
    if ended:
        raise CeremonyStopped(
            f"with the last profile of its kind {plan.name} would sign no list '{min(ended)}' any more; "
            "retire the generation instead, and its lists go on"
        )
    return after


def _lists(room: Room, names: Iterable[str]) -> set[str]:
    found = (room.profiles[name].extension(CRLDistributionPoints) for name in names if name in room.profiles)
    return {points.partition for points in found if points is not None}


def _profiles(room: Room, names: Sequence[str]) -> dict[str, bytes]:
    unknown = [name for name in names if name not in room.profiles]
    if unknown:
        raise CeremonyStopped(f"there is no profile {unknown[0]} here")
    return {name: room.profiles[name].digest for name in names}


def _responders(room: Room, plan: AuthorityPlan, before: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The keys that may answer: those of the record, and the one that lies in the open responder's token."""
    if plan.responder_token is None:
        return before
    label = plan.responder or responder_name(plan.name)
    key = key_hash(room.token(plan.responder_token).signing_key(label).public_key())
    return before if key in before else (*before, key)


def _same(before: AuthorityStatement, after: AuthorityStatement) -> bool:
    """Whether the record that was entered says already what an interrupted act wanted it to say."""
    return (before.profiles, before.responders, before.issuing_until) == (
        after.profiles,
        after.responders,
        after.issuing_until,
    )


def _record_facts(statement: AuthorityStatement) -> Facts:
    document = authority_document(statement)
    return {
        "authority": statement.name,
        "version": statement.version,
        "profiles": {name: statement.profiles[name].hex() for name in sorted(statement.profiles)},
        "responders": [each.hex() for each in statement.responders],
        "issuing_from": statement.issuing_from.isoformat(),
        "issuing_until": statement.issuing_until.isoformat(),
        "sha256": sha256(document).hexdigest(),
    }
