"""Models of products in their versions, and pictures of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""
    op.create_table(
        "product_model",
        sa.Column("id", sa.String(26), nullable=False, comment="ULID: later uploads have larger ones"),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("upload_key", sa.String(200), nullable=False, comment="the original, which is kept"),
        sa.Column("uploaded_by", sa.String(26), nullable=False),
        sa.Column("bytes_before", sa.Integer(), nullable=True),
        sa.Column("bytes_after", sa.Integer(), nullable=True),
        sa.Column("triangles", sa.Integer(), nullable=True),
        sa.Column("draw_calls", sa.Integer(), nullable=True),
        sa.Column("encoding", sa.String(10), nullable=True),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('uploaded', 'checking', 'refused', 'ready')", name="ck_product_model_state_is_known"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_model_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_model"),
    )
    op.create_index("ix_product_model_product_id_id", "product_model", ["product_id", "id"])
    op.create_table(
        "portrait",
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_portrait_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_portrait"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("portrait")
    op.drop_table("product_model")
