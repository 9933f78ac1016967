"""What the signer does between applications: lists that are due or asked for, responder certificates that end soon."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from ca.authority import Authority
from ca.hierarchy import responder_certificate
from ca.issuance import Ledger
from ca.serials import SerialNumbers
from ca.statement import PublicKey
from cli.config import Config
from cli.output import say
from cli.verifiers import responder_facts, responder_holder, responder_name
from cli.wiring import profiles_of, utc_now
from crl.drafts import ListSigner
from crl.errors import CRLError, KeyNotUsable
from crl.issuance import Publisher
from policies.profile import CRLProfile, load_crl_profiles
from store.audit import AuditChain
from store.certificates import CertificateFilter, find
from store.crls import PublicationRequest, answer_request, open_requests
from store.database import Database
from store.partitions import partitions
from store.publication import Publication

RENEW_RESPONDER = timedelta(days=10)
"""How long before its end a responder's certificate is replaced."""

CHORES_SECONDS = 60
"""Lists and certificates are looked at this often; requests for lists in every turn."""


class Chores:
    """The signer's other work. It uses only keys the signer has open anyway."""

    def __init__(
        self,
        config: Config,
        database: Database,
        authorities: Mapping[str, Authority],
        audit: AuditChain,
        serials: SerialNumbers,
    ) -> None:
        self.config = config
        self.database = database
        self.authorities = authorities
        self.serials = serials
        self.ledger = Ledger(database, audit)
        self.publisher = Publisher(database, Publication(config.publication_root()), audit, utc_now)
        self.looked_at: datetime | None = None
        self.signers = list_signers(authorities)

    def do(self, now: datetime) -> None:
        """Answer requests for lists; once a minute look for what is due. Errors of one list do not stop the others."""
        self.answer_requests(now)
        if self.looked_at is not None and now - self.looked_at < timedelta(seconds=CHORES_SECONDS):
            return
        self.looked_at = now
        for signers in self.signers.values():
            for code in self.due(signers):
                self.publish_one(signers, code, now)
        for name, section in self.config.authorities.items():
            if section.responder_token is not None and name in self.authorities:
                self.renew_responder(self.authorities[name], now)

    def due(self, signers: Sequence[ListSigner]) -> list[str]:
        """The partitions whose lists are to be made; none where the journal contradicts the status table."""
        try:
            return [partition.code for partition in self.publisher.due(signers)]
        except CRLError as error:
            say(f"no list of {signers[0].issuer} can be made: {error}")
            return []

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
        signers = self.signers[request.issuer]
        with self.database.snapshot() as tx:
            codes = [one.code for one in partitions(tx, request.issuer, now)]
        for code in codes:
            if request.partition in (None, code):
                yield self.publish_one(signers, code, now)

    def publish_one(self, signers: Sequence[ListSigner], code: str, now: datetime) -> str:
        """Publish one partition: "published", or the code of why not; the list before stays in force then."""
        with self.database.snapshot() as tx:
            partition = next(one for one in partitions(tx, signers[0].issuer, now) if one.code == code)
        try:
            outcome = self.publisher.publish(signers, partition)
        except CRLError as error:
            say(f"list {partition.issuer}/{code} was not published: {error}")
            return error.code
        if outcome.made:
            say(f"list {partition.issuer}/{code} published, number {outcome.records[0].number}")
        return "published"

    def renew_responder(self, authority: Authority, now: datetime) -> None:
        """A new certificate for the responder's key when the newest ends soon; the key stays in its token."""
        holder = responder_holder(authority.name)
        with self.database.snapshot() as tx:
            found = find(tx, CertificateFilter(authority=authority.name, holder=holder, state="issued"), limit=1)
        if not found or found[0].not_after - now > RENEW_RESPONDER or found[0].certificate is None:
            return
        key = x509.load_der_x509_certificate(found[0].certificate).public_key()
        if not isinstance(key, PublicKey):
            return
        responder_certificate(
            responder_name(authority.name),
            profiles_of(self.config)["ocsp-responder"],
            responder_facts(authority.name),
            key,
            under=authority,
            serial=self.serials.draw(),
            ledger=self.ledger,
            now=now,
        )
        say(f"responder of {authority.name} has a new certificate")


def list_signers(authorities: Mapping[str, Authority]) -> Mapping[str, Sequence[ListSigner]]:
    """For each issuer the generations that sign its lists, in order."""
    profiles = load_crl_profiles()
    ordered = sorted(authorities.values(), key=lambda each: (each.issuer, each.statement.generation))
    return {
        issuer: [list_signer(each, profiles) for each in generations]
        for issuer, generations in groupby(ordered, key=lambda each: each.issuer)
    }


def list_signer(authority: Authority, profiles: Mapping[str, CRLProfile]) -> ListSigner:
    """The authority as the signer of its lists; its family's CRL profile is named like its terms."""
    if isinstance(authority.key, ed25519.Ed25519PrivateKey):
        raise KeyNotUsable("Ed25519")
    return ListSigner(
        authority=authority.name,
        issuer=authority.issuer,
        certificate=authority.certificate,
        key=authority.key,
        profile=profiles[f"crl-{authority.terms.name.removesuffix('-test')}"],
    )
