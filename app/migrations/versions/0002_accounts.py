"""Accounts and sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("login", sa.String(254), comment="the e-mail that a password goes with"),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("subject", sa.String(64), comment="the person's id in Cognito"),
        sa.Column("email", sa.String(254), comment="where mail goes"),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
        sa.UniqueConstraint("subject", name="uq_account_subject"),
    )
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_role_account_id"),
        sa.PrimaryKeyConstraint("account_id", "role", name="pk_account_role"),
    )
    op.create_table(
        "address",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("street", sa.String(200), nullable=False),
        sa.Column("extra", sa.String(200), nullable=False),
        sa.Column("postcode", sa.String(20), nullable=False),
        sa.Column("city", sa.String(100), nullable=False),
        sa.Column("country", sa.String(2), nullable=False, comment="ISO 3166-1 alpha-2"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_address_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
    )
    op.create_index("ix_address_account_id", "address", ["account_id"])
    op.create_table(
        "session",
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the cookie, hexadecimal"),
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("account_id", sa.String(26)),
        sa.Column("agent", sa.String(200), nullable=False, comment="the browser, as it calls itself"),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_session_account_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_session"),
        sa.UniqueConstraint("id", name="uq_session_id"),
    )
    op.create_index("ix_session_account_id", "session", ["account_id"])
    op.create_index("ix_session_seen_at", "session", ["seen_at"])


def downgrade() -> None:
    """Take it back."""
    for table in ("session", "address", "account_role", "account"):
        op.drop_table(table)
