"""The authorities a signer has open, kept up while it runs: newer signed records, and keys that ended.

A key is opened once, at the start. Between turns the records are read again, so a profile that is authorised or
withdrawn counts from the next turn on, and a key that ended is let go of.
"""

from collections.abc import Iterator, Mapping

from ca.authority import Authority, AuthorityStatement, activate
from ca.errors import CAError
from ca.retirement import Retired
from ca.retiring import KnownRetirements
from cli.config import Config
from cli.errors import spoken
from cli.output import say
from cli.wiring import believed_statement, known_retirements, open_authorities, terms_of
from hsm.token import Token
from store.authorities import AuthorityRecord, authorities
from store.database import Database


class OpenAuthorities(Mapping[str, Authority]):
    """The authorities whose keys lie in `tokens`, by name; `ended` are the records of those whose key signs nothing.

    `statements` are the believed records of every authority there is, whoever has its key. Construction raises what
    `open_authorities` does.
    """

    def __init__(self, config: Config, database: Database, tokens: Mapping[str, Token]) -> None:
        self._config = config
        self._database = database
        self._tokens = tokens
        self._opened = {each.name: each for each in open_authorities(config, database, tokens)}
        self._known: KnownRetirements = known_retirements(config)
        self._refused: dict[str, bytes] = {}
        self.statements: dict[str, AuthorityStatement] = {}
        self.ended: dict[str, AuthorityStatement] = {}
        self.look()

    def __getitem__(self, name: str) -> Authority:
        """The open authority of that name."""
        return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._opened)

    def __len__(self) -> int:
        """How many are open."""
        return len(self._opened)

    def retired(self) -> Retired:
        """Which keys ended, as the folder or the database says now; raises RetiredRefused."""
        with self._database.snapshot() as tx:
            return self._known.look(tx)

    def check_key(self, name: str) -> None:
        """Let the key of that authority sign a test text; raises ConnectionError while its token is away."""
        section = self._config.authorities[name]
        self._tokens[section.token].health(section.key)

    def look(self) -> None:
        """Read records and retirements again. A newer record that is not believed is said and the older one stays."""
        retired = self.retired()
        with self._database.snapshot() as tx:
            records = authorities(tx)
        for record in records:
            self._read(record)
            statement = self.statements.get(record.name)
            if statement is not None and retired.signs_nothing(statement.key_hash):
                self.ended[record.name] = statement
                if self._opened.pop(record.name, None) is not None:
                    say(f"{record.name} signs nothing any more: its key is on record as ended")

    def _read(self, record: AuthorityRecord) -> None:
        """Take over a record's newest version, once."""
        known = self.statements.get(record.name)
        if (known is not None and known.version == record.version) or self._refused.get(record.name) == record.document:
            return
        try:
            statement = believed_statement(self._config, record)
            opened = self._opened.get(record.name)
            if opened is not None and opened.statement != statement:
                self._opened[record.name] = activate(statement, opened.key, terms_of(self._config, record.name))
        except CAError as error:
            self._refused[record.name] = record.document
            say(f"version {record.version} of {record.name}'s record is not used: {spoken(error)}")
            return
        if known is not None:
            say(f"version {statement.version} of {record.name}'s record is in use")
        self.statements[record.name] = statement
