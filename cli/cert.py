"""`ninsho cert`: issue, preview, find, show, export, lint and verify certificates."""

import secrets
from datetime import datetime
from pathlib import Path

import click

from cli.cert_challenge import cert_challenge
from cli.cert_check import cert_lint, cert_verify
from cli.cert_issue import cert_hand_over, cert_issue
from cli.cert_look import cert_export, cert_find, cert_show
from cli.options import MOMENT, SERIAL, hexadecimal
from cli.output import document


@click.group()
def cert() -> None:
    """Issue, preview, find, show, export, lint and verify certificates."""


for _command in (
    cert_challenge,
    cert_issue,
    cert_hand_over,
    cert_find,
    cert_show,
    cert_export,
    cert_lint,
    cert_verify,
):
    cert.add_command(_command)

readable = click.Path(exists=True, dir_okay=False, path_type=Path)


@cert.command("preview")
@click.option("--profile", required=True, metavar="NAME", help="A shipped profile, e.g. jpki-sign.")
@click.option("--public-key", required=True, type=readable, help="A public key or a certificate that holds it.")
@click.option("--subject", metavar="RFC4514", help="The subject's values, last part first: CN=…,O=LGPKI,C=JP.")
@click.option("--serial", type=SERIAL, help="The serial number; drawn when not given.")
@click.option("--not-before", type=MOMENT, help="Begin of validity, RFC 3339 in UTC; both times or none.")
@click.option("--not-after", type=MOMENT, help="End of validity; by the profile's rule when not given.")
@click.option("--facts", type=readable, help="The case's facts, a JSON object.")
@click.option("--issuer", type=readable, help="The issuer's certificate, unless the profile is self-signed.")
@click.option("--text", "as_text", is_flag=True, help="Show every field in words.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where the DER goes.")
@click.pass_context
def cert_preview(
    context: click.Context,
    profile: str,
    public_key: Path,
    subject: str | None,
    serial: int | None,
    not_before: datetime | None,
    not_after: datetime | None,
    facts: Path | None,
    issuer: Path | None,
    as_text: bool,
    output: Path | None,
) -> None:
    """Make the to-be-signed bytes of a certificate, without signature or record.

    It needs no home, token or database, and takes the real names, policies and URLs of JPKI and LGPKI.

    \b
    Examples:
      ninsho cert preview --profile jpki-sign-ca --public-key ca.pem --text
      ninsho cert preview --profile lgpki-app-root --public-key root.cer \\
          --subject 'CN=Application CA G3 Root,O=LGPKI,C=JP' --serial 31 \\
          --not-before 2014-06-03T15:00:00Z --not-after 2034-06-03T14:59:59Z -o tbs.der
      ninsho cert preview --profile lgpki-org-link --public-key new.cer --issuer old.cer --text
    """
    from cli.preview import Wanted, preview_of
    from policies.description import describe

    wanted = Wanted(profile, public_key, subject, serial or drawn_serial(), not_before, not_after, facts, issuer)
    tbs = preview_of(wanted)
    if output is not None:
        output.write_bytes(tbs)
    body = {"profile": profile, "serial": hexadecimal(wanted.serial), "tbs": tbs.hex(), "octets": len(tbs)}
    text = describe(tbs).rstrip() if as_text else f"{len(tbs)} octets to be signed, serial {body['serial']}"
    document(context, "cert.preview", body, text if output is None or as_text else f"{text}, written to {output}")


def drawn_serial() -> int:
    """A serial number for a preview, of the form the signer draws: 16 octets, positive."""
    return int.from_bytes(secrets.token_bytes(16)) >> 1 | 1
