"""A small ceremony whose papers are made in tests: its script, and a transcript of how it went."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import JsonValue

from ca.ceremony.entry import CLOSED, NO_ROOT, OPENED, PROGRAM, Entry
from ca.ceremony.presence import confirm
from ca.ceremony.script import Script, load_script
from ca.ceremony.steps import Step, steps
from ca.ceremony.words import digest_words

__all__ = ["PEOPLE", "SCRIPT", "credential", "rechained", "script", "transcript"]

PEOPLE = {
    "tanaka": ("田中 一郎", "operator"),
    "sato": ("佐藤 花子", "custodian"),
    "suzuki": ("鈴木 次郎", "custodian"),
    "ito": ("伊藤 三郎", "custodian"),
    "kato": ("加藤 久美子", "administrator"),
    "mori": ("森 健", "administrator"),
    "yamada": ("山田 良子", "witness"),
}


def credential(code: str) -> ec.EllipticCurvePrivateKey:
    """The key file of a person."""
    return ec.derive_private_key(1000 + list(PEOPLE).index(code), ec.SECP256R1())


def _person(code: str) -> str:
    name, role = PEOPLE[code]
    public = credential(code).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return (
        f'[[people]]\ncode = "{code}"\nname = "{name}"\nrole = "{role}"\n'
        f'credential = {{ kind = "key-file", public_key = """{public}""" }}\n'
    )


SCRIPT = (
    """schema = "ninsho.ceremony.v1"
kind = "one-tier-ca"
id = "jpki-sign-g1"
title = { ja = "署名用認証局 第1世代の鍵生成", en = "First key of the signing authority" }
purpose = { ja = "最初の鍵を生成し、自己署名証明書を発行する。", en = "Makes its first key and certificate." }
deployment = "example"
planned = 2026-12-01
place = "東京都千代田区 第2計算機室"
quorum = 2
software = "3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed"
base_url = "https://pki.example.invalid"

[[tokens]]
name = "sign"
label = "jpki-sign"
new = true

[[authorities]]
name = "jpki-sign-g1"
token = "sign"
profile = "jpki-ca"
terms = "jpki"
algorithm = "rsa-4096"
issues = ["jpki-sign"]

"""
    + "".join(map(_person, PEOPLE))
).encode()


def script() -> Script:
    """The script, loaded."""
    return load_script(SCRIPT)


_DONE: Mapping[str, dict[str, JsonValue]] = {
    "token.initialise": {"serial": "7f3c0a11d2e4b586", "objects": [], "secret_bits": 128, "quorum": 2},
    "key.generate": {
        "key": sha256(b"key").hexdigest(),
        "words": list(digest_words(sha256(b"key").digest())),
        "attributes": {"algorithm": "rsa-4096", "sign": True, "sensitive": True, "extractable": False},
        "objects_before": [],
        "objects_after": ["jpki-sign-g1"],
    },
    "authority.certify": {
        "serial": "5c1f00ab",
        "subject": "OU=JPKI for digital signature,O=JPKI,C=JP",
        "not_before": "2026-12-01T01:10:00+00:00",
        "not_after": "2036-12-01T14:59:59+00:00",
        "sha256": sha256(b"certificate").hexdigest(),
        "blanked": sha256(b"blanked").hexdigest(),
    },
    "token.close": {"objects": ["jpki-sign-g1"]},
}


def rechained(entries: Sequence[Entry]) -> bytes:
    """Entries numbered and chained anew: what somebody writes who changes a transcript and knows the format."""
    written: list[Entry] = []
    for number, entry in enumerate(entries):
        written.append(replace(entry, number=number, previous=written[-1].hash if written else NO_ROOT))
    return b"".join(each.line for each in written)


class _Writer:
    def __init__(self, *, rehearsal: bool) -> None:
        self.entries: list[Entry] = []
        self.rehearsal = rehearsal

    def write(self, event: str, facts: Mapping[str, JsonValue], step: Step | None = None, actor: str = PROGRAM) -> None:
        number = len(self.entries)
        self.entries.append(
            Entry(
                number=number,
                at=datetime(2026, 12, 1, 1, tzinfo=UTC) + timedelta(seconds=7 * number),
                elapsed=7.0 * number,
                step=step.code if step else None,
                actor=actor,
                event=event,
                facts=facts,
                previous=self.entries[-1].hash if self.entries else NO_ROOT,
                rehearsal=self.rehearsal,
            )
        )

    def begin(self, step: Step) -> None:
        self.write("step.begun", {"action": step.action, **step.facts}, step)
        for code in step.confirm:
            signed = confirm(credential(code), sha256(SCRIPT).digest(), step.code, code, self.entries[-1].hash)
            self.write("step.confirmed", signed.facts, step, code)

    def take(self, step: Step) -> None:
        self.begin(step)
        self.write("step.done", _DONE.get(step.action, {}), step)


def transcript(
    *, rehearsal: bool = False, interrupted: str | None = None, reason: str = "停電 power cut", closed: bool = True
) -> bytes:
    """The transcript of the ceremony; `interrupted` is a step ("S04") that had to be taken twice."""
    writer = _Writer(rehearsal=rehearsal)
    listed: Sequence[Step] = steps(script())
    writer.write(OPENED, {"id": "jpki-sign-g1", "kind": "one-tier-ca", "script": sha256(SCRIPT).hexdigest()})
    for step in listed:
        if step.code == interrupted:
            writer.begin(step)
            writer.write("step.stopped", {"code": "KeyboardInterrupt"}, step)
            writer.write("ceremony.resumed", {"root": writer.entries[-1].hash.hex()})
            writer.write("step.deviation", {"reason": reason}, step)
        writer.take(step)
    if closed:
        writer.write(CLOSED, {"steps": len(listed)})
    return b"".join(each.line for each in writer.entries)
