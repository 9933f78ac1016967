"""`ninsho cert challenge`: what a subject's key signs where it is, so that it need not come to the counter.

The challenge is the id and the salt of one application that is not made yet; `cert issue` makes that application from
it. A second one from the same challenge is refused, since its id is taken.
"""

import json
import secrets
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import click
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Code, Octets
from ca.counter import Challenge, new_challenge
from ca.request import LIMIT, possession_challenge
from ca.statement import public_key
from cli.errors import FileRefused
from cli.installation import config_of
from cli.options import check_output
from cli.output import document
from cli.wiring import utc_now

_file = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class ChallengeDocument:
    """A challenge as it stands in a file: `octets` are exactly what the subject's key signs, all in hexadecimal."""

    schema: Literal["ninsho.cert.challenge.v1"] = "ninsho.cert.challenge.v1"
    application: UUID
    deployment: Code
    salt: Annotated[Octets, Field(min_length=16, max_length=16)]
    octets: Octets


_ADAPTER = TypeAdapter(ChallengeDocument)


@click.command("challenge")
@click.option(
    "--public-key",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The public key, PEM or DER.",
)
@click.option("-o", "--output", type=_file, help="Where the challenge goes; otherwise standard output.")
@click.option("--octets", type=_file, metavar="FILE", help="Where the octets that the key signs go.")
@click.pass_context
def cert_challenge(context: click.Context, file: Path, output: Path | None, octets: Path | None) -> None:
    """Make what the holder of a public key signs to show that the private key is held.

    The signature is RSASSA-PKCS1-v1_5 or ECDSA with SHA-256 (with SHA-384 on P-384), or Ed25519.

    \b
    Example:
      ninsho cert challenge --public-key card.pem -o challenge.json --octets challenge.bin
      openssl dgst -sha256 -sign card.key -out proof.bin challenge.bin
    """
    for place in (output, octets):
        check_output(place)
    deployment, subject_key = config_of(context).deployment, public_key_octets(file)
    made = new_challenge(utc_now(), secrets.token_bytes)
    signed = possession_challenge(deployment, made.application, made.salt, subject_key)
    body = _ADAPTER.dump_python(
        ChallengeDocument(application=made.application, deployment=deployment, salt=made.salt, octets=signed),
        mode="json",
    )
    text = json.dumps(body)
    if octets is not None:
        octets.write_bytes(signed)
    if output is not None:
        output.write_text(f"{text}\n", encoding="utf-8")
        text = f"The challenge of application {made.application} is in {output}; the key signs {len(signed)} octets."
    document(context, "cert.challenge", body, text)


def read_challenge(path: Path, deployment: str, subject_key: bytes) -> Challenge:
    """The challenge in a file; raises `FileRefused`, also for one of another deployment or for another key."""
    try:
        read = _ADAPTER.validate_json(bounded(path, 2 * LIMIT))
    except ValidationError:
        raise FileRefused(path, "it is no document of 'ninsho cert challenge'") from None
    if read.deployment != deployment:
        raise FileRefused(path, f"it was made for the deployment {read.deployment}, and this is {deployment}")
    if read.octets != possession_challenge(deployment, read.application, read.salt, subject_key):
        raise FileRefused(path, "its octets are not those for this public key")
    return Challenge(read.application, read.salt)


def public_key_octets(path: Path) -> bytes:
    """The SubjectPublicKeyInfo (DER) in a PEM or DER file; raises `FileRefused`, KeyUnusable."""
    data = bounded(path, LIMIT)
    load = load_pem_public_key if data.lstrip().startswith(b"-----BEGIN ") else load_der_public_key
    try:
        spki = load(data).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        raise FileRefused(path, "it holds no public key") from None
    public_key(spki)
    return spki


def bounded(path: Path, largest: int) -> bytes:
    """What is in a file of 1 to `largest` octets; raises `FileRefused`."""
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if not 1 <= len(data) <= largest:
        raise FileRefused(path, f"it is empty or longer than {largest} octets")
    return data
