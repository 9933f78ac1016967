"""The seal of the counter's papers: a key in the front end's own token, and a certificate that tells it.

The front end holds this key and no other: whoever takes it over can forge slips, and no certificate.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.sealing import bearer_certificate
from ca.seals import SealKey
from ca.statement import PublicKey, key_octets
from cli.config import Config
from cli.errors import ConfigRefused, FileRefused
from cli.preview import certificate_file
from cli.wiring import open_token

__all__ = ["opened_seal", "write_seal_certificate"]

ANOTHER: Final = "Move it away and make another with 'ninsho ra seal-certificate'."


@contextmanager
def opened_seal(config: Config, now: datetime) -> Iterator[SealKey | None]:
    """The seal with its token open; None where the configuration names none. `now` is aware UTC.

    Raises `FileRefused` for a certificate that is missing, none, of another key or outside its period, `ConfigRefused`
    for a token with other keys, hsm's errors, `PinUnavailable`.
    """
    if config.ra is None or config.ra.seal_token is None:
        yield None
        return
    token, label, path = _named(config)
    if not path.is_file():
        raise FileRefused(path, "the seal's certificate is not there", "Make it with 'ninsho ra seal-certificate'.")
    certificate = certificate_file(path)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise FileRefused(path, "the seal's certificate is not valid now", ANOTHER)
    with open_token(config, token) as opened:
        others = {each.label for each in opened.objects() if each.kind == "private key"} - {label}
        if others:
            raise ConfigRefused(config.path, f"token {token} of the seal also holds keys {', '.join(sorted(others))}")
        key, certified = opened.signing_key(label), certificate.public_key()
        if not isinstance(certified, PublicKey) or key_octets(key.public_key()) != key_octets(certified):
            raise FileRefused(path, f"it is not the certificate of the key {label} in token {token}", ANOTHER)
        yield SealKey(key, certificate)


def write_seal_certificate(
    config: Config, now: datetime, random: Callable[[int], bytes]
) -> tuple[Path, x509.Certificate]:
    """Make the certificate of the seal's key, signed by itself, and write it where the configuration names it.

    Raises `ConfigRefused` where it names no seal, `FileRefused` rather than write over a file, hsm's errors.
    """
    token, label, path = _named(config)
    if path.exists():
        raise FileRefused(path, "it exists, and is never written over")
    serial = int.from_bytes(b"\x01" + random(15), "big")
    with open_token(config, token) as opened:
        made = bearer_certificate(opened.signing_key(label), f"{config.deployment} counter seal", serial, now)
    with path.open("xb") as file:
        file.write(made.public_bytes(Encoding.PEM))
    return path, made


def _named(config: Config) -> tuple[str, str, Path]:
    ra = config.ra
    if ra is None or ra.seal_token is None or ra.seal_key is None or ra.seal_certificate is None:
        raise ConfigRefused(config.path, "[ra] names no seal_token, seal_key and seal_certificate")
    return ra.seal_token, ra.seal_key, config.at(ra.seal_certificate)
