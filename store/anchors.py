"""Anchors: signed documents outside the database that join the heads of all audit chains.

Each is a file of its own, ``<number, ten digits>.json``, written once and never again; it names the SHA-256 of the file
before it, so the anchors form a chain too. A copy of the folder on another machine makes their removal evident as well.
An anchor names the heads that moved since the one before it, and once a day all of them: every process that ever wrote
has a chain, so an installation has thousands that never move again.
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

from store.audit import Head, hashes_at, heads
from store.bounds import utc
from store.database import Transaction
from store.errors import AnchorRefused
from store.floor import create_durably
from store.retired import retirement_digests

AuditKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
AuditPublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_DOMAIN = b"ninsho audit checkpoint\n"  # so that the key's signature fits nothing else
_MOST_OCTETS = 64 * 1024 * 1024  # 400,000 chains
_WHOLE_AFTER = 1440  # anchors: a day of one each minute


@dataclass(frozen=True, slots=True)
class Anchor:
    """One checkpoint at ``at``; ``previous`` is the SHA-256 of the file before it.

    ``heads`` are those that moved since the anchor before it, in order of instance. Anchor number ``since`` is the
    newest that names all heads, this one or an earlier one; from there on the heads of all chains are known.
    ``retirements`` are the digests of all retirements of authorities that were on record, in order.
    """

    number: int
    deployment: str
    at: datetime
    previous: bytes
    heads: tuple[Head, ...]
    since: int
    retirements: tuple[bytes, ...] = ()


def checkpoint(tx: Transaction, folder: Path, key: AuditKey, deployment: str, at: datetime) -> Anchor:
    """Sign the heads of the chains and write them as the next anchor, durable when this returns.

    AnchorRefused when the newest anchor is not of this key and deployment, is newer than ``at``, knows an entry the
    database does not have (an old copy was restored), or when another process wrote the next anchor first.
    """
    utc("at", at)
    files = _files(folder)
    known = _known(files, key.public_key(), deployment)
    newest, number, moved = known[-1] if known else None, 1, heads(tx)
    if newest is not None:
        _refuse_older_database(tx, known, files[-1].name)
        if newest.at > at:
            raise AnchorRefused(files[-1].name, "it is dated after now, so the clock went back")
        number = newest.number + 1
    since = number
    if newest is not None and number - newest.since < _WHOLE_AFTER:
        since, anchored = newest.since, _heads_of(known)
        moved = tuple(head for head in moved if anchored.get(head.instance) != head)
    previous = sha256(files[-1].read_bytes()).digest() if files else b""
    anchor = Anchor(number, deployment, at, previous, moved, since, retirement_digests(tx))
    signed = _signed(anchor, key)
    if len(signed) > _MOST_OCTETS:
        raise AnchorRefused(_name(number), "it would be larger than any anchor")
    if not create_durably(folder / _name(number), signed):
        raise AnchorRefused(_name(number), "another process wrote it first")
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
        if anchor.since not in {anchor.number, anchors[-1].since if anchors else 0}:
            raise AnchorRefused(file.name, "it goes back to another anchor than the one before it")
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
        _refuse_older_database(tx, _known(files, public_key, deployment), files[-1].name)


def missing_retirements(tx: Transaction, anchor: Anchor) -> tuple[bytes, ...]:
    """Give the digests of the retirements that the anchor holds and the database does not."""
    return tuple(sorted(set(anchor.retirements) - set(retirement_digests(tx))))


def _name(number: int) -> str:
    return f"{number:010d}.json"


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob("[0-9]*.json"))


def _known(files: Sequence[Path], public_key: AuditPublicKey, deployment: str) -> Sequence[Anchor]:
    """The newest anchor and those before it that it needs to know all heads, oldest first; () without any.

    The signature of the newest speaks for those before it, whose digests it holds.
    """
    if not files:
        return ()
    found = [_read(files[-1], public_key, deployment)]
    for file in reversed(files[:-1]):
        if found[0].since == found[0].number:
            break
        octets = _octets(file)
        if sha256(octets).digest() != found[0].previous:
            raise AnchorRefused(file.name, "the anchor after it was made for another")
        found.insert(0, _parsed(json.loads(octets)["checkpoint"]))
    if found[0].since != found[0].number:
        raise AnchorRefused(files[0].name, "an anchor before it is missing")
    return found


def _heads_of(anchors: Sequence[Anchor]) -> dict[str, Head]:
    """The newest head of each chain that the anchors name, by instance."""
    return {head.instance: head for anchor in anchors for head in anchor.heads}


def _refuse_older_database(tx: Transaction, known: Sequence[Anchor], place: str) -> None:
    anchored = [head for head in _heads_of(known).values() if head.sequence]
    found = hashes_at(tx, [(head.instance, head.sequence) for head in anchored])
    for head in anchored:
        if found.get((head.instance, head.sequence)) != head.hash:
            raise AnchorRefused(
                place, f"the database does not have entry {head.sequence} of {head.instance} as anchored"
            )
    for digest in missing_retirements(tx, known[-1]):
        raise AnchorRefused(place, f"the database does not have the retirement {digest.hex()[:16]}")


def _document(anchor: Anchor) -> dict[str, Any]:
    return {
        "number": anchor.number,
        "deployment": anchor.deployment,
        "at": anchor.at.isoformat(timespec="microseconds"),
        "previous": anchor.previous.hex(),
        "heads": [{**asdict(head), "hash": head.hash.hex()} for head in anchor.heads],
        "since": anchor.since,
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


def _octets(file: Path) -> bytes:
    if file.stat().st_size > _MOST_OCTETS:
        raise AnchorRefused(file.name, "it is larger than any anchor")
    return file.read_bytes()


def _read(file: Path, public_key: AuditPublicKey, deployment: str) -> Anchor:
    """Read one anchor and believe its signature, or raise AnchorRefused."""
    try:
        content = json.loads(_octets(file))
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
        document.get("since", document["number"]),  # older anchors name all heads
        tuple(map(bytes.fromhex, document.get("retirements", ()))),  # older anchors list none
    )


def _heads(parts: Sequence[dict[str, Any]]) -> Iterator[Head]:
    for part in parts:
        yield Head(part["instance"], part["program"], part["sequence"], bytes.fromhex(part["hash"]))
