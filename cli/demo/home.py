"""A demo home: the folder, its configuration and everybody's keys. Made once, never overwritten.

Everything in it belongs to a demonstration: PINs and people's keys lie in files, the organisation is JPKI-TEST.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ca.ceremony.script import Role
from cli.config import Config, load_config
from cli.errors import HomeRefused
from hsm.provision import softhsm_configuration
from policies.terms import terms_template
from ra.register import write_register

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PORTS = (8560, 8561)
LOCALHOST = "127.0.0.1"
CONFIG = "ninsho.toml"
REGISTER = "state/register.json"
"""The demo's resident register (`cli.demo.register`)."""

# token: program that may use it
TOKENS: Mapping[str, str] = {
    "root": "ceremony",
    "issuing": "signer",
    "responder": "ocsp",
    "audit": "audit",
    "seal": "ra",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One authority of the demo: its profile, who signs it, and whether a responder answers for it."""

    name: str
    profile: str
    terms: str
    token: str
    signed_by: str | None = None
    responder: bool = True
    common_name: str | None = None
    issues: tuple[str, ...] = ()


AUTHORITIES = (
    Plan(
        "jpki-sign-g1",
        "jpki-sign-ca",
        "jpki",
        "issuing",
        issues=("jpki-sign", "jpki-sign-phone", "ocsp-responder"),
    ),
    Plan(
        "jpki-auth-g1",
        "jpki-auth-ca",
        "jpki",
        "issuing",
        issues=("jpki-auth", "jpki-auth-phone", "ocsp-responder"),
    ),
    Plan(
        "lgpki-org-g1",
        "lgpki-org-ca",
        "lgpki",
        "issuing",
        issues=("lgpki-post", "lgpki-user", "lgpki-server", "ocsp-responder"),
    ),
    Plan(
        "lgpki-root-g1",
        "lgpki-app-root",
        "lgpki",
        "root",
        responder=False,
        common_name="Application CA Root",
        issues=("lgpki-app-sub",),
    ),
    Plan(
        "lgpki-sub-g1",
        "lgpki-app-sub",
        "lgpki",
        "issuing",
        signed_by="lgpki-root-g1",
        common_name="Application CA Sub1",
        issues=("lgpki-web", "ocsp-responder"),
    ),
)
"""In the order of the ceremony: the root before what it signs."""

# person of the ceremonies: invented name, role
PEOPLE: Mapping[str, tuple[str, Role]] = {
    "operator": ("操作 五郎", Role.OPERATOR),
    "custodian-1": ("保管 六子", Role.CUSTODIAN),
    "custodian-2": ("保管 七郎", Role.CUSTODIAN),
    "witness": ("立会 八子", Role.WITNESS),
    "administrator-1": ("管理 九郎", Role.ADMINISTRATOR),
    "administrator-2": ("管理 十子", Role.ADMINISTRATOR),
}
ADMINISTRATORS = tuple(code for code, (_, role) in PEOPLE.items() if role is Role.ADMINISTRATOR)
OFFICERS = ("reception-1", "examiner-1", "approver-1", "head-1", "register-1", "auditor-1")
BROWSERS = ("reception-1", "examiner-1", "approver-1", "head-1", "auditor-1", "operator")
"""Who uses the front end, with a passkey for each of its origins."""

TERMINALS = ("terminal-branch-13103", "terminal-branch-01101", "terminal-branch-01102")
"""The terminals at the first window of some branches."""


def make_home(path: Path, database: str | None, ports: Sequence[int], random: Callable[[int], bytes]) -> Config:
    """Make the demo home `path` with everybody's keys and return its configuration; a ceremony makes its tokens.

    `ports` are the responder's and the counters', as in `PORTS`; certificates will carry the first.

    Raises `HomeRefused` when `path` exists with something in it or SoftHSM2 could not use it or is not installed.
    """
    if path.exists() and any(path.iterdir()):
        raise HomeRefused(path, "it holds something else already", "Give an empty or new folder with --home DIR.")
    if not MODULE.is_file():
        raise HomeRefused(path, f"{MODULE} is not installed", "Run 'apt-get install softhsm2', or use ./dev demo.")
    path = path.resolve()
    if "#" in str(path):
        raise HomeRefused(path, "SoftHSM2 reads what follows a # as a comment", "Give another folder with --home DIR.")
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    for folder in ("ceremony", "pins", "officers", "terms", "state", "public", "out", "anchors"):
        (path / folder).mkdir(mode=0o700)
    for family in ("jpki", "lgpki"):
        shutil.copyfile(terms_template("jpki" if family == "jpki" else "lgpki"), path / "terms" / f"{family}.toml")
    softhsm_configuration(path / "softhsm")
    passkeys = [f"{name}.{party}" for name in BROWSERS for party in ("working", "approval")]
    for name in (*PEOPLE, *OFFICERS, *passkeys, *TERMINALS):
        write_key_pair(path / "officers" / name)
    for name in ("holder.salt", "ra.secret"):
        (path / "state" / name).touch(mode=0o600)
        (path / "state" / name).write_bytes(random(32))
    write_register(path / REGISTER, ())
    (path / CONFIG).write_text(configuration(path.name, database, ports, random), encoding="utf-8")
    return load_config(path / CONFIG)


def write_key_pair(stem: Path) -> None:
    """A P-256 key pair of a person of the demo: `<stem>.key.pem` for its owner's eyes only, and `<stem>.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = stem.with_name(f"{stem.name}.key.pem")
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stem.with_name(f"{stem.name}.pem").write_bytes(public)


def configuration(name: str, database: str | None, ports: Sequence[int], random: Callable[[int], bytes]) -> str:
    """The text of the home's configuration; certificates will carry the first of its `ports`."""
    ocsp, ra = ports
    administrators = ", ".join(f'"officers/{each}.pem"' for each in ADMINISTRATORS)
    lines = [
        "# The configuration of a demo home: for looking and testing, never for people's certificates.",
        f'deployment = "demo-{random(4).hex()}"',
        "demo = true",
        'holder_salt = "state/holder.salt"',
        "",
        "[database]",
        f'url = "{database or "sqlite:///ninsho.db"}"',
        "",
        "[roster]",
        f"administrators = [{administrators}]",
        'floor = "state/roster.floor"',
        "",
        "[publication]",
        'root = "public"',
        "",
        "[ocsp]",
        f"port = {ocsp}",
        f'base_url = "http://{LOCALHOST}:{ocsp}"',
        "",
        "[ra]",
        f"port = {ra}",
        f'origin = "http://localhost:{ra}"',
        f'approval_origin = "http://approve.localhost:{ra}"',
        'secret = "state/ra.secret"',
        f'resident_register = "{REGISTER}"',
        'seal_token = "seal"',
        'seal_key = "seal"',
        'seal_certificate = "public/seal.pem"',
        "",
        "[ra.counter]",
        'telephone = "03-0000-0000"',
        'loss_telephone = "0120-000-000"',
        'loss_hours_ja = "24時間・年中無休"',
        'loss_hours_en = "24 hours, every day"',
        "",
        "[terminals]",
        *(f'{name} = "officers/{name}.key.pem"' for name in TERMINALS),
        "",
        "[audit]",
        'anchors = "anchors"',
        'token = "audit"',
        'key = "audit"',
        'public_key = "public/audit.pem"',
    ]
    for token, program in TOKENS.items():
        lines += token_lines(token, program)
    for plan in AUTHORITIES:
        lines += authority_lines(plan)
    return "\n".join(lines) + "\n"


def token_lines(name: str, program: str) -> list[str]:
    """The table of one token."""
    return [
        "",
        f"[tokens.{name}]",
        f'program = "{program}"',
        f'module = "{MODULE}"',
        f'label = "{name}"',
        'vendor = "softhsm"',
        'softhsm_conf = "softhsm/softhsm2.conf"',
        f'pin_file = "pins/{name}.pin"',
    ]


def authority_lines(plan: Plan) -> list[str]:
    """The table of one authority."""
    lines = [
        "",
        f"[authorities.{plan.name}]",
        f'token = "{plan.token}"',
        f'key = "{plan.name}"',
        f'terms = "terms/{plan.terms}.toml"',
    ]
    if plan.responder:
        lines += ['responder_token = "responder"', f'responder_key = "ocsp-{plan.name}"']
    return lines
