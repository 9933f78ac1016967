"""Schema 0003: on PostgreSQL a role per program, and what each may do.

The roles cannot log in: each program's own login is made a member of its one role, and takes it on connecting. A row
rule lets a program write only audit rows of its own name. SQLite has no roles; there, what must hold is signed.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ASKED = (
    "id, action, authority, profile, holder, kind, branch, canonical, digest, "
    "examinations_required, approvals_required, requester, created_at, expires_at"
)
_WORKED = "state, attempts, outcome, finished_at, claimed_by, claim_token, claim_until"
_AUDIT = {"audit_entry": "SELECT, INSERT", "audit_head": "SELECT, INSERT, UPDATE"}

GRANTS: dict[str, dict[str, str]] = {
    "ra": {
        "application": f"SELECT, INSERT ({_ASKED})",
        "evidence": "SELECT, INSERT",
        "publication_request": "SELECT, INSERT (id, issuer, partition, requested_by, requested_at)",
        "application_use": "SELECT",
        "certificate": "SELECT",
        "holder_place": "SELECT",
        "key_owner": "SELECT",
        "blocked_key": "SELECT",
        "status": "SELECT",
        "revocation_journal": "SELECT",
        "change_counter": "SELECT",
        "partition": "SELECT",
        "distribution_point": "SELECT",
        "crl": "SELECT",
        "authority": "SELECT",
        "roster": "SELECT",
        **_AUDIT,
    },
    "signer": {
        "application": f"SELECT, UPDATE ({_WORKED})",
        "evidence": "SELECT",
        "application_use": "SELECT, INSERT",
        "certificate": "SELECT, INSERT, UPDATE (state, certificate, issued_at)",
        "holder_place": "SELECT, INSERT, UPDATE, DELETE",
        "key_owner": "SELECT, INSERT",
        "blocked_key": "SELECT, INSERT",
        "status": "SELECT, INSERT, UPDATE (state, revoked_at, reason, invalidity_at, step)",
        "revocation_journal": "SELECT, INSERT",
        "change_counter": "SELECT, INSERT, UPDATE",
        "partition": "SELECT, INSERT, UPDATE (last_not_after)",
        "distribution_point": "SELECT, INSERT",
        "crl_number": "SELECT, INSERT, UPDATE",
        "crl": "SELECT, INSERT",
        "publication_request": "SELECT, INSERT, UPDATE (answered_at, answer)",
        "authority": "SELECT",
        "roster": "SELECT",
        **_AUDIT,
    },
    "ocsp": {
        "status": "SELECT",
        "revocation_journal": "SELECT",
        "change_counter": "SELECT",
        "certificate": "SELECT",
        "authority": "SELECT",
        "crl": "SELECT",
        "partition": "SELECT",
        "distribution_point": "SELECT",
    },
    "audit": {
        "audit_entry": "SELECT",
        "audit_head": "SELECT",
        "status": "SELECT",
        "revocation_journal": "SELECT",
    },
}

_ROLE = """
DO $$ BEGIN
  CREATE ROLE ninsho_{program} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""


def upgrade() -> None:
    """Make the roles that are missing, grant each its part, and bind audit rows to their program."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for program, grants in GRANTS.items():
        op.execute(_ROLE.format(program=program))
        op.execute(f"GRANT USAGE ON SCHEMA public TO ninsho_{program}")
        op.execute(f"GRANT SELECT ON alembic_version TO ninsho_{program}")
        for table, rights in grants.items():
            op.execute(f'GRANT {rights} ON "{table}" TO ninsho_{program}')
    for table in _AUDIT:
        _row_rules(table)


def _row_rules(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_read ON {table} FOR SELECT USING (true)")
    for program in ("ra", "signer"):
        role, own = f"ninsho_{program}", f"program = '{program}'"
        op.execute(f"CREATE POLICY {table}_{program} ON {table} FOR INSERT TO {role} WITH CHECK ({own})")
        op.execute(
            f"CREATE POLICY {table}_{program}_next ON {table} FOR UPDATE TO {role} USING ({own}) WITH CHECK ({own})"
        )
