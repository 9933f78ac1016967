"""`ninsho audit`: verify the audit trail, sign a checkpoint, export."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import click

from cli.config import Config
from cli.errors import ConfigRefused, Disagreement
from cli.installation import config_of
from cli.options import hexadecimal
from cli.output import document, say
from cli.wiring import audit_public_key, open_database, open_token, utc_now
from store.anchors import Anchor, AuditKey, checkpoint, missing_retirements, verify_anchors
from store.audit import links
from store.database import Database
from store.replay import Replayed, replay
from store.verification import Verification, verify

PERIOD = 60.0
"""Seconds between checkpoints; what is younger is the blind window."""


@click.group()
def audit() -> None:
    """Verify the audit trail, sign a checkpoint, export."""


@audit.command("verify")
@click.pass_context
def audit_verify(context: click.Context) -> None:
    """Read the trail, hold it against the anchors, and every status against the trail; exit status 1 on a defect.

    It needs a public key only.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml audit verify
    """
    config = config_of(context)
    database = open_database(config, "audit")
    anchors = verify_anchors(config.at(config.audit.anchors), audit_public_key(config), config.deployment)
    with database.snapshot() as tx:
        found = verify(tx, config.deployment, anchors)
        replayed = replay(tx)
        missing = missing_retirements(tx, anchors[-1]) if anchors else ()
    body = {
        "entries": found.entries,
        "anchors": len(anchors),
        "anchored_at": found.anchored_at.isoformat() if found.anchored_at else None,
        "unanchored": found.unanchored,
        "breaks": [
            {"instance": each.instance, "sequence": each.sequence, "defect": each.defect} for each in found.breaks
        ],
        "differences": [
            {
                "issuer": each.issuer,
                "serial": hexadecimal(each.serial),
                "trail": each.trail,
                "database": each.database,
                "defect": each.defect,
            }
            for each in replayed.differences
        ],
        "repeated": list(replayed.repeated),
        "retirements_missing": [each.hex() for each in missing],
    }
    document(context, "audit.verify", body, in_words(found, anchors, replayed))
    if missing:
        raise Disagreement(
            f"The database lacks {len(missing)} retirements of authorities that the newest anchor holds.",
            "Sign nothing, keep the database as it is, and call the auditor; the statements are published.",
        )
    if found.breaks:
        raise Disagreement(
            f"The audit trail is broken in {len(found.breaks)} places.",
            "Keep the database and the anchors as they are, and call the auditor.",
        )
    if count := len(replayed.differences) + len(replayed.repeated):
        raise Disagreement(
            f"The database contradicts its audit trail in {count} places.",
            "Keep the database as it is, revoke again what the trail says is revoked, and call the auditor.",
        )


def in_words(found: Verification, anchors: tuple[Anchor, ...], replayed: Replayed) -> str:
    """The outcome of a verification in sentences."""
    breaks = [f"  {each.instance} entry {each.sequence}: {each.defect}" for each in found.breaks]
    verdict = "The audit trail is unbroken" if not breaks else "The audit trail is BROKEN"
    differences = [
        f"  {each.issuer} {hexadecimal(each.serial)}: {each.defect}, "
        f"the trail says {each.trail or 'nothing'}, the database {each.database or 'nothing'}"
        for each in replayed.differences
    ]
    repeated = [f"  application {each}: carried out twice" for each in replayed.repeated]
    contradicted = ["The database CONTRADICTS the trail:", *differences, *repeated] if differences or repeated else []
    said = f"{verdict}: {found.entries} entries, {len(anchors)} anchors. {found.blind_window}"
    return "\n".join([said, *breaks, *contradicted])


@audit.command("checkpoint")
@click.option("--every", type=click.FloatRange(1, 3600), metavar="SECONDS", help="Go on until stopped.")
@click.option("--pin-fd", type=int, metavar="FD", help="Read the user PIN from this file descriptor.")
@click.pass_context
def audit_checkpoint(context: click.Context, every: float | None, pin_fd: int | None) -> None:
    """Sign the heads of all chains and write them outside the database, once or every so often.

    \b
    Examples:
      ninsho audit checkpoint                 for a timer
      ninsho audit checkpoint --every 60      as a service
    """
    config = config_of(context)
    database = open_database(config, "audit")
    with open_token(config, config.audit.token, pin_fd) as token:
        key = token.signing_key(config.audit.key)
        if not isinstance(key, AuditKey):
            raise ConfigRefused(config.path, "the audit key is neither RSA nor EC")
        anchor = write_anchor(config, database, key)
        body = {"number": anchor.number, "at": anchor.at.isoformat(), "chains": len(anchor.heads)}
        document(context, "audit.checkpoint", body, f"Anchor {anchor.number} joins {len(anchor.heads)} chains.")
        while every is not None:
            time.sleep(every)
            anchor = write_anchor(config, database, key)
            say(f"anchor {anchor.number}: {len(anchor.heads)} chains")


def write_anchor(config: Config, database: Database, key: AuditKey) -> Anchor:
    """One more anchor in the configuration's folder; raises AnchorRefused."""
    with database.snapshot() as tx:
        return checkpoint(tx, config.at(config.audit.anchors), key, config.deployment, utc_now())


@audit.command("export")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; otherwise standard output."
)
@click.pass_context
def audit_export(context: click.Context, output: Path | None) -> None:
    """Write every entry as a line of JSON, with the hashes that chain it to the one before.

    \b
    Example:
      ninsho audit export -o audit.ndjson
    """
    database = open_database(config_of(context), "audit")
    with database.snapshot() as tx:
        lines = (
            json.dumps(
                {
                    "instance": entry.instance,
                    "sequence": entry.sequence,
                    "program": entry.program,
                    "at": entry.at.isoformat(),
                    "event": entry.event,
                    "facts": json.loads(entry.facts),
                    "previous": entry.previous.hex(),
                    "hash": entry.hash.hex(),
                },
                ensure_ascii=False,
            )
            for entry in links(tx)
        )
        write_lines(lines, output)


def write_lines(lines: Iterator[str], output: Path | None) -> None:
    """Each line to `output`, or to standard output without one."""
    if output is None:
        for line in lines:
            click.echo(line)
        return
    with output.open("x", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
