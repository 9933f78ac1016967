"""`ninsho revoke`: revoke, hold and release certificates, and the table of what a life event does to which."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import click

from ca.application import Action
from ca.counter import Reason, revocation_reason
from ca.lodging import standing
from ca.look import Look, look_at
from cli.cert_issue import tell, wait_option
from cli.cert_look import brief
from cli.desk import Desk, in_words, open_desk
from cli.errors import CommandError
from cli.installation import config_of
from cli.officers import PERSON_AND_KEY, Signature, signature_of, signed_by
from cli.options import SERIAL
from cli.output import document, table
from cli.sentences import REASONS, WORDS, Language, event_name, language, reason_name, reason_words, sentence
from cli.wiring import known_retirements, utc_now
from policies.life_events import Effect, LifeEvent, effect_of, life_events
from store.certificates import certificate

KEY_COMPROMISE = 1
STATED = {name: code for code, (name, _) in REASONS.items() if code not in (6, 10)}
"""Reasons that officers may state; a hold is an act of its own."""


class EventDoesOtherwise(CommandError):
    """A life event does not revoke a certificate of this kind."""

    code = "cli.refused-event"

    def __init__(self, event: str, kind: str, effect: Effect) -> None:
        super().__init__(f"The life event {event} does not revoke a certificate of kind {kind}: it is '{effect.act}'.")
        steps = {"hold": "Use 'ninsho revoke hold'.", "release": "Use 'ninsho revoke release'."}
        self.next = steps.get(effect.act, "Nothing is to be done to it; see 'ninsho revoke reasons'.")


class NotConfirmed(CommandError):
    """Revocation is for ever, and nobody confirmed it."""

    code = "cli.usage"

    def __init__(self) -> None:
        super().__init__("A revocation is for ever, and there is no terminal to confirm it on.")
        self.next = "Give --yes to confirm it."


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done to which certificate."""

    action: Action
    issuer: str
    serial: int
    event: str | None = None
    reason: Reason | None = None


@click.group()
def revoke() -> None:
    """Revoke, hold or release a certificate."""


issuer_argument = click.argument("issuer")
serial_argument = click.argument("serial", type=SERIAL)
branch_option = click.option("--branch", metavar="CODE", help="The branch; otherwise the one that filed the case.")
approve_option = click.option(
    "--approve", "approvers", type=PERSON_AND_KEY, multiple=True, help="An approver who is here, too."
)


@revoke.command("cert")
@issuer_argument
@serial_argument
@click.option("--event", type=click.Choice(list(life_events())), metavar="NAME", help="The life event; see 'reasons'.")
@click.option("--reason", type=click.Choice(list(STATED)), help="Or the reason code itself.")
@branch_option
@signed_by
@approve_option
@wait_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation; needed without a terminal.")
@click.pass_context
def revoke_cert(
    context: click.Context,
    issuer: str,
    serial: int,
    event: str | None,
    reason: str | None,
    branch: str | None,
    approvers: tuple[Signature, ...],
    wait: float | None,
    yes: bool,
) -> None:
    """Revoke a certificate for ever. A second time it changes nothing and says the same.

    One officer asks and another approves. What the register reports needs its feed's signature only.

    \b
    Examples:
      ninsho revoke cert jpki-sign 0a1b… --event record-change --as register-1 --with-key feed.pem --yes
      ninsho revoke cert jpki-auth 0a1b… --event leak --as reception-1 --with-key r.pem --approve approver-1=a.pem
      ninsho revoke cert lgpki-org 0a1b… --reason superseded --as reception-1 --with-token card --with-label r1
    """
    if (event is None) == (reason is None):
        raise click.UsageError("give either --event NAME or --reason NAME")
    with ExitStack() as held:
        desk = held.enter_context(open_desk(config_of(context)))
        look = look_now(desk, issuer, serial)
        deed = revocation(look, event, reason)
        if look.state == "revoked" and (deed.reason != KEY_COMPROMISE or look.reason == KEY_COMPROMISE):
            report(context, "cert", look, None)
            return
        confirm(look, yes)
        done(context, held, desk, deed, branch, approvers, wait)


def revocation(look: Look, event: str | None, reason: str | None) -> Deed:
    """The revocation that an event or a reason means; raises `EventDoesOtherwise`."""
    record = look.record
    if event is None:
        return Deed("revoke", record.issuer, record.serial, None, revocation_reason(STATED[reason or "unspecified"]))
    kind = record.kind or record.profile
    effect = effect_of(event, kind)
    if effect.act != "revoke":
        raise EventDoesOtherwise(event, kind, effect)
    return Deed("revoke", record.issuer, record.serial, event, revocation_reason(effect.reason))


def confirm(look: Look, yes: bool) -> None:
    """Ask on a terminal whether the certificate is the right one; raises `NotConfirmed`, click's Abort."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed
    click.confirm(f"{sentence(look, language())}\nRevoke it for ever?", abort=True, err=True)


@revoke.command("hold")
@issuer_argument
@serial_argument
@branch_option
@signed_by
@wait_option
@click.pass_context
def revoke_hold(context: click.Context, issuer: str, serial: int, branch: str | None, wait: float | None) -> None:
    """Put a certificate on hold at once; one officer is enough, since a wrong hold does no lasting harm.

    \b
    Example:
      ninsho revoke hold jpki-auth 0a1b… --as reception-1 --with-key reception-1.key.pem
    """
    with ExitStack() as held:
        desk = held.enter_context(open_desk(config_of(context)))
        done(context, held, desk, Deed("hold", issuer, serial), branch, (), wait)


@revoke.command("release")
@issuer_argument
@serial_argument
@branch_option
@signed_by
@approve_option
@wait_option
@click.pass_context
def revoke_release(
    context: click.Context,
    issuer: str,
    serial: int,
    branch: str | None,
    approvers: tuple[Signature, ...],
    wait: float | None,
) -> None:
    """Lift the hold of a certificate, where its profile allows that: phones, not cards.

    \b
    Example:
      ninsho revoke release jpki-auth 0a1b… --as reception-1 --with-key r.pem --approve approver-1=a.pem
    """
    with ExitStack() as held:
        desk = held.enter_context(open_desk(config_of(context)))
        done(context, held, desk, Deed("release", issuer, serial), branch, approvers, wait)


def done(
    context: click.Context,
    held: ExitStack,
    desk: Desk,
    deed: Deed,
    branch: str | None,
    approvers: Sequence[Signature],
    wait: float | None,
) -> None:
    """File the case of a deed with all its signatures, wait for the signer as asked, and report."""
    submitter = held.enter_context(signature_of(context).officer(desk.config, desk.roster))
    others = [held.enter_context(each.officer(desk.config, desk.roster)) for each in approvers]
    with desk.database.snapshot() as tx:
        target = certificate(tx, deed.issuer, deed.serial)
    filed = branch or desk.branch_of(target)
    made = desk.counter(filed, submitter.person).act(
        deed.action,
        target,
        desk.records[target.authority],
        desk.profile(target.profile),
        submitter.person,
        utc_now(),
        event=deed.event,
        reason=deed.reason,
    )
    case = desk.lodge(made, submitter, {"approval": others})
    tell(context, case)
    record = desk.await_end(case, wait)
    missing = desk.lodging.missing(record, case.evidence)
    verb = "cert" if deed.action == "revoke" else deed.action
    if record.state == "done":
        report(context, verb, look_now(desk, deed.issuer, deed.serial), str(record.id))
        return
    body = {
        "application": str(record.id),
        "state": standing(record, missing, utc_now()),
        "missing": missing,
        "certificate": brief(look_now(desk, deed.issuer, deed.serial)),
    }
    still = f"needs {in_words(missing)}" if missing else "waits for the signer"
    document(context, f"revoke.{verb}", body, f"Application {record.id} is saved and {still}.")


def report(context: click.Context, verb: str, look: Look, application: str | None) -> None:
    """Say how the certificate stands now; `application` is None when nothing was left to do."""
    body = {"application": application, "state": "done", "missing": {}, "certificate": brief(look)}
    document(context, f"revoke.{verb}", body, sentence(look, language()))


def look_now(desk: Desk, issuer: str, serial: int) -> Look:
    """The certificate as it is now; raises UnknownCertificate."""
    with desk.database.snapshot() as tx:
        retired = known_retirements(desk.config).look(tx)
        return look_at(tx, certificate(tx, issuer, serial), desk.profiles, retired, utc_now())


@revoke.command("reasons")
@click.option("--lang", type=click.Choice(["ja", "en"]), help="The language of the table; LANG otherwise.")
@click.pass_context
def revoke_reasons(context: click.Context, lang: Language | None) -> None:
    """Show what each life event does to which kind of certificate, and who reports it. Needs no installation.

    \b
    Example:
      ninsho revoke reasons --lang ja
    """
    spoken = lang or language()
    listed = [
        {
            "event": event.name,
            "en": event.en,
            "ja": event.ja,
            "reported_by": event.reported_by,
            "effects": {kind: effect_word(effect) for kind, effect in event.effects.items()},
        }
        for event in life_events().values()
    ]
    rows = [
        (event.name, event_name(event, spoken), effect_in(effect, spoken), kinds)
        for event in life_events().values()
        for effect, kinds in by_effect(event)
    ]
    document(context, "revoke.reasons", {"events": listed}, table(("event", "meaning", "effect", "kinds"), rows))


def by_effect(event: LifeEvent) -> list[tuple[Effect, str]]:
    """Each effect of an event with the kinds it happens to; what nothing happens to is left out."""
    effects = [effect for effect in dict.fromkeys(event.effects.values()) if effect.act != "nothing"]
    return [(one, " ".join(kind for kind, each in event.effects.items() if each == one)) for one in effects]


def effect_word(effect: Effect) -> str:
    """An effect in one word: the reason of a revocation, or the act."""
    return reason_name(effect.reason) if effect.act == "revoke" else effect.act


def effect_in(effect: Effect, lang: Language) -> str:
    """An effect for a person to read."""
    act = WORDS[effect.act][lang == "ja"]
    return f"{act}: {reason_words(effect.reason, None, lang)}" if effect.act == "revoke" else act
