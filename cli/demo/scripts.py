"""The scripts of the demo's two ceremonies, written into its home as people would write them, for others to read.

`roster.toml` has the officers' roster signed; `demo.toml` makes every token, key, authority and responder.
"""

import json
from datetime import datetime
from hashlib import sha256

from ca.roster import roster_document
from cli.ceremony.software import software_digest
from cli.config import Config
from cli.demo.home import AUTHORITIES, PEOPLE, TOKENS, Plan
from cli.demo.roster import demo_roster

__all__ = ["CEREMONIES", "write_scripts"]

CEREMONIES = ("roster", "demo")
"""The scripts' names, in the order in which they are held."""

ROOT_LIST_DAYS = 30
"""For how long the offline root's first list is valid."""


def write_scripts(config: Config, now: datetime) -> None:
    """Write both scripts, and the roster that one of them is about, into the home's folder `ceremony`."""
    folder = config.home / "ceremony"
    roster = roster_document(demo_roster(config, now))
    (folder / "roster.json").write_bytes(roster)
    people = [person(config, code) for code in PEOPLE]
    texts = {
        "roster": [heading(config, now, "roster", "roster"), roster_table(roster), *people],
        "demo": [
            heading(config, now, "demo", "root-and-subordinate"),
            *map(token, TOKENS),
            key(config.audit.token, config.audit.key),
            key("seal", "seal"),
            *map(authority, AUTHORITIES),
            *people,
        ],
    }
    for name, tables in texts.items():
        (folder / f"{name}.toml").write_text("\n".join(tables), encoding="utf-8")


TITLES = {
    "roster": ("担当者名簿の署名", "The officers' roster is signed"),
    "demo": ("デモ認証局の鍵生成", "Tokens, keys and authorities of the demo are made"),
}


def heading(config: Config, now: datetime, name: str, kind: str) -> str:
    """What a script says before its tables, and its title."""
    ja, en = TITLES[name]
    return f"""\
# The script of a ceremony: everything it did follows from this file, and stands in {name}.jsonl beside it.
# The people are invented and agreed to everything; in earnest each types a phrase and signs with a card.

schema = "ninsho.ceremony.v1"
kind = "{kind}"
id = "{name}"
deployment = "{config.deployment}"
planned = {now.date().isoformat()}
place = "この計算機 / this computer"
quorum = 2
software = "{software_digest().hex()}"
base_url = "{config.ocsp.base_url}"

[title]
ja = "{ja}"
en = "{en}"

[purpose]
ja = "デモンストレーションのため。実在の人の証明書には使わない。"
en = "For looking and testing, never for people's certificates."
"""


def roster_table(document: bytes) -> str:
    """Which roster is signed."""
    return f'[roster]\nfile = "roster.json"\nsha256 = "{sha256(document).hexdigest()}"\n'


def token(name: str) -> str:
    """The table of a token, initialised in the ceremony."""
    return f'[[tokens]]\nname = "{name}"\nlabel = "{name}"\nnew = true\n'


def key(token: str, label: str) -> str:
    """The table of a key that is no authority's: the one of the audit trail's anchors, or the counters' seal."""
    return f'[[keys]]\ntoken = "{token}"\nlabel = "{label}"\nalgorithm = "p-256"\n'


def authority(plan: Plan) -> str:
    """The table of an authority; the one in the offline token has its list signed at once."""
    lines = [
        "[[authorities]]",
        f'name = "{plan.name}"',
        f'token = "{plan.token}"',
        f'profile = "{plan.profile}"',
        f'terms = "{plan.terms}"',
        'algorithm = "rsa-2048"',
        f"issues = {json.dumps(plan.issues)}",
    ]
    if plan.common_name is not None:
        lines.append(f'common_name = "{plan.common_name}"')
    if plan.signed_by is not None:
        lines.append(f'signed_by = "{plan.signed_by}"')
    if plan.responder:
        lines.append('responder_token = "responder"')
    if TOKENS[plan.token] == "ceremony":
        lines.append(f"list = {{ days = {ROOT_LIST_DAYS} }}")
    return "\n".join(lines) + "\n"


def person(config: Config, code: str) -> str:
    """The table of somebody in the room, with the public key that lies in the home."""
    name, role = PEOPLE[code]
    pem = (config.home / "officers" / f"{code}.pem").read_text(encoding="ascii")
    return f"""\
[[people]]
code = "{code}"
name = "{name}"
role = "{role}"

[people.credential]
kind = "key-file"
public_key = \"\"\"
{pem}\"\"\"
"""
