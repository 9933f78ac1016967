"""`ninsho ca`: the authorities of this installation, generation by generation."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

import click

from ca.authority import AuthorityStatement
from ca.responders import responder_certificates
from ca.retirement import Retired, RetirementStatement
from cli.asking import rfc3339
from cli.installation import config_of
from cli.options import hexadecimal
from cli.output import document, table
from cli.wiring import believed_statement, open_database, profiles_of, retirements, utc_now
from policies.profile import CertificateProfile
from store.authorities import AuthorityRecord, authorities, authority
from store.crls import CRLRecord, latest_crl
from store.database import Transaction
from store.partitions import partitions


@click.group()
def ca() -> None:
    """List the authorities and show one."""


@ca.command("ls")
@click.pass_context
def ca_ls(context: click.Context) -> None:
    """List every generation of every authority, and whether it issues now.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml ca ls
    """
    config = config_of(context)
    with closing(open_database(config, "ra")) as database:
        retired = retirements(config, database)
        with database.snapshot() as tx:
            records = authorities(tx)
    listed = [brief(record, believed_statement(config, record), retired, utc_now()) for record in records]
    rows = [[str(one[key] or "") for key in ("name", "generation", "issues", "not_after", "ended")] for one in listed]
    columns = ("authority", "generation", "issues", "ends", "key")
    document(context, "ca.ls", {"authorities": listed}, table(columns, rows))


def brief(record: AuthorityRecord, statement: AuthorityStatement, retired: Retired, now: datetime) -> dict[str, object]:
    """One generation as lists show it."""
    certificate = statement.x509()
    end = retired.of(record.key_hash, now)
    return {
        "name": record.name,
        "issuer": record.issuer,
        "generation": record.generation,
        "subject": certificate.subject.rfc4514_string(),
        "key_hash": record.key_hash.hex(),
        "not_before": rfc3339(certificate.not_valid_before_utc),
        "not_after": rfc3339(certificate.not_valid_after_utc),
        "issuing_from": rfc3339(statement.issuing_from),
        "issuing_until": rfc3339(statement.issuing_until),
        "issues": end is None and statement.issuing_from <= now < statement.issuing_until,
        "ended": None if (worst := retired.worst(record.key_hash)) is None else ended_words(worst),
    }


def ended_words(statement: RetirementStatement) -> str:
    """How and since when a key ended: "compromised since 2026-11-23T09:00:00Z"."""
    return f"{statement.reason} since {rfc3339(statement.at)}"


@ca.command("show")
@click.argument("name")
@click.pass_context
def ca_show(context: click.Context, name: str) -> None:
    """Show one authority: key, validity, issuing window, profiles, newest lists, the keys that answer for it.

    A profile whose file is no longer the one that two administrators authorised is named: nothing is issued under it.

    \b
    Examples:
      ninsho ca show jpki-sign-g1
      ninsho --json ca show jpki-sign-g1 | jq '.crls[] | {partition, next_update}'
    """
    config, now = config_of(context), utc_now()
    with closing(open_database(config, "ra")) as database:
        retired = retirements(config, database)
        with database.snapshot() as tx:
            record = authority(tx, name)
            lists = newest_lists(tx, record, now)
            statement = believed_statement(config, record)
            responders = [responder_facts(tx, statement, key) for key in statement.responders]
    body = {
        **brief(record, statement, retired, now),
        "record_version": statement.version,
        "serial": hexadecimal(statement.x509().serial_number),
        "profiles": authorised(statement, profiles_of(config)),
        "crls": [list_facts(each) for each in lists],
        "responders": responders,
    }
    document(context, "ca.show", body, in_lines(body))


def authorised(statement: AuthorityStatement, profiles: Mapping[str, CertificateProfile]) -> list[dict[str, object]]:
    """The profiles the authority may issue under, and whether each file is still the authorised one."""
    return [
        {
            "name": name,
            "digest": digest.hex(),
            "matches": name in profiles and profiles[name].digest == digest,
        }
        for name, digest in sorted(statement.profiles.items())
    ]


def newest_lists(tx: Transaction, record: AuthorityRecord, now: datetime) -> list[CRLRecord]:
    """The newest list of each partition that needs one."""
    found = [latest_crl(tx, record.name, partition.code) for partition in partitions(tx, record.issuer, now)]
    return [each for each in found if each is not None]


def list_facts(record: CRLRecord) -> dict[str, object]:
    """A published list in a line."""
    return {
        "partition": record.partition,
        "number": record.number,
        "entries": record.entries,
        "this_update": rfc3339(record.this_update),
        "next_update": rfc3339(record.next_update),
    }


def responder_facts(tx: Transaction, statement: AuthorityStatement, key: bytes) -> dict[str, str | None]:
    """A key that may answer for the authority, and when its newest certificate ends; None without one."""
    found = responder_certificates(tx, statement.name, statement.x509(), key)
    return {"key": key.hex(), "not_after": rfc3339(found[0].not_valid_after_utc) if found else None}


def in_lines(body: Mapping[str, object]) -> str:
    """An authority in lines of text."""
    lines = [f"{key:20}{value}" for key, value in body.items() if not isinstance(value, list) and value is not None]
    profiles, responders, crls = body["profiles"], body["responders"], body["crls"]
    if isinstance(profiles, list):
        words = {True: "as authorised", False: "CHANGED: nothing is issued under it"}
        rows = [(each["name"], each["digest"][:16], words[each["matches"]]) for each in profiles]
        lines += ["", table(("profile", "digest", "file"), rows)]
    if isinstance(responders, list) and responders:
        lines += ["", table(("key that answers", "certified until"), [tuple(each.values()) for each in responders])]
    if isinstance(crls, list) and crls:
        keys = ("partition", "number", "entries", "next_update")
        lines += ["", table(keys, [[str(each[key]) for key in keys] for each in crls])]
    return "\n".join(lines)
