"""`ninsho roster`: check, sign, enter and show the roster, the one list of who may sign what.

A roster travels between administrators as a file: first as they wrote it, in JSON, then with the signatures they add.
Only one with two signatures enters the database.
"""

import json
import secrets
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import click

from ca.document_errors import (
    DocumentOfAnotherDeployment,
    DocumentOutdated,
    DocumentSignatureInvalid,
    DocumentSignerUnknown,
)
from ca.roster import LIMIT, Credential, Roster, open_roster, parse_roster, roster_document, sign_roster
from ca.signed_document import SIGNERS_NEEDED, pack, unpack
from ca.statement import Domain, key_octets, public_key, verifies
from cli.asking import rfc3339
from cli.config import Config
from cli.errors import CommandError
from cli.installation import config_of
from cli.officers import signature_of, signed_by
from cli.options import check_output, json_file
from cli.output import document, table
from cli.signed import roster_signed
from cli.wiring import administrators, believed_roster, instance_name, open_database, utc_now
from store.audit import AuditChain
from store.floor import VersionFloor
from store.rosters import DocumentSignature, RosterRecord, add_roster, newest_roster

LARGEST_FILE = 2 * LIMIT
"""Octets of a roster's file: the document, written by hand perhaps, and its signatures."""

readable = click.Path(exists=True, dir_okay=False, path_type=Path)


class NotAdministrator(CommandError):
    """The person, or the key given, is not an administrator's in this configuration."""

    code = "cli.refused-administrator"

    def __init__(self, person: str, known: Sequence[str]) -> None:
        super().__init__(f"The key given is not that of an administrator {person} of this configuration.")
        self.next = f"Its administrators are: {', '.join(known)}."


class SignedAlready(CommandError):
    """One administrator signs a roster once; the second signature is another person's."""

    code = "cli.second-person-roster"

    def __init__(self, person: str) -> None:
        super().__init__(f"{person} signed this roster already, and a second administrator has to sign it.")
        self.next = "Pass the file on to another administrator."


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A roster as it travels: its content, and who signed it so far. Nothing of it is believed yet."""

    roster: Roster
    signatures: tuple[DocumentSignature, ...]

    @property
    def document(self) -> bytes:
        """The canonical bytes that administrators sign."""
        return roster_document(self.roster)


@click.group()
def roster() -> None:
    """Check, sign, enter and show the officers' roster, and what a person signed."""


roster.add_command(roster_signed)


@roster.command("show")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it as JSON, to edit.")
@click.pass_context
def roster_show(context: click.Context, output: Path | None) -> None:
    """Show the newest believed roster: persons, roles, branches, credentials. With -o it is the start of the next one.

    \b
    Examples:
      ninsho --config demo-home/ninsho.toml roster show
      ninsho roster show -o next.json
    """
    config = config_of(context)
    with closing(open_database(config, "ra")) as database:
        believed = believed_roster(config, database)
    body = content(believed)
    if output is not None:
        output.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    rows = [
        (each.code, each.name, ",".join(each.roles), str(len(each.branches)), last_day(each.credentials))
        for each in believed.persons
    ]
    heading = f"roster {believed.version} of {rfc3339(believed.made_at)}, {len(believed.branches)} branches"
    text = table(("person", "name", "roles", "branches", "credentials until"), rows)
    document(context, "roster.show", {"roster": body}, f"{heading}\n{text}")


def content(roster: Roster) -> dict[str, object]:
    """A roster as the JSON object that its document is."""
    body: dict[str, object] = json.loads(roster_document(roster))
    return body


def last_day(credentials: Sequence[Credential]) -> str:
    """Until when a person can sign; empty for nobody's."""
    return max((f"{each.valid_until:%Y-%m-%d}" for each in credentials), default="")


@roster.command("check")
@click.argument("file", type=readable)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a ceremony signs it."
)
@click.pass_context
def roster_check(context: click.Context, file: Path, output: Path | None) -> None:
    """Check a roster's rules, version and signatures, and say what it changes. Enters nothing, needs no key.

    A ceremony signs the canonical form (RFC 8785), which -o writes, and its script names the digest of that.

    \b
    Examples:
      ninsho --config demo-home/ninsho.toml roster check next.json
      ninsho roster check draft.json -o roster-1.json
    """
    check_output(output)
    config, given = config_of(context), read_roster(file)
    believed = believed_roster_or_none(config)
    check_version(config, given, believed)
    signers = signers_of(config, given)
    changes = changes_between(believed, given.roster)
    body = {
        "file": str(file),
        "version": given.roster.version,
        "persons": len(given.roster.persons),
        "branches": len(given.roster.branches),
        "signed_by": signers,
        "complete": len(signers) >= SIGNERS_NEEDED,
        "changes": changes,
        "sha256": sha256(given.document).hexdigest(),
    }
    if output is not None:
        output.write_bytes(given.document)
    signed = f"signed by {' and '.join(signers)}" if signers else "not signed yet"
    lines = [f"Roster {given.roster.version} keeps the rules and is {signed}.", f"sha256 {body['sha256']}", *changes]
    document(context, "roster.check", body, "\n".join(lines))


def read_roster(file: Path) -> RosterFile:
    """The roster in a file, as somebody wrote it or with signatures.

    Raises `FileRefused`, DocumentMalformed, RosterRefused's subclasses.
    """
    written = json_file(file, LARGEST_FILE)
    if written.keys() == {"document", "signatures"}:
        body, signatures = unpack(file.read_bytes(), limit=LARGEST_FILE)
        return RosterFile(parse_roster(body), signatures)
    body, _ = unpack(pack(json.dumps(written).encode(), (), limit=LARGEST_FILE), limit=LARGEST_FILE)
    return RosterFile(parse_roster(body), ())


def believed_roster_or_none(config: Config) -> Roster | None:
    """The newest believed roster; None before the first one."""
    with closing(open_database(config, "ra")) as database:
        with database.snapshot() as tx:
            if newest_roster(tx) is None:
                return None
        return believed_roster(config, database)


def check_version(config: Config, given: RosterFile, believed: Roster | None) -> None:
    """Refuse a roster of another deployment or one that is not newer; raises DocumentRefused's subclasses."""
    if given.roster.deployment != config.deployment:
        raise DocumentOfAnotherDeployment("roster", given.roster.deployment)
    if believed is not None and given.roster.version <= believed.version and given.roster != believed:
        raise DocumentOutdated("roster", given.roster.version, believed.version)


def signers_of(config: Config, given: RosterFile) -> list[str]:
    """The administrators who signed; raises DocumentSignerUnknown, DocumentSignatureInvalid for a wrong signature."""
    known = administrators(config)
    for each in given.signatures:
        if each.credential not in known:
            raise DocumentSignerUnknown("roster", each.credential)
        if not verifies(public_key(known[each.credential]), Domain.ROSTER, given.document, each.signature):
            raise DocumentSignatureInvalid("roster", each.credential)
    return sorted({each.credential for each in given.signatures})


def changes_between(old: Roster | None, new: Roster) -> list[str]:
    """What the new roster changes, a line for each person and branch."""
    if old is None:
        return []
    lines: list[str] = []
    for what, before, after in (
        ("person", {each.code: each for each in old.persons}, {each.code: each for each in new.persons}),
        ("branch", {each.code: each for each in old.branches}, {each.code: each for each in new.branches}),
    ):
        lines += [f"adds {what} {code}" for code in sorted(after.keys() - before.keys())]
        lines += [f"removes {what} {code}" for code in sorted(before.keys() - after.keys())]
        both = sorted(before.keys() & after.keys())
        lines += [f"changes {what} {code}" for code in both if before[code] != after[code]]
    return lines


@roster.command("sign")
@click.argument("file", type=readable)
@signed_by
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where the signed file goes.")
@click.pass_context
def roster_sign(context: click.Context, file: Path, output: Path | None) -> None:
    """Sign a roster as an administrator. Read what it changes first, with 'roster check'.

    Without -o the signed file lies beside FILE under the name FILE.signed, or replaces a FILE that has a signature.

    \b
    Examples:
      ninsho roster sign next.json --as administrator-1 --with-key administrator-1.key.pem
      ninsho roster sign next.json.signed --as administrator-2 --with-token admin --with-label administrator-2
    """
    config, given = config_of(context), read_roster(file)
    check_version(config, given, believed_roster_or_none(config))
    signature = signature_of(context)
    if signature.person in signers_of(config, given):
        raise SignedAlready(signature.person)
    with signature.source.opened(config) as key:
        known = administrators(config)
        if known.get(signature.person) != key_octets(key.public_key()):
            raise NotAdministrator(signature.person, sorted(known))
        signed = (*given.signatures, sign_roster(given.roster, signature.person, key))
    target = output or (file if given.signatures else file.with_name(f"{file.name}.signed"))
    target.write_bytes(pack(given.document, signed, limit=LARGEST_FILE))
    signers = sorted(each.credential for each in signed)
    complete = len(signers) >= SIGNERS_NEEDED
    body = {"file": str(target), "version": given.roster.version, "signed_by": signers, "complete": complete}
    step = f"enter it with 'ninsho roster enter {target}'" if complete else "another administrator has to sign it"
    document(context, "roster.sign", body, f"Roster {given.roster.version} is signed in {target}; {step}.")


@roster.command("enter")
@click.argument("file", type=readable)
@click.pass_context
def roster_enter(context: click.Context, file: Path) -> None:
    """Put a roster with two administrators' signatures into force. Run it as the database's owner role.

    \b
    Example:
      ninsho roster enter next.json.signed
    """
    config, given = config_of(context), read_roster(file)
    floor = VersionFloor(config.at(config.roster.floor))
    believed = open_roster(
        given.document, given.signatures, administrators(config), deployment=config.deployment, floor=floor.value
    )
    now = utc_now()
    audit = AuditChain(instance_name("cli", secrets.token_bytes(8)), "ceremony", config.deployment)
    with closing(open_database(config, "owner")) as database, database.transaction() as tx:
        add_roster(tx, RosterRecord(believed.version, given.document, given.signatures, now))
        facts = {"version": believed.version, "persons": len(believed.persons)}
        audit.append(tx, "roster.entered", facts, now)
    floor.raise_to(believed.version)
    body = {"version": believed.version, "persons": len(believed.persons), "branches": len(believed.branches)}
    document(context, "roster.enter", body, f"Roster {believed.version} is in force: {body['persons']} persons.")
