"""Insert a row unless there is one already: one statement, which two transactions can't both win."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.dml import UpdateBase

from shop.direct import COUNTED

if TYPE_CHECKING:
    from shop.database import Base


def insert_if_absent(connection: Connection, table: type[Base], row: Mapping[str, object]) -> bool:
    """Insert the row, unless one with its primary key or a unique key exists; return whether it was inserted.

    It waits for a transaction that has inserted the same key and has not ended yet.
    """
    insertion = insertion_if_absent(table, connection.dialect.name)
    return connection.execute(insertion, dict(row), execution_options=COUNTED).rowcount == 1


@cache  # made once: to take a statement of thirty columns apart costs as much as to execute it
def insertion_if_absent(table: type[Base], dialect: str) -> UpdateBase:
    """Return the statement, in the words of the database."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return mysql.insert(table).prefix_with("IGNORE")
