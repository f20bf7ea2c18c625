"""Lists too long for a page: parts of them, without counting the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, Row, Select

SIZE = 50
PAGES = 400  # further back a search finds more than turning pages does
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A page of a list, and whether there is another one after it."""

    items: tuple[T, ...]
    number: int = 1
    has_more: bool = False


def read_part(
    connection: Connection, statement: Select[*tuple[object, ...]], number: int
) -> Part[Row[*tuple[object, ...]]]:
    """Return a page of what the statement finds, in its order: it reads one row more than it returns."""
    rows: Sequence[Row[*tuple[object, ...]]] = connection.execute(
        statement.limit(SIZE + 1).offset((number - 1) * SIZE)
    ).all()
    return Part(tuple(rows[:SIZE]), number, len(rows) > SIZE and number < PAGES)
