"""`ninsho roster signed`: what a person signed, by the word of the signer.

The front end shows an officer what it pleases when it is in wrong hands. This list is the signer's own: it notes every
signature when it ends an application, and no other program may write there.
"""

from contextlib import closing
from uuid import UUID

import click

from cli.asking import rfc3339
from cli.installation import config_of
from cli.options import MOMENT
from cli.output import document, table
from cli.wiring import open_database
from store.signatures import Place, SignedRow, signed_by


class PlaceType(click.ParamType[Place]):
    """Where a page ended, as `next` said: time, application and role with a comma between."""

    name = "NEXT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """The place."""
        if isinstance(value, Place):
            return value
        try:
            at, application, role = str(value).split(",")
            return Place(MOMENT.convert(at, param, ctx), UUID(application), role)
        except ValueError:
            self.fail(f"{value!r} is not what 'next' said", param, ctx)


@click.command("signed")
@click.option("--as", "person", required=True, metavar="PERSON", help="Whose signatures.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@click.option("--before", type=PlaceType(), metavar="NEXT", help="Go on after a page: 'next' of the page before.")
@click.pass_context
def roster_signed(context: click.Context, person: str, limit: int, before: Place | None) -> None:
    """List what a person signed, newest outcome first, as the signer found it. Show it to that person now and then.

    A signature that its owner does not know is a theft: take the credential out of the roster. Needs no key.

    \b
    Examples:
      ninsho roster signed --as approver-1
      ninsho --json roster signed --as approver-1 --limit 1000
    """
    with closing(open_database(config_of(context), "ra")) as database, database.snapshot() as tx:
        rows = signed_by(tx, person, before=before, limit=limit)
    more = next_page(rows[-1].place) if len(rows) == limit else None
    body = {"person": person, "signatures": [line(row) for row in rows], "next": more}
    columns = ("signed_at", "role", "application", "credential", "outcome", "at")
    text = table(columns, [[str(line(row)[name]) for name in columns] for row in rows])
    document(context, "roster.signed", body, text if rows else f"Nothing that {person} signed has come to an end yet.")


def line(row: SignedRow) -> dict[str, object]:
    """One signature in the words of every JSON document."""
    return {
        "application": str(row.application_id),
        "role": row.role,
        "credential": row.credential,
        "digest": row.digest.hex(),
        "signed_at": rfc3339(row.signed_at),
        "outcome": row.outcome,
        "at": rfc3339(row.at),
    }


def next_page(place: Place) -> str:
    """A place as `--before` takes it."""
    return f"{rfc3339(place.at)},{place.application_id},{place.role}"
