"""Carts, vouchers, orders, payments, outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""
    _add_vouchers()
    _add_carts()
    _add_orders()
    _add_payments()
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, comment="when it may be tried, or sent to the queue"),
        sa.Column("claimed_until", MOMENT, comment="a worker has it, or has died with it"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(500)),
        sa.Column("done_at", MOMENT),
        sa.Column("parked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_due_at", "outbox", ["due_at"])
    op.create_index("ix_outbox_done_at", "outbox", ["done_at"])


def downgrade() -> None:
    """Take it back."""
    for table in ("outbox", "ledger_gap", "payment_notice", "refund", "order_line", "orders", "cart_line", "cart",
                  "voucher_use", "voucher"):  # fmt: skip
        op.drop_table(table)


def _add_vouchers() -> None:
    op.create_table(
        "voucher",
        sa.Column("code", sa.String(32), nullable=False, comment="in capitals"),
        sa.Column("percent", sa.Integer()),
        sa.Column("amount_minor", sa.Integer()),
        sa.Column("minimum_minor", sa.Integer(), nullable=False, comment="worth of goods from which on it counts"),
        sa.Column("starts_at", MOMENT),
        sa.Column("ends_at", MOMENT),
        sa.Column("max_uses", sa.Integer(), comment="null: no limit"),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("is_once_per_customer", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False, comment="what it is for; for merchants"),
        sa.CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name="ck_voucher_is_percent_or_amount"),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name="ck_voucher_percent_is_in_range"),
        sa.CheckConstraint("amount_minor > 0", name="ck_voucher_amount_is_positive"),
        sa.CheckConstraint("minimum_minor >= 0", name="ck_voucher_minimum_is_not_negative"),
        sa.CheckConstraint("uses >= 0", name="ck_voucher_uses_are_not_negative"),
        sa.CheckConstraint("uses <= max_uses", name="ck_voucher_uses_are_within_limit"),
        sa.PrimaryKeyConstraint("code", name="pk_voucher"),
    )
    op.create_table(
        "voucher_use",
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("customer", sa.String(264), nullable=False, comment="account:<id> or mail:<address>"),
        sa.Column("order_id", sa.String(26), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["voucher.code"], name="fk_voucher_use_code"),
        sa.PrimaryKeyConstraint("code", "customer", name="pk_voucher_use"),
    )
    op.create_index("ix_voucher_use_order_id", "voucher_use", ["order_id"])


def _add_carts() -> None:
    op.create_table(
        "cart",
        sa.Column("owner", sa.String(80), nullable=False, comment="account:<id> or session:<id>"),
        sa.Column("edition", sa.String(26), nullable=False, comment="a new one with every change"),
        sa.Column("voucher_code", sa.String(32)),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_cart"),
    )
    op.create_index("ix_cart_changed_at", "cart", ["changed_at"])
    op.create_table(
        "cart_line",
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="in the order in which they were put in"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name="ck_cart_line_quantity_is_in_range"),
        sa.ForeignKeyConstraint(["owner"], ["cart.owner"], name="fk_cart_line_owner", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name="fk_cart_line_variant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner", "variant_id", name="pk_cart_line"),
    )
    op.create_index("ix_cart_line_variant_id", "cart_line", ["variant_id"])


def _add_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False, comment="whose cart it was"),
        sa.Column("account_id", sa.String(26)),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False, comment="of what was asked for under that key"),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("street", sa.String(200), nullable=False),
        sa.Column("extra", sa.String(200), nullable=False),
        sa.Column("postcode", sa.String(20), nullable=False),
        sa.Column("city", sa.String(100), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("voucher_code", sa.String(32)),
        sa.Column("subtotal_minor", sa.Integer(), nullable=False),
        sa.Column("discount_minor", sa.Integer(), nullable=False),
        sa.Column("shipping_minor", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.Integer(), nullable=False, comment="the share of the total"),
        sa.Column("tax_permille", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("paid_minor", sa.Integer(), nullable=False),
        sa.Column("refunded_minor", sa.Integer(), nullable=False, comment="given back, or about to be"),
        sa.Column("page_id", sa.String(255), comment="the provider's payment page"),
        sa.Column("page_url", sa.String(2048)),
        sa.Column("payment_id", sa.String(255), comment="the provider's, when money moved"),
        sa.Column("attention", sa.String(200), comment="what a person has to look at"),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False, comment="cancelled then, if it is still not paid"),
        sa.Column("paid_at", MOMENT),
        sa.Column("shipped_at", MOMENT),
        sa.Column("cancelled_at", MOMENT),
        sa.CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'shipped', 'cancelled')", name="ck_orders_state_is_known"
        ),
        sa.CheckConstraint(
            "total_minor = subtotal_minor - discount_minor + shipping_minor", name="ck_orders_total_adds_up"
        ),
        sa.CheckConstraint(
            "total_minor >= 0 AND discount_minor >= 0 AND shipping_minor >= 0", name="ck_orders_is_not_negative"
        ),
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND paid_minor", name="ck_orders_refunds_are_within_payment"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("owner", "idempotency_key", name="uq_orders_owner_idempotency_key"),
        sa.UniqueConstraint("page_id", name="uq_orders_page_id"),
    )
    op.create_index("ix_orders_account_id_id", "orders", ["account_id", "id"])
    op.create_index("ix_orders_state_expires_at", "orders", ["state", "expires_at"])
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.String(26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("variant_id", sa.Integer()),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("slug", sa.String(96), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("variant_name", sa.String(80), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_minor", sa.Integer(), nullable=False),
        sa.Column("discount_minor", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_order_line_quantity_is_positive"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_line_order_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name="fk_order_line_variant_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_order_line"),
    )
    op.create_index("ix_order_line_variant_id", "order_line", ["variant_id"])


def _add_payments() -> None:
    op.create_table(
        "refund",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("order_id", sa.String(26), nullable=False),
        sa.Column("payment_id", sa.String(255), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column(
            "asked_by", sa.String(80), nullable=False, comment="account of the merchant, or why the shop does it"
        ),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_refund_amount_is_positive"),
        sa.CheckConstraint("state IN ('asked', 'done', 'refused')", name="ck_refund_state_is_known"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_refund_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refund"),
    )
    op.create_index("ix_refund_order_id", "refund", ["order_id"])
    op.create_table(
        "payment_notice",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("page_id", sa.String(255)),
        sa.Column("heard_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payment_notice"),
    )
    op.create_index("ix_payment_notice_heard_at", "payment_notice", ["heard_at"])
    op.create_table(
        "ledger_gap",
        sa.Column("page_id", sa.String(255), nullable=False),
        sa.Column("order_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("page_id", name="pk_ledger_gap"),
    )
