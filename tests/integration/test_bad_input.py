"""Bad input to the real command: each kind has its own code, sentence and exit status, and nothing is written."""

import sqlite3
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import store
from policies import profile as shipped
from store.database import engine
from tests.fixtures.home import Answer, Home, as_program

SPENT = "spent.csr"

Run = Callable[[Home, Path], Answer]


def contents(home: Home) -> str:
    """A digest of every row of the installation's database and of every file it published or remembers."""
    connection = sqlite3.connect(home.config.home / "ninsho.db")
    told = sha256()
    for line in connection.iterdump():
        told.update(line.encode())
    connection.close()
    for folder in ("public", "state", "out"):
        for file in sorted((home.config.home / folder).rglob("*")):
            told.update(str(file).encode() + (file.read_bytes() if file.is_file() else b""))
    return told.hexdigest()


def program(home: Home, *arguments: object, config: Path | None = None) -> Answer:
    """Run the command on the installation, or on another configuration of it."""
    return as_program("--config", config or home.config.path, "--json", *arguments)


def issue(home: Home, config: Path | None = None, **changed: object) -> Answer:
    """Ask for a certificate with all signatures."""
    return program(home, "cert", "issue", *home.case(**changed), *home.everybody, "--wait", 0, config=config)


def variant(home: Home, name: str, old: str, new: str) -> Path:
    """The installation's configuration with one thing changed, beside the original."""
    path = home.config.path.with_name(name)
    text = home.config.path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return path


def broken_request(home: Home, folder: Path) -> Answer:
    """A certification request cut off in the middle."""
    return issue(home, csr=home.write("csr", home.request().read_bytes()[:400]))


def forged_request(home: Home, folder: Path) -> Answer:
    """A certification request whose signature is another's."""
    first, second = (x509.load_pem_x509_csr(home.request().read_bytes()) for _ in range(2))
    swapped = first.public_bytes(Encoding.DER).replace(first.signature, second.signature)
    return issue(home, csr=home.write("csr", swapped))


def huge_request(home: Home, folder: Path) -> Answer:
    """A request of a mebibyte."""
    return issue(home, csr=home.write("csr", b"0" * (1 << 20)))


def long_name(home: Home, folder: Path) -> Answer:
    """A name of 300 characters."""
    return issue(home, facts=home.facts(name="あ" * 300))


def unreadable_facts(home: Home, folder: Path) -> Answer:
    """A facts file that is no JSON."""
    return issue(home, facts=home.write("json", b"{"))


@pytest.fixture(scope="module", autouse=True)
def spent(home: Home) -> None:
    """A request whose key has a certificate; the installation has been used before anything bad happens to it."""
    home.issued(csr=home.request().rename(home.folder / SPENT))


def used_key(home: Home, folder: Path) -> Answer:
    """A request whose key another holder has already."""
    return issue(home, csr=home.folder / SPENT)


def wrong_pin(home: Home, folder: Path) -> Answer:
    """A PIN file with another PIN."""
    (home.config.home / "pins" / "wrong.pin").write_text("0000000000\n", "ascii")
    config = variant(home, "wrong-pin.toml", "pins/issuing.pin", "pins/wrong.pin")
    return program(home, "signer", "run", "--once", config=config)


def no_pin(home: Home, folder: Path) -> Answer:
    """No PIN file, no descriptor, no terminal to ask on."""
    config = variant(home, "no-pin.toml", 'pin_file = "pins/issuing.pin"\n', "")
    return program(home, "signer", "run", "--once", config=config)


def missing_token(home: Home, folder: Path) -> Answer:
    """A token that is not there."""
    config = variant(home, "no-token.toml", 'label = "issuing"', 'label = "gone"')
    return program(home, "signer", "run", "--once", config=config)


def unknown_profile_key(home: Home, folder: Path) -> Answer:
    """A profile file with a key that no profile has."""
    profiles = folder / "profiles"
    profiles.mkdir()
    for file in (Path(shipped.__file__).parent / "profiles").glob("*.toml"):
        (profiles / file.name).write_text(f"aprovals = 0\n{file.read_text('utf-8')}", "utf-8")
    config = variant(home, "profiles.toml", "demo = true", f'demo = true\nprofiles = "{profiles}"')
    return issue(home, config)


def unknown_configuration_key(home: Home, folder: Path) -> Answer:
    """A configuration with a misspelt key."""
    return program(home, "ca", "ls", config=variant(home, "misspelt.toml", "demo = true", "demo = true\nspeed = 9"))


def older_database(home: Home, folder: Path) -> Answer:
    """A database that was never upgraded to this program's schema."""
    url = f"sqlite:///{folder / 'older.db'}"
    alembic = AlembicConfig()
    alembic.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    owner = engine(url, "owner", create=True)
    with owner.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0001")
    owner.dispose()
    before = sha256((folder / "older.db").read_bytes()).digest()
    answer = issue(home, variant(home, "older.toml", "sqlite:///ninsho.db", url))
    assert sha256((folder / "older.db").read_bytes()).digest() == before
    return answer


def missing_database(home: Home, folder: Path) -> Answer:
    """A database file that does not exist; none is made."""
    answer = issue(home, variant(home, "away.toml", "sqlite:///ninsho.db", f"sqlite:///{folder / 'away.db'}"))
    assert not (folder / "away.db").exists()
    return answer


EXPECTED: Mapping[Run, tuple[int, str]] = {
    broken_request: (4, "ca.request-malformed"),
    forged_request: (4, "ca.request-signature-invalid"),
    huge_request: (4, "ca.request-too-large"),
    long_name: (4, "policies.facts-refused"),
    unreadable_facts: (1, "cli.file"),
    used_key: (4, "ca.key-used"),
    wrong_pin: (11, "hsm.pin-refused"),
    no_pin: (7, "cli.pin"),
    missing_token: (7, "hsm.token-missing"),
    unknown_profile_key: (2, "policies.profile-invalid"),
    unknown_configuration_key: (2, "cli.config"),
    older_database: (8, "store.schema-mismatch"),
    missing_database: (8, "store.database-missing"),
}


@pytest.mark.parametrize("run", EXPECTED, ids=lambda run: run.__name__)
def test_bad_input_is_told_apart_and_changes_nothing(home: Home, tmp_path: Path, run: Run) -> None:
    """Exit status and code as documented, one sentence and one advice, no traceback, no output, nothing written."""
    before = contents(home)
    answer = run(home, tmp_path)
    status, code = EXPECTED[run]
    assert (answer.status, answer.error["code"]) == (status, code), answer.err
    assert answer.error["message"].endswith(".")
    assert answer.error["next"]
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert contents(home) == before


def test_every_kind_of_bad_input_has_a_code_of_its_own() -> None:
    """Scripts can tell each from the others."""
    codes = [code for _, code in EXPECTED.values()]
    assert len(set(codes)) == len(codes)
