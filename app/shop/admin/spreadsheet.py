"""Tables for spreadsheets, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

# What a spreadsheet takes for the beginning of a formula. Source: OWASP, "CSV Injection"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Cell = str | int


def written(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return the table as a file that runs nothing: a text that would be a formula begins with an apostrophe. Pure."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(heads)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
