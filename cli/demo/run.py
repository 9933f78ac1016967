"""The demo from beginning to end: home, ceremony, people, lists, answers, check; then serve until stopped."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cli.config import Config, load_config
from cli.counter import Counter
from cli.demo.ceremony import Ceremony, publish_root_list
from cli.demo.checking import Checked, check_all
from cli.demo.holder_keys import holder_keys
from cli.demo.home import CONFIG, make_home
from cli.demo.papers import write_papers
from cli.demo.people import residents, staff
from cli.demo.plot import Plot, keys_needed
from cli.demo.programs import Programs, demand_free, running
from cli.demo.story import Story, load_cast
from cli.publishing import publish_lists
from cli.signing import wake
from cli.wiring import open_database, profiles_of, utc_now
from store.authorities import authorities
from store.database import Database

LOT = 20260401
"""The people of every demo are drawn with this seed, so two demos tell the same story."""

PUBLISH_SECONDS = 120.0
"""For all lists of the demo; it takes a few."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What was asked for. `say` tells a person how far it is."""

    home: Path
    people: int
    database: str | None
    say: Callable[[str], None]

    @property
    def exists(self) -> bool:
        """Whether the home was made before; then it is served as it is."""
        return (self.home / CONFIG).is_file()

    def make(self) -> tuple[Config, list[Checked]]:
        """Make the home and everything in it and check it; its programs are stopped again when this returns."""
        config = make_home(self.home, self.database, secrets.token_bytes)
        Ceremony(config, secrets.token_bytes, self.say).hold()
        with running(config.path, config.home / "log") as programs:
            programs.start("signer", ["signer", "run"])
            database = open_database(config, "ra")
            story = self.story(config, database)
            people = list(residents(self.people, utc_now().date(), Random(LOT)))  # noqa: S311 - a lot, no secret
            posts = list(staff())
            Plot(story, people, posts, holder_keys(keys_needed(people, posts)), self.say).play()
            lists = publish_lists(config, database, None, PUBLISH_SECONDS)
            self.say(f"{lists} revocation lists published")
            records = list(story.book.records.values())
            self.say(f"written {write_papers(config, records, story.book.expected)}")
            serve_verifiers(config, programs)
            return config, check_all(config, records, story.book.expected)

    def story(self, config: Config, database: Database) -> Story:
        """The demo's counters in the branches' role of the database: it may submit, not decide."""
        with database.snapshot() as tx:
            known = {record.name: record for record in authorities(tx)}
        salt = config.at(config.holder_salt).read_bytes()
        counter = Counter(database, config.deployment, "", salt, secrets.token_bytes)
        return Story(counter, load_cast(config.home), profiles_of(config), known, utc_now, lambda: wake(config))

    def serve(self, ready: Callable[[Config], None]) -> None:
        """Serve the home until Ctrl-C; `ready` is told when all programs answer."""
        config = load_config(self.home / CONFIG)
        demand_free(config.ocsp.host, [config.ocsp.port])
        publish_root_list(config)
        with running(config.path, config.home / "log") as programs:
            programs.start("signer", ["signer", "run"])
            programs.start("audit", ["audit", "checkpoint", "--every", "60"])
            serve_verifiers(config, programs)
            ready(config)
            while True:
                time.sleep(1.0)
                programs.check()


def serve_verifiers(config: Config, programs: Programs) -> None:
    """Start the verifiers' port and wait until it is open."""
    programs.start("ocsp", ["ocsp", "serve"])
    programs.wait_for_port("ocsp", config.ocsp.host, config.ocsp.port)
