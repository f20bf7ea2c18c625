"""Statements that are made once, as constants, and go to PostgreSQL's driver as they are.

SQLAlchemy puts them together and says how their values are converted; what else it does around an execution takes
longer than the database does. They are for what is asked at every request. With MySQL they take SQLAlchemy's way.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVarTuple, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import ColumnElement, Connection, Dialect, Numeric, Row, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

from shop.insertion import COUNTED
from shop.telemetry.traces import step

STATEMENTS_KEPT = 1024
Columns = TypeVarTuple("Columns")
Values = Mapping[str, object]
Converter = Callable[[Any], Any]
Driver = psycopg.Connection[tuple[Any, ...]]
NO_VALUES: Values = {}


@dataclass(frozen=True, slots=True)
class Change:
    """A statement, and the values of each time that it is executed: at least once, the same names each time."""

    statement: UpdateBase
    rows: Sequence[Values]


def fetch(connection: Connection, question: Select[*Columns], values: Values = NO_VALUES) -> Sequence[Row[*Columns]]:
    """Ask the question and return all rows, with their columns by place and by name. Raises: DBAPIError."""
    if connection.dialect.name != "postgresql":
        return connection.execute(question, dict(values)).all()
    prepared = _question(question, connection.dialect)
    if prepared is None:
        return connection.execute(question, dict(values)).all()
    driver = _driver(connection)
    try:
        # A transaction that this question begins: BEGIN travels with it.
        begins = not driver.autocommit and driver.pgconn.transaction_status == TransactionStatus.IDLE
        with step("SELECT", prepared.words), driver.pipeline() if begins else nullcontext():
            cursor = driver.execute(prepared.text, prepared.values(values))
        rows = cursor.fetchall()
    except psycopg.Error as error:
        raise _as_sqlalchemy_says(error, connection, driver) from error
    return cast("Sequence[Row[*Columns]]", prepared.records(rows))


def execute_together(connection: Connection, *changes: Change) -> tuple[int, ...]:
    """Execute changes that do not wait for each other's outcome, and return how many rows each has changed in all.

    They are executed in their order, and the first that fails ends it; PostgreSQL gets them in one round trip.
    Raises: DBAPIError; the transaction must then be rolled back.
    """
    if connection.dialect.name != "postgresql":
        return tuple(
            connection.execute(change.statement, list(map(dict, change.rows)), execution_options=COUNTED).rowcount
            for change in changes
        )
    driver = _driver(connection)
    work = [(_change(each.statement, tuple(each.rows[0]), connection.dialect), each.rows) for each in changes]
    try:
        with step("CHANGES", {"db.system.name": "postgresql"}), driver.pipeline():
            cursors = [[driver.execute(prepared.text, prepared.values(row)) for row in rows] for prepared, rows in work]
        return tuple(sum(cursor.rowcount for cursor in own) for own in cursors)
    except psycopg.Error as error:
        raise _as_sqlalchemy_says(error, connection, driver) from error


@dataclass(frozen=True, slots=True)
class _Prepared:
    text: str
    words: Mapping[str, str]  # for traces
    constants: Values
    to_driver: tuple[tuple[str, Converter], ...]
    from_driver: tuple[tuple[int, Converter], ...]
    record: Callable[[Iterable[Any]], tuple[Any, ...]]

    def values(self, row: Values) -> dict[str, object]:
        """Return all values as the driver takes them."""
        values = {**self.constants, **row}
        for name, convert in self.to_driver:
            values[name] = convert(values[name])
        return values

    def records(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
        """Return the driver's rows with the names and values that SQLAlchemy would give."""
        if not self.from_driver:
            return list(map(self.record, rows))
        lists = [list(row) for row in rows]
        for number, convert in self.from_driver:
            for row in lists:
                row[number] = convert(row[number])
        return list(map(self.record, lists))


@lru_cache(maxsize=STATEMENTS_KEPT)
def _question(question: Select[*tuple[Any, ...]], dialect: Dialect) -> _Prepared | None:
    """Return the question as the driver takes it.

    None if its text depends on how many values there are, or what it answers on how the driver sends numbers.
    """
    compiled = question.compile(dialect=dialect)
    columns = list(question.selected_columns)
    is_numeric = any(isinstance(column.type, Numeric) for column in columns)
    if is_numeric or any(bind.expanding for bind in compiled.binds.values()):
        return None
    return _prepared(compiled, (), columns, dialect)


@lru_cache(maxsize=STATEMENTS_KEPT)
def _change(statement: UpdateBase, names: tuple[str, ...], dialect: Dialect) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    return _prepared(compiled, names, (), dialect)


def _prepared(
    compiled: SQLCompiler, names: tuple[str, ...], columns: Sequence[ColumnElement[Any]], dialect: Dialect
) -> _Prepared:
    binds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    results = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    record = namedtuple("Record", [getattr(column, "key", None) or "_" for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024 - its names are the statement's
    text = str(compiled)
    return _Prepared(
        text=text,
        words={"db.system.name": dialect.name, "db.query.text": text},
        constants={
            name: bind.effective_value
            for name, bind in compiled.binds.items()
            if not bind.required and name not in names
        },
        to_driver=tuple((name, convert) for name, convert in binds.items() if convert is not None),
        from_driver=tuple((number, convert) for number, convert in enumerate(results) if convert is not None),
        record=record._make,
    )


def _driver(connection: Connection) -> Driver:
    return cast("Driver", connection.connection.driver_connection)


def _as_sqlalchemy_says(error: psycopg.Error, connection: Connection, driver: Driver) -> BaseException:
    """Return the error as SQLAlchemy raises it, after taking a broken connection out of the pool."""
    is_gone = driver.closed
    if is_gone:
        connection.invalidate(error)
    return DBAPIError.instance(
        None, None, error, psycopg.Error, connection_invalidated=is_gone, dialect=connection.dialect
    )
