"""How long an answer may be given again: change counter, outages of database and token, bounds (OCSP-6)."""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Semaphore

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from ocsp.cache import ChangeWatch, Recent
from ocsp.limit import TokenBucket
from ocsp.responder import Responder
from ocsp.status import StatusReader
from tests.fixtures.register import Register
from tests.unit.ocsp.samples import NOW, SampleAuthority, make_delegate, question
from tests.unit.ocsp.test_responder import make_responder

MILLISECOND = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
SUCCESSFUL, TRY_LATER = ocsp.OCSPResponseStatus.SUCCESSFUL, ocsp.OCSPResponseStatus.TRY_LATER


def status(responder: Responder, asked: bytes, minutes: float) -> ocsp.OCSPResponseStatus:
    """The response status of one answer some minutes from NOW."""
    return ocsp.load_der_ocsp_response(responder.answer(asked, NOW + minutes * MINUTE).der).response_status


@contextmanager
def outage(register: Register, folder: Path) -> Iterator[None]:
    """The database file is out of reach."""
    aside = folder.with_name("aside")
    register.reader.close()
    folder.rename(aside)
    yield
    aside.rename(folder)


@pytest.fixture
def responder(register: Register, authority: SampleAuthority) -> Responder:
    """A responder that has just answered for serial 5 and knows serial 6."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    register.issue("jpki-sign-g1", "jpki-sign", 6, NOW)
    made = make_responder(register, authority)
    made.answer(question(authority, 5), NOW)
    return made


def test_without_the_database_unexpired_answers_are_given_for_the_stated_window(
    register: Register, responder: Responder, authority: SampleAuthority, tmp_path: Path
) -> None:
    """OCSP-6: kept answers for 15 minutes after the database last spoke, then tryLater; never a guess."""
    with outage(register, tmp_path):
        asked = [status(responder, question(authority, 5), minute) for minute in (1, 14.9, 15.1, 20)]
    assert asked == [SUCCESSFUL, SUCCESSFUL, TRY_LATER, TRY_LATER]


def test_without_the_database_what_was_not_kept_gets_try_later(
    register: Register, responder: Responder, authority: SampleAuthority, tmp_path: Path
) -> None:
    """OCSP-6: no status is stated that was not read; a nonce asks for a new statement."""
    with outage(register, tmp_path):
        assert status(responder, question(authority, 6), 1) == TRY_LATER
        assert status(responder, question(authority, 5, nonce=b"x" * 16), 1) == TRY_LATER


def test_database_that_came_back_is_asked_again(
    register: Register, responder: Responder, authority: SampleAuthority, tmp_path: Path
) -> None:
    """OCSP-6: a second after the last failure the database is tried again."""
    with outage(register, tmp_path):
        assert status(responder, question(authority, 6), 20) == TRY_LATER
    assert status(responder, question(authority, 6), 20.1) == SUCCESSFUL


def test_a_stalling_token_leaves_threads_for_what_is_kept(
    register: Register, authority: SampleAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OCSP-6: so many questions wait for the token and no more; others get kept answers or tryLater, and at once."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    delegate = make_delegate(authority, ec.generate_private_key(ec.SECP256R1()))
    responder = Responder([delegate], StatusReader(register.reader, 100), 100, TokenBucket(0.001, 100), signing=2)
    responder.answer(question(authority, 5), NOW)
    goes, asked, sign = Event(), Semaphore(0), delegate.sign

    def stalling(responses: list[bytes], produced_at: datetime, nonce: bytes | None) -> bytes:
        asked.release()
        goes.wait(20)
        return sign(responses, produced_at, nonce)

    monkeypatch.setattr(delegate, "sign", stalling)
    with_nonce = question(authority, 5, nonce=b"x" * 16)
    with ThreadPoolExecutor(2) as pool:
        stuck = [pool.submit(status, responder, with_nonce, 1) for _ in range(2)]
        for _ in stuck:
            assert asked.acquire(timeout=20)
        began = time.monotonic()
        assert {status(responder, with_nonce, 1.1) for _ in range(20)} == {TRY_LATER}
        assert {status(responder, question(authority, 5), minute) for minute in (1.1, 16, 29)} == {SUCCESSFUL}
        assert time.monotonic() - began < 2
        goes.set()
        assert [one.result() for one in stuck] == [SUCCESSFUL] * 2
    assert status(responder, with_nonce, 30) == SUCCESSFUL


def test_watch_looks_every_200_milliseconds_at_most() -> None:
    """Section 7: questions in between use the counter already read."""
    looks: list[int] = []
    watch = ChangeWatch(lambda: looks.append(0) or len(looks))
    assert [watch.counter(NOW + n * 50 * MILLISECOND) for n in range(9)] == [1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_watch_believes_no_counter_a_second_old() -> None:
    """Section 7: a counter that could not be read again within a second is no longer believed."""
    away = False

    def read() -> int:
        if away:
            raise ConnectionError
        return 7

    watch = ChangeWatch(read)
    assert watch.counter(NOW) == 7
    away = True
    assert watch.counter(NOW + 1000 * MILLISECOND) is None
    away = False
    assert watch.counter(NOW + 1999 * MILLISECOND) is None, "a database that failed is left alone for a second"
    assert watch.counter(NOW + 2000 * MILLISECOND) == 7


def test_watch_looks_again_when_the_clock_was_set_back() -> None:
    """A look in the future is no look."""
    looks: list[int] = []
    watch = ChangeWatch(lambda: looks.append(0) or len(looks))
    assert [watch.counter(NOW), watch.counter(NOW - 3600 * 1000 * MILLISECOND)] == [1, 2]


def test_a_counter_that_went_down_is_told_before_it_is_believed() -> None:
    """BCK-1: a restored copy counts its own changes up to numbers that answers are kept under."""
    counters, told = iter([7, 8, 3, 8]), list[int]()
    watch = ChangeWatch(lambda: next(counters), lambda: told.append(1))
    seen = [(watch.counter(NOW + n * 300 * MILLISECOND), len(told)) for n in range(4)]
    assert seen == [(7, 0), (8, 0), (3, 1), (8, 1)]


def test_after_a_restore_no_answer_from_before_it_is_given(
    register: Register, responder: Responder, authority: SampleAuthority, tmp_path: Path
) -> None:
    """BCK-1: the copy's next change brings the counter to where it was, and says something else."""
    asked = question(authority, 5)
    old = tmp_path.with_name("old")
    register.signer.close()
    register.reader.close()
    shutil.copytree(tmp_path, old)
    register.hold("jpki-sign", 6, NOW)
    responder.answer(asked, NOW + MINUTE)
    register.signer.close()
    register.reader.close()
    shutil.rmtree(tmp_path)
    old.rename(tmp_path)
    assert status(responder, question(authority, 6), 2) == SUCCESSFUL
    register.revoke("jpki-sign", 5, 1, NOW + 2 * MINUTE)
    answer = ocsp.load_der_ocsp_response(responder.answer(asked, NOW + 3 * MINUTE).der)
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED


def test_what_is_kept_is_bounded_and_the_longest_unasked_goes_first() -> None:
    """OCSP-5: memory does not grow with the number of questions."""
    recent: Recent[bytes, int] = Recent(2)
    recent.put(b"1", 1)
    recent.put(b"2", 2)
    assert recent.get(b"1") == 1
    recent.put(b"3", 3)
    assert (recent.get(b"1"), recent.get(b"2"), recent.get(b"3"), len(recent)) == (1, None, 3, 2)


def test_watch_waits_for_no_look_that_hangs() -> None:
    """OCSP-6: a database that neither answers nor refuses is away: others wait a second for a look, then not at all."""
    hangs, answers = Event(), Event()

    def read() -> int:
        hangs.set()
        answers.wait(20)
        return 7

    watch = ChangeWatch(read)
    with ThreadPoolExecutor(1) as pool:
        look = pool.submit(watch.counter, NOW)
        hangs.wait(20)
        began = time.monotonic()
        assert [watch.counter(NOW + second * 1000 * MILLISECOND) for second in range(20)] == [None] * 20
        assert time.monotonic() - began < 3
        answers.set()
        assert look.result() == 7
    assert watch.counter(NOW + 60 * MINUTE) == 7
