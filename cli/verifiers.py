"""What verifiers reach: status answers, and the published lists and CA certificates, on one port.

Each worker makes its own application: token, database and answers are never shared between processes.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cli.config import AuthoritySection, Config
from cli.errors import CommandError, NotFound
from cli.wiring import open_database, open_token
from crl.web import PublicationApplication
from hsm.token import Token
from ocsp.delegate import Delegate
from ocsp.errors import ResponderRefused
from ocsp.limit import TokenBucket
from ocsp.responder import Responder
from ocsp.status import StatusReader
from ocsp.web import OCSPApplication
from store.authorities import AuthorityRecord, authority
from store.certificates import CertificateFilter, find
from store.database import Database

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ANSWER_LIFE = timedelta(minutes=30)
"""From thisUpdate to nextUpdate of an answer (fact sheet b.6: 15 to 30 minutes)."""

CACHED_ANSWERS = 100_000
"""About 1 KiB each."""

UNKNOWN_PER_SECOND = 200.0
UNKNOWN_BURST = 1000


class TokenShared(CommandError):
    """A token holds keys of another program: whoever takes over this program would have them too."""

    code = "cli.token-shared"

    def __init__(self, token: str, labels: Iterable[str]) -> None:
        super().__init__(f"Token {token} also holds keys of another program: {', '.join(sorted(labels))}.")
        self.next = "Give the responder a token of its own and have its key certified there."


def delegates(config: Config, database: Database, tokens: Mapping[str, Token]) -> tuple[Delegate, ...]:
    """One delegate for each authority with a responder; raises `TokenShared`, ResponderRefused, hsm's errors."""
    sections = {name: section for name, section in config.authorities.items() if section.responder_token}
    check_tokens(sections, tokens)
    return tuple(delegate(config, database, name, section, tokens) for name, section in sections.items())


def check_start(config: Config) -> int:
    """Open everything once, before any worker does, and close it again: how many authorities can be answered for.

    Raises what a worker would raise, where somebody sees it: `TokenShared`, WrongResponderKey, hsm's errors.
    """
    database = open_database(config, "ocsp")
    tokens = responder_tokens(config)
    try:
        return len(delegates(config, database, tokens))
    finally:
        for token in tokens.values():
            token.close()
        database.close()


def check_tokens(sections: Mapping[str, AuthoritySection], tokens: Mapping[str, Token]) -> None:
    """Refuse a token with any key that is not a responder's of this configuration."""
    for name, token in tokens.items():
        ours = {section.responder_key for section in sections.values() if section.responder_token == name}
        others = {each.label for each in token.objects() if each.kind == "private key" and each.label not in ours}
        if others:
            raise TokenShared(name, others)


def delegate(
    config: Config, database: Database, name: str, section: AuthoritySection, tokens: Mapping[str, Token]
) -> Delegate:
    """The delegate of one authority with its newest certificate and its key."""
    with database.snapshot() as tx:
        record = authority(tx, name)
        found = find(tx, CertificateFilter(authority=name, holder=responder_holder(name), state="issued"), limit=1)
    if not found or found[0].certificate is None:
        raise NotFound(f"A responder certificate of {name}", "Hold the ceremony of the responder's key first.")
    return Delegate(
        authority=name,
        issuer=record.issuer,
        ca_certificate=ca_certificate(record),
        certificate=x509.load_der_x509_certificate(found[0].certificate),
        key=answering_key(name, section, tokens),
        validity=ANSWER_LIFE,
        outage=timedelta(seconds=config.ocsp.outage_window),
    )


def answering_key(
    name: str, section: AuthoritySection, tokens: Mapping[str, Token]
) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """The responder's key; raises KeyMissing, TwoKeys, and ResponderRefused for a kind not every verifier knows."""
    key = tokens[section.responder_token or ""].signing_key(section.responder_key or "")
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise ResponderRefused(name, "its key is neither RSA nor EC")


def responder_holder(authority_name: str) -> bytes:
    """The holder under which responder certificates of an authority are recorded."""
    return sha256(responder_name(authority_name).encode()).digest()


def responder_name(authority_name: str) -> str:
    """The name of an authority's responder in records and tokens."""
    return f"ocsp-{authority_name}"


def responder_facts(authority_name: str) -> dict[str, str]:
    """What a responder's certificate says of it."""
    return {"common_name": f"OCSP Responder {authority_name}"}


def ca_certificate(record: AuthorityRecord) -> x509.Certificate:
    """The authority's own certificate."""
    return x509.load_der_x509_certificate(record.certificate)


def responder_tokens(config: Config) -> dict[str, Token]:
    """The tokens of the ocsp program, open."""
    return {name: open_token(config, name) for name in config.token_of("ocsp")}


def verifiers_application(config: Config) -> Callable[[], "WSGIApplication"]:
    """What makes the application in each worker."""

    def make() -> "WSGIApplication":
        database = open_database(config, "ocsp")
        responder = Responder(
            delegates(config, database, responder_tokens(config)),
            StatusReader(database, CACHED_ANSWERS),
            CACHED_ANSWERS,
            TokenBucket(UNKNOWN_PER_SECOND, UNKNOWN_BURST),
        )
        status = OCSPApplication(responder, clock)
        files = PublicationApplication(Path(config.publication_root()))

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            chosen = status if environ["PATH_INFO"].startswith("/ocsp") else files
            return chosen(environ, start_response)

        return application

    return make


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
