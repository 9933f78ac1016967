"""Where the terminal's enrolled key is: a PEM file, or a PKCS#11 token named by a URI (RFC 7512)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import click

from ca.statement import PrivateKey
from cli.officers import password_for
from cli.pins import checked, first_line
from cli.wiring import private_key_file
from hsm.token import Token, TokenConfig

__all__ = ["opened_key"]

SCHEME = "pkcs11:"
LONGEST_PIN = 256


@contextmanager
def opened_key(source: str, pin_descriptor: int | None) -> Iterator[PrivateKey]:
    """The key in the file or token `source`, as long as the block lasts.

    ``pkcs11:token=LABEL;object=LABEL?module-path=FILE`` names a token; its PIN comes from the file descriptor, or is
    asked for. Raises click's UsageError for another URI, `NotFound`, `FileRefused`, hsm's errors.
    """
    if not source.startswith(SCHEME):
        path = Path(source)
        yield private_key_file(path, password_for(path))
        return
    token, label, module = _named(source)
    if pin_descriptor is None:
        pin = click.prompt(f"User PIN of token {token}", hide_input=True, err=True)
    else:
        pin = first_line(pin_descriptor, LONGEST_PIN)
    lock = Path(os.environ.get("XDG_RUNTIME_DIR", Path.home())) / "ninsho-terminal.lock"
    config = TokenConfig(module=module, label=token, vendor="generic", lock=lock, sessions=1)
    with Token.open(config, checked(token, pin)) as opened:
        yield opened.signing_key(label)


def _named(uri: str) -> tuple[str, str, Path]:
    """Token, key and module of a PKCS#11 URI; nothing else may stand in it."""
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    pairs = [part.partition("=") for part in [*path.split(";"), *query.split("&")] if part]
    said = {name: unquote(value) for name, _, value in pairs}
    if set(said) != {"token", "object", "module-path"} or len(pairs) != len(said):
        raise click.UsageError("a key in a token is named as pkcs11:token=LABEL;object=LABEL?module-path=FILE")
    return said["token"], said["object"], Path(said["module-path"])
