"""`cert challenge`: possession is shown by a signature made where the key is; the applicant here is openssl."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fixtures.home import Answer, Home


def openssl(*arguments: object) -> None:
    """Run openssl as an applicant would."""
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody with a key pair of their own; the folder never comes to the counter."""

    home: Home
    folder: Path

    @property
    def public(self) -> Path:
        """The public key, which the counter gets."""
        return self.folder / "card.pem"

    def challenged(self, name: str) -> Path:
        """A challenge for the public key, with the octets beside it."""
        file = self.folder / f"{name}.json"
        options = ("--public-key", self.public, "-o", file, "--octets", file.with_suffix(".bin"))
        assert self.home.ninsho("cert", "challenge", *options).status == 0
        return file

    def proof(self, challenge: Path) -> Path:
        """The signature on a challenge's octets."""
        proof = challenge.with_suffix(".proof")
        key, octets = self.folder / "card.key", challenge.with_suffix(".bin")
        openssl("dgst", "-sha256", "-sign", key, "-out", proof, octets)
        return proof

    def answer(self, challenge: Path, proof: Path, *more: object, **changed: object) -> Answer:
        """`cert issue` with a challenge and its proof, by the officer at the counter."""
        shown = {"csr": None, "public-key": self.public, "challenge": challenge, "proof": proof}
        return self.home.ninsho("cert", "issue", *self.home.case(**{**shown, **changed}), *more)


@pytest.fixture
def applicant(home: Home, tmp_path: Path) -> Applicant:
    """An applicant with a new RSA key."""
    key, public = tmp_path / "card.key", tmp_path / "card.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    openssl("pkey", "-in", key, "-pubout", "-out", public)
    return Applicant(home, tmp_path)


def count(home: Home) -> int:
    """How many applications there are."""
    return len(home.ninsho("application", "list", "--limit", 1000).body["applications"])


def test_a_key_that_stays_where_it_is_gets_its_certificate(home: Home, applicant: Applicant) -> None:
    """ISS-4: the private key never comes to the counter; the application is the one of the challenge."""
    challenge = applicant.challenged("one")
    target = applicant.folder / "issued.pem"
    with home.signing():
        body = applicant.answer(challenge, applicant.proof(challenge), *home.everybody, "-o", target).body
    assert body["application"] == json.loads(challenge.read_text("utf-8"))["application"]
    openssl("x509", "-in", target, "-pubkey", "-noout", "-out", applicant.folder / "certified.pem")
    assert (applicant.folder / "certified.pem").read_bytes() == applicant.public.read_bytes()


def test_the_document_holds_the_very_octets_that_are_signed(home: Home, applicant: Applicant) -> None:
    """On standard output as in the file; the octets name this deployment and this application."""
    file = applicant.challenged("one")
    written = json.loads(file.read_text("utf-8"))
    octets = file.with_suffix(".bin").read_bytes()
    assert (written["octets"], written["deployment"]) == (octets.hex(), home.config.deployment)
    assert written["application"].encode() in octets
    printed = json.loads(home.spoken("cert", "challenge", "--public-key", applicant.public).out)
    assert printed.keys() == written.keys()
    assert printed["salt"] != written["salt"]


def test_a_challenge_serves_once(home: Home, applicant: Applicant) -> None:
    """The second application would have the id of the first; nothing is written."""
    challenge = applicant.challenged("one")
    proof = applicant.proof(challenge)
    first = applicant.answer(challenge, proof, *home.signs("reception-1"))
    before = count(home)
    second = applicant.answer(challenge, proof, *home.signs("reception-1"))
    assert (first.status, second.status, second.error["code"]) == (0, 4, "store.application-exists")
    assert count(home) == before


def test_a_proof_of_another_challenge_is_refused(home: Home, applicant: Applicant) -> None:
    """ISS-4: a signature that was seen before proves nothing; it is refused at the counter and nothing is written."""
    before, old = count(home), applicant.challenged("old")
    answer = applicant.answer(applicant.challenged("new"), applicant.proof(old), *home.everybody)
    assert (answer.status, answer.error["code"]) == (4, "ca.challenge-signature-invalid")
    assert count(home) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"deployment": "elsewhere"}, "made for the deployment elsewhere"),
        ({"salt": "00" * 16}, "not those for this public key"),
        ({"salt": "00"}, "no document of"),
        ({"application": "R-1"}, "no document of"),
        ({"extra": 1}, "no document of"),
    ],
)
def test_a_challenge_that_was_changed_is_refused(
    home: Home, applicant: Applicant, change: dict[str, object], why: str
) -> None:
    """What is said is what is wrong, before anybody looks at a signature."""
    challenge = applicant.challenged("one")
    proof = applicant.proof(challenge)
    challenge.write_text(json.dumps({**json.loads(challenge.read_text("utf-8")), **change}), "utf-8")
    answer = applicant.answer(challenge, proof, *home.signs("reception-1"))
    assert (answer.status, answer.error["code"]) == (1, "cli.file")
    assert why in answer.error["message"]


def test_a_challenge_of_another_key_is_refused(home: Home, applicant: Applicant) -> None:
    """The challenge names the key it was made for."""
    challenge = applicant.challenged("one")
    other = {"public-key": home.public_key()}
    answer = applicant.answer(challenge, applicant.proof(challenge), *home.signs("reception-1"), **other)
    assert "not those for this public key" in answer.error["message"]


@pytest.mark.parametrize("content", [b"", b"x" * (16 * 1024 + 1)])
def test_a_proof_has_the_size_of_a_signature(home: Home, applicant: Applicant, content: bytes) -> None:
    """INP-1: sizes are bounded before anything is parsed."""
    answer = applicant.answer(applicant.challenged("one"), home.write("bin", content), *home.signs("reception-1"))
    assert (answer.status, answer.error["code"]) == (1, "cli.file")


@pytest.mark.parametrize("content", [b"no key", b"-----BEGIN PUBLIC KEY-----\n"])
def test_a_file_without_a_public_key_is_refused(home: Home, content: bytes) -> None:
    """No challenge is made for what is no key."""
    answer = home.ninsho("cert", "challenge", "--public-key", home.write("pem", content))
    assert (answer.status, answer.error["code"]) == (1, "cli.file")
