"""`ninsho crl`: publish, show and verify revocation lists."""

from pathlib import Path

import click

from cli.installation import config_of
from cli.output import document


@click.group()
def crl() -> None:
    """Publish, show and verify revocation lists."""


readable = click.Path(exists=True, dir_okay=False, path_type=Path)


@crl.command("publish")
@click.option("--issuer", metavar="ISSUER", help="Only the lists of this issuer, e.g. jpki-sign.")
@click.option(
    "--wait",
    type=click.FloatRange(1, 3600),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the signer.",
)
@click.pass_context
def crl_publish(context: click.Context, issuer: str | None, wait: float) -> None:
    """Ask the signer for current lists and wait. Lists that are young and would say the same are not made again.

    \b
    Examples:
      ninsho --config demo-home/ninsho.toml crl publish
      ninsho crl publish --issuer jpki-sign --wait 300
    """
    from cli.publishing import publish_lists
    from cli.wiring import open_database

    config = config_of(context)
    database = open_database(config, "ra")
    count = publish_lists(config, database, issuer, wait)
    document(context, "crl.publish", {"issuer": issuer, "lists": count}, f"{count} lists are published and current.")


@crl.command("show")
@click.argument("file", type=readable)
@click.pass_context
def crl_show(context: click.Context, file: Path) -> None:
    """Show what a list says of itself and how many entries it has.

    \b
    Example:
      ninsho crl show demo-home/public/crl/jpki-sign-g1/13103.crl
    """
    from cli.lists import described, load_list

    body = described(load_list(file))
    document(
        context, "crl.show", {"file": str(file), **body}, "\n".join(f"{key:14}{value}" for key, value in body.items())
    )


@crl.command("verify")
@click.argument("file", type=readable)
@click.option("--issuer", type=readable, help="The CA certificate; otherwise those this installation publishes.")
@click.pass_context
def crl_verify(context: click.Context, file: Path, issuer: Path | None) -> None:
    """Verify a list's signature by the key of its issuer, its dates, and lint it; exit status 5 on findings.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml crl verify demo-home/public/crl/jpki-sign-g1/13103.crl
    """
    from cli.asking import published_authorities
    from cli.lists import load_list, verified
    from cli.preview import certificate_file

    issuers = [certificate_file(issuer)] if issuer else published_authorities(config_of(context))
    signer = verified(load_list(file), issuers)
    name = signer.subject.rfc4514_string()
    document(context, "crl.verify", {"file": str(file), "issuer": name}, f"{file} is a current list signed by {name}.")
