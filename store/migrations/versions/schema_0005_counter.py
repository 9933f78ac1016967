"""Schema 0005: the counter. Cases and their events, people to search by, sessions, heartbeats, signatures.

Events of a case, receipts and the signer's notes of signatures are insert-only; a case's events are counted up by one.
Certificates issued before this schema get their entry for the search from their application's row; who they are about
is entered by `ninsho db upgrade`, which can fold names.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WORD = sa.String()
OCTETS = sa.LargeBinary()
TIME = sa.BigInteger()  # microseconds since 1970 UTC
ID = sa.Uuid()
BY_CODE_POINT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

INSERT_ONLY = ("case_event", "case_receipt", "case_submit", "case_application", "signature_use")
NEVER_DELETED = ("counter_case", "receipt_number", "officer_session")
REFUSED_UPDATES = {
    "counter_case": "NEW.events <> OLD.events + 1 OR NEW.receipt <> OLD.receipt OR NEW.branch <> OLD.branch",
    "receipt_number": "NEW.number <= OLD.number",
    "officer_session": "OLD.ended_at IS NOT NULL OR NEW.person <> OLD.person OR NEW.seen_at < OLD.seen_at",
}
GRANTS = {
    "ra": {
        "counter_case": "SELECT, INSERT, UPDATE (step, events, updated_at, deferred)",
        "case_event": "SELECT, INSERT",
        "case_receipt": "SELECT, INSERT",
        "receipt_number": "SELECT, INSERT, UPDATE (number)",
        "case_submit": "SELECT, INSERT",
        "case_application": "SELECT, INSERT",
        "person_entry": "SELECT, INSERT, UPDATE (name, name_key, kana_key, birth_date, card, case_id)",
        "certificate_branch": "SELECT",
        "officer_session": "SELECT, INSERT, UPDATE (seen_at, ended_at)",
        "heartbeat": "SELECT",
        "signature_use": "SELECT",
    },
    "signer": {
        "certificate_branch": "SELECT, INSERT, UPDATE (state)",
        "heartbeat": "SELECT, INSERT, UPDATE (at)",
        "signature_use": "SELECT, INSERT",
    },
}


def upgrade() -> None:
    """Make the tables, their guards and indexes, enter what is there, and grant each program its part."""
    _cases()
    _people()
    _certificates()
    _programs()
    op.create_index("audit_entry_newest", "audit_entry", ["at", "instance", "sequence"])
    unapproved = sa.text("state = 'open' AND examinations >= examinations_required AND approvals < approvals_required")
    _partial("application_unapproved", "application", ["branch", "id", "expires_at"], unapproved)
    op.execute(_ENTER)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in INSERT_ONLY:
        _guard(postgresql, table, "UPDATE", None)
    for table in INSERT_ONLY + NEVER_DELETED:
        _guard(postgresql, table, "DELETE", None)
        if postgresql:
            op.execute(_TRUNCATE.format(table=table))
    for table, condition in REFUSED_UPDATES.items():
        _guard(postgresql, table, "UPDATE", condition)
    if postgresql:
        for program, grants in GRANTS.items():
            for table, rights in grants.items():
                op.execute(f'GRANT {rights} ON "{table}" TO ninsho_{program}')


def _needed(name: str, type_: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def _optional(name: str, type_: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=True)


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _cases() -> None:
    op.create_table(
        "counter_case",
        _needed("id", ID),
        *[_needed(name, WORD) for name in ("receipt", "branch", "kind", "visitor", "window", "opened_by")],
        _needed("opened_at", TIME),
        _needed("day", WORD),
        _needed("step", WORD),
        _needed("events", sa.Integer()),
        _needed("updated_at", TIME),
        _needed("deferred", sa.Boolean()),
        sa.PrimaryKeyConstraint("id"),
    )
    is_open = sa.text("step <> 'closed'")
    op.create_index("counter_case_branch", "counter_case", ["branch", "id"])
    op.create_index("counter_case_day", "counter_case", ["branch", "day", "id"])
    _partial("counter_case_open", "counter_case", ["branch", "id"], is_open)
    _partial("counter_case_step", "counter_case", ["branch", "step", "id"], is_open)
    _partial("counter_case_clerk", "counter_case", ["branch", "opened_by", "id"], is_open)
    _partial("counter_case_deferred", "counter_case", ["branch", "id"], sa.text("deferred"))
    op.create_table(
        "case_event",
        _needed("case_id", ID),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        *[_needed(name, WORD) for name in ("branch", "step", "person")],
        _needed("at", TIME),
        _needed("facts", sa.Text()),
        sa.PrimaryKeyConstraint("case_id", "number"),
    )
    op.create_index("case_event_step", "case_event", ["branch", "step", "at", "case_id", "number"])
    op.create_table(
        "case_receipt", _needed("receipt", WORD), _needed("case_id", ID), sa.PrimaryKeyConstraint("receipt")
    )
    op.create_table(
        "receipt_number",
        _needed("place", WORD),
        _needed("day", WORD),
        _needed("number", sa.Integer()),
        sa.PrimaryKeyConstraint("place", "day"),
    )
    op.create_table(
        "case_submit", _needed("submit_key", ID), _needed("case_id", ID), sa.PrimaryKeyConstraint("submit_key")
    )
    op.create_table(
        "case_application",
        _needed("application_id", ID),
        _needed("case_id", ID),
        sa.PrimaryKeyConstraint("application_id"),
    )
    op.create_index("case_application_case", "case_application", ["case_id"])


def _people() -> None:
    op.create_table(
        "person_entry",
        _needed("id", ID),
        *[_needed(name, WORD) for name in ("subject", "branch", "name")],
        _needed("name_key", BY_CODE_POINT),
        _optional("kana_key", BY_CODE_POINT),
        _optional("birth_date", WORD),
        _optional("card", OCTETS),
        _optional("case_id", ID),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("subject IN ('case', 'application')", name="person_entry_subject"),
    )
    op.create_index("person_entry_name", "person_entry", ["subject", "branch", "name_key", "id"])
    op.create_index("person_entry_kana", "person_entry", ["subject", "branch", "kana_key", "id"])
    op.create_index("person_entry_birth", "person_entry", ["subject", "branch", "birth_date", "name_key", "id"])
    op.create_index("person_entry_card", "person_entry", ["subject", "branch", "card", "name_key", "id"])
    op.create_index("person_entry_case", "person_entry", ["case_id"])


def _certificates() -> None:
    op.create_table(
        "certificate_branch",
        _needed("serial", OCTETS),
        *[_needed(name, WORD) for name in ("issuer", "authority", "branch", "kind")],
        _needed("state", sa.SmallInteger()),
        _needed("not_after", TIME),
        _needed("issued_at", TIME),
        _needed("holder", OCTETS),
        _needed("application_id", ID),
        sa.PrimaryKeyConstraint("serial", "issuer"),
        sqlite_with_rowid=False,
    )
    end = ["branch", "not_after", "issuer", "serial", "kind", "state"]
    op.create_index("certificate_branch_end", "certificate_branch", end)
    state = ["branch", "state", "not_after", "issuer", "serial"]
    _partial("certificate_branch_state", "certificate_branch", state, sa.text("state <> 0"))
    op.create_index("certificate_branch_standing", "certificate_branch", ["branch", "kind", "state", "not_after"])
    op.create_index("certificate_branch_application", "certificate_branch", ["application_id"])
    op.create_index("certificate_branch_holder", "certificate_branch", ["holder"])


def _programs() -> None:
    op.create_table(
        "officer_session",
        _needed("id_hash", OCTETS),
        *[_needed(name, WORD) for name in ("person", "credential", "party")],
        _needed("counter", sa.BigInteger()),
        _needed("opened_at", TIME),
        _needed("seen_at", TIME),
        _optional("ended_at", TIME),
        sa.PrimaryKeyConstraint("id_hash"),
        sa.CheckConstraint("party IN ('working', 'approval')", name="officer_session_party"),
    )
    op.create_index("officer_session_person", "officer_session", ["person", "seen_at"])
    op.create_index("officer_session_credential", "officer_session", ["credential", "counter"])
    op.create_table("heartbeat", _needed("program", WORD), _needed("at", TIME), sa.PrimaryKeyConstraint("program"))
    op.create_table(
        "signature_use",
        _needed("application_id", ID),
        *[_needed(name, WORD) for name in ("role", "person", "credential")],
        _needed("digest", OCTETS),
        _needed("signed_at", TIME),
        _needed("outcome", WORD),
        _needed("at", TIME),
        sa.PrimaryKeyConstraint("application_id", "role", "person"),
    )
    op.create_index("signature_use_person", "signature_use", ["person", "at", "application_id", "role"])


# What a ceremony issued has no application, and so no branch.
_ENTER = """
INSERT INTO certificate_branch
  (serial, issuer, authority, branch, kind, state, not_after, issued_at, holder, application_id)
SELECT certificate.serial, certificate.issuer, certificate.authority, application.branch,
  coalesce(certificate.kind, certificate.profile), status.state, certificate.not_after, certificate.issued_at,
  certificate.holder, application.id
FROM certificate
JOIN application ON application.id = certificate.application_id
JOIN status ON status.issuer = certificate.issuer AND status.serial = certificate.serial
WHERE certificate.state = 'issued'
"""
_TRUNCATE = """
CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION ninsho_refuse()
"""


def _guard(postgresql: bool, table: str, act: str, condition: str | None) -> None:
    name = f"{table}_{act.lower()}"
    if postgresql:
        when = f"WHEN ({condition}) " if condition else ""
        row = f'CREATE TRIGGER {name} BEFORE {act} ON "{table}" FOR EACH ROW {when}EXECUTE FUNCTION ninsho_refuse()'
        op.execute(row)
        return
    when = f"WHEN {condition} " if condition else ""
    op.execute(
        f'CREATE TRIGGER {name} BEFORE {act} ON "{table}" {when}'
        f"BEGIN SELECT RAISE(ABORT, 'insert-only: {table}'); END"
    )
