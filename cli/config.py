"""The configuration of one installation: strict TOML, checked once, then frozen.

An unknown key is an error, so a misspelt limit never means "no limit". Paths are relative to the file's folder. PINs
are never in it: a token names where its PIN comes from, and a PIN file is accepted in a demo home only.
"""

import tomllib
from itertools import combinations
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from cli.config_sections import (
    ActivationSection,
    AuditSection,
    AuthoritySection,
    DatabaseSection,
    OCSPSection,
    Program,
    PublicationSection,
    RASection,
    RosterSection,
    Section,
    SignerSection,
    TokenSection,
)
from cli.errors import ConfigRefused
from cli.origins import apart


class Config(Section):
    """A whole installation.

    `deployment` is bound into every application, approval, roster and audit chain. `holder_salt` names a file of 32
    random octets that keys the names of holders. `terminals` are those of this machine's windows: code in the roster ->
    file of the private key (PEM), with which `cert issue` signs that a key was made there.
    """

    deployment: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,63}$")
    demo: bool = False
    holder_salt: Path
    database: DatabaseSection
    roster: RosterSection
    publication: PublicationSection
    audit: AuditSection
    ocsp: OCSPSection
    signer: SignerSection = SignerSection()
    activation: ActivationSection = ActivationSection()
    ra: RASection | None = None
    terminals: dict[str, Path] = {}  # noqa: RUF012 - pydantic copies the default for each configuration
    profiles: Path | None = None
    tokens: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")], TokenSection]
    authorities: dict[str, AuthoritySection]

    path: Path = Field(default=Path("ninsho.toml"), exclude=True)

    @property
    def home(self) -> Path:
        """The folder of the file; relative paths start here."""
        return self.path.parent

    def at(self, path: Path) -> Path:
        """`path` as seen from the file's folder."""
        return path if path.is_absolute() else self.home / path

    def database_url(self) -> str:
        """The database's URL with a relative SQLite path made absolute; raises `ConfigRefused` for what is none."""
        # SQLAlchemy is imported by commands that use the database only
        from store.address import absolute

        try:
            return absolute(self.database.url, self.home)
        except ValueError as error:
            raise ConfigRefused(self.path, f"database.url: {error}") from None

    def publication_root(self) -> str:
        """Where lists are published: an absolute folder, or the object store's URL as it stands."""
        root = self.publication.root
        return root if "://" in root else str(self.at(Path(root)))

    def token_of(self, program: Program) -> tuple[str, ...]:
        """Names of the tokens that `program` may open."""
        return tuple(name for name, token in self.tokens.items() if token.program == program)


def load_config(path: Path) -> Config:
    """Read, check and freeze the configuration in `path`.

    Raises `ConfigRefused` for a missing file, an unknown key, a reference to nothing, one token for two programs, or a
    PIN file outside a demo home.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigRefused(path, "there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigRefused(path, f"it is no TOML ({error})") from None
    if "path" in data:
        raise ConfigRefused(path, "unknown key 'path'")
    try:
        config = Config.model_validate({**data, "path": path.resolve()})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigRefused(path, f"{where}: {first['msg']}") from None
    check_config(config)
    return config


def check_config(config: Config) -> None:
    """Refuse what is well-formed but unsafe or impossible; raises `ConfigRefused`."""
    for name, token in config.tokens.items():
        if token.pin_file is not None and not config.demo:
            raise ConfigRefused(config.path, f"token {name} has a PIN file, which only a demo home may have")
        if token.label is None and token.serial is None:
            raise ConfigRefused(config.path, f"token {name} needs a label, a serial, or both")
    for one, other in combinations(config.tokens.values(), 2):
        if same_token(one, other):
            which = one.label or one.serial
            raise ConfigRefused(config.path, f"token {which} is shared; each program has a token of its own")
    for name, authority in config.authorities.items():
        check_reference(config, f"authority {name}", authority.token, ("signer", "ceremony"))
        if authority.responder_token is not None:
            check_reference(config, f"the responder of {name}", authority.responder_token, ("ocsp",))
    check_reference(config, "audit", config.audit.token, ("audit",))
    if config.ra is not None and config.ra.port == config.ocsp.port:
        raise ConfigRefused(config.path, "two programs have the same port")
    if config.ra is not None:
        check_front_end(config, config.ra)


def check_front_end(config: Config, ra: RASection) -> None:
    """Refuse a front end that is no demo's and has a TCP port, whose two sites are one, or whose seal is half told.

    Raises `ConfigRefused`.
    """
    check_door(config, ra)
    if not apart(ra.origin, ra.approval_origin):
        raise ConfigRefused(config.path, "ra: approvals need a host of their own, not that of the working pages")
    if len({each is None for each in (ra.seal_token, ra.seal_key, ra.seal_certificate)}) > 1:
        raise ConfigRefused(config.path, "ra: seal_token, seal_key and seal_certificate go together")
    if ra.seal_token is not None:
        check_reference(config, "ra", ra.seal_token, ("ra",))


def check_door(config: Config, ra: RASection) -> None:
    """Refuse a front end with no door, two doors, or one by which anybody could speak for nginx (docs/decisions/0027).

    Raises `ConfigRefused`.
    """
    if (ra.socket is None) == (ra.port is None):
        raise ConfigRefused(config.path, "ra: it listens on a socket, or in a demo home on a port; name one of them")
    if ra.port is not None and ra.officer_authorities:
        why = (
            "anybody who reaches a TCP port could show another's certificate, so ra.officer_authorities need ra.socket"
        )
        raise ConfigRefused(config.path, why)
    if ra.port is not None and not config.demo:
        raise ConfigRefused(config.path, "ra.port: only a demo home has one; name ra.socket, where nginx connects")


def same_token(one: TokenSection, other: TokenSection) -> bool:
    """Whether two tables may mean one token: the same serial, or the same label where one of them has no serial."""
    if one.module != other.module:
        return False
    if one.serial is not None and other.serial is not None:
        return one.serial == other.serial
    return one.label is not None and one.label == other.label


def check_reference(config: Config, who: str, token: str, programs: tuple[Program, ...]) -> None:
    """Refuse a reference to a token that is not there or belongs to another program; raises `ConfigRefused`."""
    section = config.tokens.get(token)
    if section is None:
        raise ConfigRefused(config.path, f"{who} names token {token}, which is not there")
    if section.program not in programs:
        raise ConfigRefused(config.path, f"{who} names token {token}, which belongs to program {section.program}")
