"""A rehearsal: the same steps on throw-away SoftHSM2 tokens, with throw-away keys for everybody.

What the script takes for granted (an authority made earlier, its token) is made first, by a ceremony of its own whose
people agree to everything. Nothing of it outlives the folder.
"""

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.check import check_script
from ca.ceremony.run import Run
from ca.ceremony.script import AuthorityPlan, Credential, EndedResponder, Role, Script, TokenPlan
from ca.ceremony.transcript import Transcript
from ca.statement import PrivateKey, key_octets
from cli.ceremony.hall import filled_room
from cli.ceremony.people import Credentials, SilentPeople, WrittenPapers
from cli.ceremony.stand_ins import earlier_ceremony, furnished, held_tomorrow
from cli.config import Config, load_config
from cli.wiring import believed_statement, elapsed_seconds, utc_now
from hsm.provision import slots, softhsm_configuration
from policies.terms import terms_template
from store.authorities import authority
from store.database import Database, upgrade

__all__ = ["Rehearsal", "prepare_rehearsal"]

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
CONFIG = "ninsho.toml"
_STAND_INS = ("stand-in-1", "stand-in-2")
"""The administrators of the installation where the script has none."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A throw-away installation, the script with its throw-away people and tokens, their keys, their papers.

    `beside` holds copies of the files that the script names; what the ceremony writes beside the script goes there.
    """

    config: Config
    script: Script
    credentials: Credentials
    papers: WrittenPapers
    beside: Path


def prepare_rehearsal(script: Script, folder: Path, beside: Path) -> Rehearsal:
    """Make the installation of a rehearsal in the empty `folder`, with everything that the script takes for granted.

    The rehearsed script keeps the digest of the file, so what is confirmed is that file; it is held as if tomorrow were
    the planned day. Raises what a ceremony raises.
    """
    check_script(script)
    codes = (*(each.code for each in script.people), *_STAND_INS)
    credentials: dict[str, PrivateKey] = {code: ec.generate_private_key(ec.SECP256R1()) for code in codes}
    named = {code: Credential.of(key_octets(key.public_key())) for code, key in credentials.items()}
    people = tuple(each.model_copy(update={"credential": named[each.code]}) for each in script.people)
    stand_in = held_tomorrow(script, utc_now()).model_copy(update={"people": people})
    whole = furnished(stand_in, (named[_STAND_INS[0]], named[_STAND_INS[1]]))
    copies = folder / "beside"
    copies.mkdir()
    _copy_files(script, beside, copies)
    rehearsal = Rehearsal(
        _installation(whole, folder, copies), stand_in, credentials, WrittenPapers(folder / "papers"), copies
    )
    earlier = earlier_ceremony(whole)
    if earlier is None:
        return rehearsal
    _hold_silently(rehearsal, earlier, folder)
    return replace(rehearsal, script=_with_stand_ins(rehearsal.config, stand_in))


def _copy_files(script: Script, beside: Path, copies: Path) -> None:
    """Copy the files that a script names: its roster, and terms of its own."""
    named = {f"{each.terms}.toml" for each in script.authorities} | ({script.roster.file} if script.roster else set())
    for name in named:
        if (beside / Path(name).name).is_file():
            (copies / Path(name).name).write_bytes((beside / Path(name).name).read_bytes())


def _hold_silently(rehearsal: Rehearsal, earlier: Script, folder: Path) -> None:
    people = SilentPeople(earlier, rehearsal.credentials, rehearsal.papers, lambda line: None)
    with (
        filled_room(rehearsal.config, earlier, people, rehearsal.beside, folder) as room,
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
        each.model_copy(
            update={
                "certificate": _pem(published / f"{each.name}.cer"),
                "ended_responder": _stand_in_responder(config, each),
            }
        )
        if each.exists
        else each
        for each in script.authorities
    )
    return script.model_copy(update={"tokens": tokens, "authorities": authorities})


def _stand_in_responder(config: Config, plan: AuthorityPlan) -> EndedResponder | None:
    """What ends in a rehearsal instead of a responder's key: the one that answers for the stand-in."""
    if plan.ended_responder is None:
        return None
    with closing(Database(config.database_url(), "owner")) as database, database.snapshot() as tx:
        (key,) = believed_statement(config, authority(tx, plan.name)).responders
    return plan.ended_responder.model_copy(update={"key": key.hex()})


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
        used_by = "ocsp" if token.name in answering else "audit" if token.name == "audit" else "ceremony"
        lines += _token_lines(token.name, token.label, used_by)
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
