"""Reviews, what the staff did, and indexes for what it asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
INDEXES = (
    ("ix_orders_state_id", "orders", ("state", "id"), None),
    ("ix_orders_email", "orders", ("email",), None),
    ("ix_orders_paid_at", "orders", ("paid_at",), "paid_at IS NOT NULL"),
    ("ix_orders_attention", "orders", ("attention",), "attention IS NOT NULL"),
    ("ix_refund_asked_at", "refund", ("asked_at",), None),
)


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.String(26), nullable=False, comment="ULID: later ones are larger"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False, comment="such as product:12"),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("form_key", sa.String(26), comment="of a form that may be sent twice and counts once"),
        sa.CheckConstraint("outcome IN ('begun', 'done', 'refused')", name="ck_audit_entry_outcome_is_known"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
        sa.UniqueConstraint("form_key", name="uq_audit_entry_form_key"),
    )
    op.create_index("ix_audit_entry_subject_id", "audit_entry", ["subject", "id"])
    op.create_table(
        "review",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(26), comment="null: who wrote it has left"),
        sa.Column("author", sa.String(80), nullable=False, comment="as its writer wants to be called"),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT),
        sa.Column("hidden_at", MOMENT, comment="it is not shown and does not count"),
        sa.Column("hidden_reason", sa.String(200), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="ck_review_stars_are_in_range"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_review_product_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_review_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sa.UniqueConstraint("product_id", "account_id", name="uq_review_product_id_account_id"),
    )
    op.create_index("ix_review_product_id_id", "review", ["product_id", "id"])
    op.create_index("ix_review_account_id", "review", ["account_id"])
    for name, table, columns, where in INDEXES:
        op.create_index(name, table, columns, postgresql_where=None if where is None else sa.text(where))


def downgrade() -> None:
    """Take it back."""
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table)
    op.drop_table("review")
    op.drop_table("audit_entry")
