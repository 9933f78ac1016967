"""`ninsho status`: what runs, how old the lists are, what waits."""

import socket
from datetime import datetime
from pathlib import Path

import click

from ca.retirement import Retired
from cli.asking import rfc3339
from cli.config import Config
from cli.errors import CommandError
from cli.installation import config_of
from cli.output import document, table
from cli.wiring import open_database, retirements, utc_now
from store.applications import ApplicationFilter, find_applications
from store.authorities import AuthorityRecord, authorities
from store.crls import CRLRecord, latest_crl
from store.database import Database
from store.heartbeat import last_beat, pulse
from store.partitions import partitions

MOST_COUNTED = 1000


class Stale(CommandError):
    """Something verifiers need is too old; for monitors, which read the exit status (10)."""

    code = "cli.stale"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is missing or past its nextUpdate.")
        self.next = "Check that 'ninsho signer run' is running, then 'ninsho crl publish'."


@click.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Show what answers, how old each authority's lists are, and what waits. Exit status 10 when a list is stale.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml status
    """
    config = config_of(context)
    database = open_database(config, "ra")  # the one role that reads applications, lists and the signer's beat
    now = utc_now()
    with database.snapshot() as tx:
        records = authorities(tx)
        waiting = len(find_applications(tx, ApplicationFilter(state="open"), limit=MOST_COUNTED))
        beaten = last_beat(tx, "signer")
        parked = len(find_applications(tx, ApplicationFilter(state="parked"), limit=MOST_COUNTED))
    retired = retirements(config, database)
    lists = [oldest_list(database, record, retired, now) for record in records]
    verifiers = answers(config.ocsp.host, config.ocsp.port)
    anchor = newest_anchor(config)
    body = {
        "verifiers_port": config.ocsp.port,
        "verifiers_answer": verifiers,
        "signer": pulse(beaten, now),
        "signer_beat": None if beaten is None else rfc3339(beaten),
        "applications_waiting": waiting,
        "applications_parked": parked,
        "newest_anchor": None if anchor is None else rfc3339(anchor),
        "authorities": lists,
    }
    columns = ("name", "lists", "oldest", "next_update", "ended")
    rows = [tuple(str(each[key] or "") for key in columns) for each in lists]
    lines = [
        f"verifiers' port {config.ocsp.port}: {'answers' if verifiers else 'does not answer'}",
        f"signer:                {pulse(beaten, now)}, last beat {'never' if beaten is None else rfc3339(beaten)}",
        f"applications:          {waiting} waiting, {parked} parked",
        f"newest audit anchor:   {'none' if anchor is None else rfc3339(anchor)}",
        "",
        table(("authority", "lists", "oldest made", "first to end", "key"), rows),
    ]
    document(context, "status", body, "\n".join(lines))
    for each in lists:
        if each["stale"]:
            raise Stale(f"A list of {each['name']}")


def oldest_list(database: Database, record: AuthorityRecord, retired: Retired, now: datetime) -> dict[str, object]:
    """How many lists an authority has, and the times of the one that ends first; stale when one is missing or over.

    A key that signs nothing any more has no list to make.
    """
    end = retired.worst(record.key_hash)
    with database.snapshot() as tx:
        found = [latest_crl(tx, record.name, each.code) for each in partitions(tx, record.issuer, now)]
    made: list[CRLRecord] = sorted((each for each in found if each is not None), key=lambda each: each.next_update)
    first = made[0] if made else None
    return {
        "name": record.name,
        "lists": len(made),
        "oldest": rfc3339(first.this_update) if first else "none",
        "next_update": rfc3339(first.next_update) if first else "none",
        "ended": None if end is None else f"{end.reason} since {rfc3339(end.at)}",
        "stale": not retired.signs_nothing(record.key_hash)
        and (len(made) < len(found) or (first is not None and first.next_update <= now)),
    }


def answers(host: str, port: int) -> bool:
    """Whether a program accepts connections there."""
    try:
        with socket.create_connection((host, port), 1.0):
            return True
    except OSError:
        return False


def newest_anchor(config: Config) -> datetime | None:
    """When the newest anchor was written, by its file; None without one. `audit verify` is what believes it."""
    files: list[Path] = sorted(config.at(config.audit.anchors).glob("[0-9]*.json"))
    return datetime.fromtimestamp(files[-1].stat().st_mtime, utc_now().tzinfo) if files else None
