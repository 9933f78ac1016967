"""Bulk issuance by two signers on PostgreSQL, against two processes that do nothing but sign with the same key.

The signers are `ninsho signer run` on one database and one SoftHSM token, as in production. Applications with all
their evidence are made and submitted while the signers stand still; the clock runs from their waking until the last
certificate of the round is recorded. Before each round, while they still stand, the yardstick signs.
"""

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from random import Random

import psycopg
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.home import installation
from benchmarks.measure import Outcome, Row, median_of_ratios
from benchmarks.processor_time import processor_seconds
from benchmarks.subject_keys import subject_keys
from benchmarks.yardstick import bare_signers
from ca.approvals import EvidenceRole
from ca.counter import Counter, new_challenge
from ca.lodging import Case, save
from cli.config import Config
from cli.counter import Officer, by_key, signed_case
from cli.demo.people import branch_of, residents
from cli.demo.programs import Programs, running
from cli.demo.story import load_cast
from cli.errors import Disagreement, TimedOut
from cli.wiring import open_database, profiles_of, utc_now
from store.authorities import authority
from store.database import Database

AUTHORITY = "jpki-auth-g1"
PROFILE = "jpki-auth"
SIGNERS = 2
ROUNDS = 5
WARM_UP = 320  # more than one signer claims at once, so both have imported their linter before the first round
RAW_SECONDS = 3.0
PATIENCE_SECONDS = 600.0
LOOK_SECONDS = 0.02
LOT = 20260401


@dataclass(frozen=True, slots=True)
class Round:
    """One round: certificates and bare signatures per second; processor milliseconds of each kind of process."""

    certificates: float
    signatures: float
    signer_ms: float
    linter_ms: float
    signature_ms: float


def issue(size: int, say: Callable[[str], None]) -> Outcome:
    """Issue `size` certificates in `ROUNDS` rounds; raises `Disagreement` when the database does not hold them all."""
    keys = subject_keys(size + WARM_UP)
    with installation("postgresql") as config:
        say("the officers sign the applications")
        with closing(open_database(config, "ra")) as database:
            cases = list(approved_cases(config, database, keys))
            rounds = measured(config, database, cases, size // ROUNDS, say)
        check_issued(config, len(cases))
    settings: dict[str, str | int] = {
        "certificates": size,
        "rounds": ROUNDS,
        "signers": SIGNERS,
        "database": "postgresql",
        "key": "RSA-2048",
    }
    return Outcome("issue", "certificates of residents from approved applications", settings, rows(rounds))


def rows(rounds: Sequence[Round]) -> tuple[Row, ...]:
    """The rates, and where the processor time of one certificate went."""
    rates, raw = tuple(one.certificates for one in rounds), tuple(one.signatures for one in rounds)
    signature = tuple(one.signature_ms for one in rounds)
    signer, linter = tuple(one.signer_ms for one in rounds), tuple(one.linter_ms for one in rounds)
    of = "times a signature's"
    return (
        Row(f"bare signing loop, {SIGNERS} processes", "signatures/s", raw),
        Row(f"{SIGNERS} signers", "certificates/s", rates, median_of_ratios(rates, raw), "of the bare signatures"),
        Row("processor time of a bare signature", "ms", signature),
        Row("processor time in the signer", "ms/certificate", signer, median_of_ratios(signer, signature), of),
        Row("processor time in its linter", "ms/certificate", linter, median_of_ratios(linter, signature), of),
    )


def measured(
    config: Config, database: Database, cases: Sequence[Case], size: int, say: Callable[[str], None]
) -> list[Round]:
    """Rounds of `size` certificates each, after a warm-up that does not count."""
    rounds = []
    with bare_signers(config, "issuing", AUTHORITY, SIGNERS) as sign, running(config.path, config.home / "log") as ours:
        for number in range(SIGNERS):
            ours.start(f"signer-{number}", ["signer", "run"])
        submit(database, cases[:WARM_UP])
        wait_until_done(config, ours)
        for start in range(WARM_UP, len(cases), size):
            with standing_still(ours):
                chunk = cases[start : start + size]
                submit(database, chunk)
                signatures, signature_ms = sign(RAW_SECONDS)
                before = processor_times(ours)
            begin = time.perf_counter()
            wait_until_done(config, ours)
            certificates = len(chunk) / (time.perf_counter() - begin)
            signer, linter = (
                (after - earlier) * 1000 / len(chunk)
                for after, earlier in zip(processor_times(ours), before, strict=True)
            )
            rounds.append(Round(certificates, signatures, signer, linter, signature_ms))
            say(f"{certificates:.0f} certificates/s beside {signatures:.0f} bare signatures/s")
    return rounds


def processor_times(programs: Programs) -> tuple[float, float]:
    """Processor seconds so far of all signers, and of all their linters."""
    groups = {child.pid: processor_seconds(child.pid) for child in programs.children.values()}
    signers = sum(each[leader] for leader, each in groups.items())
    return signers, sum(sum(each.values()) for each in groups.values()) - signers


def approved_cases(config: Config, database: Database, keys: Sequence[rsa.RSAPrivateKey]) -> Iterator[Case]:
    """One application for each key, of as many residents, with proof of possession, examination and approval."""
    with database.snapshot() as tx:
        issuer = authority(tx, AUTHORITY)
    profile, cast, now = profiles_of(config)[PROFILE], load_cast(config.home), utc_now()
    salt = config.at(config.holder_salt).read_bytes()
    others: Mapping[EvidenceRole, Sequence[Officer]] = {
        "examination": [cast.examiner],
        "approval": cast.approvers[: profile.approvals],
    }
    people = residents(len(keys), now.date(), Random(LOT))  # noqa: S311 - a lot, no secret
    for resident, key in zip(people, keys, strict=True):
        counter = Counter(config.deployment, branch_of(resident.municipality), salt, secrets.token_bytes)
        challenge = new_challenge(now, counter.random)
        possession = cast.at_window(counter.branch, by_key(key))
        asked = counter.issue(
            issuer,
            profile,
            resident.facts(),
            possession(counter.deployment, challenge.application, challenge.salt),
            challenge=challenge,
            holder=counter.holder(f"resident-{resident.number}"),
            requester=cast.reception.person,
            now=now,
        )
        yield signed_case(asked, profile, cast.reception, others, now)


def submit(database: Database, cases: Sequence[Case]) -> None:
    """Save applications with all their evidence, as a branch does."""
    with database.transaction() as tx:
        save(tx, cases)


@contextmanager
def standing_still(programs: Programs) -> Iterator[None]:
    """The signers and their linters get no processor while the block runs."""
    groups = [child.pid for child in programs.children.values()]  # each leads a process group of its own
    try:
        for group in groups:
            os.killpg(group, signal.SIGSTOP)
        yield
    finally:
        for group in groups:
            os.killpg(group, signal.SIGCONT)


def wait_until_done(config: Config, programs: Programs) -> None:
    """Return when no application is open any more; raises `Unreachable` when a signer ended, and `TimedOut`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(config.database_url(), autocommit=True) as connection:
        while connection.execute("SELECT 1 FROM application WHERE state = 'open' LIMIT 1").fetchone():
            programs.check()
            if time.monotonic() > deadline:
                raise TimedOut("the round's applications", PATIENCE_SECONDS)
            time.sleep(LOOK_SECONDS)


def check_issued(config: Config, count: int) -> None:
    """Raise `Disagreement` unless every application has a recorded certificate with a status and an audit entry."""
    counts = {
        "certificates": "SELECT count(*) FROM certificate WHERE state = 'issued' AND application_id IS NOT NULL",
        "statuses": "SELECT count(*) FROM status JOIN certificate USING (issuer, serial) "
        "WHERE application_id IS NOT NULL",
        "audit entries": "SELECT count(*) FROM audit_entry WHERE event = 'certificate.issued' "
        "AND facts::json ->> 'profile' = 'jpki-auth'",
    }
    with psycopg.connect(config.database_url()) as connection:
        for what, statement in counts.items():
            row = connection.execute(statement.encode()).fetchone()
            found = row[0] if row else 0
            if found != count:
                raise Disagreement(f"{found} {what} stand for {count} applications.", "Look for refusals in the log.")
