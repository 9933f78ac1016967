"""What the demo's roster holds beside keys: passkeys made by software, and the terminals of some windows."""

from datetime import datetime, timedelta
from hashlib import sha256

from ca.roster import Credential, Terminal
from ca.statement import key_octets
from cli.config import Config
from cli.demo.home import BROWSERS, TERMINALS
from cli.demo.people import WINDOW
from cli.wiring import parties_of, public_key_file


def branch_of_terminal(code: str) -> str:
    """The branch where the terminal of that code stands: each is named after it."""
    return code.removeprefix("terminal-")


def credentials(config: Config, person: str, now: datetime) -> tuple[Credential, ...]:
    """A person's key, and their passkey for each origin of the front end where they use it; valid for a year."""
    return (_key(config, person, now), *_passkeys(config, person, now))


def terminals(config: Config, now: datetime) -> tuple[Terminal, ...]:
    """The terminals whose keys lie in the home, valid for a year."""
    return tuple(
        Terminal(
            code=code,
            branch=branch_of_terminal(code),
            window=WINDOW,
            spki=_spki(config, code),
            valid_from=now - timedelta(hours=1),
            valid_until=now + timedelta(days=365),
        )
        for code in TERMINALS
    )


def _key(config: Config, person: str, now: datetime) -> Credential:
    return Credential(
        code=f"key-{person}",
        spki=_spki(config, person),
        valid_from=now - timedelta(hours=1),
        valid_until=now + timedelta(days=365),
    )


def _passkeys(config: Config, person: str, now: datetime) -> tuple[Credential, ...]:
    parties = parties_of(config)
    if parties is None or person not in BROWSERS:
        return ()
    keys = {name: _spki(config, f"{person}.{name}") for name in ("working", "approval")}
    return tuple(
        Credential(
            code=f"{name}-{person}",
            kind="demo-passkey",
            id=sha256(keys[name]).digest(),
            rp_id=party.id,
            spki=keys[name],
            valid_from=now - timedelta(hours=1),
            valid_until=now + timedelta(days=365),
        )
        for name, party in (("working", parties.working), ("approval", parties.approval))
    )


def _spki(config: Config, stem: str) -> bytes:
    return key_octets(public_key_file(config.home / "officers" / f"{stem}.pem"))
