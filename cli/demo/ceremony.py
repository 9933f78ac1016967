"""The demo's short scripted ceremony: keys made in tokens, authorities certified, responders delegated, roster signed.

It follows the steps of a real one without its people: both administrators' keys lie in the home.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.authority import (
    Authority,
    AuthorityStatement,
    activate,
    authority_document,
    key_hash,
    sign_authority_record,
)
from ca.hierarchy import responder_certificate, self_signed_certificate, subordinate_certificate
from ca.issuance import Ledger
from ca.retiring import enter_missing
from ca.roster import Branch, Credential, Person, Role, Roster, roster_document, sign_roster
from ca.serials import SerialNumbers
from ca.statement import PrivateKey, PublicKey, key_octets
from cli.chores import generations, list_signers
from cli.config import Config
from cli.demo.home import ADMINISTRATORS, AUTHORITIES, Plan
from cli.demo.people import PLACES, branch_of
from cli.options import hexadecimal
from cli.responders import RESPONDER_PROFILE, responder_facts, responder_name
from cli.wiring import (
    instance_name,
    known_retirements,
    open_authorities,
    open_token,
    private_key_file,
    profiles_of,
    public_key_file,
    terms_of,
    utc_now,
)
from crl.issuance import Publisher
from hsm.generation import KeyAlgorithm
from hsm.token import Token
from policies.municipalities import municipality
from store.audit import AuditChain
from store.authorities import AuthorityRecord, add_authority
from store.database import Database, upgrade
from store.publication import Publication
from store.rosters import RosterRecord, add_roster

ROLES: Mapping[str, tuple[str, tuple[Role, ...]]] = {
    "reception-1": ("受付 一子", (Role.RECEPTION,)),
    "examiner-1": ("審査 二郎", (Role.EXAMINE,)),
    "approver-1": ("承認 三子", (Role.APPROVE,)),
    "head-1": ("分局 四郎", (Role.HEAD,)),
    "register-1": ("住民基本台帳 異動情報", (Role.REGISTER,)),
}


class Ceremony:
    """One ceremony in a new home; `hold` does all its steps in order, `say` tells each."""

    def __init__(self, config: Config, random: Callable[[int], bytes], say: Callable[[str], None]) -> None:
        self.config = config
        self.say = say
        self.profiles = profiles_of(config)
        self.serials = SerialNumbers(random)
        self.publication = Publication(config.publication_root())
        upgrade(config.database_url())
        self.database = Database(config.database_url(), "owner")
        audit = AuditChain(f"ceremony-{random(8).hex()}", "ceremony", config.deployment)
        self.ledger = Ledger(self.database, audit)
        self.administrators: dict[str, PrivateKey] = {
            name: private_key_file(config.home / "officers" / f"{name}.key.pem") for name in ADMINISTRATORS
        }
        self.authorities: dict[str, Authority] = {}

    def hold(self) -> None:
        """Sign the roster, make and certify every key, publish the authorities' certificates."""
        self.sign_roster(utc_now())
        with (
            open_token(self.config, "root") as root,
            open_token(self.config, "issuing") as issuing,
            open_token(self.config, "responder") as responder,
            open_token(self.config, "audit") as audit,
        ):
            self.make_audit_key(audit)
            tokens = {"root": root, "issuing": issuing}
            for plan in AUTHORITIES:
                answering = self.make_responder_key(plan, responder) if plan.responder else None
                self.make_authority(plan, tokens[plan.token], answering, utc_now())
                if answering is not None:
                    self.certify_responder(plan, answering, utc_now())
        self.database.close()
        publish_root_list(self.config)

    def sign_roster(self, now: datetime) -> None:
        """Enter the demo's officers, signed by both administrators."""
        roster = demo_roster(self.config, now)
        signatures = tuple(sign_roster(roster, name, key) for name, key in self.administrators.items())
        with self.database.transaction() as tx:
            add_roster(tx, RosterRecord(roster.version, roster_document(roster), signatures, now))
            facts = {"version": roster.version, "persons": len(roster.persons)}
            self.ledger.audit.append(tx, "roster.entered", facts, now)
        self.say(f"roster 1: {len(roster.persons)} officers, signed by two administrators")

    def make_audit_key(self, token: Token) -> None:
        """Make the key that signs checkpoints and publish its public half."""
        key = token.generate(self.config.audit.key, KeyAlgorithm.P_256)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.config.at(self.config.audit.public_key).write_bytes(public)

    def make_responder_key(self, plan: Plan, token: Token) -> PublicKey:
        """Make a responder's key in its own token: before the authority's record, which names it, is signed."""
        return token.generate(responder_name(plan.name), KeyAlgorithm.P_256).public_key()

    def make_authority(self, plan: Plan, token: Token, answering: PublicKey | None, now: datetime) -> None:
        """Make the authority's key in its token, certify it, have its record signed, publish its certificate."""
        key = token.generate(plan.name, KeyAlgorithm.RSA_2048)
        certificate = self.certify(plan, key, now)
        statement = self.statement(plan, certificate, answering, now)
        signatures = tuple(
            sign_authority_record(statement, name, administrator) for name, administrator in self.administrators.items()
        )
        record = AuthorityRecord(
            name=plan.name,
            issuer=statement.issuer,
            generation=statement.generation,
            subject_der=certificate.subject.public_bytes(),
            certificate=statement.certificate,
            key_hash=statement.key_hash,
            document=authority_document(statement),
            signatures=signatures,
            added_at=now,
            version=statement.version,
        )
        with self.database.transaction() as tx:
            add_authority(tx, record)
            facts = {"authority": plan.name, "key": statement.key_hash.hex()}
            self.ledger.audit.append(tx, "authority.entered", facts, now)
        self.authorities[plan.name] = activate(statement, key, terms_of(self.config, plan.name))
        self.publication.put(f"ca/{plan.name}.cer", statement.certificate, "1")
        serial = hexadecimal(certificate.serial_number)
        self.say(f"{plan.name}: key made in token '{plan.token}', certificate serial {serial}")

    def certify(self, plan: Plan, key: PrivateKey, now: datetime) -> x509.Certificate:
        """The authority's certificate: self-signed, or signed by the authority above it."""
        profile = self.profiles[plan.profile]
        facts = {} if plan.common_name is None else {"common_name": plan.common_name}
        serial = self.serials.draw()
        if plan.signed_by is None:
            terms = terms_of(self.config, plan.name)
            return self_signed_certificate(
                plan.name, profile, terms, facts, key, serial=serial, ledger=self.ledger, now=now
            )
        above = self.authorities[plan.signed_by]
        return subordinate_certificate(
            plan.name, profile, facts, key.public_key(), under=above, serial=serial, ledger=self.ledger, now=now
        )

    def statement(
        self, plan: Plan, certificate: x509.Certificate, answering: PublicKey | None, now: datetime
    ) -> AuthorityStatement:
        """What the administrators sign about the authority: key, terms, profiles it may use, who answers for it."""
        issuer, _, generation = plan.name.rpartition("-g")
        return AuthorityStatement(
            deployment=self.config.deployment,
            version=1,
            made_at=now,
            name=plan.name,
            issuer=issuer,
            generation=int(generation),
            certificate=certificate.public_bytes(Encoding.DER),
            key_hash=key_hash_of(certificate),
            terms_digest=terms_of(self.config, plan.name).digest,
            profiles={name: self.profiles[name].digest for name in plan.issues},
            responders=() if answering is None else (key_hash(answering),),
            issuing_from=now,
            issuing_until=certificate.not_valid_after_utc,
        )

    def certify_responder(self, plan: Plan, key: PublicKey, now: datetime) -> None:
        """Have the authority delegate to the responder's key, which its record names."""
        responder_certificate(
            responder_name(plan.name),
            self.profiles[RESPONDER_PROFILE],
            responder_facts(plan.name),
            key,
            under=self.authorities[plan.name],
            serial=self.serials.draw(),
            ledger=self.ledger,
            now=now,
        )


def key_hash_of(certificate: x509.Certificate) -> bytes:
    """The hash of a CA certificate's key; TypeError for a kind of key no authority has."""
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        raise TypeError("an authority's key is RSA, EC or Ed25519")
    return key_hash(key)


def demo_roster(config: Config, now: datetime) -> Roster:
    """The demo's officers: one of each role, who serve all its branches."""
    branches = tuple(
        Branch(
            code=branch_of(code),
            name=municipality(code, now.date()).name,
            serves=(code,),
        )
        for code, _, _ in PLACES
    )
    persons = tuple(
        Person(
            code=code,
            name=name,
            roles=roles,
            branches=tuple(branch.code for branch in branches),
            credentials=(
                Credential(
                    code=f"key-{code}",
                    spki=key_octets(public_key_file(config.home / "officers" / f"{code}.pem")),
                    valid_from=now - timedelta(hours=1),
                    valid_until=now + timedelta(days=365),
                ),
            ),
        )
        for code, (name, roles) in ROLES.items()
    )
    return Roster(deployment=config.deployment, version=1, made_at=now, branches=branches, persons=persons)


def publish_root_list(config: Config) -> None:
    """Make and publish the list of the offline root's certificates when it is due.

    In life the root's token is fetched for it; in a demo home it lies beside the others, and no program opens it.
    """
    database = Database(config.database_url(), "owner")
    with open_token(config, "root") as token:
        audit = AuditChain(instance_name("cli", token_bytes(8)), "ceremony", config.deployment)
        known = known_retirements(config)
        enter_missing(known, database, audit, utc_now())
        roots = {each.name: each for each in open_authorities(config, database, {"root": token})}
        publisher = Publisher(
            database,
            Publication(config.publication_root()),
            audit,
            utc_now,
            compromised=known.retired.compromises,
        )
        for signers in list_signers(roots, profiles_of(config), generations(config, database)).values():
            for partition in publisher.due(signers):
                publisher.publish(signers, partition)
    database.close()
