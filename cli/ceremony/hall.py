"""Filling the room of a ceremony: the configured installation, the script's people, the tokens, the transcript."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes

from ca.authority import AuthorityStatement
from ca.ceremony.check import check_script, expected_digests
from ca.ceremony.entry import Entry
from ca.ceremony.errors import ScriptRefused
from ca.ceremony.room import People, Room
from ca.ceremony.script import AuthorityPlan, Role, Script
from ca.issuance import Ledger
from ca.retirement import Retired
from ca.roster import Roster
from ca.serials import SerialNumbers
from cli.ceremony.lists import CeremonyLists
from cli.ceremony.software import software_digest
from cli.ceremony.tokens import planned_tokens
from cli.config import Config
from cli.errors import ConfigRefused, NotFound
from cli.list_signers import generations
from cli.wiring import (
    administrators,
    believed_roster,
    believed_statement,
    known_retirements,
    profiles_of,
    terms_of,
    utc_now,
)
from crl.issuance import Publisher
from policies.terms import AuthorityTerms, load_terms, terms_template
from store.audit import AuditChain
from store.authorities import authorities
from store.database import Database
from store.floor import VersionFloor
from store.publication import Publication

__all__ = ["filled_room", "planned_terms"]


def planned_terms(script: Script, plan: AuthorityPlan, beside: Path) -> AuthorityTerms:
    """The terms of a planned authority: the file of that name beside the script, or the shipped template.

    Raises ScriptRefused for a name that is neither, TermsError for a file that is wrong.
    """
    name = str(plan.terms)
    file = beside / f"{name}.toml"
    if not file.is_file():
        if name not in ("jpki", "lgpki"):
            raise ScriptRefused(f"authorities.{plan.name}.terms", f"there is no file {file.name} beside the script")
        file = terms_template("jpki" if name == "jpki" else "lgpki")
    return load_terms(file, base_url=script.base_url, authority=plan.name)


@contextmanager
def filled_room(
    config: Config, script: Script, people: People, beside: Path, memory: Path, rehearsed: Sequence[Entry] = ()
) -> Iterator[Room]:
    """The room of `script` in the installation of `config`, checked before it is filled.

    The database is closed at the end. `beside` is the folder of the script, `memory` one for throw-away tokens;
    `rehearsed` are the entries of the rehearsal that this ceremony must be like.
    Raises ScriptRefused, PeopleRefused, ConfigRefused, and the store's errors.
    """
    check_script(script)
    _check_installation(config, script)
    profiles = profiles_of(config)
    database = Database(config.database_url(), "owner")
    audit = AuditChain(f"ceremony-{token_bytes(8).hex()}", "ceremony", config.deployment)
    publication = Publication(config.publication_root())
    ended = known_retirements(config)

    def retired() -> Retired:
        with database.snapshot() as tx:
            return ended.look(tx)

    try:
        yield Room(
            script=script,
            tokens=planned_tokens(config, script.tokens, memory),
            people=people,
            lists=CeremonyLists(
                Publisher(
                    database,
                    publication,
                    audit,
                    utc_now,
                    compromised=lambda: retired().compromises(),
                    ended=lambda: retired().ended(),
                ),
                profiles,
                utc_now,
                lambda issuer: generations(config, database)[issuer],
            ),
            ledger=Ledger(database, audit, retired=retired),
            publication=publication,
            serials=SerialNumbers(token_bytes),
            random=token_bytes,
            clock=utc_now,
            profiles=profiles,
            terms=lambda name: terms_of(config, name),
            statement=lambda name: _statement(config, database, name),
            roster=lambda: _roster(config, database),
            ended=ended,
            files=lambda name: _beside(beside, name),
            beside=beside,
            software=software_digest(),
            expected=expected_digests(script, profiles, lambda plan: planned_terms(script, plan, beside)),
            rehearsed=rehearsed,
        )
    finally:
        database.close()


def _check_installation(config: Config, script: Script) -> None:
    """The script is for this installation, and its administrators are those whose signatures programs believe."""
    if script.deployment != config.deployment:
        raise ConfigRefused(config.path, f"its deployment is not the script's, {script.deployment}")
    if script.software is None and not config.demo:
        raise ScriptRefused("software", "in earnest it names the digest of the program that holds the ceremony")
    known = administrators(config)
    for person in script.with_role(Role.ADMINISTRATOR):
        if known.get(person.code) != person.credential.spki:
            raise ConfigRefused(config.path, f"{person.code} is no administrator here with the key of the script")
    for plan in script.authorities:
        section = config.authorities.get(plan.name)
        if section is None:
            raise ConfigRefused(config.path, f"it has no table authorities.{plan.name}")
        if section.key != plan.name or plan.token not in (None, section.token):
            raise ConfigRefused(config.path, f"authorities.{plan.name} names another key or token than the script")


def _statement(config: Config, database: Database, name: str) -> AuthorityStatement | None:
    with database.snapshot() as tx:
        found = [each for each in authorities(tx) if each.name == name]
    return believed_statement(config, found[0]) if found else None


def _roster(config: Config, database: Database) -> Roster | None:
    """The roster believed, None before the first; NotFound where the database has lost one that was believed."""
    try:
        return believed_roster(config, database)
    except NotFound:
        if VersionFloor(config.at(config.roster.floor)).value:
            raise
        return None


def _beside(beside: Path, name: str) -> bytes:
    path = beside / Path(name).name
    if not path.is_file():
        raise NotFound(f"The file {path.name} beside the script", "Put the file that was reviewed beside the script.")
    return path.read_bytes()
