"""A ceremony verified as an auditor does it: two files, public keys, one command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.ceremony.minutes import minutes_pdf
from ca.ceremony.sealing import seal_minutes
from ca.ceremony.transcript import read_transcript

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "ceremonies" / "one-tier-ca.toml"


def _ninsho(*arguments: object, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the transcript, the minutes sealed by two keys, and the public keys of a rehearsed ceremony."""
    folder = tmp_path_factory.mktemp("verify")
    steps = json.loads(_ninsho("--json", "ceremony", "check", SCRIPT).stdout)["steps"]
    typed = "".join(f"{person} {each['step']}\n" for each in steps for person in each["confirm"])
    held = _ninsho("ceremony", "rehearse", SCRIPT, "--transcript", folder / "t.jsonl", typed=typed)
    assert held.returncode == 0, held.stderr
    transcript = (folder / "t.jsonl").read_bytes()
    pdf, at = minutes_pdf(SCRIPT.read_bytes(), transcript), read_transcript(transcript)[-1].at
    for serial, name in enumerate(("audit", "abe"), 1 << 64):
        key = ec.generate_private_key(ec.SECP256R1())
        pdf = seal_minutes(pdf, key, name, None, serial, at.replace(microsecond=0))
        spki = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pem").write_bytes(spki)
    (folder / "minutes.pdf").write_bytes(pdf)
    return folder


def _verified(folder: Path, transcript: Path, minutes: Path) -> subprocess.CompletedProcess[str]:
    keys = [part for name in ("audit", "abe") for part in ("--public-key", folder / f"{name}.pem")]
    return _ninsho("--json", "ceremony", "verify", transcript, minutes, *keys)


def test_the_two_files_and_public_keys_are_enough(files: Path) -> None:
    """Chain, confirmations, minutes and both seals hold, and the document says that it was a rehearsal."""
    done = _verified(files, files / "t.jsonl", files / "minutes.pdf")
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert (body["rehearsal"], body["remade"], [each["field"] for each in body["seals"]]) == (
        True,
        True,
        ["seal-audit", "seal-abe"],
    )


def test_a_changed_confirmation_is_named_by_its_line(files: Path, tmp_path: Path) -> None:
    """One octet of the transcript: exit status 5 and the line."""
    octets = bytearray((files / "t.jsonl").read_bytes())
    line = next(at for at, text in enumerate(octets.split(b"\n")) if b"step.confirmed" in text)
    offset = sum(len(text) + 1 for text in bytes(octets).split(b"\n")[:line]) + 40
    octets[offset] ^= 1
    (tmp_path / "t.jsonl").write_bytes(octets)
    done = _verified(files, tmp_path / "t.jsonl", files / "minutes.pdf")
    assert (done.returncode, f"line {line + 1}" in done.stderr) == (5, True), done.stderr


def test_a_truncated_transcript_is_found(files: Path, tmp_path: Path) -> None:
    """Without its last line the transcript is whole lines that chain, and yet it is not all there was."""
    lines = (files / "t.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "t.jsonl").write_bytes(b"".join(lines[:-1]))
    done = _verified(files, tmp_path / "t.jsonl", files / "minutes.pdf")
    assert (done.returncode, "truncated" in done.stderr) == (5, True), done.stderr


def test_a_changed_seal_is_named(files: Path, tmp_path: Path) -> None:
    """One octet of the last seal: exit status 5 and the place; the other places are in the papers' own tests."""
    octets = bytearray((files / "minutes.pdf").read_bytes())
    octets[octets.rindex(b"/Contents <") + 200] ^= 1
    (tmp_path / "minutes.pdf").write_bytes(octets)
    done = _verified(files, files / "t.jsonl", tmp_path / "minutes.pdf")
    assert (done.returncode, "seal-abe" in done.stderr) == (5, True), done.stderr


def test_pdfsig_believes_both_seals(files: Path) -> None:
    """A reader that nobody here wrote finds two valid seals."""
    command = ["pdfsig", "-nocert", files / "minutes.pdf"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.count("Signature Validation: Signature is Valid.") == 2
