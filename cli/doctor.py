"""`ninsho doctor`: is this machine and this installation in order, and how to mend what is not."""

import ctypes.util
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from cli.activation import ACTIVATED
from cli.config import Config
from cli.errors import Disagreement
from cli.installation import config_of
from cli.output import document
from cli.wiring import (
    administrators,
    believed_roster,
    open_database,
    profiles_of,
    retirements,
    terms_of,
    token_config,
    utc_now,
)
from hsm.provision import slots

OLDEST_YEAR = 2026
"""A clock before the first release of this program is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and what to do about it when it is not in order."""

    what: str
    holds: bool
    found: str
    advice: str = ""


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Look at Python, modules, tokens, database, roster, profiles and clock; exit status 1 when something is wrong.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml doctor
    """
    config = config_of(context)
    findings = [look(what, check, config) for what, check in CHECKS.items()]
    body = {
        "findings": [
            {"what": each.what, "holds": each.holds, "found": each.found, "next": each.advice} for each in findings
        ]
    }
    document(context, "doctor", body, "\n".join(map(told, findings)))
    wrong = sum(not each.holds for each in findings)
    if wrong:
        raise Disagreement(f"{wrong} of {len(findings)} things are not in order.", "Mend them as said above.")


def told(finding: Finding) -> str:
    """A finding for a person; what to do about it stands right below."""
    line = f"{'ok  ' if finding.holds else 'BAD '} {finding.what}: {finding.found}"
    return line if finding.holds or not finding.advice else f"{line}\n     {finding.advice}"


def look(what: str, check: Callable[[Config], str], config: Config) -> Finding:
    """Run one check: what it returns was found in order, what it raises was not."""
    try:
        return Finding(what, True, check(config))
    except Exception as error:  # whatever is wrong with an installation is a finding of this command
        return Finding(what, False, str(error) or type(error).__name__, str(getattr(error, "next", "")))


def python_version(config: Config) -> str:
    """The interpreter."""
    return ".".join(map(str, sys.version_info[:3]))


def modules(config: Config) -> str:
    """Every PKCS#11 module is there and loads."""
    paths: set[Path] = {token.module for token in config.tokens.values()}
    for path in paths:
        ctypes.CDLL(str(path))
    return ", ".join(sorted(map(str, paths)))


def tokens(config: Config) -> str:
    """Every token of a program that runs here is in a slot; a ceremony's and people's are where people keep them."""
    running = [name for name, token in config.tokens.items() if token.program in ACTIVATED]
    missing = []
    for name in running:
        wanted = token_config(config, name)
        if not any(
            wanted.names(each.label or "", each.serial.encode()) for each in slots(wanted.module, wanted.environment)
        ):
            missing.append(name)
    if missing:
        raise Disagreement(f"not in any slot: {', '.join(missing)}", "Insert them, or see 'ninsho hsm slots'.")
    others = ", ".join(sorted(config.tokens.keys() - set(running)))
    return f"there: {', '.join(running)}" + (f"; not looked at: {others}" if others else "")


def schema(config: Config) -> str:
    """The database is there and has this program's schema."""
    open_database(config, "ra").close()
    return "there, with this program's schema"


def roster(config: Config) -> str:
    """The newest roster is believed."""
    with closing(open_database(config, "ra")) as database:
        found = believed_roster(config, database)
    return f"version {found.version}, {len(found.persons)} officers, signed by two of {len(administrators(config))}"


def ended_keys(config: Config) -> str:
    """The folder of retirements can be believed and written."""
    with closing(open_database(config, "ra")) as database:
        ended = sorted({one.authority for one in retirements(config, database).statements})
    return ", ".join(ended) or "none"


def profiles(config: Config) -> str:
    """Profiles and terms load."""
    for name in config.authorities:
        terms_of(config, name)
    return f"{len(profiles_of(config))} profiles, terms of {len(config.authorities)} authorities"


def anchors(config: Config) -> str:
    """Audit anchors lie outside the database's folder of data, where they can be written."""
    folder = config.at(config.audit.anchors)
    if not folder.is_dir():
        raise Disagreement(f"{folder} is not there", f"Make it: mkdir -m 700 {folder}")
    return str(folder)


def clock(config: Config) -> str:
    """The clock is not before this program was written."""
    now = utc_now()
    if now.year < OLDEST_YEAR:
        raise Disagreement(f"it says {now:%Y-%m-%d}", "Set the clock; certificates carry its time.")
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"


CHECKS: dict[str, Callable[[Config], str]] = {
    "Python": python_version,
    "PKCS#11 modules": modules,
    "tokens": tokens,
    "database": schema,
    "roster": roster,
    "ended keys": ended_keys,
    "profiles and terms": profiles,
    "audit anchors": anchors,
    "clock": clock,
}
