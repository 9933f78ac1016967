"""The demo from beginning to end: home, ceremony, people, lists; then answers and the check; then serving."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ca.counter import Counter
from cli.config import Config, load_config
from cli.demo.cases import SampleCounter, Window, of_branch, sample_cases
from cli.demo.ceremony import hold_ceremonies, publish_root_list
from cli.demo.checking import Checked, check_all
from cli.demo.enrolment import branch_of_terminal
from cli.demo.holder_keys import holder_keys
from cli.demo.home import CONFIG, LOCALHOST, MODULE, PORTS, make_home
from cli.demo.papers import read_papers, write_papers
from cli.demo.people import WINDOW, Resident, residents, staff
from cli.demo.plot import Plot, keys_needed
from cli.demo.programs import Programs, demanded, reserved, running
from cli.demo.register import enter_register, entries
from cli.demo.story import Story, load_cast
from cli.demo.window import CARDS, SCREEN_PORT, TERMINAL, make_cards, terminal_arguments
from cli.front import office_of
from cli.publishing import publish_lists
from cli.waking import wake
from cli.wiring import open_database, private_key_file, profiles_of, utc_now
from hsm.soft_card import SoftReader
from store.authorities import authorities
from store.database import Database

LOT = 20260401
"""The people of every demo are drawn with this seed, so two demos tell the same story."""

PUBLISH_SECONDS = 120.0
"""For all lists of the demo; it takes a few."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What was asked for. `say` tells a person what is done, `tell` how many of how many applications are."""

    home: Path
    people: int
    database: str | None
    say: Callable[[str], None]
    tell: Callable[[int, int], None]

    @property
    def exists(self) -> bool:
        """Whether the home was made before; then it is served as it is."""
        return (self.home / CONFIG).is_file()

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """The home, made now unless it exists; its ports are nobody else's within this block.

        Raises `PortBusy` when another program holds a port of a home that exists.
        """
        if self.exists:
            config = load_config(self.home / CONFIG)
            self.say(f"{self.home} exists and is served as it is.")
            with ExitStack() as held:
                held.enter_context(demanded(config.ocsp.port, config.ocsp.host))
                if config.ra is not None and config.ra.port is not None:
                    held.enter_context(demanded(config.ra.port, config.ra.host))
                yield
        else:
            with reserved(PORTS, LOCALHOST) as ports:
                self.make(ports)
                yield

    def make(self, ports: Sequence[int]) -> None:
        """Make the home and everything in it; its programs are stopped again when this returns."""
        config = make_home(self.home, self.database, ports, secrets.token_bytes)
        hold_ceremonies(config, self.say)
        with running(config.path, config.home / "log") as programs:
            programs.start("signer", ["signer", "run"])
            story = self.story(config, open_database(config, "ra"))
            people = list(residents(self.people, utc_now().date(), Random(LOT)))  # noqa: S311 - a lot, no secret
            posts = list(staff())
            Plot(story, people, posts, holder_keys(keys_needed(people, posts)), self.say).play()
            index = write_papers(config, list(story.book.records.values()), story.book.expected)
            self.say(f"{enter_register(config.home, people)} residents in the demo's register")
            self.say(f"{len(make_cards(config, people))} cards for the counter's terminal")
            self.say(f"{self.cases(config, people)} sample cases at the counter, one at every step")
            self.say(f"{len(story.book.records)} certificates written, with what to expect of each in {index}")

    def cases(self, config: Config, people: Sequence[Resident]) -> int:
        """Sample cases at the window that has a terminal; how many."""
        branch = branch_of_terminal(TERMINAL)
        key = private_key_file(config.home / "officers" / f"{TERMINAL}.key.pem")
        counter = SampleCounter(
            office_of(config, open_database(config, "ra")),
            Window(branch, TERMINAL, key),
            SoftReader(config.home / CARDS, MODULE),
        )
        return sample_cases(counter, of_branch(entries(people), branch))

    def story(self, config: Config, database: Database) -> Story:
        """The demo's counters in the branches' role of the database: it may submit, not decide."""
        with database.snapshot() as tx:
            known = {record.name: record for record in authorities(tx)}
        salt = config.at(config.holder_salt).read_bytes()
        counter = Counter(config.deployment, "", salt, secrets.token_bytes)
        return Story(
            database,
            counter,
            load_cast(config.home),
            profiles_of(config),
            known,
            utc_now,
            lambda: wake(config),
            self.tell,
        )

    def serve(self, checked: Callable[[Config, list[Checked]], None], ready: Callable[[Config], None] | None) -> bool:
        """Start the home's programs and check every certificate; whether everything agreed.

        `checked` is told the outcome. With `ready`, which is told that all programs answer, serving goes on until
        Ctrl-C; without, it ends here.
        """
        config = load_config(self.home / CONFIG)
        read_papers(config)
        publish_root_list(config)
        with running(config.path, config.home / "log") as programs:
            # whoever serves an old home again vouches for this machine's clock
            programs.start("signer", ["signer", "run", "--accept-clock"])
            programs.start("ocsp", ["ocsp", "serve"])
            programs.start("audit", ["audit", "checkpoint", "--every", "60"])
            if config.ra is not None:
                programs.start("ra", ["ra", "serve"])
            lists = publish_lists(config, open_database(config, "ra"), None, PUBLISH_SECONDS)
            self.say(f"{lists} revocation lists published")
            programs.wait_for_port("ocsp", config.ocsp.host, config.ocsp.port)
            if config.ra is not None and config.ra.port is not None:
                programs.wait_for_port("ra", config.ra.host, config.ra.port)
            found = check_all(config)
            checked(config, found)
            if ready is not None:
                self.stay(config, programs, ready)
        return all(each.agrees for each in found)

    def stay(self, config: Config, programs: Programs, ready: Callable[[Config], None]) -> None:
        """Start the counter's terminal where the home has one, tell `ready`, and serve until Ctrl-C."""
        with reserved((SCREEN_PORT,), LOCALHOST) as (port,):
            screen = config.ra is not None and (config.home / CARDS).is_dir()
            if config.ra is not None and screen:
                programs.start("terminal", terminal_arguments(config, config.ra.origin, port))
                programs.wait_for_port("terminal", LOCALHOST, port)
            ready(config)
            if screen:
                self.say(f"窓口の住民用画面  http://{LOCALHOST}:{port}/  (window {WINDOW}; cards by its buttons)")
            watch(programs)


def watch(programs: Programs) -> None:
    """Wait for ever; raises `Unreachable` when a program ends by itself."""
    while True:
        time.sleep(1.0)
        programs.check()
