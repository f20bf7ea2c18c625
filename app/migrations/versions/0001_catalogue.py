"""The catalogue: categories, products with variants, pictures and attributes, and their full-text index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
        sa.UniqueConstraint("slug", name="uq_category_slug"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(96), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False, comment="lowest price of its variants"),
        sa.Column("image_key", sa.String(200), comment="its first image"),
        sa.Column("has_model", sa.Boolean(), nullable=False),
        sa.Column("rating_sum", sa.Integer(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name="ck_product_price_is_not_negative"),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name="fk_product_category_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.UniqueConstraint("slug", name="uq_product_slug"),
    )
    op.create_index("ix_product_shelf", "product", ["is_active", "category_id", "id"])
    op.create_table(
        "variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False, comment="what tells it from its siblings, such as 0.5 l"),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name="ck_variant_price_is_not_negative"),
        sa.CheckConstraint("stock >= 0", name="ck_variant_stock_is_not_negative"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_variant_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_variant"),
        sa.UniqueConstraint("sku", name="uq_variant_sku"),
    )
    op.create_index("ix_variant_product_id", "variant", ["product_id"])
    op.create_table(
        "product_image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("alt", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_image_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_image"),
    )
    op.create_index("ix_product_image_product_id", "product_image", ["product_id"])
    op.create_table(
        "product_attribute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_attribute_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_attribute"),
        sa.UniqueConstraint("product_id", "name", name="uq_product_attribute_product_id_name"),
    )
    op.create_index("ix_product_attribute_facet", "product_attribute", ["name", "value", "product_id"])
    _add_search()


def downgrade() -> None:
    """Take it back."""
    for table in ("product_attribute", "product_image", "variant", "product", "category"):
        op.drop_table(table)


def _add_search() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE product ADD COLUMN search tsvector GENERATED ALWAYS AS ("
            "setweight(to_tsvector('english', name), 'A') || to_tsvector('english', description)) STORED"
        )
        op.execute("CREATE INDEX ix_product_search ON product USING gin (search)")
    else:
        op.execute("CREATE FULLTEXT INDEX ix_product_search ON product (name, description)")
