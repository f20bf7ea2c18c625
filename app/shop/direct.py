"""Statements that are made once, as constants, and go to PostgreSQL's driver as they are.

SQLAlchemy puts them together and says how their values are converted; what else it does around an execution takes
longer than the database does. They are for what is asked at every request. With MySQL they take SQLAlchemy's way.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVarTuple, cast

import psycopg
from sqlalchemy import ColumnElement, Connection, Dialect, Numeric, Row, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

from shop.telemetry.traces import step

STATEMENTS_KEPT = 1024
Columns = TypeVarTuple("Columns")
Values = Mapping[str, object]
Statement = UpdateBase | Select[*tuple[Any, ...]]
Part = tuple[Statement, tuple[str, ...], bool]  # with the names of its values, and whether it must change one row
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
UNMET = re.compile(r"unmet part (\d+)")
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
        with step("SELECT", prepared.words):
            cursor = driver.execute(prepared.text, prepared.values(values))
        rows = cursor.fetchall()
    except psycopg.Error as error:
        raise _as_sqlalchemy_says(error, connection, driver) from error
    return cast("Sequence[Row[*Columns]]", prepared.records(rows))


def execute_together(connection: Connection, *changes: Change) -> None:
    """Execute changes that do not build on each other; the first that fails, or changes too little, ends them all.

    To PostgreSQL they are one statement, and so one trip and, where none was begun, one transaction: what they lock
    is free again without waiting for this process. They lock in their order.
    Raises: what a change has as ``otherwise``; DBAPIError. A transaction, or savepoint, is then to be rolled back.
    """
    if connection.dialect.name != "postgresql":
        for change in changes:
            _execute(connection, change)
        return
    work = [(change, row) for change in changes for row in change.rows]
    if not work:
        return
    driver = _driver(connection)
    parts = tuple((change.statement, tuple(row), change.otherwise is not None) for change, row in work)
    joined = _joined(parts, connection.dialect)
    try:
        with step("CHANGES", joined.words):
            driver.execute(joined.text, joined.values(row for _, row in work))
    except psycopg.errors.InvalidTextRepresentation as error:
        unmet = UNMET.search(error.diag.message_primary or "")
        otherwise = None if unmet is None else work[int(unmet[1])][0].otherwise
        raise otherwise or _as_sqlalchemy_says(error, connection, driver) from error
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


@dataclass(frozen=True, slots=True)
class _Joined:
    text: str
    words: Mapping[str, str]  # for traces
    parts: tuple[_Prepared, ...]

    def values(self, rows: Iterable[Values]) -> dict[str, object]:
        """Return the values of all rows, one for each part, under the names that they have in the whole."""
        named = zip(self.parts, rows, strict=True)
        return {
            f"{name}_{number}": value
            for number, (part, row) in enumerate(named)
            for name, value in part.values(row).items()
        }


@lru_cache(maxsize=STATEMENTS_KEPT)
def _joined(parts: tuple[Part, ...], dialect: Dialect) -> _Joined:
    """Return the statements as the parts of one.

    They are executed as their counts are asked for, from left to right. Where a part must change one row, another count
    is made a number that is none: so the database itself ends the transaction, and says by which part.
    """
    prepared = tuple(_change(statement, names, dialect) for statement, names, _ in parts)
    bodies, counts = [], []
    for number, (part, (statement, _, is_checked)) in enumerate(zip(prepared, parts, strict=True)):
        text = PLACEHOLDER.sub(rf"%(\1_{number})s", part.text)
        bodies.append(f"part_{number} AS ({text}{' RETURNING 1' if isinstance(statement, UpdateBase) else ''})")
        count = f"(SELECT count(*) FROM part_{number})"  # noqa: S608 - of a number
        unmet = f"CASE {count} WHEN 1 THEN '1' ELSE 'unmet part {number}' END"
        counts.append(f"CAST({unmet} AS integer)" if is_checked else count)
    whole = f"WITH {', '.join(bodies)} SELECT {', '.join(counts)}"
    return _Joined(whole, {"db.system.name": dialect.name, "db.query.text": whole}, prepared)


@lru_cache(maxsize=STATEMENTS_KEPT)
def _change(statement: Statement, names: tuple[str, ...], dialect: Dialect) -> _Prepared:
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
