"""`ninsho hsm`: what is in the tokens, how quickly they sign, and who may use them until the machine restarts."""

import time
from dataclasses import asdict
from statistics import median

import click
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ca.statement import PrivateKey
from cli.activation import activate, asked_shares, deactivate, read_shares
from cli.config import Config
from cli.errors import NotFound
from cli.installation import config_of
from cli.output import document, table
from cli.pins import pin_of
from cli.wiring import open_token, token_config
from hsm.objects import ObjectDescription
from hsm.provision import initialise, slots

pin_fd = click.option("--pin-fd", type=int, metavar="FD", help="Read the user PIN from this file descriptor.")
token_name = click.argument("token", metavar="TOKEN")


@click.group()
def hsm() -> None:
    """Make, activate and look at tokens. TOKEN is its name in the configuration."""


def known_token(config: Config, name: str) -> str:
    """`name` when the configuration has such a token; raises `NotFound`."""
    if name not in config.tokens:
        raise NotFound(f"Token {name}", f"The configuration has: {', '.join(sorted(config.tokens))}.")
    return name


@hsm.command("slots")
@click.pass_context
def hsm_slots(context: click.Context) -> None:
    """List the slots of every PKCS#11 module of the configuration. Needs no PIN.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml hsm slots
    """
    config = config_of(context)
    modules = {token_config(config, name).module: token_config(config, name) for name in config.tokens}
    found = [(module, slot) for module, token in modules.items() for slot in slots(module, token.environment)]
    body = [
        {"module": str(module), "slot": slot.slot, "label": slot.label, "serial": slot.serial, "model": slot.model}
        for module, slot in found
    ]
    rows = [(str(slot.slot), slot.label or "(not initialised)", slot.serial, slot.model) for _, slot in found]
    document(context, "hsm.slots", {"slots": body}, table(("slot", "label", "serial", "model"), rows))


@hsm.command("init")
@token_name
@click.option("--so-pin-fd", type=int, required=True, metavar="FD", help="Read the SO PIN from this file descriptor.")
@pin_fd
@click.pass_context
def hsm_init(context: click.Context, token: str, so_pin_fd: int, pin_fd: int | None) -> None:
    """Make a new token in a free slot and set both PINs.

    \b
    Example:
      ninsho hsm init issuing --so-pin-fd 3 --pin-fd 4 3<so.pin 4<user.pin
    """
    config = config_of(context)
    so_pin = pin_of(config, known_token(config, token), so_pin_fd)
    made = initialise(token_config(config, token), so_pin, pin_of(config, token, pin_fd))
    body = {"token": token, "label": made.label, "serial": made.serial}
    document(context, "hsm.init", body, f"Token {made.label} has serial {made.serial}.")


@hsm.command("activate")
@token_name
@click.option(
    "--share-fd",
    "share_fds",
    type=int,
    multiple=True,
    metavar="FD",
    help="Read one share from this file descriptor; repeated for each.",
)
@click.pass_context
def hsm_activate(context: click.Context, token: str, share_fds: tuple[int, ...]) -> None:
    """Let a token's program use it until this machine restarts: custodians type the shares of its PIN, unseen.

    The PIN is tried once and stays in memory (activation.folder of the configuration), so that the program starts
    again by itself after a crash. Exit status 6: shares are missing, mistaken or given twice; the token was not asked.

    \b
    Example:
      ninsho hsm activate issuing
    """
    config = config_of(context)
    shares = read_shares(share_fds) if share_fds else asked_shares(token)
    activate(config, known_token(config, token), shares)
    text = f"Token {token} is active until this machine restarts."
    document(context, "hsm.activate", {"token": token, "active": True}, text)


@hsm.command("deactivate")
@token_name
@click.pass_context
def hsm_deactivate(context: click.Context, token: str) -> None:
    """Forget the PIN of an activated token. A program that has it open goes on until it ends.

    \b
    Example:
      ninsho hsm deactivate issuing
    """
    config = config_of(context)
    was = deactivate(config, known_token(config, token))
    text = f"Token {token} {'is no longer' if was else 'was not'} active."
    document(context, "hsm.deactivate", {"token": token, "was_active": was}, text)


@hsm.command("ls")
@token_name
@pin_fd
@click.pass_context
def hsm_ls(context: click.Context, token: str, pin_fd: int | None) -> None:
    """List the objects of a token: kind, label, what they may do. Never a secret.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml hsm ls issuing
    """
    config = config_of(context)
    with open_token(config, known_token(config, token), pin_fd) as opened:
        objects = opened.objects()
    body = [{**asdict(each), "identifier": each.identifier.hex()} for each in objects]
    rows = [(each.label, each.kind, each.algorithm or "?", protection(each)) for each in objects]
    document(context, "hsm.ls", {"token": token, "objects": body}, table(("label", "kind", "type", "protection"), rows))


def protection(shown: ObjectDescription) -> str:
    """What the token says about how a private key is kept."""
    claims = {
        "never extractable": shown.never_extractable,
        "always sensitive": shown.always_sensitive,
        "made inside": shown.local,
    }
    return ", ".join(claim for claim, holds in claims.items() if holds) if shown.kind == "private key" else ""


@hsm.command("bench")
@token_name
@click.option("--key", required=True, metavar="LABEL", help="The key to sign with.")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 60), default=2.0, show_default=True, help="How long to sign, in seconds."
)
@pin_fd
@click.pass_context
def hsm_bench(context: click.Context, token: str, key: str, seconds: float, pin_fd: int | None) -> None:
    """Sign test messages for a while, each verified, and say how quick that is on one thread.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml hsm bench responder --key ocsp-jpki-sign-g1
    """
    config = config_of(context)
    with open_token(config, known_token(config, token), pin_fd) as opened:
        times = sign_for(opened.signing_key(key), seconds)
    body = {"token": token, "key": key, "signatures": len(times), "per_second": round(len(times) / sum(times), 1)}
    text = f"{len(times)} signatures, {len(times) / sum(times):.0f}/s, median {median(times) * 1000:.2f} ms"
    document(context, "hsm.bench", body, text)


def sign_for(key: PrivateKey, seconds: float) -> list[float]:
    """The duration in seconds of each signature made until `seconds` have passed."""
    times: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        message = b"ninsho signing rate %d" % len(times)
        if isinstance(key, rsa.RSAPrivateKey):
            key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            key.sign(message, ec.ECDSA(hashes.SHA256()))
        else:
            key.sign(message)
        times.append(time.perf_counter() - start)
    return times
