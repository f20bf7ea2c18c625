"""Bringing the database to the form that this release needs. Safe when several instances start at once.

A release only *expands*: what the release before it reads and writes goes on working, so that both can run side by
side. What is no longer read goes one release later. A test over the migrations holds this.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError

from shop.authority import fence
from shop.authority.grant import NOTHING_CHANGED
from shop.database import Database
from shop.problems import WritesRefused
from shop.sqlcodes import FENCED, HELD_UP, READ_ONLY, code_of

FOLDER = Path(__file__).parent.parent / "migrations"
LOCK = 7_240_101  # any number that nobody else uses in this database
LOCK_WAIT_SECONDS = 120
LOCK_POLL_SECONDS = 0.2
TABLE_WAIT_SECONDS = 3  # whoever waits for a table holds up everybody behind: give way, and come again
TABLE_TURNS = 20

log = logging.getLogger(__name__)


def migrate(database: Database, revision: str = "head") -> str | None:
    """Bring the database to a revision and return the one it is at then.

    One instance works, the others wait for it and find nothing to do. One that is killed leaves no lock behind.
    Raises: WritesRefused if this region may not write; TimeoutError if another instance works for too long.
    """
    grant = database.authority.require()
    with database.writer.connect() as connection:
        connection.detach()  # its settings are this migration's own: it is closed afterwards, not used again
        with _alone(connection):
            if grant.epoch is not None:
                fence.carry_epoch(connection, grant.epoch, for_session=True)
            _set_limits(connection)
            try:
                return _upgrade_in_turns(connection, revision)
            except DBAPIError as error:
                if code_of(error) in FENCED | READ_ONLY:
                    raise WritesRefused(NOTHING_CHANGED) from error
                raise


def newest() -> str | None:
    """Return the revision that this release needs. Reads files only."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _upgrade_in_turns(connection: Connection, revision: str) -> str | None:
    """Upgrade, and again from where it came to if a table could not be had for a while."""
    for _ in range(TABLE_TURNS - 1):
        try:
            return _upgrade(connection, revision)
        except OperationalError as error:
            if code_of(error) not in HELD_UP:
                raise
            log.info("a table is in use, the migration waits and goes on: %s", error.orig)
            connection.rollback()
    return _upgrade(connection, revision)


def _upgrade(connection: Connection, revision: str) -> str | None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    connection.commit()
    if inspect(connection).has_table("write_fence"):
        fence.put_up(connection)  # before the tables that are new
        connection.commit()
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _set_limits(connection: Connection) -> None:
    """Let a statement take its time, but let none wait long for a table that others are using."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.execute(text(f"SET lock_timeout = '{TABLE_WAIT_SECONDS}s'"))
    else:
        connection.execute(text(f"SET SESSION lock_wait_timeout = {TABLE_WAIT_SECONDS}"))
        connection.execute(text("SET SESSION /*M! max_statement_time = 0, */ innodb_lock_wait_timeout = 50"))
    connection.commit()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold a lock of the database session; it goes with the connection, so a killed instance leaves none behind."""
    is_postgres = connection.dialect.name == "postgresql"
    take = text(f"SELECT pg_try_advisory_lock({LOCK})" if is_postgres else f"SELECT GET_LOCK('shop-{LOCK}', 0)")
    give = text(f"SELECT pg_advisory_unlock({LOCK})" if is_postgres else f"SELECT RELEASE_LOCK('shop-{LOCK}')")
    until = time.monotonic() + LOCK_WAIT_SECONDS
    while not connection.execute(take).scalar():
        connection.commit()
        if time.monotonic() > until:
            raise TimeoutError(
                f"another instance has been migrating for {LOCK_WAIT_SECONDS} s; start again when it is done"
            )
        time.sleep(LOCK_POLL_SECONDS)
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(give)
        connection.commit()
