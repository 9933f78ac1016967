"""`ninsho application`: the cases of the branches, what each still needs, and the signatures that officers add."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import click

from ca.application import parse
from ca.approvals import EvidenceRole
from ca.errors import CAError
from ca.lodging import standing
from cli.asking import rfc3339
from cli.desk import Desk, in_words, open_desk
from cli.installation import config_of
from cli.officers import signature_of, signed_by
from cli.options import hexadecimal
from cli.output import document, table
from cli.wiring import utc_now
from store.applications import ApplicationFilter, ApplicationRecord, Evidence, State, evidence_of, find_applications
from store.applications import application as application_record

number = click.argument("id", type=click.UUID)
STATES: Mapping[str, State] = {"open": "open", "done": "done", "refused": "refused", "parked": "parked"}


@click.group()
def application() -> None:
    """Show applications and add an examination or an approval."""


@application.command("list")
@click.option("--state", type=click.Choice(list(STATES)), help="By state.")
@click.option("--branch", metavar="CODE", help="By branch.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@click.option("--before", type=click.UUID, metavar="ID", help="Go on after this one: 'next' of the page before.")
@click.pass_context
def application_list(
    context: click.Context, state: str | None, branch: str | None, limit: int, before: UUID | None
) -> None:
    """List applications, newest first, with what each still needs. It shows nobody's name.

    \b
    Examples:
      ninsho application list --state open
      ninsho --json application list --branch branch-13103 --limit 100
    """
    wanted = ApplicationFilter(branch=branch, state=None if state is None else STATES[state])
    with open_desk(config_of(context)) as desk:
        with desk.database.snapshot() as tx:
            records = find_applications(tx, wanted, before=before, limit=limit)
            given = evidence_of(tx, [record.id for record in records])
        listed = [brief(desk, record, given[record.id]) for record in records]
    rows = [[str(one[key]) for key in ("id", "action", "profile", "branch", "state", "needs")] for one in listed]
    body = {"applications": listed, "next": str(records[-1].id) if len(records) == limit else None}
    document(context, "application.list", body, table(("id", "action", "profile", "branch", "state", "needs"), rows))


def brief(desk: Desk, record: ApplicationRecord, given: Sequence[Evidence]) -> dict[str, object]:
    """A case as lists show it: no holder's data."""
    missing = desk.lodging.missing(record, given) if record.state == "open" else {}
    return {
        "id": str(record.id),
        "action": record.action,
        "profile": record.profile,
        "authority": record.authority,
        "branch": record.branch,
        "requester": record.requester,
        "state": standing(record, missing, utc_now()),
        "needs": in_words(missing) if missing else "",
        "missing": missing,
        "outcome": record.outcome,
        "created_at": rfc3339(record.created_at),
        "expires_at": rfc3339(record.expires_at),
    }


@application.command("show")
@number
@click.pass_context
def application_show(context: click.Context, id: UUID) -> None:
    """Show one application: its facts, who signed, what is missing, and whether the signer would believe it.

    The facts are the holder's data; they are what an examiner and an approver sign for.

    \b
    Example:
      ninsho application show 019a…
    """
    with open_desk(config_of(context)) as desk:
        record, given = saved(desk, id)
        body = {**brief(desk, record, given), **content(record), "signatures": [line(each) for each in given]}
        body["defect"] = defect(desk, record, given) if record.state == "open" else None
    document(context, "application.show", body, in_lines(body))


def saved(desk: Desk, id: UUID) -> tuple[ApplicationRecord, tuple[Evidence, ...]]:
    """A saved case and its signatures; raises UnknownApplication."""
    with desk.database.snapshot() as tx:
        return application_record(tx, id), evidence_of(tx, [id])[id]


def content(record: ApplicationRecord) -> dict[str, object]:
    """What the signed text asks for."""
    case = parse(record.canonical)
    target = None if case.target is None else {"issuer": case.target[0], "serial": hexadecimal(case.target[1])}
    return {
        "digest": record.digest.hex(),
        "facts": dict(case.facts),
        "target": target,
        "event": case.event,
        "reason": case.reason,
    }


def line(given: Evidence) -> dict[str, object]:
    """One signature on a case."""
    return {
        "role": given.role,
        "person": given.person,
        "credential": given.credential,
        "signed_at": rfc3339(given.signed_at),
    }


def defect(desk: Desk, record: ApplicationRecord, given: Sequence[Evidence]) -> str | None:
    """The code of the first thing the signer would refuse; None: nothing but missing signatures."""
    try:
        desk.lodging.check(record, given)
    except CAError as error:
        return error.code
    return None


def in_lines(body: dict[str, object]) -> str:
    """A case in lines of text, what is empty left out."""
    lines = []
    for key, value in body.items():
        if isinstance(value, list):
            lines += [f"{each['role']:14}{each['person']} at {each['signed_at']}" for each in value]
        elif isinstance(value, dict):
            lines += [f"{name:13} {each}" for name, each in value.items() if each is not None]
        elif value not in (None, ""):
            lines.append(f"{key:13} {value}")
    return "\n".join(lines)


@application.command("examine")
@number
@signed_by
@click.pass_context
def application_examine(context: click.Context, id: UUID) -> None:
    """Sign that the application was examined against its documents. Read it first with 'application show'.

    \b
    Example:
      ninsho application examine 019a… --as examiner-1 --with-key examiner-1.key.pem
    """
    sign(context, id, "examination")


@application.command("approve")
@number
@signed_by
@click.pass_context
def application_approve(context: click.Context, id: UUID) -> None:
    """Sign the approval of an application. Nobody approves their own case: exit status 6, and nothing is written.

    \b
    Examples:
      ninsho application approve 019a… --as approver-1 --with-key approver-1.key.pem
      ninsho application approve 019a… --as head-1 --with-token card --with-label head-1
    """
    sign(context, id, "approval")


def sign(context: click.Context, id: UUID, role: EvidenceRole) -> None:
    """Add one officer's signature and say what is still missing."""
    with open_desk(config_of(context)) as desk, signature_of(context).officer(desk.config, desk.roster) as officer:
        record, _ = saved(desk, id)
        missing = desk.lodging.missing(record, desk.add(record, role, officer))
        body = {
            "application": str(id),
            "role": role,
            "person": officer.person,
            "state": standing(record, missing, utc_now()),
            "missing": missing,
        }
    verb = "examine" if role == "examination" else "approve"
    still = f"it still needs {in_words(missing)}" if missing else "the signer will carry it out"
    document(context, f"application.{verb}", body, f"Application {id} has the {role} of {officer.person}; {still}.")
