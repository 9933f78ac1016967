"""One revocation list of a million entries from the database to a file, against cryptography's own builder.

Each run is a process of its own, so that its peak of memory is its own. Both read the same rows through the store, sign
with the same key in the token and write a file; both files must hold the same entries, octet for octet.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg

from benchmarks.crl_run import AUTHORITY, METHODS, PARTITION, REASONS, Run
from benchmarks.home import installation
from benchmarks.measure import Outcome, Row, median_of_ratios
from cli.config import Config
from cli.errors import Disagreement

ROUNDS = 3
LOT = 20260401
COLUMNS = "issuer, serial, partition, state, revoked_at, reason, not_after"
REVOKED = 1
YEARS = 10


def crl(size: int, say: Callable[[str], None]) -> Outcome:
    """Make the list `ROUNDS` times by either builder; raises `Disagreement` when their entries differ."""
    with installation("postgresql") as config:
        say(f"{size} revoked certificates are entered")
        fill(config, size)
        rounds = []
        for _ in range(ROUNDS):
            rounds.append({method: run(config, method) for method in METHODS})
            say(", ".join(f"{method} {one.seconds:.1f} s {one.peak:.0f} MiB" for method, one in rounds[-1].items()))
            check(rounds[-1], size)
        small = run(config, "ours", partition="empty")
    settings: dict[str, str | int] = {"entries": size, "rounds": ROUNDS, "database": "postgresql", "key": "RSA-2048"}
    return Outcome("crl", "one list from the database to a signed file", settings, rows(rounds, small))


def rows(rounds: list[dict[str, Run]], small: Run) -> tuple[Row, ...]:
    """Seconds and memory of both builders; our ratio says which part of the yardstick's we need."""
    ours, theirs = [one["ours"] for one in rounds], [one["cryptography"] for one in rounds]
    seconds, their_seconds = tuple(one.seconds for one in ours), tuple(one.seconds for one in theirs)
    peaks, their_peaks = tuple(one.peak for one in ours), tuple(one.peak for one in theirs)
    growth = f"an empty list: {small.peak:.0f} MiB"
    return (
        Row("cryptography's builder", "s", their_seconds),
        Row("ours", "s", seconds, median_of_ratios(seconds, their_seconds), "of its time"),
        Row("cryptography's builder, peak memory", "MiB", their_peaks),
        Row("ours, peak memory", "MiB", peaks, median_of_ratios(peaks, their_peaks), growth),
    )


def run(config: Config, method: str, partition: str = PARTITION) -> Run:
    """One list in a process of its own."""
    out = config.home / f"{method}.crl"
    command = [sys.executable, "-m", "benchmarks.crl_run", method, str(config.path), partition, str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Run(**json.loads(done.stdout))


def check(made: dict[str, Run], size: int) -> None:
    """Raise `Disagreement` unless all lists hold `size` entries and the same octets in them."""
    found = {(one.entries, one.sha256) for one in made.values()}
    if len(found) != 1 or found.pop()[0] != size:
        raise Disagreement("The builders' lists do not hold the same entries.", "Compare the files they wrote.")


def fill(config: Config, count: int) -> None:
    """Enter `count` revoked certificates of one municipality, as the database holds them after years of work."""
    with psycopg.connect(config.database_url(), autocommit=True) as connection:
        with connection.cursor().copy(f"COPY status ({COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
            copy.set_types(["text", "bytea", "text", "int2", "int8", "int2", "int8"])
            for row in revoked_rows(count):
                copy.write_row(row)
        # as the server does by itself in time, so that the index alone is read
        connection.execute("VACUUM ANALYZE status")


def revoked_rows(count: int) -> Iterator[tuple[str, bytes, str, int, int, int | None, int]]:
    """Serials of 16 octets, moments of the last ten years in microseconds, and every reason a revocation states."""
    lot = Random(LOT)  # noqa: S311 - a lot, no secret
    issuer = AUTHORITY.rpartition("-g")[0]
    now = datetime.now(UTC).replace(microsecond=0)
    ends = int((now + timedelta(days=365)).timestamp())
    begins = int((now - timedelta(days=365 * YEARS)).timestamp())
    reasons = (None, *REASONS)
    for _ in range(count):
        serial = lot.randrange(1 << 120, 1 << 127).to_bytes(16, "big")
        revoked_at = lot.randrange(begins, int(now.timestamp()))
        yield issuer, serial, PARTITION, REVOKED, revoked_at * 1_000_000, lot.choice(reasons), ends * 1_000_000
