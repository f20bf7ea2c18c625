"""Statements that are made once, as constants, and go to PostgreSQL's driver as they are.

SQLAlchemy puts them together and says how their values are converted; what else it does around an execution takes
longer than the database does. They are for what is asked at every request. With MySQL they take SQLAlchemy's way.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVarTuple, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import ColumnElement, Connection, Dialect, Numeric, Row, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

from shop.telemetry.traces import step

STATEMENTS_KEPT = 1024
Columns = TypeVarTuple("Columns")
Values = Mapping[str, object]
Statement = UpdateBase | Select[*tuple[Any, ...]]
Converter = Callable[[Any], Any]
Driver = psycopg.Connection[tuple[Any, ...]]
NO_VALUES: Values = {}
COUNTED = {"preserve_rowcount": True}  # else the number of inserted rows is not kept


@dataclass(frozen=True, slots=True)
class Change:
    """A statement, and the values of each time that it is executed: the same names each time.

    ``otherwise`` is raised if one of the times does not change exactly one row.
    """

    statement: Statement
    rows: Sequence[Values]
    otherwise: Exception | None = None


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


def execute_together(connection: Connection, *changes: Change, commits: bool = False) -> None:
    """Execute changes in their order; the first that fails, or changes too little, ends it.

    PostgreSQL gets them in one round trip, and in the same one the COMMIT of a transaction that ends with them. What
    they lock is then free again without waiting for this process.
    Raises: what a change has as ``otherwise``; DBAPIError. The transaction, or savepoint, is then to be rolled back.
    """
    if connection.dialect.name != "postgresql":
        for change in changes:
            _execute(connection, change)
        return
    driver = _driver(connection)
    work = [(change, row) for change in changes for row in change.rows]
    cursors: list[psycopg.Cursor[Any]] = []
    try:
        with step("CHANGES", {"db.system.name": "postgresql"}), driver.pipeline():
            for change, row in work:
                is_checked = change.otherwise is not None
                prepared = _change(change.statement, tuple(row), connection.dialect, is_checked=is_checked)
                cursors.append(driver.execute(prepared.text, prepared.values(row)))
            if commits:
                driver.commit()
    except psycopg.errors.DivisionByZero as error:
        done = sum(cursor.pgresult is not None for cursor in cursors)
        raise work[done][0].otherwise or _as_sqlalchemy_says(error, connection, driver) from error
    except psycopg.Error as error:
        raise _as_sqlalchemy_says(error, connection, driver) from error


def _execute(connection: Connection, change: Change) -> None:
    if not change.rows:
        return
    done = connection.execute(change.statement, list(map(dict, change.rows)), execution_options=COUNTED)
    if change.otherwise is not None and done.rowcount != len(change.rows):
        raise change.otherwise


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
def _change(statement: Statement, names: tuple[str, ...], dialect: Dialect, *, is_checked: bool) -> _Prepared:
    """Return the change as the driver takes it. One that is checked divides by zero unless it changes one row.

    So the database itself ends the transaction, before it commits what came in the same trip.
    """
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    prepared = _prepared(compiled, names, (), dialect)
    if not is_checked:
        return prepared
    text = f"WITH changed AS ({prepared.text} RETURNING 1) SELECT 1 / (count(*) = 1)::int FROM changed"  # noqa: S608 - of constants
    return replace(prepared, text=text)


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
