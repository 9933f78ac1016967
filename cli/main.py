"""The `ninsho` command: its tree, and how an error becomes a line and an exit status.

Commands are imported when they are called, so that ``ninsho --help`` stays quick.
"""

import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from cli.exits import Exit, exit_of
from cli.output import wrapped

_WIDTH = 76
"""Columns of an error's line on a screen of 80, four of which set in what goes on."""

# name: (module, attribute, one line for the help page)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "application": ("cli.application", "application", "Show applications and add an examination or an approval."),
    "audit": ("cli.audit", "audit", "Verify the audit trail, sign a checkpoint, export."),
    "ca": ("cli.ca", "ca", "List the authorities and show one."),
    "ceremony": ("cli.ceremony.command", "ceremony", "Check, rehearse and hold key ceremonies."),
    "cert": ("cli.cert", "cert", "Issue, preview, find, show, export, lint and verify certificates."),
    "config": ("cli.config_command", "config", "Check and show the configuration."),
    "crl": ("cli.crl", "crl", "Publish, show and verify revocation lists."),
    "db": ("cli.db", "db", "Upgrade and check the database."),
    "demo": ("cli.demo_command", "demo", "A working national CA in miniature, on this host only."),
    "doctor": ("cli.doctor", "doctor", "Check this machine and this installation; says how to mend."),
    "hsm": ("cli.hsm", "hsm", "Make, activate and look at tokens."),
    "ocsp": ("cli.ocsp", "ocsp", "Serve certificate status, or ask for one."),
    "ra": ("cli.ra", "ra", "Serve the officers' front end, and certify the seal of its papers."),
    "revoke": ("cli.revoke", "revoke", "Revoke, hold or release a certificate."),
    "roster": ("cli.roster", "roster", "Check, sign, enter and show the officers' roster, and what a person signed."),
    "signer": ("cli.signer", "signer", "Run the signer, the program that holds the CA keys."),
    "status": ("cli.status", "status", "What runs, how old the lists are, what waits."),
    "terminal": ("cli.terminal.command", "terminal", "Run a counter's terminal: card, keys, the resident's screen."),
}

HELP = """\b
Ninsho: a certification authority for residents and local governments.

\b
Examples:
  ninsho demo --exit                       a whole CA in miniature, checked
  ninsho --config ca/ninsho.toml status    what runs and what waits
  ninsho cert preview --help               bytes to be signed, without a CA
"""


class LazyGroup(click.Group):
    """A group whose commands are imported only when one of them is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself; None for an unknown name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(entry[0]), entry[1])
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry[0]}.{entry[1]} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ninsho")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="NINSHO_CONFIG",
    default=Path("/etc/ninsho/ninsho.toml"),
    show_default=True,
    help="The installation to work on.",
)
@click.option("--json", "json_output", is_flag=True, help="One JSON document on standard output.")
@click.option("--debug", is_flag=True, help="Show the Python traceback of an unexpected failure.")
def root(config_path: Path, json_output: bool, debug: bool) -> None:
    """The root of the tree; its options are read from the context by whoever needs them."""


def main() -> NoReturn:
    """Entry point of the console script: exit statuses of `cli.exits`, never a traceback unless asked for."""
    as_json = "--json" in sys.argv
    forbid_core_files()
    try:
        status = root.main(standalone_mode=False, prog_name="ninsho")
    except click.exceptions.Abort:
        complain("cli.interrupted", "Interrupted.", "What was saved stays saved; run the command again.", as_json)
        sys.exit(Exit.INTERRUPTED)
    except click.ClickException as error:
        if as_json:
            complain("cli.usage", error.format_message(), "See --help.", as_json)
        else:
            error.show()
        sys.exit(Exit.USAGE)
    except BrokenPipeError:
        # the reader of our output went away (as `head` does): nothing to say and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.FAILED)
    except Exception as error:  # the one place where any error becomes a sentence
        sys.exit(explain(error, as_json))
    sys.exit(status if isinstance(status, int) else Exit.OK)


def forbid_core_files() -> None:
    """Let no crash write what this process remembers to a disk: PINs and shares pass through it.

    A limit of one octet is below every core file and, unlike zero, keeps the kernel from feeding one to a program
    (core(5), fs/coredump.c); a hard limit of zero stays what it is.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    limit = 0 if hard == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def explain(error: Exception, as_json: bool) -> int:
    """Turn an error into words and an exit status. An error without a code is a fault of ours and says so."""
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exception(error)
    code = getattr(error, "code", None)
    if isinstance(code, str):
        complain(code, str(error), str(getattr(error, "next", "See --help.")), as_json)
        return exit_of(code)
    if isinstance(error, OSError) and error.filename is not None:
        complain("cli.file", f"{error.strerror}: {error.filename}", "Check the path and its permissions.", as_json)
        return Exit.FAILED
    place = type(error).__name__
    complain("cli.internal", f"An unexpected failure ({place}).", "Run again with --debug and report it.", as_json)
    return Exit.FAILED


def complain(code: str, message: str, advice: str, as_json: bool) -> None:
    """Print an error on standard error, in 80 columns, or as JSON when the run was asked for JSON."""
    if as_json:
        body = {"error": {"code": code, "message": message, "next": advice}}
        click.echo(json.dumps(body, ensure_ascii=False), err=True)
    else:
        first, *more = wrapped(f"Error: {message}", _WIDTH, split=False)
        advised = wrapped(f"{advice}  [{code}]", _WIDTH, split=False)
        lines = [first, *(f"    {line}" for line in more), *(f"  {line}" for line in advised)]
        click.echo("\n".join(lines), err=True)


if __name__ == "__main__":
    main()
