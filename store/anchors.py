"""Anchors: signed documents outside the database that join the heads of all audit chains.

Each is a file of its own, ``<number, ten digits>.json``, written once and never again; it names the SHA-256 of the file
before it, so the anchors form a chain too. A copy of the folder on another machine makes their removal evident as well.
What was written after the newest anchor is not vouched for: the blind window.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from store.audit import Head, heads, link
from store.bounds import utc
from store.database import Transaction
from store.errors import AnchorRefused
from store.floor import create_durably
from store.retired import retirement_digests

AuditKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
AuditPublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_DOMAIN = b"ninsho audit checkpoint\n"  # so that the key's signature fits nothing else
_MOST_OCTETS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Anchor:
    """One checkpoint: the heads of all chains at ``at``; ``previous`` is the SHA-256 of the file before it.

    ``retirements`` are the digests of all retirements of authorities that were on record, in order.
    """

    number: int
    deployment: str
    at: datetime
    previous: bytes
    heads: tuple[Head, ...]
    retirements: tuple[bytes, ...] = ()


def checkpoint(tx: Transaction, folder: Path, key: AuditKey, deployment: str, at: datetime) -> Anchor:
    """Sign the heads of all chains and write them as the next anchor, durable when this returns.

    AnchorRefused when the newest anchor is not of this key and deployment, is newer than ``at``, knows an entry the
    database does not have (an old copy was restored), or when another process wrote the next anchor first.
    """
    utc("at", at)
    files = _files(folder)
    newest = _read(files[-1], key.public_key(), deployment) if files else None
    if newest is not None:
        _refuse_older_database(tx, newest, files[-1].name)
        if newest.at > at:
            raise AnchorRefused(files[-1].name, "it is dated after now, so the clock went back")
    previous = sha256(files[-1].read_bytes()).digest() if files else b""
    number = newest.number + 1 if newest else 1
    anchor = Anchor(number, deployment, at, previous, heads(tx), retirement_digests(tx))
    if not create_durably(folder / _name(anchor.number), _signed(anchor, key)):
        raise AnchorRefused(_name(anchor.number), "another process wrote it first")
    return anchor


def verify_anchors(folder: Path, public_key: AuditPublicKey, deployment: str) -> tuple[Anchor, ...]:
    """Read every anchor, oldest first, and believe them: signed, of this deployment, in sequence without a gap.

    AnchorRefused names the file that is not.
    """
    anchors: list[Anchor] = []
    previous = b""
    for file in _files(folder):
        anchor = _read(file, public_key, deployment)
        if anchor.number != len(anchors) + 1 or file.name != _name(anchor.number):
            raise AnchorRefused(file.name, "an anchor before it is missing")
        if anchor.previous != previous:
            raise AnchorRefused(file.name, "it does not follow from the anchor before it")
        if anchors and anchor.at < anchors[-1].at:
            raise AnchorRefused(file.name, "it is dated before the anchor before it")
        if anchors and not set(anchors[-1].retirements) <= set(anchor.retirements):
            raise AnchorRefused(file.name, "it lacks a retirement that the anchor before it holds")
        previous = sha256(file.read_bytes()).digest()
        anchors.append(anchor)
    return tuple(anchors)


def check_newest(tx: Transaction, folder: Path, public_key: AuditPublicKey, deployment: str) -> None:
    """Hold the database against the newest anchor; without any anchor there is nothing to hold it against.

    AnchorRefused when the anchor is not believed, or knows an entry that the database does not have: an old copy was
    restored, or somebody rewrote the trail.
    """
    files = _files(folder)
    if files:
        _refuse_older_database(tx, _read(files[-1], public_key, deployment), files[-1].name)


def missing_retirements(tx: Transaction, anchor: Anchor) -> tuple[bytes, ...]:
    """Give the digests of the retirements that the anchor holds and the database does not."""
    return tuple(sorted(set(anchor.retirements) - set(retirement_digests(tx))))


def _name(number: int) -> str:
    return f"{number:010d}.json"


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob("[0-9]*.json"))


def _refuse_older_database(tx: Transaction, newest: Anchor, place: str) -> None:
    for head in newest.heads:
        found = link(tx, head.instance, head.sequence)
        if head.sequence and (found is None or found.hash != head.hash):
            raise AnchorRefused(
                place, f"the database does not have entry {head.sequence} of {head.instance} as anchored"
            )
    for digest in missing_retirements(tx, newest):
        raise AnchorRefused(place, f"the database does not have the retirement {digest.hex()[:16]}")


def _document(anchor: Anchor) -> dict[str, Any]:
    return {
        "number": anchor.number,
        "deployment": anchor.deployment,
        "at": anchor.at.isoformat(timespec="microseconds"),
        "previous": anchor.previous.hex(),
        "heads": [{**asdict(head), "hash": head.hash.hex()} for head in anchor.heads],
        "retirements": [digest.hex() for digest in anchor.retirements],
    }


def _signed(anchor: Anchor, key: AuditKey) -> bytes:
    document = _document(anchor)
    message = _DOMAIN + rfc8785.dumps(document)
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(message, padding.PKCS1v15(), SHA256())
    else:
        signature = key.sign(message, ec.ECDSA(SHA256()))
    return rfc8785.dumps({"checkpoint": document, "signature": signature.hex()})


def _read(file: Path, public_key: AuditPublicKey, deployment: str) -> Anchor:
    """Read one anchor and believe its signature, or raise AnchorRefused."""
    try:
        if file.stat().st_size > _MOST_OCTETS:
            raise AnchorRefused(file.name, "it is larger than any anchor")
        content = json.loads(file.read_bytes())
        document, signature = content["checkpoint"], bytes.fromhex(content["signature"])
        _verify(public_key, signature, _DOMAIN + rfc8785.dumps(document))
        anchor = _parsed(document)
    except InvalidSignature as error:
        raise AnchorRefused(file.name, "its signature is not the audit key's") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise AnchorRefused(file.name, "it is not an anchor") from error
    if anchor.deployment != deployment:
        raise AnchorRefused(file.name, "it belongs to another deployment")
    return anchor


def _verify(public_key: AuditPublicKey, signature: bytes, message: bytes) -> None:
    if isinstance(public_key, rsa.RSAPublicKey):
        public_key.verify(signature, message, padding.PKCS1v15(), SHA256())
    else:
        public_key.verify(signature, message, ec.ECDSA(SHA256()))


def _parsed(document: dict[str, Any]) -> Anchor:
    return Anchor(
        document["number"],
        document["deployment"],
        datetime.fromisoformat(document["at"]),
        bytes.fromhex(document["previous"]),
        tuple(_heads(document["heads"])),
        tuple(map(bytes.fromhex, document.get("retirements", ()))),  # older anchors list none
    )


def _heads(parts: Sequence[dict[str, Any]]) -> Iterator[Head]:
    for part in parts:
        yield Head(part["instance"], part["program"], part["sequence"], bytes.fromhex(part["hash"]))
