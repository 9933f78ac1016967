"""`ninsho demo`: a working national CA in miniature, on this host only."""

import time
from pathlib import Path

import click

from cli.exits import Exit
from cli.output import as_json

FEWEST = 12
MOST = 5000


def without_password(context: click.Context, option: click.Parameter, url: str | None) -> str | None:
    """Refuse a URL with a password, which every user of this host could read among the arguments."""
    from store.address import has_password

    try:
        refused = url is not None and has_password(url)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None
    if refused:
        raise click.BadParameter(
            "It holds a password, which anybody on this host can see. "
            "Leave it out and name a file with it in the environment as PGPASSFILE."
        )
    return url


@click.command()
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-home"),
    show_default=True,
    help="Where everything goes. A home that exists is served again, never overwritten.",
)
@click.option("--people", type=click.IntRange(FEWEST, MOST), default=200, show_default=True, help="How many residents.")
@click.option("--exit", "ends", is_flag=True, help="End after checking; exit status 0 only if everything agreed.")
@click.option(
    "--postgres",
    metavar="URL",
    callback=without_password,
    help="A PostgreSQL database to use, as its owner; otherwise SQLite. The URL holds no password: libpq reads it from "
    "the file that PGPASSFILE names, or from PGPASSWORD.",
)
@click.pass_context
def demo(context: click.Context, home: Path, people: int, ends: bool, postgres: str | None) -> int:
    """Make a whole CA with invented people, check every certificate by OCSP and CRL, and serve it until Ctrl-C.

    Keys are made in SoftHSM2. Nothing of it is meant for real people: PINs and officers' keys lie beside it in files.

    \b
    Examples:
      ninsho demo                           make, check and serve ./demo-home
      ninsho demo --exit --people 50        make and check, then end
      ninsho demo --home another-home       beside the first one
    """
    from cli.demo.run import Demo
    from cli.demo.screen import Screen

    with Screen(context, as_json(context), time.monotonic()) as screen:
        work = Demo(home, people, postgres, screen.say, screen.tell)
        with work.at_hand():
            agreed = work.serve(screen.show, None if ends else screen.ready)
    return Exit.OK if agreed else Exit.FAILED
