"""From the octets of a question to the octets of an answer (RFC 6960; the rules of the design's section 7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ocsp.cache import AnswerCache, ChangeWatch, Kept
from ocsp.delegate import Delegate
from ocsp.errors import MalformedRequest, NotAuthoritative, TryLater
from ocsp.limit import TokenBucket
from ocsp.request import StatusRequest, parse_request
from ocsp.response import MALFORMED_REQUEST, TRY_LATER, UNAUTHORIZED, Revoked, single_response
from ocsp.status import Reading, Standing, StatusReader

HOLD = 6  # certificateHold: the one revocation that can end


@dataclass(frozen=True, slots=True)
class Answer:
    """The octets to send and, for a signed answer that states one known status, what may be said of its keeping.

    `this_update` and `next_update` are None where nobody may keep the answer; `final` means that the status can
    never change again.
    """

    der: bytes
    this_update: datetime | None = None
    next_update: datetime | None = None
    final: bool = False


class Responder:
    """Answers for all authorities it has a delegate of. `now` is an aware UTC time and is given with each question.

    `unknown` answers cost a signature and help nobody, so `unknown_limit` bounds them; then comes tryLater.
    """

    def __init__(
        self, delegates: Iterable[Delegate], reader: StatusReader, cache: AnswerCache, unknown_limit: TokenBucket
    ) -> None:
        self._delegates = {delegate.authority: delegate for delegate in delegates}
        self._by_issuer = {name: delegate for delegate in self._delegates.values() for name in delegate.names}
        self._reader = reader
        self._cache = cache
        self._watch = ChangeWatch(reader.counter)
        self._unknown_limit = unknown_limit

    def answer(self, question: bytes, now: datetime) -> Answer:
        """One answer, whatever was sent: a status, or malformedRequest, unauthorized or tryLater."""
        try:
            return self._answer(question, self._cache.get(question), now)
        except MalformedRequest:
            return Answer(MALFORMED_REQUEST)
        except NotAuthoritative:
            return Answer(UNAUTHORIZED)
        except TryLater:
            return Answer(TRY_LATER)

    def _answer(self, question: bytes, kept: Kept | None, now: datetime) -> Answer:
        """The kept answer while its counter is current or the database is away, otherwise one from the database."""
        counter = self._watch.counter(now)
        if kept is not None:
            if counter is None:
                return self._in_an_outage(kept, now)
            if counter == kept.counter and kept.this_update <= now < kept.renew_at:
                return _kept_answer(kept)
        request = parse_request(question)
        delegate = self._delegate(request)
        if counter is None:
            raise TryLater("the database is away")
        try:
            reading = self._reader.read(
                delegate.authority, delegate.issuer, [asked.serial for asked in request.certificates]
            )
        except ConnectionError as error:
            self._watch.failed(now)
            if kept is not None:
                return self._in_an_outage(kept, now)
            raise TryLater("the database is away") from error
        return self._state(question, request, kept, delegate, reading, now)

    def _in_an_outage(self, kept: Kept, now: datetime) -> Answer:
        """Without the database: an unexpired answer for as long as its authority states, then none (OCSP-6)."""
        seen_at = self._watch.seen_at
        outage = self._delegates[kept.authority].outage
        if seen_at is None or not seen_at <= now <= seen_at + outage or not kept.this_update <= now < kept.next_update:
            raise TryLater("the database has been away too long")
        return _kept_answer(kept)

    def _delegate(self, request: StatusRequest) -> Delegate:
        """The one delegate that may answer for all certificates asked about (RFC 6960 section 4.2.2.2)."""
        found = {self._by_issuer.get(asked.issuer) for asked in request.certificates}
        delegate = found.pop()
        if delegate is None or found:
            raise NotAuthoritative
        return delegate

    def _state(
        self,
        question: bytes,
        request: StatusRequest,
        kept: Kept | None,
        delegate: Delegate,
        reading: Reading,
        now: datetime,
    ) -> Answer:
        """State what was read: by the kept answer where that says the same, otherwise by a new signature."""
        if kept is not None and kept.standing == reading.standings[0] and kept.this_update <= now < kept.next_update:
            kept = replace(kept, counter=reading.counter)
            self._cache.put(question, kept)
            if now < kept.renew_at:
                return _kept_answer(kept)
        else:
            kept = None
        if False in reading.standings and not self._unknown_limit.take(now):
            raise TryLater("too many unknown certificates are being asked for")
        try:
            return self._sign(question, request, delegate, reading, now)
        except OSError as error:  # the token is away or refuses
            if kept is not None:
                return _kept_answer(kept)
            raise TryLater("the responder's key cannot sign") from error

    def _sign(
        self, question: bytes, request: StatusRequest, delegate: Delegate, reading: Reading, now: datetime
    ) -> Answer:
        if not delegate.current(now):
            raise TryLater("the responder's certificate is outside its dates")
        this_update = now.replace(microsecond=0)
        next_update = delegate.next_update(this_update)
        responses = [
            single_response(asked, standing, this_update, next_update, delegate.archive_cutoff if standing else None)
            for asked, standing in zip(request.certificates, reading.standings, strict=True)
        ]
        der = delegate.sign(responses, this_update, request.nonce)
        standing = reading.standings[0]
        if not request.plain or len(responses) > 1 or standing is False:
            return Answer(der)
        kept = Kept(
            der=der,
            standing=standing,
            authority=delegate.authority,
            counter=reading.counter,
            this_update=this_update,
            renew_at=this_update + (next_update - this_update) / 2,
            next_update=next_update,
        )
        self._cache.put(question, kept)
        return _kept_answer(kept)


def _kept_answer(kept: Kept) -> Answer:
    return Answer(kept.der, kept.this_update, kept.next_update, _final(kept.standing))


def _final(standing: Standing) -> bool:
    return isinstance(standing, Revoked) and standing.reason != HOLD
