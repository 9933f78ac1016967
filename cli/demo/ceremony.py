"""The demo's ceremonies: held by their scripts like any other, by people who agree to everything.

Papers and PINs lie in the home afterwards, which is what makes it a demo's. The transcripts are real ones.
"""

from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.ceremony.room import Facts
from ca.ceremony.run import Run
from ca.ceremony.script import Role, Script, load_script
from ca.ceremony.shares import combine, user_pin
from ca.ceremony.steps import Step
from ca.ceremony.transcript import Transcript
from ca.retiring import enter_missing
from cli.ceremony.hall import filled_room
from cli.ceremony.people import Credentials, Papers, SilentPeople, WrittenPapers
from cli.config import Config
from cli.demo.scripts import CEREMONIES, write_scripts
from cli.errors import HomeRefused
from cli.list_signers import generations, list_signers
from cli.options import hexadecimal
from cli.seal import write_seal_certificate
from cli.wiring import (
    elapsed_seconds,
    instance_name,
    known_retirements,
    open_authorities,
    open_token,
    private_key_file,
    profiles_of,
    utc_now,
)
from crl.issuance import Publisher
from store.audit import AuditChain
from store.database import Database, upgrade
from store.publication import Publication


class DemoPeople(SilentPeople):
    """People in agreement, of whose steps the ones that a newcomer understands are told."""

    def __init__(self, script: Script, credentials: Credentials, papers: Papers, say: Callable[[str], None]) -> None:
        super().__init__(script, credentials, papers, lambda line: None)
        self.script = script
        self.say = say

    def done(self, step: Step, facts: Facts) -> None:
        """Say which roster was signed and which authority was made."""
        if step.action == "roster.sign":
            self.say(f"roster {facts['version']}: {facts['persons']} officers, signed by two administrators")
        elif step.action == "authority.certify":
            plan = self.script.authority(step.facts["authority"])
            serial = hexadecimal(int(str(facts["serial"]), 16))
            self.say(f"{plan.name}: key made in token '{plan.token}', certificate serial {serial}")


def hold_ceremonies(config: Config, say: Callable[[str], None]) -> None:
    """Write the scripts and hold them in a new home: signed roster, tokens, keys, authorities, the root's list.

    `say` tells what a newcomer understands. Raises what a ceremony raises.
    """
    upgrade(config.database_url())
    write_scripts(config, utc_now())
    papers = WrittenPapers(config.home / "ceremony" / "papers")
    for name in CEREMONIES:
        script = hold(config, config.home / "ceremony" / name, papers, say)
        write_pins(config, script, papers)
    export_audit_key(config)
    write_seal_certificate(config, utc_now(), token_bytes)


def hold(config: Config, stem: Path, papers: Papers, say: Callable[[str], None]) -> Script:
    """Hold the script `<stem>.toml` and write its transcript `<stem>.jsonl`."""
    source, written = stem.with_suffix(".toml"), stem.with_suffix(".jsonl")
    script = load_script(source.read_bytes())
    keys = {each.code: private_key_file(config.home / "officers" / f"{each.code}.key.pem") for each in script.people}
    people = DemoPeople(script, keys, papers, say)
    with (
        filled_room(config, script, people, stem.parent, stem.parent) as room,
        Transcript.create(written, rehearsal=False) as transcript,
    ):
        run = Run(room, transcript, elapsed_seconds)
        run.hold()
    folder = stem.parent.name
    say(f"ceremony by {folder}/{source.name}: {len(run.steps)} steps, written down in {folder}/{written.name}")
    return script


def write_pins(config: Config, script: Script, papers: Papers) -> None:
    """Write the PIN of each token of the script where the home's programs read it; in earnest a quorum types shares."""
    custodians = script.with_role(Role.CUSTODIAN)[: script.quorum]
    for token in script.tokens:
        secret = combine([papers.ask(person, token) for person in custodians])
        file = config.tokens[token.name].pin_file
        if file is None:
            raise HomeRefused(config.home, f"token {token.name} has no PIN file", "Remove the folder and make another.")
        config.at(file).touch(mode=0o600)
        config.at(file).write_text(user_pin(secret) + "\n", encoding="ascii")


def export_audit_key(config: Config) -> None:
    """Publish the public half of the key that signs the audit trail's anchors."""
    with open_token(config, config.audit.token) as token:
        key = token.signing_key(config.audit.key).public_key()
    public = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    config.at(config.audit.public_key).write_bytes(public)


def publish_root_list(config: Config) -> None:
    """Make and publish the list of the offline root's certificates when it is due.

    In life the root's token is fetched for it; in a demo home it lies beside the others, and no program opens it.
    """
    database = Database(config.database_url(), "owner")
    with open_token(config, "root") as token:
        audit = AuditChain(instance_name("cli", token_bytes(8)), "ceremony", config.deployment)
        known = known_retirements(config)
        enter_missing(known, database, audit, utc_now())
        roots = {each.name: each for each in open_authorities(config, database, {"root": token})}
        publisher = Publisher(
            database,
            Publication(config.publication_root()),
            audit,
            utc_now,
            compromised=known.retired.compromises,
            ended=known.retired.ended,
        )
        for signers in list_signers(roots, profiles_of(config), generations(config, database)).values():
            for partition in publisher.due(signers):
                publisher.publish(signers, partition)
    database.close()
