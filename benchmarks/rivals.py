"""The responders ours is held against: `openssl ocsp`, which signs each answer, and nginx with files signed before.

OpenSSL 3.0's responder spins for ever after a connection that closes without a request, and wrk opens one to begin
with. So nginx stands before it, on the load's processor, and passes on whole requests only.
"""

import http.client
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from benchmarks.load import processor
from benchmarks.population import Population
from cli.demo.programs import free_ports
from cli.errors import Unreachable

START_SECONDS = 20.0
HOST = "127.0.0.1"


@contextmanager
def openssl_responder(folder: Path, population: Population) -> Iterator[str]:
    """The URL of `openssl ocsp` behind nginx, with a P-256 key in its own memory, as ours is in the token."""
    folder.mkdir()
    write_index(folder / "index.txt", population)
    (folder / "ca.pem").write_bytes(population.ca_certificate.public_bytes(Encoding.PEM))
    write_responder(folder)
    port, front = free_ports((8570, 8571), HOST)
    command = ["openssl", "ocsp", "-port", str(port), "-index", "index.txt", "-CA", "ca.pem", "-nmin", "30"]
    command += ["-ignore_err", "-rsigner", "responder.pem", "-rkey", "responder.key"]
    proxy = f"location / {{ proxy_pass http://{HOST}:{port}; }}"
    with child(command, folder, "waiting for OCSP client connections", 0), nginx(folder, front, proxy, 1):
        yield f"http://{HOST}:{front}/"


@contextmanager
def static_files(folder: Path, answers: Path) -> Iterator[str]:
    """The URL of nginx serving the files of `answers`, each under the whole path of the GET request for it."""
    folder.mkdir()
    (port,) = free_ports((8572,), HOST)
    cached = "open_file_cache max=200000 inactive=600s; open_file_cache_valid 600s; open_file_cache_min_uses 1;"
    location = f"{cached} location /ocsp/ {{ root {answers}; try_files $request_uri =404; default_type {MEDIA_TYPE}; }}"
    with nginx(folder, port, location, 0):
        yield f"http://{HOST}:{port}/"


MEDIA_TYPE = "application/ocsp-response"


@contextmanager
def nginx(folder: Path, port: int, location: str, where: int) -> Iterator[None]:
    """One nginx worker on a processor, all its files in `folder`."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if Path.home() == Path("/root") else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; {places}\n"
        f"server {{ listen {HOST}:{port}; {location} }} }}\n",
        encoding="utf-8",
    )
    with child(
        ["nginx", "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")], folder, "", where
    ):
        wait_for(port)
        yield


@contextmanager
def child(command: list[str], folder: Path, ready: str, where: int) -> Iterator[None]:
    """A server on a processor, from the moment it says `ready` until the block ends."""
    log = folder / f"{command[0]}.log"
    with processor(where), log.open("wb") as talk:
        started = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=talk, stderr=talk)
    try:
        deadline = time.monotonic() + START_SECONDS
        while ready not in log.read_text("utf-8", "replace"):
            if started.poll() is not None or time.monotonic() > deadline:
                raise Unreachable(command[0], f"it did not start: {log.read_text('utf-8', 'replace')[-200:]}")
            time.sleep(0.05)
        yield
    finally:
        started.terminate()
        started.wait(timeout=START_SECONDS)


def wait_for(port: int) -> None:
    """Return when an HTTP server answers on the port; raises `Unreachable`."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(HOST, port, timeout=1.0)
            connection.connect()
        except OSError:
            time.sleep(0.05)
        else:
            connection.close()
            return
    raise Unreachable("nginx", f"port {port} was not open after {START_SECONDS:g} s")


def write_index(path: Path, population: Population) -> None:
    """The database of `openssl ca`: one line a certificate, each with a subject of its own."""
    with path.open("w", encoding="ascii") as file:
        for number, serial in enumerate(population.serials):
            state, revoked_at = ("R", "261101000000Z,superseded") if serial in population.revoked else ("V", "")
            file.write(f"{state}\t311101000000Z\t{revoked_at}\t{serial:X}\tunknown\t/CN={number}\n")


def write_responder(folder: Path) -> None:
    """A key and a certificate for the rival; it does not look at who signed it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rival")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .serial_number(1)
        .public_key(key.public_key())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "responder.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "responder.key").write_bytes(private)
