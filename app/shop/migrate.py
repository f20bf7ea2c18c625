"""Bringing the database to the form that this release needs. Safe when several instances start at once.

A release only *expands*: what the release before it reads and writes goes on working, so that both can run side by
side. What is no longer read goes one release later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from shop.database import Database

FOLDER = Path(__file__).parent.parent / "migrations"
LOCK = 7_240_101  # any number that nobody else uses in this database
LOCK_WAIT_SECONDS = 120


def migrate(database: Database, revision: str = "head") -> str | None:
    """Bring the database to a revision and return the one it is at then.

    One instance works, the others wait for it and find nothing to do.
    Raises: WritesRefused if this region may not write.
    """
    database.authority.require()
    with database.writer.connect() as connection, _alone(connection):
        config = AlembicConfig()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the revision that this release needs. Reads files only."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold a lock of the database session; it goes with the connection, so a killed instance leaves none behind."""
    is_postgres = connection.dialect.name == "postgresql"
    take = "SELECT pg_advisory_lock(:lock)" if is_postgres else "SELECT GET_LOCK(:lock, :seconds)"
    give = "SELECT pg_advisory_unlock(:lock)" if is_postgres else "SELECT RELEASE_LOCK(:lock)"
    lock = {"lock": LOCK} if is_postgres else {"lock": f"shop-{LOCK}"}
    taken = connection.execute(text(take), lock if is_postgres else {**lock, "seconds": LOCK_WAIT_SECONDS}).scalar()
    if taken == 0:
        raise TimeoutError(
            f"another instance has been migrating for {LOCK_WAIT_SECONDS} s; start again when it is done"
        )
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text(give), lock)
        connection.commit()
