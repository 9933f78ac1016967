"""Retirements carried out: entered once, found again in folder or database, never taken back (KEY-2)."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ca.authority import Authority, AuthorityStatement
from ca.document_errors import TooFewDocumentSigners
from ca.errors import AuthorityCompromised, AuthorityRetired, KeyOfAnotherAuthority
from ca.hierarchy import subordinate_certificate
from ca.issuance import Ledger
from ca.retirement import Reason, Retired
from ca.retiring import (
    KnownRetirements,
    enter_missing,
    enter_retirement,
    publish_retirements,
    retire,
    retirement_file,
)
from ca.serials import SerialNumbers
from store.audit import AuditChain
from store.authorities import add_authority
from store.certificates import CertificateFilter, find, key_blocked
from store.database import Database, upgrade
from store.errors import RetiredRefused, UnknownAuthority
from store.publication import Publication
from store.retired import RetiredFolder, add_retirement, retirement_digests
from store.status import change_counter, statuses
from tests.fixtures.officers import DEPLOYMENT, NOW, authority_statement, make_office, sample_profile
from tests.fixtures.retirement import authority_row, ended, signed
from tests.fixtures.signing import House
from tests.unit.ca.test_hierarchy import PROFILES, SUB_KEY, root_authority

OFFICE = make_office()
FIRST = authority_statement({"test-leaf": sample_profile()})
SECOND = authority_statement({"test-leaf": sample_profile()}, generation=2)
AUDIT = AuditChain("ceremony-1", "ceremony", DEPLOYMENT)
LATER = NOW + timedelta(hours=1)


def known(folder: Path) -> KnownRetirements:
    """What a program that starts now knows."""
    return KnownRetirements(RetiredFolder(folder / "retired"), OFFICE.administrators, DEPLOYMENT)


def copied(source: Path, target: Path) -> None:
    """Put a database file in the place of another, with nothing of the other's journal left."""
    for rest in target.parent.glob(f"{target.name}*"):
        rest.unlink()
    shutil.copy(source, target)


@pytest.fixture
def database(tmp_path: Path, sqlite_url: str) -> Iterator[Database]:
    """A database with two generations of an authority."""
    made = Database(sqlite_url, "owner")
    with made.transaction() as tx:
        for statement in (FIRST, SECOND):
            add_authority(tx, authority_row(statement))
    yield made
    made.close()


def test_a_retirement_outlives_the_database_it_was_entered_in(database: Database, tmp_path: Path) -> None:
    """KEY-2: the copy from before is put back, and whoever starts on it knows, and enters it again."""
    database.close()  # so that all of it lies in the one file
    before = shutil.copy(tmp_path / "ninsho.db", tmp_path / "before.db")
    record = signed(ended(FIRST, "compromised"), OFFICE.administrator_keys)
    retire(known(tmp_path), database, record, AUDIT, LATER)
    database.close()
    copied(before, tmp_path / "ninsho.db")
    with database.snapshot() as tx:
        assert retirement_digests(tx) == ()
        assert known(tmp_path).look(tx).signs_nothing(FIRST.key_hash)
    assert enter_missing(known(tmp_path), database, AUDIT, LATER) == 1
    assert enter_missing(known(tmp_path), database, AUDIT, LATER) == 0
    with database.snapshot() as tx:
        assert retirement_digests(tx) == (record.digest,)


def test_what_the_database_told_is_kept_outside_it(database: Database, tmp_path: Path) -> None:
    """KEY-2: a program on another machine learns of it from the database, and never again forgets."""
    record = signed(ended(FIRST, "key-destroyed"), OFFICE.administrator_keys)
    with database.transaction() as tx:
        enter_retirement(tx, record, AUDIT, LATER)
    with database.snapshot() as tx:
        assert known(tmp_path).look(tx).signs_nothing(FIRST.key_hash)
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    upgrade(empty)
    with closing(Database(empty, "signer")) as restored, restored.snapshot() as tx:
        assert known(tmp_path).look(tx).signs_nothing(FIRST.key_hash)


def test_a_row_that_nobody_signed_ends_nothing(database: Database, tmp_path: Path) -> None:
    """Whoever can write the database stops no authority by it; nor does one administrator."""
    record = signed(ended(FIRST, "compromised"), OFFICE.administrator_keys)
    with database.transaction() as tx:
        add_retirement(tx, replace(record, signatures=record.signatures[:1]))
        add_retirement(tx, replace(record, digest=bytes(32)))
    with database.snapshot() as tx:
        assert known(tmp_path).look(tx).statements == ()
    assert not (tmp_path / "retired").exists()
    with pytest.raises(TooFewDocumentSigners):
        retire(known(tmp_path), database, replace(record, signatures=record.signatures[:1]), AUDIT, LATER)


def test_the_folder_counts_when_its_signers_have_left(database: Database, tmp_path: Path) -> None:
    """A key does not come back because those who ended it are administrators no more."""
    retire(known(tmp_path), database, signed(ended(FIRST, "compromised"), OFFICE.administrator_keys), AUDIT, LATER)
    others = KnownRetirements(RetiredFolder(tmp_path / "retired"), {}, DEPLOYMENT)
    with database.snapshot() as tx:
        assert others.look(tx).signs_nothing(FIRST.key_hash)


def test_a_damaged_file_stops_the_program(database: Database, tmp_path: Path) -> None:
    """Whoever cannot know which keys ended must not sign."""
    record = signed(ended(FIRST, "compromised"), OFFICE.administrator_keys)
    retire(known(tmp_path), database, record, AUDIT, LATER)
    file = tmp_path / "retired" / f"{record.digest.hex()}.json"
    other = signed(ended(SECOND, "compromised"), OFFICE.administrator_keys)
    another = retirement_file(other.document, other.signatures)
    for content in (b"", b"{}", another, file.read_bytes().replace(b"compromised", b"retired")):
        file.write_bytes(content)
        with database.snapshot() as tx, pytest.raises(RetiredRefused):
            known(tmp_path).look(tx)


def test_a_file_that_was_removed_while_the_program_runs_is_put_back(database: Database, tmp_path: Path) -> None:
    """The folder is raised by what is known, at every look."""
    program = known(tmp_path)
    retire(program, database, signed(ended(FIRST, "compromised"), OFFICE.administrator_keys), AUDIT, LATER)
    shutil.rmtree(tmp_path / "retired")
    with database.snapshot() as tx:
        program.look(tx)
    assert len(list((tmp_path / "retired").iterdir())) == 1


def test_it_is_entered_once_with_its_audit_entry(database: Database, tmp_path: Path) -> None:
    """LOG-1: one entry in the transaction of the act; the change counter is raised, so that answers follow at once."""
    record = signed(ended(FIRST, "compromised"), OFFICE.administrator_keys)
    with database.transaction() as tx:
        before = change_counter(tx)
        assert enter_retirement(tx, record, AUDIT, LATER)
        assert change_counter(tx) > before
        assert key_blocked(tx, FIRST.key_hash)
        assert not enter_retirement(tx, record, AUDIT, LATER)


@pytest.mark.parametrize("field", ["authority", "key_hash"])
def test_an_authority_that_is_not_there_is_not_ended(database: Database, tmp_path: Path, field: str) -> None:
    """The statement names an authority and its key, and both must be on record."""
    changes: dict[str, object] = {"authority": "test-ca-g9"} if field == "authority" else {"key_hash": bytes(32)}
    wrong = replace(ended(FIRST, "compromised"), **changes)  # type: ignore[arg-type]  # fields by their names
    with pytest.raises((UnknownAuthority, KeyOfAnotherAuthority)), database.transaction() as tx:
        enter_retirement(tx, signed(wrong, OFFICE.administrator_keys), AUDIT, LATER)


def test_the_worst_is_published(database: Database, tmp_path: Path) -> None:
    """Relying parties are told through publication; a later compromise replaces a retirement, never the reverse."""
    publication, program = Publication(tmp_path / "public"), known(tmp_path)
    reasons: tuple[Reason, ...] = ("retired", "compromised", "key-destroyed")
    told = []
    for reason in reasons:
        retire(program, database, signed(ended(FIRST, reason), OFFICE.administrator_keys), AUDIT, LATER)
        publish_retirements(program, publication)
        told.append(json.loads(publication.get("ca/test-ca-g1.retired"))["document"]["reason"])
    assert told == ["retired", "compromised", "compromised"]
    assert publish_retirements(program, publication) == ()


@pytest.fixture
def ceremony(house: House) -> Ledger:
    """A ceremony's ledger that knows of ended keys."""
    database = house.signer().database
    program = known(house.folder)

    def retired() -> Retired:
        with database.snapshot() as tx:
            return program.look(tx)

    return Ledger(database, AuditChain("ceremony-2", "signer", DEPLOYMENT), retired=retired)


def subordinate(under: Authority, ledger: Ledger) -> x509.Certificate:
    """An authority below the root."""
    return subordinate_certificate(
        "lgpki-sub-g1",
        PROFILES["lgpki-app-sub"],
        {"common_name": "Application CA T1 Sub"},
        SUB_KEY.public_key(),
        under=under,
        serial=SerialNumbers(os.urandom).draw(),
        ledger=ledger,
        now=LATER,
    )


def test_a_compromised_subordinate_is_revoked_by_its_parent(ceremony: Ledger, house: House) -> None:
    """RFC 5280 5.3.1: its certificate stands in the parent's next list with cACompromise; a self-signed one nowhere."""
    root = root_authority(ceremony)
    certificate = subordinate(root, ceremony)
    statement = authority_statement(
        {"test-leaf": sample_profile()}, issuer="lgpki-sub", certificate=certificate, now=LATER + timedelta(days=31)
    )
    with house.owner.transaction() as tx:
        for one in (root.statement, statement):
            add_authority(tx, authority_row(one))
        for one in (root.statement, statement):
            at = ended(one, "compromised", at=LATER, invalidity_at=NOW)
            assert enter_retirement(tx, signed(at, OFFICE.administrator_keys), AUDIT, LATER)
        (own,) = find(tx, CertificateFilter(key_hash=root.key_hash))
        serials = [certificate.serial_number, own.serial]
        revoked, self_signed = (statuses(tx, "lgpki-app", serials)[serial] for serial in serials)
    assert (revoked.state, revoked.reason, revoked.revoked_at, revoked.invalidity_at) == ("revoked", 2, LATER, NOW)
    assert self_signed.state == "good"
    assert len(house.audited("certificate.revoked")) == 1


@pytest.mark.parametrize(("reason", "error"), [("retired", AuthorityRetired), ("compromised", AuthorityCompromised)])
def test_a_ceremony_signs_nothing_with_an_ended_key(
    ceremony: Ledger, house: House, reason: Reason, error: type[Exception]
) -> None:
    """KEY-2: whoever still has the key open meets the refusal before anything is reserved or signed."""
    root = root_authority(ceremony)
    with house.owner.transaction() as tx:
        add_authority(tx, authority_row(root.statement))
        enter_retirement(tx, signed(ended(root.statement, reason), OFFICE.administrator_keys), AUDIT, LATER)
    with pytest.raises(error):
        subordinate(root, ceremony)
    with house.owner.snapshot() as tx:
        assert find(tx, CertificateFilter(profile="lgpki-app-sub")) == ()


@cache
def template() -> Path:
    """A database with both generations and nothing ended."""
    path = Path(tempfile.mkdtemp(prefix="ninsho-template-")) / "ninsho.db"
    upgrade(f"sqlite:///{path}")
    with closing(Database(f"sqlite:///{path}", "owner")) as database, database.transaction() as tx:
        for statement in (FIRST, SECOND):
            add_authority(tx, authority_row(statement))
    return path


class Restores(RuleBasedStateMachine):
    """Statements entered, databases copied and put back, programs started anew, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ninsho-restores-"))
        self.path = self.folder / "ninsho.db"
        self.copies = [template()]
        copied(template(), self.path)
        self.model: dict[bytes, set[Reason]] = {FIRST.key_hash: set(), SECOND.key_hash: set()}
        self.program = known(self.folder)

    def teardown(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder)

    def database(self) -> Database:
        """The database as it lies there now."""
        return Database(f"sqlite:///{self.path}", "owner")

    @rule(authority=st.sampled_from([FIRST, SECOND]), reason=st.sampled_from(["retired", "key-destroyed"]))
    def end(self, authority: AuthorityStatement, reason: Reason) -> None:
        """Somebody's ceremony ends a key."""
        with closing(self.database()) as database:
            retire(self.program, database, signed(ended(authority, reason), OFFICE.administrator_keys), AUDIT, LATER)
        self.model[authority.key_hash].add(reason)

    @rule()
    def back_up(self) -> None:
        """A copy of the database is put aside."""
        self.copies.append(self.folder / f"copy-{len(self.copies)}.db")
        shutil.copy(self.path, self.copies[-1])

    @rule(number=st.integers(0, 20))
    def restore(self, number: int) -> None:
        """Any copy is put back."""
        copied(self.copies[number % len(self.copies)], self.path)

    @rule()
    def start_anew(self) -> None:
        """The program is started again and remembers nothing but its folder."""
        self.program = known(self.folder)

    @rule()
    def enter_again(self) -> None:
        """The signer enters what the database lost."""
        with closing(self.database()) as database:
            enter_missing(self.program, database, AUDIT, LATER)

    @invariant()
    def nothing_was_taken_back(self) -> None:
        """The program knows exactly what was ever ended."""
        with closing(self.database()) as database, database.snapshot() as tx:
            found = self.program.look(tx).statements
        assert {(one.key_hash, one.reason) for one in found} == {
            (key, reason) for key, reasons in self.model.items() for reason in reasons
        }


Restores.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestRestores = Restores.TestCase
