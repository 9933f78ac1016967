"""Answering for authorities: the responders' keys, and their certificates, which change while the keys stay.

A key is opened once, in each worker. Its certificate is found by the key, never by what a row says of its holder, and
looked up again while the worker serves, so that a renewal needs no restart.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca.authority import key_hash
from ca.responders import current_certificate
from cli.config import Config
from cli.config_sections import AuthoritySection
from cli.errors import CommandError, NotFound, spoken
from cli.output import say
from cli.wiring import known_retirements
from hsm.token import Token
from ocsp.delegate import Delegate
from ocsp.errors import ResponderRefused
from ocsp.limit import TokenBucket
from ocsp.responder import Responder
from ocsp.status import StatusReader
from ocsp.web import OCSPApplication
from store.authorities import AuthorityRecord, authority
from store.database import Database, Transaction
from store.errors import RetiredRefused
from store.status import Compromise

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ANSWER_LIFE = timedelta(minutes=30)
"""From thisUpdate to nextUpdate of an answer (fact sheet b.6: 15 to 30 minutes)."""

CACHED_ANSWERS = 100_000
"""About 1 KiB each."""

UNKNOWN_PER_SECOND = 200.0
UNKNOWN_BURST = 1000


LOOK = timedelta(hours=1)
"""How often the responders' certificates are looked up."""

LOOK_SOON = timedelta(minutes=1)
ENDS_SOON = timedelta(days=2)


class TokenShared(CommandError):
    """A token holds keys of another program: whoever takes over this program would have them too."""

    code = "cli.token-shared"

    def __init__(self, token: str, labels: Iterable[str]) -> None:
        super().__init__(f"Token {token} also holds keys of another program: {', '.join(sorted(labels))}.")
        self.next = "Give the responder a token of its own and have its key certified there."


@dataclass(frozen=True, slots=True)
class Answering:
    """An authority with the open key that answers for it: what stays as it is while its certificates are renewed."""

    record: AuthorityRecord
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def ca_certificate(self) -> x509.Certificate:
        """The authority's own certificate."""
        return x509.load_der_x509_certificate(self.record.certificate)

    def certificate(self, tx: Transaction, now: datetime) -> x509.Certificate:
        """The certificate of the key in the token: by the key's hash, whatever the database says of responders."""
        name, hashed = self.record.name, key_hash(self.key.public_key())
        found = current_certificate(tx, name, self.ca_certificate, hashed, now)
        if found is None:
            advice = "Have its key named in the authority's signed record and hold the ceremony of its certificate."
            raise NotFound(f"A certificate of the responder's key of {name}", advice)
        return found


def answering(config: Config, database: Database, tokens: Mapping[str, Token]) -> tuple[Answering, ...]:
    """Every authority with a responder and its key; raises `TokenShared`, ResponderRefused, hsm's errors."""
    sections = {name: section for name, section in config.authorities.items() if section.responder_token}
    check_tokens(sections, tokens)
    with database.snapshot() as tx:
        records = {name: authority(tx, name) for name in sections}
    return tuple(Answering(records[name], answering_key(name, section, tokens)) for name, section in sections.items())


def certificates(database: Database, answering: Sequence[Answering], now: datetime) -> tuple[x509.Certificate, ...]:
    """The responders' certificates in the order of `answering`; raises `NotFound` unless each has one."""
    with database.snapshot() as tx:
        return tuple(each.certificate(tx, now) for each in answering)


def delegates(
    config: Config, answering: Sequence[Answering], certificates: Sequence[x509.Certificate]
) -> tuple[Delegate, ...]:
    """One delegate for each authority with a responder; raises ResponderRefused and hsm's errors."""
    return tuple(
        Delegate(
            authority=each.record.name,
            issuer=each.record.issuer,
            ca_certificate=each.ca_certificate,
            certificate=certificate,
            key=each.key,
            validity=ANSWER_LIFE,
            outage=timedelta(seconds=config.ocsp.outage_window),
        )
        for each, certificate in zip(answering, certificates, strict=True)
    )


def check_tokens(sections: Mapping[str, AuthoritySection], tokens: Mapping[str, Token]) -> None:
    """Refuse a token with any key that is not a responder's of this configuration."""
    for name, token in tokens.items():
        ours = {section.responder_key for section in sections.values() if section.responder_token == name}
        others = {each.label for each in token.objects() if each.kind == "private key" and each.label not in ours}
        if others:
            raise TokenShared(name, others)


def answering_key(
    name: str, section: AuthoritySection, tokens: Mapping[str, Token]
) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """The responder's key; raises KeyMissing, TwoKeys, and ResponderRefused for a kind not every verifier knows."""
    key = tokens[section.responder_token or ""].signing_key(section.responder_key or "")
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise ResponderRefused(name, "its key is neither RSA nor EC")


class RenewedResponder:
    """Answers by the responders' newest certificates, which it looks up again while it serves.

    The signer renews a certificate ten days before it ends; it is looked for every hour, and every minute in the last
    two days of the one in use or after a look that failed, which leaves everything as it is. Keys, database and the
    bound on unknown answers stay; kept answers go only when a certificate changed. Threads may share it: one looks, the
    others answer meanwhile. Construction raises what `delegates` does.
    """

    def __init__(
        self, config: Config, database: Database, keys: Sequence[Answering], clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._database = database
        self._keys = keys
        self._clock = clock
        self._known = known_retirements(config)
        self._reader = StatusReader(database, CACHED_ANSWERS, self._compromised)
        self._unknown = TokenBucket(UNKNOWN_PER_SECOND, UNKNOWN_BURST)
        self._looking = Lock()
        self._looked_at = clock()
        self._certificates = certificates(database, keys, self._looked_at)
        self._application = self._made(self._certificates)
        self._pause = self._pause_after_a_look()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one HTTP request by the certificates of the last look (PEP 3333)."""
        now = self._clock()
        if not self._looked_at <= now < self._looked_at + self._pause and self._looking.acquire(blocking=False):
            try:
                self._look(now)
            finally:
                self._looking.release()
        return self._application(environ, start_response)

    def _compromised(self, tx: Transaction) -> tuple[Compromise, ...]:
        """Whose keys were compromised; a folder that fails is said, and what the database says counts all the same."""
        try:
            return self._known.look(tx).compromises()
        except RetiredRefused as error:
            say(spoken(error))
            return self._known.retired.compromises()

    def _look(self, now: datetime) -> None:
        self._looked_at, self._pause = now, LOOK_SOON
        try:
            found = certificates(self._database, self._keys, now)
            if found != self._certificates:
                self._application = self._made(found)
                self._certificates = found
                say("the responders' new certificates are in use")
        except Exception as error:  # neither a database away nor a row that somebody spoilt may end the answers
            say(f"the responders' certificates could not be looked up: {spoken(error)}")
        else:
            self._pause = self._pause_after_a_look()

    def _pause_after_a_look(self) -> timedelta:
        soon = any(each.not_valid_after_utc - self._looked_at < ENDS_SOON for each in self._certificates)
        return LOOK_SOON if soon else LOOK

    def _made(self, found: Sequence[x509.Certificate]) -> OCSPApplication:
        made = delegates(self._config, self._keys, found)
        return OCSPApplication(Responder(made, self._reader, CACHED_ANSWERS, self._unknown), self._clock)
