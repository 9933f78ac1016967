"""Database URLs: paths of any name, and passwords that nobody sees."""

from pathlib import Path

import pytest

from store.address import absolute, has_password, without_password
from store.database import Database, upgrade


@pytest.mark.parametrize(
    "name", ["a b", "we?ird", "pct%41x", "hash#x", "日本", 'quo"te', "apos'x", "semi;x", "a+b&c=d"]
)
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    """INP-1: the database lies in the folder that was named, and in no other that its name could be read as."""
    (tmp_path / name).mkdir()
    url = absolute("sqlite:///ninsho.db", tmp_path / name)
    upgrade(url)
    database = Database(url, "owner")
    with database.snapshot():
        assert [file.name for file in tmp_path.iterdir()] == [name]
    database.close()
    assert (tmp_path / name / "ninsho.db").is_file()


@pytest.mark.parametrize("url", ["sqlite:////srv/ninsho.db", "postgresql://ra@host/ninsho", "postgresql:///ninsho"])
def test_what_is_absolute_stays_as_it_is(url: str) -> None:
    """A configuration says where its database is; only a relative path needs the file's folder."""
    assert absolute(url, Path("/home")) == url


SECRET = [
    "postgresql://ra:geheim@host/ninsho",
    "postgresql+psycopg://ra:ge%68eim%40@host/ninsho?sslmode=require",
    "postgresql://ra@/ninsho?host=/run&password=geheim",
    "postgresql://ra@/ninsho?sslpassword=geheim",
]


@pytest.mark.parametrize("url", SECRET)
def test_a_password_is_found_and_never_shown(url: str) -> None:
    """Requirement on secrets: whatever place of a URL the password stands in."""
    assert has_password(url)
    shown = without_password(url)
    assert "hidden" in shown
    assert "heim" not in shown
    assert shown.startswith(url.partition(":")[0])


@pytest.mark.parametrize("url", ["sqlite:///ninsho.db", "postgresql://ra@host/ninsho", "postgresql://ra:@/x?host=/run"])
def test_a_url_without_a_password_is_shown_as_it_is(url: str) -> None:
    """An empty password is none."""
    assert not has_password(url)
    assert without_password(url) == url


def test_what_is_no_url_is_refused_without_being_quoted() -> None:
    """An error text may be logged, and what was typed may hold a password."""
    with pytest.raises(ValueError, match="no database URL") as refused:
        has_password("geheim")
    assert "geheim" not in str(refused.value)
