"""Design section 3: what each program may do on PostgreSQL, and what nobody may do on either engine."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from store.applications import ApplicationFilter, ApplicationRecord, Evidence, find_applications
from store.audit import AuditChain
from store.authorities import AuthorityRecord, add_authority, add_version
from store.cases import CaseEvent, NewCase, add_event, link_applications, open_case
from store.certificates import CertificateRecord
from store.claims import claim, finish
from store.counter_tables import METADATA
from store.crls import next_number
from store.database import Database, Program, Transaction
from store.errors import Denied, Immutable
from store.heartbeat import beat, last_beat
from store.notices import enter_notices
from store.replay import Replayed, replay
from store.retired import RetirementRecord, add_retirement
from store.revocations import hold, revoke
from store.self_checks import SelfCheck, add_self_check
from store.sessions import OfficerSession, end, open_session, touch
from store.signatures import note_signatures, signed_by
from store.status import statuses
from tests.fixtures.records import add_application, record, reserve

OpenAs = Callable[[str, Program], Database]
MakeCertificate = Callable[..., CertificateRecord]
MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]

RA_NEVER = [
    "INSERT INTO status (issuer, serial, partition, state, not_after) VALUES ('i', '\\x01', 'p', 0, 0)",
    "UPDATE status SET state = 0",
    "DELETE FROM status",
    "INSERT INTO certificate SELECT * FROM certificate",
    "UPDATE certificate SET state = 'issued'",
    "INSERT INTO roster (version, document, signatures, added_at) VALUES (1, '', '[]', 0)",
    "INSERT INTO authority SELECT * FROM authority",
    "INSERT INTO authority_version SELECT * FROM authority_version",
    "INSERT INTO retirement SELECT * FROM retirement",
    "INSERT INTO revocation_journal SELECT * FROM revocation_journal",
    "UPDATE application SET state = 'done'",
    "UPDATE application SET claim_token = NULL",
    "INSERT INTO application (id, state) VALUES (gen_random_uuid(), 'done')",
    "INSERT INTO application_use SELECT * FROM application_use",
    "UPDATE evidence SET signature = ''",
    "DELETE FROM evidence",
    "UPDATE audit_entry SET event = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "UPDATE change_counter SET value = 0",
    "UPDATE publication_request SET answer = 'published'",
    "INSERT INTO crl SELECT * FROM crl",
    "INSERT INTO audit_entry (instance, sequence, program, at, event, facts, previous, hash)"
    " VALUES ('signer-1', 1, 'signer', 0, 'x', '{}', '', '')",
    "DROP TRIGGER status_update ON status",
    "UPDATE counter_case SET receipt = 'R1'",
    "UPDATE counter_case SET branch = '13101'",
    "DELETE FROM counter_case",
    "UPDATE case_event SET facts = '{}'",
    "DELETE FROM case_event",
    "UPDATE case_application SET case_id = application_id",
    "UPDATE case_receipt SET case_id = case_id",
    "DELETE FROM person_entry",
    "UPDATE person_entry SET branch = '13101'",
    "INSERT INTO certificate_branch SELECT * FROM certificate_branch",
    "UPDATE certificate_branch SET branch = '13101'",
    "UPDATE officer_session SET person = 'head-1'",
    "DELETE FROM officer_session",
    "INSERT INTO signature_use SELECT * FROM signature_use",
    "DELETE FROM signature_use",
    "INSERT INTO heartbeat (program, at) VALUES ('signer', 0)",
    "UPDATE heartbeat SET at = 0",
]
SIGNER_NEVER = [
    "INSERT INTO evidence SELECT * FROM evidence",
    "UPDATE evidence SET person = 'x'",
    "UPDATE application SET canonical = ''",
    "UPDATE certificate SET tbs = ''",
    "DELETE FROM certificate",
    "DELETE FROM status",
    "UPDATE revocation_journal SET act = 'release'",
    "INSERT INTO authority_version SELECT * FROM authority_version",
    "UPDATE retirement SET document = ''",
    "DELETE FROM retirement",
    "INSERT INTO roster (version, document, signatures, added_at) VALUES (1, '', '[]', 0)",
    "UPDATE audit_entry SET event = 'x'",
    "DELETE FROM audit_entry",
    "INSERT INTO audit_entry (instance, sequence, program, at, event, facts, previous, hash)"
    " VALUES ('ra-1', 1, 'ra', 0, 'x', '{}', '', '')",
    "SELECT * FROM person_entry",
    "SELECT * FROM case_event",
    "SELECT * FROM counter_case",
    "SELECT * FROM officer_session",
    "UPDATE signature_use SET outcome = 'x'",
    "DELETE FROM signature_use",
    "UPDATE certificate_branch SET branch = '13101'",
]
OCSP_NEVER = [
    "UPDATE status SET state = 0",
    "INSERT INTO revocation_journal SELECT * FROM revocation_journal",
    "UPDATE change_counter SET value = 9",
    "SELECT * FROM application",
    "SELECT * FROM evidence",
    "SELECT * FROM audit_entry",
    "SELECT * FROM person_entry",
    "SELECT * FROM case_event",
    "SELECT * FROM signature_use",
]
AUDIT_NEVER = [
    "INSERT INTO audit_entry (instance, sequence, program, at, event, facts, previous, hash)"
    " VALUES ('audit-1', 1, 'audit', 0, 'x', '{}', '', '')",
    "UPDATE audit_head SET sequence = 9",
    "SELECT * FROM certificate",
    "SELECT * FROM person_entry",
    "SELECT * FROM case_event",
]
DENIALS = [
    *(("ra", statement) for statement in RA_NEVER),
    *(("signer", statement) for statement in SIGNER_NEVER),
    *(("ocsp", statement) for statement in OCSP_NEVER),
    *(("audit", statement) for statement in AUDIT_NEVER),
]


def test_programs_never_do_what_is_not_theirs(open_as: OpenAs, postgres_url: str) -> None:
    """Design section 3: each denied act is denied by the database to that program's role."""
    allowed = []
    for program in ("ra", "signer", "ocsp", "audit"):
        database = open_as(postgres_url, program)
        for denied_to, statement in DENIALS:
            if denied_to == program and not _denied(database, statement):
                allowed.append((program, statement))
    assert allowed == []


def _denied(database: Database, statement: str) -> bool:
    try:
        with database.transaction() as tx:
            tx.execute(text(statement))
    except Denied:
        return True
    except Exception as error:
        return "must be owner" in str(error)
    return False


def test_the_auditor_holds_every_status_against_the_trail(open_as: OpenAs, postgres_url: str) -> None:
    """LOG-1: `audit verify` reads status and journal, and needs no other program's rights for it."""
    with open_as(postgres_url, "audit").snapshot() as tx:
        assert replay(tx) == Replayed((), ())


def test_front_end_and_signer_can_do_their_parts(
    open_as: OpenAs, postgres_url: str, application: MakeApplication, certificate: MakeCertificate, now: datetime
) -> None:
    """Design section 3: the grants suffice for one case from application to status, each program in its role."""
    front_end, signer = open_as(postgres_url, "ra"), open_as(postgres_url, "signer")
    responder, auditor = open_as(postgres_url, "ocsp"), open_as(postgres_url, "audit")
    with front_end.transaction() as tx:
        add_application(tx, *application(1, approvals=0))
        AuditChain("ra-1", "ra", "test").append(tx, "application.received", {"branch": "13101"}, now)
        assert len(find_applications(tx, ApplicationFilter(branch="13101"))) == 1
        counter_day(tx, now)
    with signer.transaction() as tx:
        assert len(claim(tx, "signer-1", b"t" * 16, now, timedelta(minutes=5), 5)) == 1
        reserve(tx, certificate(7, application_id=UUID(int=1)))
        record(tx, "jpki-sign", 7, b"signed", now)
        finish(tx, UUID(int=1), b"t" * 16, "done", "issued", now)
        beat(tx, "signer", now)
        hold(tx, "jpki-sign", 7, now, None)
        AuditChain("signer-1", "signer", "test").append(tx, "certificate.issued", {"serial": "07"}, now)
    with responder.snapshot() as tx:
        assert statuses(tx, "jpki-sign", [7])[7].state == "held"
    with front_end.snapshot() as tx:
        assert [one.outcome for one in signed_by(tx, "clerk-1")] == ["issued"]
        assert last_beat(tx, "signer") == now
    with auditor.snapshot() as tx:
        assert tx.execute(text("SELECT count(*) FROM audit_entry")).scalar() == 2


def counter_day(tx: Transaction, now: datetime) -> None:
    """What the front end writes of one visitor: the case, two events, its application, and the clerk's session."""
    ours = frozenset({"13101"})
    new = NewCase(UUID(int=5), "13101", "13101", "issue", "self", "001A", "clerk-1", now)
    for _ in range(2):
        opened = open_case(tx, new, date(2026, 11, 23), UUID(int=6))
    for number in (1, 2):
        add_event(tx, ours, CaseEvent(opened.id, number, "receive", "clerk-1", now, {}), "identify", deferred=False)
    link_applications(tx, ours, opened.id, [UUID(int=1)])
    open_session(tx, OfficerSession(bytes(32), "clerk-1", "clerk-1-key", "working", 0, now, now))
    touch(tx, bytes(32), now + timedelta(minutes=1))
    end(tx, bytes(32), now + timedelta(minutes=2))


def test_program_cannot_take_over_the_chain_of_another(open_as: OpenAs, postgres_url: str, now: datetime) -> None:
    """Design section 3: no program writes another program's audit row, even under its instance's name."""
    signer, front_end = open_as(postgres_url, "signer"), open_as(postgres_url, "ra")
    with signer.transaction() as tx:
        AuditChain("signer-1", "signer", "test").append(tx, "signer.started", {}, now)
    with pytest.raises(Denied), front_end.transaction() as tx:
        AuditChain("signer-1", "signer", "test").append(tx, "signer.stopped", {}, now)


GUARDED: list[tuple[str, str]] = [
    ("revocation_journal", "UPDATE revocation_journal SET act = 'release'"),
    ("revocation_journal", "DELETE FROM revocation_journal"),
    ("audit_entry", "UPDATE audit_entry SET event = 'x.y'"),
    ("audit_entry", "DELETE FROM audit_entry"),
    ("evidence", "UPDATE evidence SET person = 'someone'"),
    ("evidence", "DELETE FROM evidence"),
    ("application", "UPDATE application SET digest = canonical"),
    ("application", "DELETE FROM application"),
    ("certificate", "UPDATE certificate SET certificate = tbs"),
    ("certificate", "DELETE FROM certificate"),
    ("status", "UPDATE status SET state = 0, revoked_at = NULL"),
    ("status", "DELETE FROM status"),
    ("key_owner", "DELETE FROM key_owner"),
    ("blocked_key", "DELETE FROM blocked_key"),
    ("partition", "UPDATE partition SET last_not_after = last_not_after - 1"),
    ("distribution_point", "UPDATE distribution_point SET name = authority"),
    ("distribution_point", "DELETE FROM distribution_point"),
    ("crl_number", "UPDATE crl_number SET number = number - 1"),
    ("change_counter", "UPDATE change_counter SET value = 0"),
    ("audit_head", "UPDATE audit_head SET sequence = 0"),
    ("retirement", "UPDATE retirement SET authority = 'nobody-g1'"),
    ("retirement", "DELETE FROM retirement"),
    ("authority_version", "UPDATE authority_version SET version = 9"),
    ("authority_version", "DELETE FROM authority_version"),
    ("counter_case", "UPDATE counter_case SET events = 0"),
    ("counter_case", "UPDATE counter_case SET events = events + 1, receipt = 'R13101-261123-0009'"),
    ("counter_case", "DELETE FROM counter_case"),
    ("case_event", "UPDATE case_event SET facts = '{}'"),
    ("case_event", "DELETE FROM case_event"),
    ("case_receipt", "DELETE FROM case_receipt"),
    ("case_submit", "DELETE FROM case_submit"),
    ("case_application", "UPDATE case_application SET case_id = application_id"),
    ("receipt_number", "UPDATE receipt_number SET number = 1"),
    ("officer_session", "UPDATE officer_session SET ended_at = NULL"),
    ("officer_session", "DELETE FROM officer_session"),
    ("signature_use", "UPDATE signature_use SET outcome = 'refused'"),
    ("signature_use", "DELETE FROM signature_use"),
    ("self_check", "UPDATE self_check SET answers = '{}'"),
    ("self_check", "DELETE FROM self_check"),
    ("expiry_notice", "UPDATE expiry_notice SET person = 'nobody'"),
    ("expiry_notice", "DELETE FROM expiry_notice"),
]


def test_nobody_changes_or_removes_what_is_written_once(
    database: Database, application: MakeApplication, certificate: MakeCertificate, now: datetime
) -> None:
    """Design section 6: triggers on both engines refuse even the owner; revoked is for ever; numbers only rise."""
    with database.transaction() as tx:
        add_application(tx, *application(1))
        counter_day(tx, now)
        note_signatures(tx, [UUID(int=1)], "issued", now)
        add_self_check(tx, frozenset({"13101"}), SelfCheck(UUID(int=1), "13101", "head-1", now, {}))
        reserve(tx, certificate(7, application_id=UUID(int=1)))
        record(tx, "jpki-sign", 7, b"signed", now)
        enter_notices(tx, frozenset({"13101"}), [("jpki-sign", 7)], "clerk-1", now)
        revoke(tx, "jpki-sign", 7, 1, now, None, None)
        next_number(tx, "jpki-sign", "13101")
        AuditChain("signer-1", "signer", "test").append(tx, "certificate.revoked", {"serial": "07"}, now)
        add_retirement(tx, RetirementRecord(bytes(32), "jpki-sign-g1", b"{}", (), now))
        first = AuthorityRecord("jpki-sign-g1", "jpki-sign", 1, b"0\0", b"certificate", bytes(32), b"{}", (), now, 1)
        add_authority(tx, first)
        add_version(tx, replace(first, version=2))
    accepted = []
    for table, statement in GUARDED:
        if database.dialect == "postgresql":
            statement = statement.replace("= authority", "= '\\x00'")
        try:
            with database.transaction() as tx:
                assert tx.execute(select(func.count()).select_from(METADATA.tables[table])).scalar_one() > 0
                tx.execute(text(statement))
        except Immutable:
            continue
        accepted.append(statement)
    assert accepted == []


def test_truncation_is_refused_on_postgresql(open_as: OpenAs, postgres_url: str) -> None:
    """TRUNCATE passes row triggers by, so it has its own."""
    database = open_as(postgres_url, "owner")
    for table in ("audit_entry", "revocation_journal", "evidence", "certificate", "status", "retirement"):
        with pytest.raises(Immutable), database.transaction() as tx:
            tx.execute(text(f"TRUNCATE {table}"))


def test_replacing_a_row_is_refused_on_sqlite(open_as: OpenAs, sqlite_url: str, now: datetime) -> None:
    """INSERT OR REPLACE deletes silently in SQLite; the guard against deletion meets it too."""
    database = open_as(sqlite_url, "owner")
    with database.transaction() as tx:
        AuditChain("signer-1", "signer", "test").append(tx, "signer.started", {}, now)
    with pytest.raises(Immutable), database.transaction() as tx:
        tx.execute(
            text(
                "INSERT OR REPLACE INTO audit_entry "
                "SELECT instance, sequence, program, at, 'x.y', facts, previous, hash FROM audit_entry"
            )
        )


def test_login_is_bound_to_its_role(open_as: OpenAs, postgres_url: str) -> None:
    """Every pooled connection acts as its program's role from its first statement."""
    programs: list[Program] = ["ra", "signer", "ocsp", "audit"]
    for program in programs:
        database = open_as(postgres_url, program)
        with database.snapshot() as tx:
            assert tx.execute(text("SELECT current_user")).scalar() == f"ninsho_{program}"
