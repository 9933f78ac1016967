"""What the front end is given: values no older than seconds, made once for all who wait, and files that are there."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from cli.config import load_config
from cli.errors import ConfigRefused
from cli.front import THREADS, Fresh, office_of
from cli.wiring import open_database
from tests.fixtures.home import Home


def test_requests_that_wait_together_make_a_value_once() -> None:
    """A worker's threads do not verify the same roster one after another."""
    made: list[int] = []
    start = Barrier(THREADS)

    def make() -> int:
        time.sleep(0.05)
        made.append(1)
        return len(made)

    fresh = Fresh(make)

    def ask(_: int) -> int:
        start.wait()
        return fresh()

    with ThreadPoolExecutor(THREADS) as threads:
        assert set(threads.map(ask, range(THREADS))) == {1}
    assert len(made) == 1


def test_a_value_that_could_not_be_made_is_asked_for_again() -> None:
    """An error is told to who asked, and nothing is kept of it."""
    away = iter([True, False])

    def make() -> str:
        if next(away):
            raise OSError("the database is away")
        return "here"

    fresh = Fresh(make)
    with pytest.raises(OSError, match="away"):
        fresh()
    assert fresh() == "here"


def test_a_register_that_is_not_there_is_refused(home: Home) -> None:
    """A mistyped name would be a counter that knows no card, and nobody would be told why."""
    text = home.config.path.read_text("utf-8")
    path = home.config.path.with_name("elsewhere.toml")
    path.write_text(text.replace("state/register.json", "state/regster.json"), "utf-8")
    config = load_config(path)
    with (
        closing(open_database(config, "ra")) as database,
        pytest.raises(ConfigRefused, match=r"ra\.resident_register.*regster\.json"),
    ):
        office_of(config, database)
