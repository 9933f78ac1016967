"""`ninsho ra`: the officers' front end."""

import click

from cli.installation import config_of
from cli.output import say


@click.group()
def ra() -> None:
    """The officers' front end, where cases are taken, examined and approved."""


@ra.command("serve")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer; from the configuration otherwise.")
@click.pass_context
def ra_serve(context: click.Context, workers: int | None) -> None:
    """Serve the officers' pages: the working site and the approval site, under their two names. Ends on SIGTERM.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml ra serve
    """
    from cli.front import THREADS, check_front, front_application
    from ocsp.server import serve

    config = config_of(context)
    section = check_front(config)
    say(f"working site {section.origin}, approval site {section.approval_origin}, on {section.host}:{section.port}")
    serve(front_application(config), section.host, section.port, workers or section.workers, THREADS)
