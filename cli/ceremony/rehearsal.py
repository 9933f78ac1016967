"""A rehearsal: the same steps on throw-away SoftHSM2 tokens, with throw-away keys for everybody.

What the script takes for granted (an authority made earlier, its token) is made first, by a ceremony of its own whose
people agree to everything. Nothing of it outlives the folder.
"""

from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.ceremony.check import check_script
from ca.ceremony.run import Run
from ca.ceremony.script import AuthorityPlan, Credential, Kind, Role, Script, TokenPlan
from ca.ceremony.transcript import Transcript
from ca.statement import PrivateKey
from cli.ceremony.hall import filled_room
from cli.ceremony.people import Credentials, SilentPeople, WrittenPapers
from cli.config import Config, load_config
from cli.wiring import elapsed_seconds
from hsm.provision import slots, softhsm_configuration
from policies.terms import terms_template
from store.database import upgrade

__all__ = ["Rehearsal", "prepare_rehearsal"]

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
CONFIG = "ninsho.toml"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A throw-away installation, the script with its throw-away people and tokens, their keys, their papers."""

    config: Config
    script: Script
    credentials: Credentials
    papers: WrittenPapers


def prepare_rehearsal(script: Script, folder: Path, beside: Path) -> Rehearsal:
    """Make the installation of a rehearsal in the empty `folder`, with everything that the script takes for granted.

    The rehearsed script keeps the digest of the file, so what is confirmed is that file. Raises what a ceremony raises.
    """
    check_script(script)
    credentials: dict[str, PrivateKey] = {each.code: ec.generate_private_key(ec.SECP256R1()) for each in script.people}
    people = tuple(
        each.model_copy(update={"credential": _credential(credentials[each.code])}) for each in script.people
    )
    stand_in = script.model_copy(update={"people": people})
    config = _installation(stand_in, folder, beside)
    papers = WrittenPapers(folder / "papers")
    rehearsal = Rehearsal(config, stand_in, credentials, papers)
    earlier = _earlier(stand_in)
    if earlier is None:
        return rehearsal
    _hold_silently(rehearsal, earlier, folder, beside)
    return Rehearsal(config, _with_stand_ins(config, stand_in), credentials, papers)


def _credential(key: PrivateKey) -> Credential:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Credential(kind="key-file", public_key=pem.decode("ascii"))


def _earlier(script: Script) -> Script | None:
    """The ceremony that made what the script takes for granted; None when it takes nothing for granted."""
    existing = tuple(each.model_copy(update={"certificate": None, "replaces": None}) for each in script.authorities)
    kept = {each.name for each in script.authorities if each.exists}
    made = tuple(_as_new(each) for each in existing if each.name in kept)
    tokens = tuple(each.model_copy(update={"new": True, "serial": None}) for each in script.tokens if not each.new)
    if not made and not tokens:
        return None
    return script.model_copy(
        update={
            "kind": Kind.ONE_TIER,
            "authorities": made,
            "tokens": tokens,
            "keys": (),
            "peer": None,
            "backup": None,
            "roster": None,
            "retirement": None,
        }
    )


def _as_new(plan: AuthorityPlan) -> AuthorityPlan:
    """The same authority as the earlier ceremony planned it."""
    key = plan.algorithm or "rsa-2048"
    return plan.model_copy(update={"algorithm": key, "list": None, "links": False, "issuing_from": None})


def _hold_silently(rehearsal: Rehearsal, earlier: Script, folder: Path, beside: Path) -> None:
    people = SilentPeople(earlier, rehearsal.credentials, rehearsal.papers, lambda line: None)
    with (
        filled_room(rehearsal.config, earlier, people, beside, folder) as room,
        Transcript.create(folder / "earlier.jsonl", rehearsal=True) as transcript,
    ):
        Run(room, transcript, elapsed_seconds).hold()


def _with_stand_ins(config: Config, script: Script) -> Script:
    """The script with the throw-away authorities' certificates and tokens' serial numbers in place of the real ones."""
    environment = {"SOFTHSM2_CONF": str(config.home / "softhsm" / "softhsm2.conf")}
    serials = {each.label: each.serial for each in slots(MODULE, environment)}
    tokens = tuple(_found(each, serials) for each in script.tokens)
    published = Path(config.publication_root()) / "ca"
    authorities = tuple(
        each.model_copy(update={"certificate": _pem(published / f"{each.name}.cer")}) if each.exists else each
        for each in script.authorities
    )
    return script.model_copy(update={"tokens": tokens, "authorities": authorities})


def _found(plan: TokenPlan, serials: dict[str | None, str]) -> TokenPlan:
    return plan if plan.new else plan.model_copy(update={"serial": serials[plan.label]})


def _pem(path: Path) -> str:
    from cryptography import x509

    return x509.load_der_x509_certificate(path.read_bytes()).public_bytes(Encoding.PEM).decode("ascii")


def _installation(script: Script, folder: Path, beside: Path) -> Config:
    for name in ("state", "public", "officers", "terms", "anchors"):
        (folder / name).mkdir(mode=0o700)
    softhsm_configuration(folder / "softhsm")
    (folder / "state" / "holder.salt").write_bytes(token_bytes(32))
    for person in script.with_role(Role.ADMINISTRATOR):
        (folder / "officers" / f"{person.code}.pem").write_text(person.credential.public_key, encoding="ascii")
    for name in sorted({str(each.terms) for each in script.authorities}):
        own = beside / f"{name}.toml"
        source = own if own.is_file() else terms_template("jpki" if name == "jpki" else "lgpki")
        (folder / "terms" / f"{name}.toml").write_bytes(source.read_bytes())
    (folder / CONFIG).write_text(_configuration(script), encoding="utf-8")
    config = load_config(folder / CONFIG)
    upgrade(config.database_url())
    return config


def _configuration(script: Script) -> str:
    administrators = [f'"officers/{each.code}.pem"' for each in script.with_role(Role.ADMINISTRATOR)]
    lines = [
        "# The installation of a rehearsal: thrown away with its folder.",
        f'deployment = "{script.deployment}"',
        "demo = true",
        'holder_salt = "state/holder.salt"',
        'database = { url = "sqlite:///ninsho.db" }',
        'publication = { root = "public" }',
        f'roster = {{ administrators = [{", ".join(administrators)}], floor = "state/roster.floor" }}',
        'audit = { anchors = "anchors", token = "audit", key = "audit", public_key = "public/audit.pem" }',
        f'ocsp = {{ port = 8560, base_url = "{script.base_url}" }}',
        "[tokens]",
    ]
    answering = {plan.responder_token for plan in script.authorities}
    for token in script.tokens:
        lines += _token_lines(token.name, token.label, "ocsp" if token.name in answering else "ceremony")
    if "audit" not in {token.name for token in script.tokens}:
        lines += _token_lines("audit", "audit", "audit")
    lines += ["[authorities]"]
    for plan in script.authorities:
        lines += [
            f"[authorities.{plan.name}]",
            f'token = "{plan.token}"',
            f'key = "{plan.name}"',
            f'terms = "terms/{plan.terms}.toml"',
        ]
    return "\n".join(lines) + "\n"


def _token_lines(name: str, label: str, program: str) -> list[str]:
    return [
        f"[tokens.{name}]",
        f'program = "{program}"',
        f'module = "{MODULE}"',
        f'label = "{label}"',
        'vendor = "softhsm"',
        'softhsm_conf = "softhsm/softhsm2.conf"',
    ]
