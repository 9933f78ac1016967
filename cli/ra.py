"""`ninsho ra`: the officers' front end, and the seal of its papers."""

from secrets import token_bytes

import click

from cli.installation import config_of
from cli.output import document, say
from cli.wiring import utc_now


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
    from cli.place import place_of, spelt
    from ocsp.server import serve

    config = config_of(context)
    section = check_front(config)
    place = place_of(config)
    say(f"working site {section.origin}, approval site {section.approval_origin}, on {spelt(place)}")
    serve(front_application(config), place, workers or section.workers, THREADS)


@ra.command("seal-certificate")
@click.pass_context
def seal_certificate(context: click.Context) -> None:
    """Make the certificate of the key that seals the counter's papers.

    The key lies in the front end's own token, where a ceremony made it. Its certificate is signed by itself and goes to
    the file that the configuration names; hand it to whoever is to verify papers.

    \b
    Example:
      ninsho --config ca/ninsho.toml ra seal-certificate
    """
    from cryptography.hazmat.primitives.hashes import SHA256

    from cli.seal import write_seal_certificate

    path, made = write_seal_certificate(config_of(context), utc_now(), token_bytes)
    fingerprint = made.fingerprint(SHA256()).hex()
    body = {"file": str(path), "sha256": fingerprint}
    document(context, "ra.seal-certificate", body, f"{path}: certificate of the seal, SHA-256 {fingerprint}")
