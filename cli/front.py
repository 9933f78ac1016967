"""The officers' front end of an installation: what it is given, and how it is served.

It gets the database in the branches' role, public documents, the key of its own cookies, and the seal of its papers in
a token of its own. It opens no other token.
"""

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Generic, TypeVar

from ca.authority import AuthorityStatement
from ca.passkeys import Parties
from ca.seals import SealKey
from ca.statement import PrivateKey
from cli.config import Config
from cli.config_sections import RASection
from cli.errors import ConfigRefused
from cli.place import check_place
from cli.preview import certificate_file
from cli.seal import opened_seal
from cli.waking import wake
from cli.wiring import (
    believed_roster,
    believed_statement,
    open_database,
    parties_of,
    private_key_file,
    profiles_of,
    retirements,
    utc_now,
)
from ra.app import create_app
from ra.counter_texts import BranchTexts, CounterTexts
from ra.edge import Edge
from ra.office import Office, Party
from ra.register import RegisterFile, RegisterUnreadable
from store.authorities import AuthorityRecord, authorities
from store.database import Database

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FRESH_SECONDS = 5.0
"""How old the roster and the authorities' records may be on a page: a withdrawn credential counts no longer."""

SECRET_OCTETS = 32
THREADS = 32
"""Requests that one worker has in hand; nginx before it takes slow clients' bodies."""

Value = TypeVar("Value")


class Fresh(Generic[Value]):
    """A value that is made anew when somebody asks and it is older than `FRESH_SECONDS`."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._held: tuple[float, Value] | None = None

    def __call__(self) -> Value:
        """The value, at most so many seconds old; raises whatever making it raises."""
        held = self._fresh()
        if held is None:
            with self._lock:
                held = self._fresh()  # whoever waited for the lock finds what another made meanwhile
                if held is None:
                    held = self._held = (time.monotonic(), self._make())
        return held[1]

    def _fresh(self) -> tuple[float, Value] | None:
        held = self._held
        return held if held is not None and time.monotonic() - held[0] < FRESH_SECONDS else None


def section_of(config: Config) -> RASection:
    """The configuration's section of the front end; raises `ConfigRefused` without one."""
    if config.ra is None:
        raise ConfigRefused(config.path, "it has no section [ra], so there is no front end to serve")
    return config.ra


def secret_of(config: Config) -> bytes:
    """The key that signs the front end's cookies; raises `ConfigRefused` for a file that holds no 32 octets."""
    path = config.at(section_of(config).secret)
    try:
        secret = path.read_bytes()
    except OSError:
        raise ConfigRefused(config.path, f"ra.secret: {path} cannot be read") from None
    if len(secret) != SECRET_OCTETS:
        raise ConfigRefused(config.path, f"ra.secret: {path} does not hold {SECRET_OCTETS} octets")
    return secret


def office_of(config: Config, database: Database, seal: SealKey | None = None) -> Office:
    """What the front end may see and do in this installation; raises `ConfigRefused` for files it names in vain."""
    return Office(
        deployment=config.deployment,
        demo=config.demo,
        database=database,
        roster=Fresh(lambda: believed_roster(config, database)),
        profiles=profiles_of(config),
        statement=_statements(config, database),
        authorities=Fresh(lambda: _records(database)),
        retired=Fresh(lambda: retirements(config, database)),
        salt=config.at(config.holder_salt).read_bytes(),
        random=secrets.token_bytes,
        clock=utc_now,
        wake=lambda: wake(config),
        parties=_parties(config),
        register=_register(config),
        seal=seal,
        counter=_counter(config),
        demo_keys=_demo_keys(config) if config.demo else None,
    )


def _register(config: Config) -> RegisterFile | None:
    path = section_of(config).resident_register
    if path is None:
        return None
    if not config.at(path).is_file():
        raise ConfigRefused(config.path, f"ra.resident_register: there is no file {config.at(path)}")
    try:
        return RegisterFile(config.at(path))
    except RegisterUnreadable as error:
        raise ConfigRefused(config.path, f"ra.resident_register: {error}") from None


def _counter(config: Config) -> CounterTexts | None:
    section = section_of(config).counter
    if section is None:
        return None
    branches = {code: BranchTexts(**each.model_dump()) for code, each in section.branches.items()}
    return CounterTexts(**{**section.model_dump(exclude={"branches"}), "branches": branches})


def edge_of(config: Config) -> Edge:
    """What stands before the front end."""
    section = section_of(config)
    issuers = tuple(certificate_file(config.at(path)) for path in section.officer_authorities)
    try:
        return Edge(section.socket is not None, issuers)
    except ValueError as error:
        raise ConfigRefused(config.path, f"ra: {error}") from None


def front_application(config: Config) -> Callable[[], "WSGIApplication"]:
    """What makes the application in each worker, with a database and a seal of its own."""
    held = ExitStack()  # the seal's token stays open as long as the worker lives

    def make() -> "WSGIApplication":
        office = office_of(config, open_database(config, "ra"), held.enter_context(opened_seal(config, utc_now())))
        return create_app(office, secret_of(config), edge_of(config)).wsgi_app

    return make


def check_front(config: Config) -> RASection:
    """Make everything once before any worker does, and give the section; raises what a worker would raise.

    Hsm's errors and `PinUnavailable` for the seal, `ConfigRefused` for origins or a socket that cannot be served
    safely, `PortBusy` or `SocketBusy` when somebody answers there already.
    """
    section = section_of(config)
    check_place(config)
    database = open_database(config, "ra")
    try:
        with opened_seal(config, utc_now()) as seal:
            office = office_of(config, database, seal)
            office.roster()
            create_app(office, secret_of(config), edge_of(config))
    except ValueError as error:
        raise ConfigRefused(config.path, f"ra: {error}") from None
    finally:
        database.close()
    return section


def _parties(config: Config) -> Parties:
    parties = parties_of(config)
    if parties is None:
        raise ConfigRefused(config.path, "it has no section [ra], so there is no front end to serve")
    return parties


def _records(database: Database) -> dict[str, AuthorityRecord]:
    with database.snapshot() as tx:
        return {record.name: record for record in authorities(tx)}


def _statements(config: Config, database: Database) -> Callable[[str], AuthorityStatement]:
    records = Fresh(lambda: _records(database))
    return lambda name: believed_statement(config, records()[name])


def _demo_keys(config: Config) -> Callable[[str, Party], PrivateKey]:
    return lambda person, site: private_key_file(config.home / "officers" / f"{person}.{site}.key.pem")
