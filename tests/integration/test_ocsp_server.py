"""The real responder: granian's workers, a SoftHSM key in each, SQLite, asked by the openssl client (OCSP-1 to 5)."""

import base64
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from hsm.generation import KeyAlgorithm
from hsm.token import Token
from tests.fixtures.nginx import front_of
from tests.fixtures.register import Register
from tests.fixtures.tokens import PIN, SoftHSM
from tests.unit.ocsp.samples import make_authority, responder_certificate

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Service:
    """A running server and the folder it works in."""

    folder: Path
    port: int
    register: Register

    def openssl(self, *arguments: str) -> str:
        """What `openssl ocsp` says to standard output and error."""
        command = ["openssl", "ocsp", "-issuer", "ca.pem", "-CAfile", "ca.pem", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout + done.stderr

    def ask(self, serial: int, *arguments: str) -> str:
        """Ask by POST, as openssl does; its word for the status."""
        said = self.openssl(*arguments, "-serial", hex(serial), "-url", f"http://127.0.0.1:{self.port}/ocsp")
        assert "Response verify OK" in said
        found = re.search(rf"^{hex(serial)}: (\w+)$", said, re.MULTILINE)
        assert found is not None
        return found[1]

    def request(self, serial: int) -> bytes:
        """A request made by openssl, without a nonce."""
        self.openssl("-no_nonce", "-serial", hex(serial), "-reqout", f"{serial}.req")
        return (self.folder / f"{serial}.req").read_bytes()

    def http(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One HTTP exchange, with the path sent as it is: status and body."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers on its port."""
    for _ in range(300):
        assert server.poll() is None, "the server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, softhsm: SoftHSM) -> Iterator[Service]:
    """Two workers that know serials 0x1001 to 0x1009, of which 0x1002 is revoked and 0x1003 on hold."""
    folder, now = tmp_path_factory.mktemp("ocsp"), datetime.now(UTC)
    authority = make_authority("jpki-sign-g1", "jpki-sign", ec.generate_private_key(ec.SECP256R1()), now)
    token = softhsm.make("ocsp-server")
    with Token.open(token, PIN) as opened:
        key = opened.generate("responder", KeyAlgorithm.P_256)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        certificate = responder_certificate(authority, key, now)
    (folder / "ca.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    (folder / "responder.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    described = {"module": str(token.module), "label": token.label, "lock": str(token.lock), "pin": PIN}
    (folder / "token.json").write_text(json.dumps({**described, "environment": dict(token.environment)}))
    register = Register.make(folder)
    for serial in range(0x1001, 0x100A):
        register.issue("jpki-sign-g1", "jpki-sign", serial, now)
    register.revoke("jpki-sign", 0x1002, 1, now)
    register.hold("jpki-sign", 0x1003, now)
    port = free_port()
    command = [sys.executable, "-m", "tests.integration.ocsp_service", str(folder), str(port), "2"]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(port, server)
        yield Service(folder, port, register)
    finally:
        server.terminate()
        assert server.wait(20) == 0
        register.close()


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
def test_openssl_by_post(service: Service, digest: str, nonce: str) -> None:
    """OCSP-4: openssl's own client verifies the answers to POST, with and without nonce, by SHA-1 and SHA-256."""
    said = [service.ask(serial, digest, nonce) for serial in (0x1001, 0x1002, 0x1003, 0x9999)]
    assert said == ["good", "revoked", "revoked", "unknown"]


def test_openssl_sees_the_reason(service: Service) -> None:
    """RFC 6960 section 4.2.1: the reason of a hold is certificateHold."""
    said = service.openssl("-serial", "0x1003", "-url", f"http://127.0.0.1:{service.port}/ocsp")
    assert "Reason: certificateHold" in said
    assert "WARNING" not in said


ENCODINGS = {
    "raw": lambda encoded: encoded,
    "percent": lambda encoded: quote(encoded, safe=""),
    "percent-lower-case": lambda encoded: quote(encoded, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "slashes-raw": lambda encoded: quote(encoded, safe="/"),
    "unpadded": lambda encoded: encoded.rstrip("="),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_get(service: Service, encode: Callable[[str], str]) -> None:
    """RFC 6960 appendix A.1 and RFC 5019 section 5: the path's base64 raw or escaped; openssl verifies the answer."""
    encoded = base64.b64encode(service.request(0x1001)).decode()
    status, body = service.http("GET", "/ocsp/" + encode(encoded))
    (service.folder / "answer.der").write_bytes(body)
    said = service.openssl("-no_nonce", "-serial", "0x1001", "-respin", "answer.der")
    assert status == 200
    assert "Response verify OK" in said
    assert "0x1001: good" in said


def test_get_of_base64_with_plus_and_slash(service: Service) -> None:
    """RFC 5019 section 5: a plus in a path is a plus, and a slash belongs to the question."""
    register = service.register
    template = service.request(0x1001)
    for serial in range(0x2000, 0x8000):
        octets = template.replace(b"\x02\x02\x10\x01", b"\x02\x02" + serial.to_bytes(2, "big"))
        encoded = base64.b64encode(octets).decode()
        if "+" in encoded and "/" in encoded:
            break
    register.issue("jpki-sign-g1", "jpki-sign", serial, datetime.now(UTC))
    for path in (encoded, quote(encoded, safe="")):
        _, body = service.http("GET", "/ocsp/" + path)
        assert ocsp.load_der_ocsp_response(body).certificate_status == ocsp.OCSPCertStatus.GOOD


def test_revocation_is_in_every_answer_asked_a_second_later(service: Service) -> None:
    """REV-2: while two workers are kept busy with GET and POST, none says good a second after the revocation."""
    octets = service.request(0x1004)
    path = "/ocsp/" + base64.b64encode(octets).decode()
    kind = {"Content-Type": "application/ocsp-request"}
    assert service.ask(0x1004) == "good"
    service.register.revoke("jpki-sign", 0x1004, 1, datetime.now(UTC))
    revoked_at, said = time.monotonic(), []
    while (asked_after := time.monotonic() - revoked_at) < 2:
        for method, where, body, headers in (("GET", path, None, {}), ("POST", "/ocsp", octets, kind)):
            answer = ocsp.load_der_ocsp_response(service.http(method, where, body, headers)[1])
            said.append((asked_after, answer.certificate_status))
    late = {status for asked_after, status in said if asked_after >= 1}
    assert late == {ocsp.OCSPCertStatus.REVOKED}


def test_garbage_and_faults_of_transport(service: Service) -> None:
    """OCSP-5: never a 5xx; a body without a length or over 8 KiB is refused."""
    kind = {"Content-Type": "application/ocsp-request"}
    malformed = bytes.fromhex("30030a0101")
    assert service.http("POST", "/ocsp", b"garbage", kind) == (200, malformed)
    assert service.http("GET", "/ocsp/%00%ff%2e%2e%2f") == (200, malformed)
    assert service.http("POST", "/ocsp", None, {**kind, "Transfer-Encoding": "chunked"})[0] == 411
    assert service.http("POST", "/ocsp", None, {**kind, "Content-Length": "8193"})[0] == 413
    assert service.http("GET", "/ocsp/../../etc/passwd")[0] in (200, 404)
    assert service.http("BREW", "/ocsp")[0] == 405


@pytest.fixture(scope="module")
def behind_nginx(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The same server as strangers reach it: through nginx, with the configuration that is shipped."""
    port = free_port()
    replaced = {
        "server 127.0.0.1:8560": f"server 127.0.0.1:{service.port}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "worker_processes auto": "worker_processes 1",
    }
    with front_of("verifiers.conf", tmp_path_factory.mktemp("nginx"), port, replaced):
        yield replace(service, port=port)


def test_openssl_through_nginx(behind_nginx: Service) -> None:
    """The client that asks by POST sees no difference."""
    assert [behind_nginx.ask(serial) for serial in (0x1001, 0x1002, 0x9999)] == ["good", "revoked", "unknown"]


def test_a_question_in_a_path_goes_through_nginx_as_it_was_sent(behind_nginx: Service) -> None:
    """RFC 6960 appendix A.1: base64 in a path may hold slashes, two of them in a row, and escapes."""
    encoded = base64.b64encode(behind_nginx.request(0x1001)).decode()
    for form in ENCODINGS.values():
        status, body = behind_nginx.http("GET", "/ocsp/" + form(encoded))
        assert status == 200
        assert ocsp.load_der_ocsp_response(body).certificate_status == ocsp.OCSPCertStatus.GOOD


def test_nginx_keeps_no_answer_that_a_revocation_would_change(behind_nginx: Service) -> None:
    """docs/decisions/0011: what a cache may keep is the responder's word, and nginx adds and keeps nothing."""
    path = "/ocsp/" + quote(base64.b64encode(behind_nginx.request(0x1008)).decode(), safe="")
    with closing(http.client.HTTPConnection("127.0.0.1", behind_nginx.port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    assert "max-age=0" in (answer.getheader("Cache-Control") or "")
    behind_nginx.register.revoke("jpki-sign", 0x1008, 1, datetime.now(UTC))
    time.sleep(1)
    _, body = behind_nginx.http("GET", path)
    assert ocsp.load_der_ocsp_response(body).certificate_status == ocsp.OCSPCertStatus.REVOKED


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/crl/jpki-sign-g1/13103.crl", 403),
        ("DELETE", "/ca/jpki-sign-g1.cer", 403),
        ("GET", "/", 404),
        ("GET", "/login", 404),
    ],
)
def test_nginx_turns_away_what_is_no_question(behind_nginx: Service, method: str, path: str, status: int) -> None:
    """Lists and certificates are only fetched, and nothing else is behind this door."""
    assert behind_nginx.http(method, path)[0] == status


def test_connections_without_a_question_do_no_harm(service: Service) -> None:
    """OCSP-5: clients that connect and close, or say nothing, leave the server answering."""
    idle = []
    for n in range(100):
        one = socket.create_connection(("127.0.0.1", service.port))
        one.close() if n % 2 else idle.append(one)
    assert service.ask(0x1001) == "good"
    for one in idle:
        one.close()


def test_bodies_that_never_come_do_no_harm(service: Service) -> None:
    """OCSP-5: however many clients announce a body and keep it back, questions by GET are answered as ever."""
    head = b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: 100\r\n\r\n0"
    path = "/ocsp/" + base64.b64encode(service.request(0x1001)).decode()
    waiting, took = [], []
    for number in range(1, 801):
        one = socket.create_connection(("127.0.0.1", service.port), timeout=10)
        one.sendall(head)
        waiting.append(one)
        if number % 20 == 0:
            began = time.monotonic()
            status, body = service.http("GET", path)
            took.append(time.monotonic() - began)
            assert status == 200
            assert ocsp.load_der_ocsp_response(body).certificate_status == ocsp.OCSPCertStatus.GOOD
    assert sorted(took)[int(len(took) * 0.95)] < 1
    for one in waiting:
        one.close()
    assert service.ask(0x1001) == "good"
