"""What the databases' own error codes mean to the shop: five letters in PostgreSQL, a number in MySQL and MariaDB.

Sources: PostgreSQL documentation, "PostgreSQL Error Codes"; MySQL 8.0 Error Message Reference; MariaDB error codes.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

# The fence's own: a class that no standard uses, and a number that no server gives and PyMySQL's 15 bits hold.
FENCED = frozenset({"SHF01", 30401})
# A replica says so until it is promoted, and a server that an operator closed.
READ_ONLY = frozenset({"25006", 1290, 1792, 1836})
# Deadlock, serialization failure, and a record that changed under a snapshot: the transaction was broken off.
GAVE_WAY = frozenset({"40P01", "40001", 1213, 1020})
# A row with the same key is there.
TAKEN = frozenset({"23505", 1062})
# A lock could not be had within the time that the session allows.
HELD_UP = frozenset({"55P03", 1205})
# A table, column, index, trigger, procedure, foreign key or check of that name exists.
ALREADY_THERE = frozenset({1050, 1060, 1061, 1359, 1304, 1826, 3822})


def code_of(error: DBAPIError) -> str | int | None:
    """Return the code that the database gave, or None if the driver itself failed. Pure."""
    first = next(iter(getattr(error.orig, "args", ())), None)
    return first if isinstance(first, int) else getattr(error.orig, "sqlstate", None)
