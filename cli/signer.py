"""`ninsho signer`: the program that holds the CA keys."""

import secrets

import click

from cli.installation import config_of


@click.group()
def signer() -> None:
    """Run the signer, the program that holds the CA keys."""


@signer.command("run")
@click.option("--once", is_flag=True, help="End when nothing waits.")
@click.option(
    "--pin-fd",
    "pin_fds",
    type=(str, int),
    multiple=True,
    metavar="TOKEN FD",
    help="Read the user PIN of TOKEN from this file descriptor; may be repeated.",
)
@click.option("--accept-clock", is_flag=True, help="The time is right, though far from the newest recorded.")
@click.pass_context
def signer_run(context: click.Context, once: bool, pin_fds: tuple[tuple[str, int], ...], accept_clock: bool) -> None:
    """Claim approved applications, verify them, issue, revoke, hold, release; publish the lists that are due.

    On SQLite one signer may run; on PostgreSQL several share the work. It ends on SIGTERM after the turn at hand.
    It does not start more than 30 days after its newest act, nor before it: then check the time and --accept-clock.

    \b
    Examples:
      ninsho --config demo-home/ninsho.toml signer run
      ninsho signer run --pin-fd issuing 3 3</run/credentials/issuing.pin
    """
    from cli.signing import run_signer

    run_signer(config_of(context), secrets.token_bytes, dict(pin_fds), once=once, accept_clock=accept_clock)
