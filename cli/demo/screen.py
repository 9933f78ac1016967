"""What the demo shows a person: how far it is, what came of it, what to do next."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.status import Status

from cli.config import Config
from cli.config_sections import RASection
from cli.demo.checking import Checked, as_document, summary
from cli.demo.roster import ROLES
from cli.output import document, on_terminal, say, table
from cli.wiring import profiles_of


class Screen:
    """Progress on standard error: a moving line on a terminal, plain lines elsewhere. The result on standard output."""

    def __init__(self, context: click.Context, quiet: bool, started: float) -> None:
        self.context = context
        self.quiet = quiet
        self.started = started
        self.status: Status | None = None
        if on_terminal() and not quiet:
            self.status = Console(stderr=True).status("starting")

    def __enter__(self) -> Self:
        """Begin to show progress."""
        self.plain("A demonstration under O=JPKI-TEST: invented people, keys in SoftHSM2, PINs in files beside them.")
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self.close()

    def close(self) -> None:
        """End the moving line."""
        if self.status is not None:
            self.status.stop()
            self.status = None

    def plain(self, line: str) -> None:
        """A line that is no step."""
        if not self.quiet:
            say(line)

    def say(self, line: str) -> None:
        """One step that is done."""
        if self.status is not None:
            self.status.console.print(f"[green]✓[/green] {line}", highlight=False)
            self.status.update("…")
        elif not self.quiet:
            say(f"- {line}")

    def tell(self, finished: int, total: int) -> None:
        """How many of the applications at hand the signer has finished; on a terminal only."""
        if self.status is not None:
            self.status.update(f"{finished} of {total} applications done by the signer")

    def show(self, config: Config, checked: Sequence[Checked]) -> None:
        """The result: a table that needs no knowledge, the addresses, the next commands."""
        self.close()
        seconds = time.monotonic() - self.started
        titles = {name: profile.title for name, profile in profiles_of(config).items()}
        headings = ("profile", "certificate", "good", "revoked", "held", "OCSP and CRL agree")
        lines = ["", table(headings, summary(checked, titles.__getitem__)), ""]
        lines.append(verdict(sum(each.agrees for each in checked), len(checked), seconds))
        lines += [
            f"  {each.paper.file}: expected {each.paper.expected}, OCSP says {each.by_ocsp}, its list {each.by_list}"
            for each in checked
            if not each.agrees
        ]
        body = as_document(config, checked, seconds)
        document(self.context, "demo", body, "\n".join([*lines, *next_steps(config)]))

    def ready(self, config: Config) -> None:
        """Everything answers; say where, and how to stop."""
        base = config.ocsp.base_url
        say(
            f"Serving on this host: OCSP {base}/ocsp, lists {base}/crl/…, CA certificates {base}/ca/…. Ctrl-C stops it."
        )
        if config.ra is not None:
            for line in front_end(config.ra):
                say(line)


def front_end(section: RASection) -> list[str]:
    """Where the officers' pages are, and whom to log in as."""
    names = {code: name for code, (name, _) in ROLES.items()}
    return [
        "",
        f"受付・審査  {section.origin}",
        f"  log in as {names['reception-1']} (reception) or {names['examiner-1']} (examination): the yellow buttons",
        f"承認        {section.approval_origin}",
        f"  log in as {names['approver-1']} (approval) or {names['head-1']} (branch head)",
        "Type the addresses as they stand: a passkey belongs to a name, and 127.0.0.1 is none.",
    ]


def verdict(agree: int, total: int, seconds: float) -> str:
    """Whether the demo agrees with itself, in a sentence."""
    if agree == total:
        return f"All {total} certificates are what the story says, by OCSP and by CRL. It took {seconds:.0f} s."
    return f"{total - agree} of {total} certificates are NOT what the story says. It took {seconds:.0f} s."


def next_steps(config: Config) -> list[str]:
    """Commands to go on with."""
    home = config.home
    return [
        "",
        f"The home is {home}. Next:",
        f"  export NINSHO_CONFIG={config.path}",
        "  ninsho status                     what runs and what waits",
        "  ninsho ca ls                      the authorities",
        "  ninsho cert find --state revoked  the revoked ones; cert show FILE says when and why",
        f"  ninsho ocsp query {home}/out/*.pem   (while 'ninsho demo' serves)",
        "  ninsho audit verify               the trail against its newest anchor",
        "",
        "Its keys were made in a ceremony: script ceremony/demo.toml, transcript ceremony/demo.jsonl. Next, on paper:",
        f"  cd {home}/ceremony",
        "  ninsho ceremony minutes demo.toml --transcript demo.jsonl --sign-with audit -o minutes.pdf",
        "  ninsho ceremony verify demo.jsonl minutes.pdf --public-key ../public/audit.pem",
    ]
