"""Insert a row unless there is one already: one statement, which two transactions can't both win."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.dml import UpdateBase

from shop.database import Base

COUNTED = {"preserve_rowcount": True}  # else the number of inserted rows is not kept


def insert_if_absent(connection: Connection, table: type[Base], row: Mapping[str, object]) -> bool:
    """Insert the row, unless one with its primary key or a unique key exists; return whether it was inserted.

    It waits for a transaction that has inserted the same key and has not ended yet.
    """
    insertion = insertion_if_absent(connection, table)
    return connection.execute(insertion, dict(row), execution_options=COUNTED).rowcount == 1


def insertion_if_absent(connection: Connection, table: type[Base]) -> UpdateBase:
    """Return the statement in the words of the connection's database."""
    return _insertion(table, is_postgres=connection.dialect.name == "postgresql")


@cache  # made once: to take a statement of thirty columns apart costs as much as to execute it
def _insertion(table: type[Base], *, is_postgres: bool) -> UpdateBase:
    if is_postgres:
        return postgresql.insert(table).on_conflict_do_nothing()
    return mysql.insert(table).prefix_with("IGNORE")
