"""What the signer does between applications: lists that are due or asked for, responder certificates that end soon."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from ca.authority import Authority
from ca.hierarchy import responder_certificate
from ca.issuance import Ledger
from ca.refusals import RandomFailed
from ca.responders import RESPONDER_PROFILE, responder_certificates, responder_facts, responder_name
from ca.retirement import Retired
from ca.retiring import enter_missing, publish_retirements
from ca.serials import SerialNumbers
from ca.statement import PublicKey
from cli.clock import ClockRefused
from cli.config import Config
from cli.errors import NotFound, code_of, spoken
from cli.list_signers import generations, list_signers, living
from cli.output import say
from cli.wiring import known_retirements, profiles_of
from crl.errors import CRLError
from crl.issuance import Publisher
from crl.signer import ListSigner
from store.audit import AuditChain, Fact
from store.crls import PublicationRequest, answer_request, open_requests
from store.database import Database
from store.errors import DatabaseAway
from store.partitions import partitions
from store.publication import Publication
from store.status import Compromise

RENEW_RESPONDER = timedelta(days=10)
"""How long before its end a responder's certificate is replaced."""

CHORES_SECONDS = 60
"""Lists and certificates are looked at this often; requests for lists in every turn."""


class Stopping(Exception):
    """Somebody asked the signer to stop: the chores that are left wait for the next start."""


_GIVE_UP = (RandomFailed, ClockRefused, DatabaseAway, Stopping)
"""What ends all chores of a look."""


class Chores:
    """The signer's other work. It uses only keys the signer has open anyway.

    `authorities` may change while it runs; what they sign follows their records and the ends of their keys. Each chore
    stands alone: what one of them refuses is said and audited, and the next is done all the same. `clock` is
    the signer's; a chore that meets a clock it may not trust, a broken random source or a database away is given up
    together with the rest, and nothing is recorded of it.
    """

    def __init__(
        self,
        config: Config,
        database: Database,
        authorities: Mapping[str, Authority],
        audit: AuditChain,
        serials: SerialNumbers,
        clock: Callable[[], datetime],
    ) -> None:
        self.config = config
        self.database = database
        self.authorities = authorities
        self.serials = serials
        self.clock = clock
        self.known = known_retirements(config)
        self.ledger = Ledger(database, audit, retired=self.retired)
        self.publication = Publication(config.publication_root())
        self.publisher = Publisher(
            database,
            self.publication,
            audit,
            clock,
            compromised=lambda: self.retired().compromises(),
            ended=lambda: self.retired().ended(),
        )
        self.looked_at: datetime | None = None
        self.versions: Mapping[str, int] | None = None
        self.signers: Mapping[str, Sequence[ListSigner]] = {}
        self.compromises: tuple[Compromise, ...] = ()
        self.listed: dict[str, tuple[Compromise, ...]] = {}
        self.meanwhile: Callable[[], None] = lambda: None
        self.follow_records()
        self.failing: dict[str, str] = {}

    def do(self, meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Answer requests for lists; once a minute look for what is due. True when no chore failed the last time.

        `meanwhile` is called between two lists, when no transaction is open. What it raises counts as the chore's, but
        for Stopping.

        Raises RandomFailed, which must stop the signer, ClockRefused, DatabaseAway and Stopping; nothing else.
        """
        self.meanwhile = meanwhile
        now = self.clock()
        self.attempt("records", self.follow_records)
        self.attempt("retirements", lambda: self.follow_retirements(now))
        self.attempt("requests", lambda: self.answer_requests(now))
        if self.looked_at is not None and now - self.looked_at < timedelta(seconds=CHORES_SECONDS):
            return not self.failing
        self.looked_at = now
        for issuer in self.signers:
            self.attempt(f"lists.{issuer}", partial(self.publish_lists, issuer, now))
        for authority in self.authorities.values():
            if living(authority.certificate, now) and not self.known.retired.signs_nothing(authority.key_hash):
                for key in authority.responders:
                    chore = f"responder.{authority.name}.{key.hex()[:8]}"
                    self.attempt(chore, partial(self.renew_responder, authority, key, now))
        return not self.failing

    def attempt(self, chore: str, work: Callable[[], None]) -> None:
        """Do one chore. What goes wrong is said and audited once, and again only when it goes wrong otherwise."""
        try:
            work()
        except _GIVE_UP:
            raise
        except Exception as error:  # whatever it is, the other authorities' lists and responders do not wait for it
            self.failed(chore, error)
        else:
            self.failing.pop(chore, None)

    def failed(self, chore: str, error: Exception) -> None:
        """Say and audit (``chore.failed``) that a chore failed, unless it failed by the same cause the last time."""
        if self.failing.get(chore) == code_of(error):
            return
        say(f"{chore} failed and will be tried again: {spoken(error)}")
        facts: dict[str, Fact] = {"chore": chore, "code": code_of(error)}
        with self.database.transaction() as tx:
            self.ledger.audit.append(tx, "chore.failed", facts, self.clock())
        self.failing[chore] = code_of(error)

    def retired(self) -> Retired:
        """Which keys ended, as the folder or the database says now; raises RetiredRefused."""
        with self.database.snapshot() as tx:
            return self.known.look(tx)

    def follow_records(self) -> None:
        """Take over what changed in the authorities' signed records: the profiles they issue name their lists."""
        versions = {name: each.statement.version for name, each in self.authorities.items()}
        if versions != self.versions:
            certificates = generations(self.config, self.database)
            self.signers = list_signers(self.authorities, profiles_of(self.config), certificates)
            self.versions = versions

    def follow_retirements(self, now: datetime) -> None:
        """Enter again what a restored database lost, publish what ended; after a compromise the lists are looked at."""
        if entered := enter_missing(self.known, self.database, self.ledger.audit, now):
            say(f"{entered} retirements that this database had lost were entered again")
        if self.compromises != (compromises := self.known.retired.compromises()):
            self.compromises, self.looked_at = compromises, None
        for name in publish_retirements(self.known, self.publication):
            say(f"the end of {name} is published")

    def signing(self, issuer: str, now: datetime) -> Sequence[ListSigner]:
        """The generations of an issuer that sign its lists: those whose certificates have not ended, nor their keys."""
        ended = self.retired().ended()
        return [each for each in self.signers[issuer] if living(each.certificate, now) and each.authority not in ended]

    def publish_lists(self, issuer: str, now: datetime) -> None:
        """Publish the lists of an issuer that are due; after a compromise all that do not say so yet."""
        if self.listed.get(issuer, ()) == self.compromises:
            self.publish_due(issuer, now)
            return
        signers, compromises = self.signing(issuer, now), self.compromises
        wanted = self.publisher.wanted(issuer) if signers else ()
        outcomes = [self.publish_one(signers, one.code, now) for one in wanted]
        if all(outcome == "published" for outcome in outcomes):
            self.listed[issuer] = compromises

    def publish_due(self, issuer: str, now: datetime) -> None:
        """Publish the lists of an issuer that are due; none where the journal contradicts the status table.

        A list that is refused does not stop the others; a token that is away does, since they would all wait for it.
        """
        signers = self.signing(issuer, now)
        for partition in self.publisher.due(signers) if signers else ():
            self.publish_one(signers, partition.code, now)

    def answer_requests(self, now: datetime) -> None:
        """Publish what was asked for and answer with one word, "published" or the code of the first error."""
        with self.database.snapshot() as tx:
            requests = open_requests(tx)
        for request in requests:
            if request.issuer not in self.signers:
                continue
            answer = next((code for code in self.asked(request, now) if code != "published"), "published")
            with self.database.transaction() as tx:
                answer_request(tx, request.id, answer, now)

    def asked(self, request: PublicationRequest, now: datetime) -> Iterator[str]:
        """The outcome of each list that a request is about."""
        signers = self.signing(request.issuer, now)
        try:
            wanted = self.publisher.wanted(request.issuer) if signers else ()
        except CRLError as error:
            self.failed(f"lists.{request.issuer}", error)
            yield error.code
            return
        for partition in wanted:
            if request.partition in (None, partition.code):
                yield self.publish_one(signers, partition.code, now)

    def publish_one(self, signers: Sequence[ListSigner], code: str, now: datetime) -> str:
        """Publish one partition: "published", or the code of why not; the list before stays in force then.

        Raises what ends the other lists too: ConnectionError of a token that is away, and what ends all chores.
        """
        self.meanwhile()
        name = f"{signers[0].issuer}/{code}"
        chore = f"list.{name}"
        try:
            with self.database.snapshot() as tx:
                (partition,) = partitions(tx, signers[0].issuer, now, code)
            outcome = self.publisher.publish(signers, partition)
        except CRLError as error:  # audited by the publisher
            if self.failing.get(chore) != error.code:
                say(f"list {name} was not published and will be tried again: {error}")
            self.failing[chore] = error.code
            return error.code
        except (ConnectionError, *_GIVE_UP):
            raise
        except Exception as error:  # a list that trips the program does not stop the other lists
            self.failed(chore, error)
            return code_of(error)
        self.failing.pop(chore, None)
        if outcome.made:
            say(f"list {name} published, number {outcome.records[0].number}")
        return "published"

    def renew_responder(self, authority: Authority, key: bytes, now: datetime) -> None:
        """A new certificate for the responder's key with the hash `key`, when its newest ends soon.

        The hash stands in the authority's signed record. The key itself is read from its newest certificate, which the
        authority signed; a certificate that ends with its authority is the last.
        """
        with self.database.snapshot() as tx:
            found = responder_certificates(tx, authority.name, authority.certificate, key)
        if not found:
            advice = "Hold the ceremony of the responder's certificate, or sign a record without the key."
            raise NotFound(f"A certificate of the responder's key {key.hex()[:16]} of {authority.name}", advice)
        end = found[0].not_valid_after_utc
        public = found[0].public_key()
        last = end >= authority.certificate.not_valid_after_utc
        if last or end - now > RENEW_RESPONDER or not isinstance(public, PublicKey):
            return
        responder_certificate(
            responder_name(authority.name),
            profiles_of(self.config)[RESPONDER_PROFILE],
            responder_facts(authority.name),
            public,
            under=authority,
            serial=self.serials.draw(),
            ledger=self.ledger,
            now=now,
        )
        say(f"responder of {authority.name} has a new certificate")
