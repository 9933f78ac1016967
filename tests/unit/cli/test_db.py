"""`ninsho db`: on PostgreSQL every program's login can ask whether the schema is this program's."""

from collections.abc import Iterator

import psycopg
import pytest

from store.migrations.versions.schema_0003_roles import GRANTS
from tests.fixtures.home import Home, in_process


@pytest.fixture(params=sorted(GRANTS))
def login_url(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    """The URL of a fresh database for a login that is a member of one program's role and of no other."""
    login = f"only_{request.param}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {login} LOGIN IN ROLE ninsho_{request.param}".encode())
        yield postgres_url.replace("//postgres:@", f"//{login}:@")
        connection.execute(f"DROP ROLE {login}".encode())


def test_every_login_can_check_the_schema(home: Home, login_url: str) -> None:
    """Whoever upgraded the database, and whoever looks for what is wrong with a program, asks as it stands there."""
    old = f'url = "{home.config.database.url}"'
    text = home.config.path.read_text("utf-8")
    assert old in text
    config = home.config.path.with_name("asked.toml")
    config.write_text(text.replace(old, f'url = "{login_url}"'), "utf-8")
    answer = in_process("--config", config, "db", "check")
    assert answer.status == 0, answer.err
