"""The officers' sites as they are deployed: the shipped configuration of nginx, TLS, cards, the program on its socket.

The installation is no demo home to its front end: https, a socket, and no key of an officer.
"""

import grp
import http.client
import os
import re
import socket
import ssl
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cli.ceremony.people import WrittenPapers
from cli.config import Config, load_config
from cli.demo.ceremony import hold
from cli.demo.home import LOCALHOST, make_home
from cli.demo.programs import Programs, free_ports, running
from cli.demo.scripts import write_scripts
from cli.wiring import private_key_file, utc_now
from store.database import upgrade
from tests.fixtures.client_certificates import TLSAuthority, private_key_pem
from tests.fixtures.nginx import front_of

DESK, APPROVE = "desk.example.jp", "approve.example.jp"
Card: TypeAlias = Literal["good", "revoked", "stranger", "forged", "none"]
ROOT = os.geteuid() == 0
NOBODY = 65534


@dataclass
class Deployed:
    """A running front end behind nginx, and the cards that people hold against it."""

    folder: Path
    port: int
    place: Path
    programs: Programs

    def context(self, card: Card = "none") -> ssl.SSLContext:
        """TLS of a browser with that card in its reader."""
        made = ssl.create_default_context(cafile=self.folder / "servers.pem")
        if card != "none":
            made.load_cert_chain(self.folder / f"{card}.pem", self.folder / f"{card}.key")
        return made

    def browser(self, host: str = DESK, card: Card = "none") -> "Browser":
        """A browser on the site of that name."""
        return Browser(self, host, card)

    def listening(self) -> bool:
        """Whether any process of the front end listens on TCP (proc(5): state 0A)."""
        main = self.programs.children["ra"].pid
        pids = [main, *Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()]
        held = {str(each.readlink()) for pid in pids for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
        assert any(each.startswith("socket:") for each in held)
        lines = [line.split() for name in ("tcp", "tcp6") for line in read_lines(Path("/proc/net") / name)]
        return any(f"socket:[{line[9]}]" in held for line in lines if line[3] == "0A")


def read_lines(path: Path) -> list[str]:
    """The lines of a table of the kernel without its head; none where this machine has no such table."""
    return path.read_text("ascii").splitlines()[1:] if path.exists() else []


@dataclass
class Browser:
    """Keeps cookies and the form's token, and makes a new connection, with its card, for each request."""

    deployed: Deployed
    host: str
    card: Card
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, str]:
        """One request: the answer, and its text."""
        origin = f"https://{self.host}:{self.deployed.port}"
        sent = {"Host": origin.removeprefix("https://"), "Referer": f"{origin}/login", **self._cookie()}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if form is None else urlencode({"csrf_token": self.token, **form})
        with closing(self.connection()) as connection:
            connection.request(method, path, body, {**sent, **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        self.token = found[1] if found else self.token
        return answer, text

    def connection(self) -> http.client.HTTPConnection:
        """TLS with the site, whose name this machine does not know."""
        plain = socket.create_connection((LOCALHOST, self.deployed.port), timeout=10)
        made = http.client.HTTPConnection(LOCALHOST, self.deployed.port)
        try:
            made.sock = self.deployed.context(self.card).wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        return made

    def log_in(self, **forged: str) -> tuple[int, str]:
        """Open the login page and choose the card: status and text."""
        page, _ = self.ask("GET", "/login")
        assert page.status == 200
        answer, text = self.ask("POST", "/login/certificate", {}, **forged)
        return answer.status, text

    def _cookie(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}


def make_installation(folder: Path) -> Config:
    """A home with the roster that its ceremony signed, which is all that a front end needs to let officers in."""
    config = make_home(folder, None, free_ports((0, 0), LOCALHOST), os.urandom)
    upgrade(config.database_url())
    write_scripts(config, utc_now())
    hold(
        config,
        config.home / "ceremony" / "roster",
        WrittenPapers(config.home / "ceremony" / "papers"),
        lambda line: None,
    )
    return config


def write_certificates(config: Config, folder: Path) -> None:
    """What stands in /etc/ninsho/tls of the shipped configuration, and four cards with their keys."""
    servers, cards, forger = TLSAuthority("Servers"), TLSAuthority("Officers' cards"), TLSAuthority("Officers' cards")
    servers.write(folder / "servers.pem")
    cards.write(folder / "officers-ca.pem")
    for host in (DESK, APPROVE):
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / f"{host}.pem").write_bytes(servers.server(host, key).public_bytes(Encoding.PEM))
        (folder / f"{host}.key").write_bytes(private_key_pem(key))
    officer = private_key_file(config.home / "officers" / "reception-1.key.pem")
    assert isinstance(officer, ec.EllipticCurvePrivateKey)
    unknown = ec.generate_private_key(ec.SECP256R1())
    made = {
        "good": (cards.client(officer.public_key()), officer),
        "revoked": (cards.client(officer.public_key()), officer),
        "stranger": (cards.client(unknown.public_key()), unknown),
        "forged": (forger.client(officer.public_key()), officer),
    }
    for name, (certificate, key) in made.items():
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / f"{name}.key").write_bytes(private_key_pem(key))
    (folder / "officers-crl.pem").write_bytes(cards.revoked(made["revoked"][0]).public_bytes(Encoding.PEM))


def write_configuration(config: Config, folder: Path, place: Path, port: int) -> Path:
    """Make the home's configuration that of an installation in earnest, whose front end stands behind nginx."""
    old = config.ra
    assert old is not None
    text = config.path.read_text("utf-8")
    for shipped, here in {
        "demo = true\n": "",
        f"[ra]\nport = {old.port}\n": f'[ra]\nsocket = "{place}"\nofficer_authorities = ["{folder}/officers-ca.pem"]\n',
        old.origin: f"https://{DESK}:{port}",
        old.approval_origin: f"https://{APPROVE}:{port}",
    }.items():
        assert shipped in text
        text = text.replace(shipped, here)
    # no PIN lies in a file there; the front end opens no token without a seal
    config.path.write_text(re.sub(r"(?m)^(pin_file|seal_\w+|resident_register) = .*\n", "", text), "utf-8")
    return config.path


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Nginx and ``ninsho ra serve``, the socket in a folder that everybody may look for and nginx's group may enter."""
    with ExitStack() as held:
        # pytest's own folders are closed to other users, and would hide what the socket's folder is for
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="ninsho-")))
        folder.chmod(0o755)
        (folder / "run").mkdir()
        if ROOT:
            os.chown(folder / "run", -1, grp.getgrnam("www-data").gr_gid)
        (folder / "run").chmod(0o2750)
        (port,) = free_ports((0,), LOCALHOST)
        place = folder / "run" / "ra.sock"
        home = make_installation(tmp_path_factory.mktemp("officers") / "home")
        write_certificates(home, folder)
        programs = held.enter_context(running(write_configuration(home, folder, place, port), folder / "log"))
        programs.start("ra", ["ra", "serve", "--workers", "1"])
        wait_for(programs, place)
        replaced = {
            "/run/ninsho-ra/ra.sock": str(place),
            "/etc/ninsho/tls/": f"{folder}/",
            "/var/log/nginx/": f"{folder}/",
            "listen 443": f"listen {LOCALHOST}:{port}",
            "Host $server_name": f"Host $server_name:{port}",  # the shipped sites are on the port that no URL names
            "client_body_timeout 10s": "client_body_timeout 1s",
            "worker_processes auto": "worker_processes 1",
        }
        held.enter_context(front_of("officers.conf", folder, port, replaced))
        yield Deployed(folder, port, place, programs)


def wait_for(programs: Programs, place: Path) -> None:
    """Return when the front end accepts connections on its socket."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        programs.check()
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(place)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the front end did not start")


@pytest.mark.parametrize("host", [DESK, APPROVE])
def test_a_card_of_the_roster_logs_in(deployed: Deployed, host: str) -> None:
    """Both sites: nginx verifies the card, the program believes it and finds its key in the roster."""
    browser = deployed.browser(host, "good")
    status, text = browser.log_in()
    home, page = browser.ask("GET", "/")
    assert (status, home.status, "受付 一子" in page) == (303, 200, True), text


@pytest.mark.parametrize("card", ["revoked", "stranger", "forged", "none"])
def test_any_other_card_is_refused_by_a_page_of_ours(deployed: Deployed, card: Card) -> None:
    """On the list of revoked cards, of nobody in the roster, of another authority of the same name, or no card."""
    browser = deployed.browser(DESK, card)
    status, text = browser.log_in()
    home, _ = browser.ask("GET", "/")
    assert (status, "E-4105" in text, home.status) == (403, True, 303)


def forgeries(deployed: Deployed) -> dict[str, str]:
    """What a client would send in nginx's place, with another officer's certificate."""
    return {
        "X-Client-Verify": "SUCCESS",
        "X_Client_Verify": "SUCCESS",
        "X-Client-Certificate": quote((deployed.folder / "good.pem").read_text("ascii")),
        "X_Client_Certificate": quote((deployed.folder / "good.pem").read_text("ascii")),
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=203.0.113.7;host=evil.example",
    }


@pytest.mark.parametrize("card", ["none", "stranger", "forged"])
def test_what_a_client_says_in_the_proxys_name_is_dropped(deployed: Deployed, card: Card) -> None:
    """The card's answer, neither a session nor the refusal of a foreign header: none of them came through."""
    status, text = deployed.browser(DESK, card).log_in(**forgeries(deployed))
    assert (status, "E-4105" in text, "E-5005" in text) == (403, True, False)


def test_a_name_of_nobodys_gets_no_handshake(deployed: Deployed) -> None:
    """Whoever tries addresses learns neither names nor certificates."""
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        deployed.browser("evil.example").connection()


def test_one_sites_connection_leads_to_no_other_site(deployed: Deployed) -> None:
    """A page of the working site cannot be asked of the approval site's certificate, nor the reverse."""
    browser = deployed.browser(DESK)
    answer, _ = browser.ask("GET", "/login", Host=f"{APPROVE}:{deployed.port}")
    assert answer.status == 421


def test_older_tls_is_refused(deployed: Deployed) -> None:
    """TLS 1.3 and nothing before it: the card's certificate never travels in the clear (RFC 8446 section 1.2)."""
    context = deployed.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection((LOCALHOST, deployed.port), timeout=10) as plain,
        pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"),
    ):
        context.wrap_socket(plain, server_hostname=DESK)


def test_no_session_of_tls_is_resumed(deployed: Deployed) -> None:
    """A resumed one would carry yesterday's verification of a card that is revoked today."""
    context = deployed.context("good")
    offered, _ = handshake(deployed, context, None)
    assert offered is not None
    assert handshake(deployed, context, offered)[1] is False


def handshake(
    deployed: Deployed, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[ssl.SSLSession | None, bool | None]:
    """A connection that asks for a page: the session that the server offers with it, and whether it resumed ours."""
    plain = socket.create_connection((LOCALHOST, deployed.port), timeout=10)
    made = context.wrap_socket(plain, server_hostname=DESK, session=session)
    with closing(made):
        made.sendall(f"GET /login HTTP/1.1\r\nHost: {DESK}\r\nConnection: close\r\n\r\n".encode())
        while made.recv(65536):
            pass
        return made.session, made.session_reused


def test_headers_come_from_the_program_alone(deployed: Deployed) -> None:
    """Strict-Transport-Security once, for a year or more (RFC 6797 section 6.1); no version of the server."""
    answer, _ = deployed.browser().ask("GET", "/login")
    policies = answer.headers.get_all("Strict-Transport-Security", [])
    ages = [int(found[1]) for each in policies if (found := re.search(r"max-age=(\d+)", each))]
    assert (len(ages), min(ages) >= 31536000, answer.headers.get_all("Server")) == (1, True, ["nginx"])


def test_a_form_that_is_too_large_is_not_read(deployed: Deployed) -> None:
    """Refused by its stated length, before any of it is waited for."""
    with closing(deployed.browser().connection()) as connection:
        connection.putrequest("POST", "/login", skip_host=True)
        connection.putheader("Host", DESK)
        connection.putheader("Content-Length", str(1024 * 1024 + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_a_form_that_is_kept_back_takes_nobodys_turn(deployed: Deployed) -> None:
    """Octets that do not come are waited for by nginx, and not for long; no thread of the program knows of it."""
    with closing(deployed.browser().connection()) as connection:
        connection.putrequest("POST", "/login", skip_host=True)
        connection.putheader("Host", DESK)
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"csrf_token=")
        assert connection.sock is not None
        began = time.monotonic()
        connection.sock.settimeout(8)
        try:
            ended = connection.sock.recv(64)
        except ConnectionResetError:
            ended = b""
        assert ended == b"" or b" 408 " in ended
        assert time.monotonic() - began < 6


def test_only_nginx_may_open_the_socket(deployed: Deployed) -> None:
    """Its own user and group, in a folder of theirs; another user cannot even forge a header there (unix(7))."""
    state, folder = deployed.place.stat(), deployed.place.parent.stat()
    assert stat.S_ISSOCK(state.st_mode)
    assert (stat.S_IMODE(state.st_mode), stat.S_IMODE(folder.st_mode) & 0o777) == (0o660, 0o750)
    assert (state.st_uid, state.st_gid) == (os.geteuid(), folder.st_gid)
    if ROOT:  # only root can become another user
        with somebody_else(), socket.socket(socket.AF_UNIX) as stranger, pytest.raises(PermissionError):
            stranger.connect(str(deployed.place))


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be the user and the group "nobody", with no other group, for as long as the block lasts."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def test_no_tcp_port_is_open_beside_the_socket(deployed: Deployed) -> None:
    """There is one door; nothing to be reached by an address."""
    assert deployed.listening() is False


def test_the_configuration_is_that_of_an_installation_in_earnest(deployed: Deployed) -> None:
    """Nothing above holds only because a demo home may do more."""
    assert load_config(deployed.programs.config).demo is False
