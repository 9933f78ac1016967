"""The tables of the configuration file, each by itself; what holds between them is checked in `cli.config`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cli.origins import origin

Program = Literal["signer", "ocsp", "audit", "ra", "ceremony", "officer"]
"""Who opens a token: a running program, a ceremony, or ("officer") a person who signs cases or the roster with it."""


class Section(BaseModel):
    """A table of the file: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class DatabaseSection(Section):
    """`url` is a SQLAlchemy URL: ``sqlite:///ninsho.db`` (relative to the file) or ``postgresql://user@host/name``.

    A password does better in the file that the environment's PGPASSFILE names, which libpq reads.
    """

    url: str


class RosterSection(Section):
    """Public keys (PEM) of the administrators who sign the roster, and where the highest version seen is kept."""

    administrators: tuple[Path, ...] = Field(min_length=2)
    floor: Path


class TokenSection(Section):
    """One PKCS#11 token, named by its label, its serial or both. One program may use it: a PIN opens one thing."""

    program: Program
    module: Path
    label: str | None = None
    serial: str | None = None
    vendor: Literal["softhsm", "generic"] = "generic"
    softhsm_conf: Path | None = None
    pin_file: Path | None = None
    sessions: int = Field(default=8, ge=1, le=64)


class AuthoritySection(Section):
    """One generation of a CA: which key of which token signs, and under which names, policies and URLs."""

    token: str
    key: str
    terms: Path
    responder_token: str | None = None
    responder_key: str | None = None


class OCSPSection(Section):
    """The verifiers' port: status answers, and the published files where no web server serves them.

    The `host` defaults to this machine only. `outage_window` is for how many seconds answers go on without the database
    (JPKI: 15 minutes). `base_url` is how verifiers reach the port; it fills the URLs of the terms, so certificates
    carry it.
    """

    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    base_url: str
    workers: int = Field(default=1, ge=1, le=64)
    outage_window: int = Field(default=900, ge=0, le=900)


Telephone = Annotated[str, Field(pattern=r"^[0-9+() -]{3,24}$")]
Hours = Annotated[str, Field(min_length=1, max_length=40)]


class BranchSection(Section):
    """What a branch's papers say of it: its counter's names and telephone, where the others do not fit."""

    name: str = Field(default="", max_length=40)
    name_en: str = Field(default="", max_length=60)
    telephone: Telephone | Literal[""] = ""


class CounterSection(Section):
    """What the papers of all branches say: the counters' telephone, and who stops a lost card's certificates.

    `branches` by the code in the roster; a branch without an entry has the name that the roster gives it.
    """

    telephone: Telephone
    loss_telephone: Telephone
    loss_hours_ja: Hours
    loss_hours_en: Hours
    branches: dict[str, BranchSection] = {}


class RASection(Section):
    """The officers' front end: working pages and approvals on two origins, behind one door (docs/deployment.md).

    The door is a Unix `socket` where nginx connects, whose word for each request is believed; a demo home may have a
    TCP `port` of `host` instead, where no proxy's word is. `origin` and `approval_origin` are how browsers reach them,
    e.g. ``https://desk.example.jp``; each one's host is the RP ID of its passkeys. `secret` names a file of 32 random
    octets that sign the officers' sessions. `workers` is how many processes answer.
    `officer_authorities` are certificates (PEM) of those who issue officers' cards, for logging in with one by nginx.
    `resident_register` is a file that stands in for the resident register (`ra.register`), without which no card is
    known; a demo home has one.
    `seal_token`, `seal_key` and `seal_certificate` (PEM) seal the papers that leave the counter: all three or none.
    `counter` is what the papers say of the counters; without it cases have no papers.
    """

    socket: Path | None = None
    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=1, le=65535)
    origin: Annotated[str, AfterValidator(origin)]
    approval_origin: Annotated[str, AfterValidator(origin)]
    secret: Path
    workers: int = Field(default=2, ge=1, le=64)
    officer_authorities: tuple[Path, ...] = ()
    resident_register: Path | None = None
    seal_token: str | None = None
    seal_key: str | None = None
    seal_certificate: Path | None = None
    counter: CounterSection | None = None


class PublicationSection(Section):
    """Where lists and CA certificates are published: a folder, or an object store's URL."""

    root: str


class AuditSection(Section):
    """Where anchors go (outside the database) and which key signs them."""

    anchors: Path
    token: str
    key: str
    public_key: Path


class SignerSection(Section):
    """`lease` and `idle` in seconds; `batch` certificates at most in one transaction; `linters` processes that lint."""

    lease: int = Field(default=60, ge=5, le=3600)
    idle: float = Field(default=1.0, gt=0, le=1.0)
    batch: int = Field(default=64, ge=1, le=1000)
    linters: int = Field(default=1, ge=1, le=32)


class ActivationSection(Section):
    """Where the PINs of tokens that a quorum has activated stay until the machine restarts: a folder in memory."""

    folder: Path = Path("/run/ninsho")
