"""Schema 0001: the tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORD = sa.String()
OCTETS = sa.LargeBinary()
TIME = sa.BigInteger()  # microseconds since 1970 UTC
SMALL = sa.SmallInteger()
BIG = sa.BigInteger()
ID = sa.Uuid()


def upgrade() -> None:
    """Make every table of an empty database."""
    _trust()
    _applications()
    _certificates()
    _status()
    _crls()
    _audit()


def _needed(name: str, type_: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def _optional(name: str, type_: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=True)


def _trust() -> None:
    op.create_table(
        "authority",
        _needed("name", WORD),
        _needed("issuer", WORD),
        sa.Column("generation", sa.Integer(), nullable=False),
        _needed("subject_der", OCTETS),
        _needed("certificate", OCTETS),
        _needed("key_hash", OCTETS),
        _needed("document", OCTETS),
        sa.Column("signatures", sa.JSON(), nullable=False),
        _needed("added_at", TIME),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("authority_generation", "authority", ["issuer", "generation"], unique=True)
    op.create_table(
        "roster",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        _needed("document", OCTETS),
        sa.Column("signatures", sa.JSON(), nullable=False),
        _needed("added_at", TIME),
        sa.PrimaryKeyConstraint("version"),
    )


def _applications() -> None:
    op.create_table(
        "application",
        _needed("id", ID),
        _needed("action", WORD),
        _needed("authority", WORD),
        _needed("profile", WORD),
        _needed("holder", OCTETS),
        _optional("kind", WORD),
        _needed("branch", WORD),
        _needed("canonical", OCTETS),
        _needed("digest", OCTETS),
        _needed("examinations_required", SMALL),
        _needed("approvals_required", SMALL),
        _needed("requester", WORD),
        _needed("created_at", TIME),
        _needed("expires_at", TIME),
        sa.Column("examinations", SMALL, server_default="0", nullable=False),
        sa.Column("approvals", SMALL, server_default="0", nullable=False),
        sa.Column("state", WORD, server_default="open", nullable=False),
        sa.Column("attempts", SMALL, server_default="0", nullable=False),
        _optional("outcome", WORD),
        _optional("finished_at", TIME),
        _optional("claimed_by", WORD),
        _optional("claim_token", OCTETS),
        _optional("claim_until", TIME),
        sa.CheckConstraint("state IN ('open', 'done', 'refused', 'parked')", name="application_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("application_branch", "application", ["branch", "id"])
    op.create_index("application_holder", "application", ["holder"])
    ready = sa.text("state = 'open' AND examinations >= examinations_required AND approvals >= approvals_required")
    op.create_index("application_ready", "application", ["id"], sqlite_where=ready, postgresql_where=ready)
    op.create_table(
        "evidence",
        _needed("application_id", ID),
        _needed("role", WORD),
        _needed("person", WORD),
        _needed("credential", WORD),
        _needed("kind", WORD),
        _needed("signature", OCTETS),
        _needed("digest", OCTETS),
        _needed("signed_at", TIME),
        sa.CheckConstraint("role IN ('submission', 'examination', 'approval')", name="evidence_role"),
        sa.PrimaryKeyConstraint("application_id", "role", "person"),
    )
    op.create_table(
        "application_use",
        _needed("application_id", ID),
        _needed("at", TIME),
        _needed("issuer", WORD),
        _needed("serial", OCTETS),
        sa.PrimaryKeyConstraint("application_id"),
    )


def _certificates() -> None:
    op.create_table(
        "certificate",
        _needed("issuer", WORD),
        _needed("serial", OCTETS),
        _needed("authority", WORD),
        _needed("profile", WORD),
        _needed("profile_digest", OCTETS),
        _optional("application_id", ID),
        _needed("holder", OCTETS),
        _optional("kind", WORD),
        _needed("partition", WORD),
        _needed("distribution_point", OCTETS),
        _needed("key_hash", OCTETS),
        _needed("tbs", OCTETS),
        _optional("certificate", OCTETS),
        _needed("state", WORD),
        _needed("not_before", TIME),
        _needed("not_after", TIME),
        _needed("reserved_at", TIME),
        _optional("issued_at", TIME),
        sa.CheckConstraint("(state = 'issued') = (certificate IS NOT NULL)", name="certificate_issued"),
        sa.CheckConstraint("state IN ('reserved', 'issued', 'abandoned')", name="certificate_state"),
        sa.CheckConstraint("length(serial) BETWEEN 1 AND 20", name="certificate_serial"),
        sa.PrimaryKeyConstraint("issuer", "serial"),
    )
    op.create_index("certificate_application", "certificate", ["application_id"])
    op.create_index("certificate_holder", "certificate", ["holder"])
    op.create_index("certificate_newest", "certificate", ["reserved_at", "issuer", "serial"])
    op.create_index(
        "certificate_reserved",
        "certificate",
        ["reserved_at"],
        sqlite_where=sa.text("state = 'reserved'"),
        postgresql_where=sa.text("state = 'reserved'"),
    )
    op.create_table(
        "holder_place",
        _needed("holder", OCTETS),
        _needed("kind", WORD),
        _needed("place", WORD),
        _needed("issuer", WORD),
        _needed("serial", OCTETS),
        sa.CheckConstraint("place IN ('live', 'pending')", name="holder_place_place"),
        sa.PrimaryKeyConstraint("holder", "kind", "place"),
    )
    op.create_table(
        "key_owner", _needed("key_hash", OCTETS), _needed("holder", OCTETS), sa.PrimaryKeyConstraint("key_hash")
    )
    op.create_table(
        "blocked_key", _needed("key_hash", OCTETS), _needed("at", TIME), sa.PrimaryKeyConstraint("key_hash")
    )


def _status() -> None:
    op.create_table(
        "status",
        _needed("issuer", WORD),
        _needed("serial", OCTETS),
        _needed("partition", WORD),
        _needed("state", SMALL),
        _optional("revoked_at", TIME),
        _optional("reason", SMALL),
        _optional("invalidity_at", TIME),
        _needed("not_after", TIME),
        sa.Column("step", SMALL, server_default="0", nullable=False),
        sa.CheckConstraint("(state = 0) = (revoked_at IS NULL)", name="status_revoked_at"),
        sa.CheckConstraint("state IN (0, 1, 2)", name="status_state"),
        sa.PrimaryKeyConstraint("issuer", "serial"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "status_listed",
        "status",
        ["issuer", "partition", "serial", "not_after", "revoked_at", "reason", "invalidity_at", "state"],
        sqlite_where=sa.text("state <> 0"),
        postgresql_where=sa.text("state <> 0"),
    )
    op.create_table(
        "revocation_journal",
        _needed("issuer", WORD),
        _needed("serial", OCTETS),
        _needed("step", SMALL),
        _needed("act", WORD),
        _needed("at", TIME),
        _optional("reason", SMALL),
        _optional("invalidity_at", TIME),
        _optional("application_id", ID),
        sa.CheckConstraint("act IN ('revoke', 'hold', 'release')", name="revocation_journal_act"),
        sa.PrimaryKeyConstraint("issuer", "serial", "step"),
        sqlite_with_rowid=False,
    )
    op.create_table("change_counter", _needed("issuer", WORD), _needed("value", BIG), sa.PrimaryKeyConstraint("issuer"))


def _crls() -> None:
    op.create_table(
        "partition",
        _needed("issuer", WORD),
        _needed("code", WORD),
        _needed("last_not_after", TIME),
        sa.PrimaryKeyConstraint("issuer", "code"),
    )
    op.create_table(
        "distribution_point",
        _needed("issuer", WORD),
        _needed("partition", WORD),
        _needed("authority", WORD),
        _needed("name", OCTETS),
        sa.PrimaryKeyConstraint("issuer", "partition", "authority"),
    )
    op.create_table(
        "crl_number",
        _needed("issuer", WORD),
        _needed("partition", WORD),
        _needed("number", BIG),
        sa.PrimaryKeyConstraint("issuer", "partition"),
    )
    op.create_table(
        "crl",
        _needed("issuer", WORD),
        _needed("partition", WORD),
        _needed("authority", WORD),
        _needed("number", BIG),
        _needed("distribution_point", OCTETS),
        _needed("this_update", TIME),
        _needed("next_update", TIME),
        _needed("sha256", OCTETS),
        _needed("size", BIG),
        _needed("entries", BIG),
        sa.PrimaryKeyConstraint("issuer", "partition", "authority", "number"),
    )
    op.create_table(
        "publication_request",
        _needed("id", ID),
        _needed("issuer", WORD),
        _optional("partition", WORD),
        _needed("requested_by", WORD),
        _needed("requested_at", TIME),
        _optional("answered_at", TIME),
        _optional("answer", WORD),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "publication_request_open",
        "publication_request",
        ["id"],
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )


def _audit() -> None:
    op.create_table(
        "audit_entry",
        _needed("instance", WORD),
        _needed("sequence", BIG),
        _needed("program", WORD),
        _needed("at", TIME),
        _needed("event", WORD),
        _needed("facts", WORD),
        _needed("previous", OCTETS),
        _needed("hash", OCTETS),
        sa.PrimaryKeyConstraint("instance", "sequence"),
    )
    op.create_table(
        "audit_head",
        _needed("instance", WORD),
        _needed("program", WORD),
        _needed("sequence", BIG),
        _needed("hash", OCTETS),
        sa.PrimaryKeyConstraint("instance"),
    )
