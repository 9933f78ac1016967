"""The demo as its user runs it: one command, a whole CA, every certificate checked from outside."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from urllib.error import URLError

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509 import ocsp

from ca.ceremony.transcript import read_transcript
from cli.config import load_config
from cli.demo.people import residents
from cli.demo.programs import running
from cli.demo.run import LOT
from policies.finding import Finding, Severity
from policies.life_events import holder_kinds
from policies.lint import lint_certificate, lint_crl
from policies.profile import load_profiles
from store.database import upgrade
from tests.fixtures.response_lint import lint_ocsp_response

ROOT = Path(__file__).parents[2]
PEOPLE = "24"


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `ninsho demo` as a user would."""
    command = [sys.executable, "-m", "cli.main", "--json", "demo", "--exit", "--people", PEOPLE, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo home, made and checked by the command."""
    path = tmp_path_factory.mktemp("demo") / "home"
    result = demo("--home", str(path))
    assert result.returncode == 0, result.stderr
    (path / "result.json").write_text(result.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def index(home: Path) -> Mapping[str, Any]:
    """The home's index."""
    found: Mapping[str, Any] = json.loads((home / "out" / "demo.json").read_text(encoding="utf-8"))
    return found


def test_every_certificate_is_what_the_story_says(home: Path) -> None:
    """OCSP and CRL agree with the story about every certificate, and the command says so."""
    result = json.loads((home / "result.json").read_text(encoding="utf-8"))
    assert result["agree"] == result["certificates"] > 90
    assert result["disagree"] == []


@pytest.mark.parametrize("profile", sorted(name for name, each in load_profiles().items() if each.holder_kind))
def test_one_partition_shows_every_state_of_a_profile(index: Mapping[str, Any], profile: str) -> None:
    """Verifiers find good, revoked and, where the profile allows it, held certificates in one list."""
    kind = load_profiles()[profile].holder_kind or ""
    wanted = {"good", "revoked"} | ({"held"} if holder_kinds()[kind].hold else set())
    states: dict[str, set[str]] = {}
    for entry in index["certificates"]:
        if entry["profile"] == profile:
            states.setdefault(entry["partition"], set()).add(entry["expected"])
    assert wanted in states.values()


def test_what_others_read_in_the_index_is_there(home: Path, index: Mapping[str, Any]) -> None:
    """Files, issuers, serials and URLs of the index are those of the certificates."""
    for entry in index["certificates"]:
        certificate = x509.load_pem_x509_certificate((home / entry["file"]).read_bytes())
        issuer = x509.load_der_x509_certificate((home / entry["issuer_file"]).read_bytes())
        certificate.verify_directly_issued_by(issuer)
        assert certificate.serial_number == int(entry["serial"], 16)
        assert index["ocsp"][entry["issuer"]].startswith("http://127.0.0.1:")


def known_notices() -> set[str]:
    """The linter's NOTICE codes that a decision explains."""
    text = (ROOT / "docs" / "decisions" / "0006-linter-notices.md").read_text(encoding="utf-8")
    return set(re.findall(r"^- `([a-z0-9_.-]+)`", text, re.MULTILINE))


def unexplained(findings: tuple[Finding, ...]) -> set[str]:
    """Findings of WARNING and above, and notices that no decision explains."""
    return {each.code for each in findings if each.severity > Severity.NOTICE or each.code not in known_notices()}


def test_certificates_have_no_finding_that_is_not_explained(home: Path) -> None:
    """The linter finds nothing of WARNING or above in any certificate of the home; its notices are decided on."""
    files = [*(home / "out").glob("*.pem"), *(home / "public" / "ca").glob("*.cer")]
    found = {path.name: unexplained(lint_certificate(der_of(path))) for path in files}
    assert {name: codes for name, codes in found.items() if codes} == {}


def der_of(path: Path) -> bytes:
    """A certificate's DER, from a PEM or DER file."""
    data = path.read_bytes()
    return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER) if data.startswith(b"-----") else data


def test_lists_have_no_finding_that_is_not_explained(home: Path) -> None:
    """The linter finds nothing of WARNING or above in any revocation list of the home."""
    files = list((home / "public" / "crl").glob("*/*.crl"))
    assert len(files) >= 19
    assert set().union(*(unexplained(lint_crl(path.read_bytes())) for path in files)) == set()


def test_openssl_holds_every_certificate_of_a_path_against_a_list(home: Path, tmp_path: Path) -> None:
    """RFC 5280 6.3.3: a root that names no distribution point is covered by its own list too (-crl_check_all)."""
    public = home / "public"
    for name in ("lgpki-root-g1", "lgpki-sub-g1"):
        (tmp_path / f"{name}.pem").write_bytes(
            x509.load_der_x509_certificate((public / "ca" / f"{name}.cer").read_bytes()).public_bytes(Encoding.PEM)
        )
    lists = [public / "crl" / "lgpki-root-g1" / "ca.crl", public / "crl" / "lgpki-sub-g1" / "all.crl"]
    pem = [x509.load_der_x509_crl(path.read_bytes()).public_bytes(Encoding.PEM) for path in lists]
    (tmp_path / "lists.pem").write_bytes(b"".join(pem))
    index = json.loads((home / "out" / "demo.json").read_text(encoding="utf-8"))["certificates"]
    said = {}
    for entry in index:
        if entry["profile"] == "lgpki-web":
            files = ["-CAfile", "lgpki-root-g1.pem", "-untrusted", "lgpki-sub-g1.pem", str(home / entry["file"])]
            command = ["openssl", "verify", "-x509_strict", "-crl_check_all", "-CRLfile", "lists.pem", *files]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            said[entry["expected"]] = done.stdout + done.stderr
    assert said["good"].endswith(": OK\n")
    assert "certificate revoked" in said["revoked"]


def test_control_c_ends_every_program(home: Path) -> None:
    """Serving ends at once and leaves no program behind."""
    command = [sys.executable, "-m", "cli.main", "demo", "--home", str(home)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell that puts the tests into the background lets them, and all they start, ignore Ctrl-C (POSIX sh, 2.11)
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as serving:
        assert serving.stderr is not None
        for line in serving.stderr:
            if line.startswith("Serving on this host"):
                break
        os.kill(serving.pid, signal.SIGINT)
        assert serving.wait(timeout=30) == 130
    config = load_config(home / "ninsho.toml")
    with pytest.raises(URLError):
        urllib.request.urlopen(f"{config.ocsp.base_url}/ocsp", timeout=2)  # noqa: S310 - our own responder


@pytest.fixture(scope="module")
def responder(home: Path) -> Iterator[str]:
    """The home's responder, running."""
    config = load_config(home / "ninsho.toml")
    with running(config.path, home / "log") as programs:
        programs.start("ocsp", ["ocsp", "serve"])
        programs.wait_for_port("ocsp", config.ocsp.host, config.ocsp.port)
        yield f"{config.ocsp.base_url}/ocsp"


def answer(url: str, home: Path, entry: Mapping[str, str]) -> bytes:
    """The responder's answer about one certificate, by GET."""
    certificate = x509.load_pem_x509_certificate((home / entry["file"]).read_bytes())
    issuer = x509.load_der_x509_certificate((home / entry["issuer_file"]).read_bytes())
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303 - RFC 5019
    encoded = base64.b64encode(request.public_bytes(Encoding.DER)).decode().replace("/", "%2F").replace("+", "%2B")
    with urllib.request.urlopen(f"{url}/{encoded}", timeout=10) as response:  # noqa: S310 - our own responder
        body: bytes = response.read()
    return body


def test_answers_have_no_finding_that_is_not_explained(responder: str, home: Path, index: Mapping[str, Any]) -> None:
    """The linter finds nothing of WARNING or above in any status answer about the home's certificates."""
    found = [unexplained(lint_ocsp_response(answer(responder, home, entry))) for entry in index["certificates"]]
    assert set().union(*found) == set()


def test_no_name_or_address_is_in_logs_or_audit(home: Path) -> None:
    """LOG-4: what the story's people are called and where they live stands in no log and no audit entry."""
    command = [sys.executable, "-m", "cli.main", "--config", str(home / "ninsho.toml"), "audit", "export"]
    audit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    logs = "".join(path.read_text(encoding="utf-8") for path in (home / "log").iterdir())
    certificate = next((home / "out").glob("jpki-sign-0*.pem")).stat().st_mtime
    today = datetime.fromtimestamp(certificate, UTC).date()
    for person in residents(int(PEOPLE), today, Random(LOT)):  # noqa: S311 - the demo's own lot
        for canary in (person.name, person.address, person.name.split("　")[0]):
            assert canary not in audit
            assert canary not in logs


def test_its_ceremony_is_verified_from_its_papers(home: Path, tmp_path: Path) -> None:
    """Script, transcript and minutes of the demo hold together for whoever has them and the audit key."""
    folder, minutes = home / "ceremony", str(tmp_path / "minutes.pdf")
    transcript = str(folder / "demo.jsonl")
    written = ["--transcript", transcript, "--sign-with", "audit", "-o", minutes]
    believed = ["--public-key", str(home / "public" / "audit.pem")]
    for arguments in (["minutes", str(folder / "demo.toml"), *written], ["verify", transcript, minutes, *believed]):
        command = [sys.executable, "-m", "cli.main", "--config", str(home / "ninsho.toml"), "--json", "ceremony"]
        ran = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["id"], found["rehearsal"]) == ("demo", False)
    assert found["script"] == sha256((folder / "demo.toml").read_bytes()).hexdigest()


def test_the_keys_are_made_by_people_of_the_roster(home: Path) -> None:
    """None is believed when the roster is signed, and the ceremony after it is held by whom it lists."""
    came = {}
    for name in ("roster", "demo"):
        entries = read_transcript((home / "ceremony" / f"{name}.jsonl").read_bytes())
        (came[name],) = [each.facts["roster"] for each in entries if (each.step, each.event) == ("S02", "step.done")]
    signed = sha256((home / "ceremony" / "roster.json").read_bytes()).hexdigest()
    assert came == {"roster": None, "demo": {"version": 1, "sha256": signed}}


def test_the_roster_is_signed_in_a_ceremony_of_its_own(home: Path) -> None:
    """Its transcript is whole, was opened for the script beside it, and holds the digest of the roster beside both."""
    folder = home / "ceremony"
    entries = read_transcript((folder / "roster.jsonl").read_bytes())
    assert entries[0].facts["script"] == sha256((folder / "roster.toml").read_bytes()).hexdigest()
    signed = sha256((folder / "roster.json").read_bytes()).hexdigest()
    assert signed in [each.facts.get("sha256") for each in entries if each.event == "step.done"]


def test_the_keys_in_use_are_those_of_the_transcript(home: Path) -> None:
    """Each key that the ceremony made is a published certificate's, a responder's, the audit trail's or the seal's."""
    entries = read_transcript((home / "ceremony" / "demo.jsonl").read_bytes())
    begun = {each.step: each.facts for each in entries if each.event == "step.begun"}
    made = {
        begun[each.step]["label"]: each.facts["key"]
        for each in entries
        if each.event == "step.done" and begun[each.step]["action"] == "key.generate"
    }
    files = {
        path.stem: x509.load_der_x509_certificate(path.read_bytes()) for path in (home / "public/ca").glob("*.cer")
    }
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    keys = {name: each.public_key().public_bytes(*form) for name, each in files.items()}
    keys["audit"] = load_pem_public_key((home / "public" / "audit.pem").read_bytes()).public_bytes(*form)
    seal = x509.load_pem_x509_certificate((home / "public" / "seal.pem").read_bytes())
    keys["seal"] = seal.public_key().public_bytes(*form)
    for name, spki in keys.items():
        assert made.pop(name) == sha256(spki).hexdigest()
    assert sorted(map(str, made)) == [f"ocsp-{name}" for name in sorted(files) if name != "lgpki-root-g1"]


def test_pins_and_keys_are_for_their_owner_only(home: Path) -> None:
    """KEY-3: what opens a token or signs for an officer can be read by nobody else, even in a demo."""
    secret = [*(home / "pins").iterdir(), *(home / "officers").glob("*.key.pem"), *(home / "ceremony/papers").iterdir()]
    assert secret
    assert {oct(path.stat().st_mode & 0o777) for path in secret} == {"0o600"}
    assert oct(home.stat().st_mode & 0o777) == "0o700"


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    """A home is never made over something that exists."""
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    result = demo("--home", str(tmp_path))
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (result.returncode, error["code"]) == (2, "cli.config-home")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_busy_port_is_a_clear_error(home: Path, responder: str) -> None:
    """Certificates name the port, so a home whose port is taken is not served on another."""
    result = demo("--home", str(home))
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (result.returncode, error["code"]) == (9, "cli.busy-port")


def test_a_second_responder_does_not_share_the_port(home: Path, responder: str) -> None:
    """The server lets its workers share a port; a responder that runs already is not joined by another program's."""
    command = [sys.executable, "-m", "cli.main", "--config", str(home / "ninsho.toml"), "--json", "ocsp", "serve"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, json.loads(ran.stderr.splitlines()[-1])["error"]["code"]) == (9, "cli.busy-port")


def test_the_demo_runs_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """The same demo holds on PostgreSQL, each program in its own role."""
    upgrade(postgres_url)
    result = demo("--home", str(tmp_path / "home"), "--people", "12", "--postgres", postgres_url)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["disagree"] == []
