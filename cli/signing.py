"""The signer's loop: turns of work, lists that are due, responder certificates that end soon.

The loop alone sleeps, and works by a clock that refuses a time that cannot be right. A datagram may wake it; it looks
once a second anyway.
"""

import signal
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from ca.refusals import RandomFailed
from ca.signer import Signer, Turn
from cli.chores import Chores, Stopping
from cli.clock import SignerClock, newest_signed
from cli.config import Config
from cli.errors import LintersDied, spoken
from cli.linters import linters
from cli.open_authorities import OpenAuthorities
from cli.output import say
from cli.waking import Wake, wake_path
from cli.wiring import (
    believed_roster,
    elapsed_seconds,
    instance_name,
    open_database,
    open_token,
    parties_of,
    profiles_of,
    refuse_older_database,
    used_applications,
    utc_now,
)
from store.audit import AuditChain
from store.database import Database
from store.heartbeat import BEAT_SECONDS, beat
from store.seat import SignerSeat

T = TypeVar("T")

AWAY_SECONDS = 2.0
"""How long to wait after the token or the database was away."""


@dataclass(slots=True)
class Stop:
    """Set by SIGTERM and SIGINT: the turn at hand is finished, then the loop ends."""

    asked: bool = field(default=False)

    def ask(self, number: int, frame: object) -> None:
        """Remember the signal; what is being signed is finished first."""
        self.asked = True


@dataclass(slots=True)
class Heart:
    """Tells the branches that the signer works: at most once in `BEAT_SECONDS`, by the signer's own clock."""

    database: Database
    clock: Callable[[], datetime]
    beaten: datetime | None = field(default=None)

    def beat(self) -> None:
        """Enter the time, unless that was done just now; a clock set back is no reason to stay silent."""
        now = self.clock()
        if self.beaten is None or abs(now - self.beaten) >= timedelta(seconds=BEAT_SECONDS):
            with self.database.transaction() as tx:
                beat(tx, "signer", now)
            self.beaten = now


def run_signer(
    config: Config,
    random: Callable[[int], bytes],
    descriptors: Mapping[str, int],
    *,
    once: bool,
    accept_clock: bool = False,
) -> None:
    """Sign until asked to stop; with `once` until nothing waits.

    SeatTaken, AnchorRefused and ClockRefused prevent a start, RandomFailed and LintersDied stop a signer; the rest it
    waits for. With `accept_clock` a person vouches for the machine's clock.
    """
    with ExitStack() as held:
        stop = Stop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop.ask)
        held.enter_context(SignerSeat(config.database_url()))
        # before the token opens: what lints never inherits a session
        pool = held.enter_context(linters(config.signer.linters))
        database = open_database(config, "signer")
        held.callback(database.close)
        refuse_older_database(config, database)
        file = config.at(config.roster.floor).with_name("clock")
        clock = SignerClock(file, utc_now, elapsed_seconds, newest_signed(database), accept=accept_clock)
        tokens = {
            name: held.enter_context(open_token(config, name, descriptors.get(name)))
            for name in config.token_of("signer")
        }
        authorities = OpenAuthorities(config, database, tokens)
        audit = AuditChain(instance_name("signer", random(8)), "signer", config.deployment)
        signer = made_signer(config, database, authorities, audit, random, pool, clock())
        chores = Chores(config, database, authorities, audit, signer.serials, clock)
        waker = Wake(wake_path(config))
        held.callback(waker.close)
        with database.transaction() as tx:
            audit.append(tx, "signer.started", {"authorities": ",".join(authorities)}, clock())
        say(f"signer ready with {len(authorities)} authorities")
        heart = Heart(database, clock)
        loop(signer, chores, waker, stop, config.signer.idle, once=once, look=authorities.look, beat=heart.beat)


def made_signer(
    config: Config,
    database: Database,
    authorities: OpenAuthorities,
    audit: AuditChain,
    random: Callable[[int], bytes],
    pool: ProcessPoolExecutor,
    now: datetime,
) -> Signer:
    """The signer of this installation, with its limits from the configuration."""
    return Signer(
        name=audit.instance,
        deployment=config.deployment,
        database=database,
        audit=audit,
        authorities=authorities,
        profiles=profiles_of(config),
        roster=lambda: believed_roster(config, database),
        used=used_applications(config, now),
        retired=authorities.retired,
        parties=parties_of(config),
        check_key=authorities.check_key,
        demo=config.demo,
        ended=authorities.ended,
        random=random,
        lease=timedelta(seconds=config.signer.lease),
        batch=config.signer.batch,
        linters=pool,
    )


def loop(
    signer: Signer,
    chores: Chores,
    waker: Wake,
    stop: Stop,
    idle: float,
    *,
    once: bool,
    look: Callable[[], None] = lambda: None,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Turn after turn. What is away or refused is waited for, and stops neither the signer nor its chores.

    `look` is called before each turn: what changed in the authorities' records counts from there on. `beat` is called
    after each turn that nothing stood in the way of. Chores that last are interrupted for a turn each `idle` seconds: a
    country's lists take minutes, for which no revocation waits.

    Raises RandomFailed, since with a generator that cannot be trusted nothing more may be signed, and LintersDied,
    since a pool of processes stays broken; what they had at hand is then tried alone, by the signer that comes next.
    """
    taken = elapsed_seconds()

    def take() -> Turn | None:
        nonlocal taken
        attempted(look)
        turn = attempted(lambda: signer.turn(chores.clock()))
        if turn is not None:
            attempted(beat)
            if turn.claimed:
                say(told(turn))
        taken = elapsed_seconds()
        return turn

    def meanwhile() -> None:
        if stop.asked:
            raise Stopping
        if elapsed_seconds() - taken >= idle:
            take()

    while not stop.asked:
        turn = take()
        done = attempted(lambda: chores.do(meanwhile))
        if turn is not None and turn.claimed:
            continue
        if once or stop.asked:
            return
        waker.wait(idle if turn is not None and done is not None else AWAY_SECONDS)


def attempted(work: Callable[[], T]) -> T | None:
    """What the work returns, or None once it is said why not; only RandomFailed passes, and LintersDied."""
    try:
        return work()
    except RandomFailed:
        raise
    except Stopping:
        return None
    except BrokenExecutor as error:
        raise LintersDied from error
    except Exception as error:  # a signer serves all authorities and ends for none of them
        say(f"waiting: {spoken(error)}")
        return None


def told(turn: Turn) -> str:
    """One turn in a line."""
    counts = {
        "issued": turn.issued,
        "executed": turn.executed,
        "refused": turn.refused,
        "parked": turn.parked,
        "failed": turn.failed,
        "put off": turn.put_off,
        "lost": turn.lost,
    }
    return "turn: " + ", ".join(f"{count} {what}" for what, count in counts.items() if count)
