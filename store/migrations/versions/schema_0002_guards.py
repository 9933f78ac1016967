"""Schema 0002: guards. What is written once stays; revoked is for ever; numbers only rise.

The messages begin with "insert-only", which `store.database` knows. Both engines have the same guards; on PostgreSQL
TRUNCATE meets them too. A guard stops a program with a mistake or a stolen login; who owns the database file can drop
it, and then the audit chain and its anchors tell.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSERT_ONLY = (
    "authority",
    "roster",
    "evidence",
    "application_use",
    "key_owner",
    "blocked_key",
    "revocation_journal",
    "distribution_point",
    "crl",
    "audit_entry",
)
NEVER_DELETED = ("application", "certificate", "status", "partition", "crl_number", "change_counter", "audit_head")
# table -> the update that is refused
REFUSED_UPDATES = {
    "application": "OLD.state <> 'open' OR NEW.canonical <> OLD.canonical OR NEW.digest <> OLD.digest",
    "certificate": "OLD.state <> 'reserved' OR NEW.serial <> OLD.serial OR NEW.tbs <> OLD.tbs",
    "status": "OLD.state = 1 AND (NEW.state <> 1 OR NEW.revoked_at <> OLD.revoked_at)",
    "partition": "NEW.last_not_after < OLD.last_not_after",
    "crl_number": "NEW.number <= OLD.number",
    "change_counter": "NEW.value <= OLD.value",
    "audit_head": "NEW.sequence <= OLD.sequence",
}

_POSTGRESQL_FUNCTION = """
CREATE FUNCTION ninsho_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'insert-only: %', TG_TABLE_NAME;
END $$
"""

# Counts examinations and approvals on the application in the name of the tables' owner: the front end writes evidence
# and nothing else.
_POSTGRESQL_COUNT = """
CREATE FUNCTION ninsho_count_evidence() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE application SET examinations = examinations + counted.examined, approvals = approvals + counted.approved
  FROM (
    SELECT application_id, count(*) FILTER (WHERE role = 'examination') AS examined,
      count(*) FILTER (WHERE role = 'approval') AS approved
    FROM added WHERE role <> 'submission' GROUP BY application_id
  ) AS counted
  WHERE application.id = counted.application_id AND application.state = 'open';
  RETURN NULL;
END $$
"""
_POSTGRESQL_COUNTED = """
CREATE TRIGGER evidence_counted AFTER INSERT ON evidence REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION ninsho_count_evidence()
"""
_SQLITE_COUNTED = """
CREATE TRIGGER evidence_counted AFTER INSERT ON evidence WHEN NEW.role <> 'submission'
BEGIN
  UPDATE application SET examinations = examinations + (NEW.role = 'examination'),
    approvals = approvals + (NEW.role = 'approval')
  WHERE id = NEW.application_id AND state = 'open';
END
"""


def upgrade() -> None:
    """Put the guards in place, and the trigger that counts evidence."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in (_POSTGRESQL_FUNCTION, _POSTGRESQL_COUNT, _POSTGRESQL_COUNTED):
            op.execute(statement)
        guard, truncation = _postgresql, _postgresql_truncation
    else:
        op.execute(_SQLITE_COUNTED)
        guard, truncation = _sqlite, _nothing
    for table in INSERT_ONLY:
        guard(table, "UPDATE", None)
    for table in INSERT_ONLY + NEVER_DELETED:
        guard(table, "DELETE", None)
        truncation(table)
    for table, condition in REFUSED_UPDATES.items():
        guard(table, "UPDATE", condition)


def _sqlite(table: str, act: str, condition: str | None) -> None:
    when = f"WHEN {condition} " if condition else ""
    op.execute(
        f'CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON "{table}" {when}'
        f"BEGIN SELECT RAISE(ABORT, 'insert-only: {table}'); END"
    )


def _postgresql(table: str, act: str, condition: str | None) -> None:
    when = f"WHEN ({condition}) " if condition else ""
    op.execute(
        f'CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON "{table}" FOR EACH ROW {when}'
        "EXECUTE FUNCTION ninsho_refuse()"
    )


def _postgresql_truncation(table: str) -> None:
    op.execute(
        f'CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT '
        "EXECUTE FUNCTION ninsho_refuse()"
    )


def _nothing(table: str) -> None:
    """SQLite has no TRUNCATE; its deletes meet the guard row by row."""
