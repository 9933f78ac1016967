"""`ninsho ceremony`: check, script, rehearse, run, resume, minutes, verify."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import click

from cli.ceremony.papers import ceremony_minutes, ceremony_script, ceremony_seal, ceremony_verify
from cli.output import as_json, document

readable = click.Path(path_type=Path, exists=True, dir_okay=False)
new_file = click.Path(path_type=Path, dir_okay=False)
SCRIPT = click.argument("script", type=readable)


@click.group()
def ceremony() -> None:
    """Hold a key ceremony by one reviewed script, with a transcript and signed minutes."""


@ceremony.command("check")
@SCRIPT
@click.pass_context
def ceremony_check(context: click.Context, script: Path) -> None:
    """Check a script offline.

    Its rules, its people, every certificate it will make; no token and no database is needed.

    Prints the script's digest, its steps, and the SHA-256 of each certificate's to-be-signed bytes with key, serial
    number and times blanked: the same on every machine, and compared when the certificate is made.

    \b
    Example:
      ninsho ceremony check docs/ceremonies/one-tier-ca.toml
    """
    from ca.ceremony.check import check_script, expected_digests
    from ca.ceremony.script import load_script
    from ca.ceremony.steps import steps
    from cli.ceremony.hall import planned_terms
    from policies.profile import load_profiles

    read = load_script(script.read_bytes())
    check_script(read)
    digests = expected_digests(read, load_profiles(), lambda plan: planned_terms(read, plan, script.parent))
    taken = steps(read)
    body = {
        "id": read.id,
        "kind": read.kind.value,
        "script": read.digest.hex(),
        "steps": [{"step": each.code, "action": each.action, "confirm": list(each.confirm)} for each in taken],
        "certificates": {name: digest.hex() for name, digest in digests.items()},
    }
    named = {"script": read.digest, **digests}
    width = max(map(len, named))
    lines = [f"{read.id} ({read.kind})", *(f"{name:{width}}  {digest.hex()}" for name, digest in named.items())]
    lines += [f"{each.code}  {each.action:18} {' '.join(each.confirm)}" for each in taken]
    document(context, "ceremony.check", body, "\n".join(lines))


@ceremony.command("program")
@click.pass_context
def ceremony_program(context: click.Context) -> None:
    """Print the digest of this program.

    A script in earnest names it as `software`.

    \b
    Example:
      ninsho ceremony program
    """
    from cli.ceremony.software import software_digest, versions

    digest, beside = software_digest().hex(), versions()
    lines = [f'software = "{digest}"', *(f"{name:16} {number}" for name, number in beside.items())]
    document(context, "ceremony.program", {"software": digest, "versions": beside}, "\n".join(lines))


@ceremony.command("rehearse")
@SCRIPT
@click.option("--transcript", type=new_file, help="Keep the rehearsal's transcript in this new file.")
@click.pass_context
def ceremony_rehearse(context: click.Context, script: Path, transcript: Path | None) -> None:
    """Rehearse a script on throw-away tokens.

    The same steps on SoftHSM2, every line marked REHEARSAL.

    Everybody has a throw-away key, and shares are kept in a folder instead of on paper; what is typed is the same.

    \b
    Example:
      ninsho ceremony rehearse docs/ceremonies/one-tier-ca.toml \\
          --transcript rehearsal.jsonl
    """
    from ca.ceremony.run import Run
    from ca.ceremony.script import load_script
    from ca.ceremony.transcript import Transcript
    from cli.ceremony.hall import filled_room
    from cli.ceremony.people import TerminalPeople, ThrowAwayKeys
    from cli.ceremony.rehearsal import prepare_rehearsal
    from cli.ceremony.screen import standard_screen
    from cli.wiring import elapsed_seconds

    read = load_script(script.read_bytes())
    with TemporaryDirectory(prefix="rehearsal-") as folder:
        rehearsal = prepare_rehearsal(read, Path(folder), script.parent)
        screen = standard_screen(read.timeout, rehearsal=True, talk=as_json(context))
        people = TerminalPeople(rehearsal.script, screen, ThrowAwayKeys(rehearsal.credentials), rehearsal.papers)
        written = transcript or Path(folder) / "transcript.jsonl"
        with (
            filled_room(rehearsal.config, rehearsal.script, people, rehearsal.beside, Path(folder)) as room,
            Transcript.create(written, rehearsal=True) as lines,
        ):
            root = Run(room, lines, elapsed_seconds).hold()
    body = {"rehearsal": True, "root": root.hex(), "transcript": str(transcript) if transcript else None}
    document(context, "ceremony.rehearse", body, f"REHEARSAL complete; transcript root {root.hex()}")


def _held(
    context: click.Context,
    script: Path,
    transcript: Path,
    credentials: Sequence[str],
    mode: Literal["run", "resume"],
    rehearsal: Path | None = None,
) -> None:
    from ca.ceremony.errors import CeremonyChanged, NotRehearsed
    from ca.ceremony.run import Run
    from ca.ceremony.script import load_script
    from ca.ceremony.transcript import Transcript, read_transcript
    from cli.ceremony.credentials import GivenKeys
    from cli.ceremony.hall import filled_room
    from cli.ceremony.people import TerminalPeople, TypedPapers
    from cli.ceremony.screen import standard_screen
    from cli.ceremony.tokens import throw_away_folder
    from cli.installation import config_of
    from cli.wiring import elapsed_seconds

    config = config_of(context)
    rehearsed = read_transcript(rehearsal.read_bytes()) if rehearsal else ()
    read = load_script(script.read_bytes())
    screen = standard_screen(read.timeout, rehearsal=False, talk=as_json(context))
    keys = GivenKeys(config, read, credentials, screen)
    people = TerminalPeople(read, screen, keys, TypedPapers(screen))
    if mode == "run" and not rehearsed and not config.demo:
        raise NotRehearsed
    with ExitStack() as stack:
        folder = stack.enter_context(throw_away_folder(read.digest))
        room = stack.enter_context(filled_room(config, read, people, script.parent, folder, rehearsed))
        lines = Transcript.create(transcript, rehearsal=False) if mode == "run" else Transcript.reopen(transcript)
        stack.enter_context(lines)
        if any(each.rehearsal for each in lines.entries):
            raise CeremonyChanged("The transcript", "it is that of a rehearsal")
        root = Run(room, lines, elapsed_seconds).hold()
    body = {"rehearsal": False, "root": root.hex(), "transcript": str(transcript)}
    document(context, f"ceremony.{mode}", body, f"The ceremony is complete; transcript root {root.hex()}")


CREDENTIAL = click.option(
    "--credential",
    "credentials",
    multiple=True,
    metavar="PERSON=KEY",
    help="A person's key: TOKEN:LABEL of a token that people open, 'fido2', or a PEM file (demo homes only).",
)
TRANSCRIPT = click.option("--transcript", type=new_file, required=True, help="The transcript: JSON lines.")


@ceremony.command("run")
@SCRIPT
@TRANSCRIPT
@click.option("--rehearsal", type=readable, help="The rehearsal's transcript, with which everything is compared.")
@CREDENTIAL
@click.pass_context
def ceremony_run(
    context: click.Context, script: Path, transcript: Path, rehearsal: Path | None, credentials: tuple[str, ...]
) -> None:
    """Hold the ceremony in earnest. It ends complete, resumable, or with nothing usable made.

    It begins only if script, program, profiles and certificates are those of the rehearsal. A demo home may leave the
    rehearsal out.

    \b
    Example:
      ninsho --config ca/ninsho.toml ceremony run g2.toml \\
          --rehearsal rehearsal.jsonl --transcript g2.jsonl \\
          --credential sato=sato-card:sign
    """
    _held(context, script, transcript, credentials, "run", rehearsal)


@ceremony.command("resume")
@SCRIPT
@TRANSCRIPT
@CREDENTIAL
@click.pass_context
def ceremony_resume(context: click.Context, script: Path, transcript: Path, credentials: tuple[str, ...]) -> None:
    """Go on with an interrupted ceremony.

    It goes on only if script, program and transcript are the same as before.

    \b
    Example:
      ninsho --config ca/ninsho.toml ceremony resume g2.toml \\
          --transcript g2.jsonl --credential sato=sato-card:sign
    """
    _held(context, script, transcript, credentials, "resume")


for command in (ceremony_script, ceremony_minutes, ceremony_seal, ceremony_verify):
    ceremony.add_command(command)
