"""`ninsho ocsp`: serve certificate status, or ask for one."""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.installation import config_of
from cli.output import document, say, table


@click.group()
def ocsp() -> None:
    """Serve certificate status, or ask for one."""


@ocsp.command("serve")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer; from the configuration otherwise.")
@click.pass_context
def ocsp_serve(context: click.Context, workers: int | None) -> None:
    """Answer verifiers: status at /ocsp, published lists at /crl, CA certificates at /ca. Ends on SIGTERM.

    It refuses to start when a key is not its certificate's or its token holds another program's keys.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml ocsp serve
    """
    from cli.verifiers import check_start, clock, verifiers_application
    from ocsp.server import serve

    config = config_of(context)
    count = check_start(config, clock())
    say(f"answering for {count} authorities on {config.ocsp.host}:{config.ocsp.port}")
    make = verifiers_application(config, clock)
    serve(make, (config.ocsp.host, config.ocsp.port), workers or config.ocsp.workers)


@ocsp.command("query")
@click.argument("certificates", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--issuer", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The issuer's certificate."
)
@click.option("--url", help="Where to ask; otherwise the certificate says it.")
@click.pass_context
def ocsp_query(context: click.Context, certificates: tuple[Path, ...], issuer: Path | None, url: str | None) -> None:
    """Ask for the status of certificates and verify the answers.

    Without --issuer the authorities that this installation publishes are tried, by key.

    \b
    Examples:
      ninsho --config demo-home/ninsho.toml ocsp query demo-home/out/*.pem
      ninsho ocsp query leaf.pem --issuer ca.pem --url http://127.0.0.1:8560/ocsp
    """
    from cli.asking import Asked, ask, published_authorities
    from cli.preview import certificate_file

    issuers = [certificate_file(issuer)] if issuer else published_authorities(config_of(context))

    def answers() -> Iterator[Asked]:
        for path in certificates:
            yield ask(certificate_file(path), issuers, url)

    found = list(zip(certificates, answers(), strict=True))
    body = [{"file": str(path), **answer.as_json()} for path, answer in found]
    rows = [(path.name, answer.status, answer.detail, answer.this_update) for path, answer in found]
    document(context, "ocsp.query", {"answers": body}, table(("certificate", "status", "since", "as of"), rows))
