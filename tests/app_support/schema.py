"""What a database looks like, and what would break a release that still runs beside a migration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.types import String

from shop.tables import METADATA

# What only the database keeps: no code reads these by their name in a model.
UNMODELLED = {("column", "search"), ("index", "ix_product_search")}


@dataclass(frozen=True, slots=True)
class Column:
    """What a release relies on in a column."""

    type: str
    length: int | None
    is_nullable: bool
    fills_itself: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns, and its rules in words, each with the columns that it is about."""

    columns: dict[str, Column]
    rules: dict[str, frozenset[str]]


Schema = dict[str, Table]


def schema_of(engine: Engine) -> Schema:
    """The tables of a database."""
    inspector = inspect(engine)
    return {
        name: Table(
            {column["name"]: _column(dict(column)) for column in inspector.get_columns(name)},
            dict(_rules(inspector, name)),
        )
        for name in inspector.get_table_names()
    }


def contractions(before: Schema, after: Schema) -> list[str]:
    """What a release that was written for ``before`` could not live with in ``after``."""
    found = [f"table {name} is gone" for name in before.keys() - after.keys()]
    for name in before.keys() & after.keys():
        found += [f"{name}: {complaint}" for complaint in _complaints(before[name], after[name])]
    return sorted(found)


def _complaints(before: Table, after: Table) -> Iterator[str]:
    for name, old in before.columns.items():
        new = after.columns.get(name)
        if new is None:
            yield f"column {name} is gone"
            continue
        is_wider = old.length is not None and new.length is not None and new.length >= old.length
        if old.type != new.type and not is_wider:
            yield f"column {name} was {old.type} and is {new.type}"
        if old.is_nullable and not new.is_nullable:
            yield f"column {name} was optional"
    for name, column in after.columns.items():
        if name not in before.columns and not (column.is_nullable or column.fills_itself):
            yield f"column {name} is new and must be filled"
    for rule, columns in after.rules.items():
        if rule not in before.rules and columns <= before.columns.keys():
            yield f"rule {rule} is new for what is written already"


def _column(column: dict[str, Any]) -> Column:
    kind = column["type"]
    fills_itself = column.get("default") is not None or bool(column.get("computed") or column.get("identity"))
    length = kind.length if isinstance(kind, String) else None
    return Column(str(kind), length, bool(column["nullable"]), fills_itself or column.get("autoincrement") is True)


def _rules(inspector: Any, table: str) -> Iterator[tuple[str, frozenset[str]]]:
    for unique in inspector.get_unique_constraints(table):
        yield f"unique {unique['name']}", frozenset(unique["column_names"])
    for index in inspector.get_indexes(table):
        if index["unique"]:
            yield f"unique {index['name']}", frozenset(name for name in index["column_names"] if name)
    for key in inspector.get_foreign_keys(table):
        yield f"foreign key {key['name']}", frozenset(key["constrained_columns"])
    columns = {column["name"] for column in inspector.get_columns(table)}
    for check in inspector.get_check_constraints(table):
        yield f"check {check['name']}", frozenset(name for name in columns if name in check["sqltext"])


def differences(connection: Connection) -> list[Any]:
    """Where the migrated database is not what the models say."""

    def is_modelled(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
        return (kind, name) not in UNMODELLED

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_modelled})
    return list(compare_metadata(context, METADATA))
