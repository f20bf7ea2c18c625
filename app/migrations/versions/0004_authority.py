"""The fence of the authority to write: its row, what compares a change with it, and triggers on all tables so far.

Tables of later migrations get their triggers when ``shop.migrate`` has brought the database up to date.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shop.authority.fence import put_up

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# At the commit clock_timestamp() is later than now(), which is the start of the transaction.
POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION shop_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fence write_fence%ROWTYPE;
BEGIN
    SELECT * INTO fence FROM write_fence;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF clock_timestamp() > fence.valid_until THEN
        RAISE EXCEPTION 'the authority to write ran out at %', fence.valid_until USING ERRCODE = 'SHF01';
    END IF;
    IF fence.epoch::text IS DISTINCT FROM current_setting('shop.epoch', true) THEN
        RAISE EXCEPTION 'the authority to write is at epoch %, this transaction at "%"',
            fence.epoch, current_setting('shop.epoch', true) USING ERRCODE = 'SHF01';
    END IF;
    RETURN NULL;
END
$$
"""
# The clock of the statement, and the row as the isolation level shows it: READ COMMITTED shows the newest.
MYSQL_PROCEDURE = """
CREATE PROCEDURE shop_fence() READS SQL DATA
IF EXISTS (
    SELECT 1 FROM write_fence WHERE valid_until < utc_timestamp(6) OR epoch <> coalesce(@shop_epoch, 0)
) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30401, MESSAGE_TEXT = 'the authority to write is not here any more';
END IF
"""


def upgrade() -> None:
    """Expand: what runs now must go on working beside it. Without a row the fence lets everything in."""
    op.create_table(
        "write_fence",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="of the authority; only grows"),
        sa.Column(
            "valid_until",
            sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
            comment="by the clock of this database, in UTC",
        ),
        sa.CheckConstraint("id = 1", name="ck_write_fence_is_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_write_fence"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRES_FUNCTION)
    else:
        op.execute("DROP PROCEDURE IF EXISTS shop_fence")
        op.execute(MYSQL_PROCEDURE)
    put_up(op.get_bind())


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION shop_fence CASCADE")
    else:
        for name in op.get_bind().execute(sa.text(MYSQL_FENCES)).scalars().all():
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP PROCEDURE shop_fence")
    op.drop_table("write_fence")


MYSQL_FENCES = (
    "SELECT trigger_name FROM information_schema.triggers"
    " WHERE trigger_schema = database() AND trigger_name LIKE 'shop\\_fence\\_%'"
)
