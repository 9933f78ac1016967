"""The composition root: what a program of this installation needs, made from its configuration.

Only here a token is opened, a key file read, a signed document believed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime
from typing import Literal

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from ca.authority import Authority, AuthorityStatement, activate, open_authority_record
from ca.errors import KeyOfAnotherAuthority
from ca.passkeys import Parties, RelyingParty
from ca.retirement import Retired
from ca.retiring import KnownRetirements
from ca.roster import Roster, open_roster
from ca.signed_document import Administrators
from ca.statement import PrivateKey, PublicKey, key_octets
from cli.config import Config
from cli.errors import ConfigRefused, FileRefused, NotFound
from cli.origins import host_of
from cli.pins import asked_pin, pin_of
from hsm.token import Token, TokenConfig
from policies.profile import CertificateProfile, load_profiles
from policies.terms import AuthorityTerms, load_terms, real_names
from store.anchors import AuditPublicKey, check_newest
from store.authorities import AuthorityRecord, authorities
from store.database import Database, Program, check_schema
from store.floor import VersionFloor
from store.retired import RetiredFolder
from store.rosters import newest_roster
from store.used import UsedApplications


def utc_now() -> datetime:
    """Now, in UTC to the second: the one place where a program asks the clock."""
    return datetime.now(UTC).replace(microsecond=0)


def elapsed_seconds() -> float:
    """Seconds since the machine started, asleep or awake, by a clock that nobody can set."""
    return clock_gettime(CLOCK_BOOTTIME)


def open_database(config: Config, program: Program) -> Database:
    """The database in the role of `program`; raises SchemaMismatch for another schema than this code's."""
    database = Database(config.database_url(), program)
    check_schema(database)
    return database


def token_config(config: Config, name: str) -> TokenConfig:
    """How the token `name` of the configuration is reached."""
    section = config.tokens[name]
    environment = {} if section.softhsm_conf is None else {"SOFTHSM2_CONF": str(config.at(section.softhsm_conf))}
    return TokenConfig(
        module=section.module,
        label=section.label,
        serial=section.serial,
        vendor=section.vendor,
        # one lock for all tokens behind a module, since SoftHSM rewrites a token at every login
        lock=config.home / "token.lock",
        sessions=section.sessions,
        environment=environment,
    )


def open_token(
    config: Config, name: str, pin_descriptor: int | None = None, *, ask: Callable[[str], str] = asked_pin
) -> Token:
    """The token `name`, open and logged in; raises hsm's errors and what `cli.pins.pin_of` raises."""
    return Token.open(token_config(config, name), pin_of(config, name, pin_descriptor, ask=ask))


def administrators(config: Config) -> Administrators:
    """The administrators whose signatures this program believes: file stem -> SubjectPublicKeyInfo in DER."""
    return {path.stem: key_octets(public_key_file(config.at(path))) for path in config.roster.administrators}


def public_key_file(path: Path) -> PublicKey:
    """The public key in a PEM file; raises `FileRefused`."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise FileRefused(path, (error.strerror or "it cannot be read").lower()) from None
    except ValueError:
        raise FileRefused(path, "it holds no public key in PEM") from None
    if not isinstance(key, PublicKey):
        raise FileRefused(path, "its key is neither RSA, EC nor Ed25519")
    return key


def private_key_file(path: Path, password: bytes | None = None) -> PrivateKey:
    """The officer's private key in a PEM file; raises `NotFound` or `FileRefused`, never quoting the file."""
    if not path.is_file():
        raise NotFound(f"The key file {path}", "Give the path of a file that holds the private key in PEM.")
    try:
        key = load_pem_private_key(path.read_bytes(), password)
    except (ValueError, TypeError):
        why = "it holds no private key in PEM, or its password is another"
        raise FileRefused(path, why, "Run the command again with the right file and its password.") from None
    if not isinstance(key, PrivateKey):
        raise FileRefused(path, "its key is neither RSA, EC nor Ed25519")
    return key


def believed_roster(config: Config, database: Database) -> Roster:
    """The newest roster, believed: two administrators signed it and it is not older than any seen before.

    The version seen is remembered outside the database. Raises DocumentRefused's subclasses, `NotFound` without one.
    """
    with database.snapshot() as tx:
        record = newest_roster(tx)
    if record is None:
        raise NotFound("A roster of officers", "Sign one and enter it with 'ninsho roster enter'.")
    floor = VersionFloor(config.at(config.roster.floor))
    roster = open_roster(
        record.document,
        record.signatures,
        administrators(config),
        deployment=config.deployment,
        floor=floor.value,
    )
    floor.raise_to(roster.version)
    return roster


def parties_of(config: Config) -> Parties | None:
    """The relying parties whose passkeys this program believes, by its own configuration; None without a front end."""
    if config.ra is None:
        return None
    working, approval = config.ra.origin, config.ra.approval_origin
    return Parties(RelyingParty(host_of(working), working), RelyingParty(host_of(approval), approval))


def used_applications(config: Config, now: datetime) -> UsedApplications:
    """The applications that were carried out, as the file beside the roster's floor says; raises UsedRefused."""
    return UsedApplications(config.at(config.roster.floor).with_name("used"), now)


def known_retirements(config: Config) -> KnownRetirements:
    """What this program knows of ended keys: the folder beside the roster's floor, and what databases told it."""
    folder = config.at(config.roster.floor).with_name("retired")
    return KnownRetirements(RetiredFolder(folder), administrators(config), config.deployment)


def retirements(config: Config, database: Database) -> Retired:
    """Which authorities' keys ended, as the folder or the database says; raises RetiredRefused."""
    with database.snapshot() as tx:
        return known_retirements(config).look(tx)


def audit_public_key(config: Config) -> AuditPublicKey:
    """The key that anchors are verified with; raises `FileRefused`."""
    path = config.at(config.audit.public_key)
    key = public_key_file(path)
    if not isinstance(key, AuditPublicKey):
        raise FileRefused(path, "the audit key is neither RSA nor EC")
    return key


def refuse_older_database(config: Config, database: Database) -> None:
    """Refuse to work on a database that lacks what the newest anchor vouches for; raises AnchorRefused."""
    with database.snapshot() as tx:
        check_newest(tx, config.at(config.audit.anchors), audit_public_key(config), config.deployment)


def believed_statement(config: Config, record: AuthorityRecord) -> AuthorityStatement:
    """What two administrators signed about an authority; raises DocumentRefused's subclasses, KeyOfAnotherAuthority."""
    floor = VersionFloor(config.at(config.roster.floor).with_name(f"{record.name}.floor"))
    statement = open_authority_record(
        record.document,
        record.signatures,
        administrators(config),
        deployment=config.deployment,
        floor=floor.value,
    )
    if (statement.name, statement.key_hash) != (record.name, record.key_hash):
        raise KeyOfAnotherAuthority(record.name, "the signed record is another authority's")
    floor.raise_to(statement.version)
    return statement


def terms_of(config: Config, authority: str) -> AuthorityTerms:
    """The terms of an authority with this installation's URLs filled in.

    Raises `ConfigRefused` when a demo carries the name or a policy of a real authority.
    """
    section = config.authorities[authority]
    terms = load_terms(config.at(section.terms), base_url=config.ocsp.base_url, authority=authority)
    if config.demo and (real := real_names(terms)):
        why = f"a demo may not carry what belongs to a real authority: {', '.join(real)}"
        raise ConfigRefused(config.path, f"authorities.{authority}.terms: {why}")
    return terms


def profiles_of(config: Config) -> Mapping[str, CertificateProfile]:
    """The certificate profiles of this installation: its own folder's, or the shipped ones."""
    return load_profiles(None if config.profiles is None else config.at(config.profiles))


def open_authorities(config: Config, database: Database, tokens: Mapping[str, Token]) -> tuple[Authority, ...]:
    """Every authority whose key lies in one of `tokens`, believed and matched with its key and terms.

    A key that signs nothing any more is not opened, wherever a copy of it may lie.
    """
    retired = retirements(config, database)
    with database.snapshot() as tx:
        records = [each for each in authorities(tx) if not retired.signs_nothing(each.key_hash)]
    opened = []
    for record in records:
        section = config.authorities.get(record.name)
        if section is None or section.token not in tokens:
            continue
        statement = believed_statement(config, record)
        key = tokens[section.token].signing_key(section.key, certificate=statement.x509())
        opened.append(activate(statement, key, terms_of(config, record.name)))
    return tuple(opened)


def instance_name(program: Literal["ra", "signer", "ocsp", "audit", "cli"], random: bytes) -> str:
    """The name of one process of `program` in the audit trail; `random` is 8 octets."""
    return f"{program}-{random.hex()}"
