"""From the octets of a question to the octets of an answer (RFC 6960; the rules of the design's section 7)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ocsp.cache import Answer, ChangeWatch, Kept, Recent
from ocsp.delegate import Delegate
from ocsp.errors import MalformedRequest, NotAuthoritative, TryLater
from ocsp.limit import Places, TokenBucket
from ocsp.request import StatusRequest, parse_request
from ocsp.response import MALFORMED_REQUEST, TRY_LATER, UNAUTHORIZED, Revoked, Standing, single_response
from ocsp.status import Reading, StatusReader

HOLD = 6  # certificateHold: the one revocation that can end
SIGNING = 64
"""How many answers are being signed at once; a quarter of `ocsp.server.THREADS`."""
PATIENCE = timedelta(seconds=1)


class Responder:
    """Answers for all authorities it has a delegate of. `now` is an aware UTC time and is given with each question.

    For each worker at most `capacity` answers are kept, and as many statuses for answers that cannot be kept.
    `unknown` answers cost a signature and help nobody, so `unknown_limit` bounds them; then comes tryLater. At most
    `signing` answers are being signed at once: a token that stalls takes no more threads from what is kept.
    """

    def __init__(
        self,
        delegates: Iterable[Delegate],
        reader: StatusReader,
        capacity: int,
        unknown_limit: TokenBucket,
        signing: int = SIGNING,
    ) -> None:
        self._delegates = {delegate.authority: delegate for delegate in delegates}
        self._by_issuer = {name: delegate for delegate in self._delegates.values() for name in delegate.names}
        self._reader = reader
        self._answers: Recent[bytes, Kept] = Recent(capacity)
        self._standings: Recent[tuple[str, int], tuple[int, Standing]] = Recent(capacity)
        self._watch = ChangeWatch(reader.counter, self._forget)
        self._unknown_limit = unknown_limit
        self._signing = Places(signing, PATIENCE)

    def _forget(self) -> None:
        self._answers.clear()
        self._standings.clear()

    def answer(self, question: bytes, now: datetime) -> Answer:
        """One answer, whatever was sent: a status, or malformedRequest, unauthorized or tryLater."""
        try:
            return self._answer(question, self._answers.get(question), now)
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
                return kept.answer
        request = parse_request(question)
        delegate = self._delegate(request)
        if counter is None:
            raise TryLater("the database is away")
        try:
            reading = self._read(delegate, request, counter)
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
        return kept.answer

    def _delegate(self, request: StatusRequest) -> Delegate:
        """The one delegate that may answer for all certificates asked about (RFC 6960 section 4.2.2.2)."""
        found = {self._by_issuer.get(asked.issuer) for asked in request.certificates}
        delegate = found.pop()
        if delegate is None or found:
            raise NotAuthoritative
        return delegate

    def _read(self, delegate: Delegate, request: StatusRequest, counter: int) -> Reading:
        """What is remembered under the current counter, otherwise what the database says; unknown is not remembered."""
        serials = [asked.serial for asked in request.certificates]
        remembered = [self._standings.get((delegate.authority, serial)) for serial in serials]
        current = tuple(one[1] for one in remembered if one is not None and one[0] == counter)
        if len(current) == len(serials):
            return Reading(counter, current)
        reading = self._reader.read(delegate.authority, delegate.issuer, serials)
        for serial, standing in zip(serials, reading.standings, strict=True):
            if standing is not False:
                self._standings.put((delegate.authority, serial), (reading.counter, standing))
        return reading

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
            self._answers.put(question, kept)
            if now < kept.renew_at:
                return kept.answer
        else:
            kept = None
        if False in reading.standings and not self._unknown_limit.take(now):
            raise TryLater("too many unknown certificates are being asked for")
        try:
            with self._signing.one(now):
                return self._sign(question, request, delegate, reading, now)
        except OSError as error:  # the token is away, stalls or refuses
            if kept is not None:
                return kept.answer
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
        answer = Answer(der, this_update, next_update, isinstance(standing, Revoked) and standing.reason != HOLD)
        kept = Kept(
            answer=answer,
            standing=standing,
            authority=delegate.authority,
            counter=reading.counter,
            this_update=this_update,
            renew_at=this_update + (next_update - this_update) / 2,
            next_update=next_update,
        )
        self._answers.put(question, kept)
        return answer
