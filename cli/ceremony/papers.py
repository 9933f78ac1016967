"""`ninsho ceremony script|minutes|seal|verify`: the papers of a ceremony."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

import click

from ca.statement import PrivateKey
from cli.ceremony.credentials import person_source
from cli.config import Config
from cli.installation import config_of
from cli.options import check_new
from cli.output import document
from cli.wiring import open_token, utc_now

if TYPE_CHECKING:
    from ca.seals import Seal

readable = click.Path(path_type=Path, exists=True, dir_okay=False)
new_file = click.Path(path_type=Path, dir_okay=False)


@click.command("script")
@click.argument("script", type=readable)
@click.option("--lang", type=click.Choice(["ja", "en"]), default="ja", show_default=True, help="Language of the paper.")
@click.option("--output", "-o", type=new_file, required=True, help="The PDF to write; it must not exist.")
@click.option("--rehearsal", is_flag=True, help="Mark every page as a rehearsal's.")
@click.pass_context
def ceremony_script(context: click.Context, script: Path, lang: str, output: Path, rehearsal: bool) -> None:
    """Print the script as PDF.

    What each person reads aloud, does, types and signs.

    \b
    Example:
      ninsho ceremony script docs/ceremonies/one-tier-ca.toml \\
          --lang en -o script.pdf
    """
    from ca.ceremony.check import check_script, expected_digests
    from ca.ceremony.printed import script_pdf
    from ca.ceremony.script import load_script
    from cli.ceremony.hall import planned_terms
    from policies.profile import load_profiles

    check_new(output)
    read = load_script(script.read_bytes())
    check_script(read)
    digests = expected_digests(read, load_profiles(), lambda plan: planned_terms(read, plan, script.parent))
    pdf = script_pdf(read, "ja" if lang == "ja" else "en", digests=digests, rehearsal=rehearsal)
    write_new(output, pdf)
    body = {"file": str(output), "octets": len(pdf), "script": read.digest.hex(), "language": lang}
    document(context, "ceremony.script", body, f"{output}: the script {read.digest.hex()}")


SIGN_WITH = click.option(
    "--sign-with",
    required=True,
    metavar="KEY",
    help="'audit' for the audit token, TOKEN:LABEL of a person's token, or a PEM file in a demo home.",
)
CERTIFICATE = click.option("--certificate", type=readable, help="The signer's certificate; without one, the key's own.")


@click.command("minutes")
@click.argument("script", type=readable)
@click.option("--transcript", type=readable, required=True, help="The transcript of the ceremony.")
@click.option("--output", "-o", type=new_file, required=True, help="The PDF to write; it must not exist.")
@SIGN_WITH
@CERTIFICATE
@click.pass_context
def ceremony_minutes(
    context: click.Context, script: Path, transcript: Path, output: Path, sign_with: str, certificate: Path | None
) -> None:
    """Make the minutes and seal them.

    They are made from script and transcript, which are both inside, and sealed with the audit key.

    \b
    Example:
      ninsho --config ca/ninsho.toml ceremony minutes g2.toml \\
          --transcript g2.jsonl -o minutes.pdf --sign-with audit
    """
    from ca.ceremony.minutes import minutes_pdf

    check_new(output)
    unsealed = minutes_pdf(script.read_bytes(), transcript.read_bytes())
    octets = sealed(context, unsealed, output, "audit", sign_with, certificate)
    document(context, "ceremony.minutes", {"file": str(output), "octets": octets}, f"{output}: minutes, sealed")


@click.command("seal")
@click.argument("minutes", type=readable)
@click.option("--person", required=True, help="Who seals: the person's code in the script.")
@click.option("--output", "-o", type=new_file, required=True, help="The PDF to write; it must not exist.")
@SIGN_WITH
@CERTIFICATE
@click.pass_context
def ceremony_seal(
    context: click.Context, minutes: Path, person: str, output: Path, sign_with: str, certificate: Path | None
) -> None:
    """Add a participant's seal to sealed minutes.

    \b
    Example:
      ninsho --config ca/ninsho.toml ceremony seal minutes.pdf \\
          --person abe --sign-with abe-card:sign -o sealed.pdf
    """
    check_new(output)
    octets = sealed(context, minutes.read_bytes(), output, person, sign_with, certificate)
    body = {"file": str(output), "octets": octets, "person": person}
    document(context, "ceremony.seal", body, f"{output}: sealed by {person}")


@click.command("verify")
@click.argument("transcript", type=readable)
@click.argument("minutes", type=readable)
@click.option(
    "--public-key",
    "keys",
    type=readable,
    multiple=True,
    required=True,
    help="Whose seals are believed: PEM, repeatable.",
)
@click.option("--script", type=readable, help="The script; otherwise the one inside the minutes.")
@click.pass_context
def ceremony_verify(
    context: click.Context, transcript: Path, minutes: Path, keys: tuple[Path, ...], script: Path | None
) -> None:
    """Verify a ceremony offline.

    The transcript's chain, every confirmation, the minutes and their seals.

    Needs the two files and public keys only. Whatever was changed is named by its place; exit status 5.

    \b
    Example:
      ninsho ceremony verify g2.jsonl minutes.pdf --public-key audit.pem
    """
    from ca.ceremony.verification import verify
    from cli.wiring import public_key_file

    believed = [public_key_file(each) for each in keys]
    found = verify(
        transcript.read_bytes(), minutes.read_bytes(), believed, script.read_bytes() if script is not None else None
    )
    body = {
        "id": found.script.id,
        "kind": found.script.kind.value,
        "script": found.script.digest.hex(),
        "root": found.root.hex(),
        "entries": found.entries,
        "rehearsal": found.rehearsal,
        "seals": [{"field": each.field, "key": _key(each)} for each in found.minutes.seals],
        "remade": found.minutes.remade,
    }
    lines = [f"{'REHEARSAL ' if found.rehearsal else ''}{found.script.id} ({found.script.kind}): all holds together"]
    lines += [f"root      {found.root.hex()}", f"entries   {found.entries}"]
    if not found.minutes.remade:
        lines += ["pages     of another edition of the program: only the seals speak for them"]
    lines += [f"seal      {each.field} by key {_key(each)}" for each in found.minutes.seals]
    document(context, "ceremony.verify", body, "\n".join(lines))


def _key(found: "Seal") -> str:
    """The SHA-256 of the sealing key's SubjectPublicKeyInfo."""
    from ca.authority import key_hash

    return key_hash(found.certificate.public_key()).hex()  # type: ignore[arg-type]  # a verified seal's key is one


def sealed(
    context: click.Context, pdf: bytes, output: Path, name: str, sign_with: str, certificate: Path | None
) -> int:
    """Write `pdf` with one more seal; its octets."""
    from ca.ceremony.sealing import seal_minutes
    from cli.preview import certificate_file

    known = certificate_file(certificate) if certificate else None
    serial = int.from_bytes(b"\x01" + token_bytes(15), "big")
    with signing_key(config_of(context), name, sign_with) as key:
        made = seal_minutes(pdf, key, name, known, serial, utc_now())
    write_new(output, made)
    return len(made)


@contextmanager
def signing_key(config: Config, name: str, sign_with: str) -> Iterator[PrivateKey]:
    """The key that seals: the audit token's, or a person's."""
    if sign_with == "audit":
        with open_token(config, config.audit.token) as token:
            yield token.signing_key(config.audit.key)
        return
    with person_source(config, name, sign_with).opened(config) as key:
        yield key


def write_new(path: Path, content: bytes) -> None:
    """Write a file that was not there; raises FileExistsError where another program made it since `check_new`."""
    with path.open("xb") as file:
        file.write(content)
