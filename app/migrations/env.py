"""Where Alembic finds the database: over the connection it is given, or as the shop's own environment says."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection, create_engine

from shop import resumable  # noqa: F401 - from here on Alembic speaks to MySQL in its way
from shop.parameters import configured
from shop.tables import METADATA


def run(connection: Connection) -> None:
    """Bring the database to the wanted revision, in one transaction per revision."""
    context.configure(connection, target_metadata=METADATA, transaction_per_migration=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(configured(os.environ).database_url()).connect() as own:
        run(own)
