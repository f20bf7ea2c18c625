"""The fence before the tables: the database itself refuses a change that the authority does not cover.

In PostgreSQL a constraint trigger that is asked when the transaction *commits*; in MySQL a trigger that is asked before
each row is changed, which is weaker. Both compare the table ``write_fence`` with the database's clock and with the
epoch that the session says it writes under. docs/authority.md says what that promises and what it does not.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, inspect, select, text

from shop.direct import Change

OPEN_TABLES = frozenset({"write_fence"})  # the guardian opens the fence from outside
CARRY = select(func.set_config("shop.epoch", bindparam("epoch"), True))
MYSQL_EVENTS = ("insert", "update", "delete")


def carry_epoch(connection: Connection, epoch: int, *, for_session: bool = False) -> None:
    """Tell the database under which epoch the transaction writes, or whatever follows in the session."""
    if connection.dialect.name == "postgresql":
        is_local = "false" if for_session else "true"
        connection.execute(text(f"SELECT set_config('shop.epoch', :epoch, {is_local})"), {"epoch": str(epoch)})
    else:
        connection.execute(text("SET @shop_epoch = :epoch"), {"epoch": epoch})


def carrying(epoch: int) -> Change:
    """Return what tells PostgreSQL under which epoch the changes write that follow in the transaction. Pure."""
    return Change(CARRY, [{"epoch": str(epoch)}])


def ask_once_more(connection: Connection) -> None:
    """Ask the fence just before the commit, where no trigger of the database does that. Raises: DBAPIError."""
    if connection.dialect.name != "postgresql":
        connection.execute(text("CALL shop_fence()"))


def put_up(connection: Connection) -> None:
    """Put the fence before every table that lacks it. Needs the function, or procedure, ``shop_fence``."""
    is_postgres = connection.dialect.name == "postgresql"
    fenced = _fenced(connection)
    for table in sorted(set(inspect(connection).get_table_names()) - OPEN_TABLES - fenced):
        for statement in (_postgres_trigger(table),) if is_postgres else _mysql_triggers(table):
            connection.execute(text(statement))


def _fenced(connection: Connection) -> set[str]:
    """Return the tables that stand behind the fence already."""
    if connection.dialect.name == "postgresql":
        query = "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = 'shop_fence'"
        query += " AND relnamespace = current_schema()::regnamespace"
    else:
        query = (
            "SELECT event_object_table FROM information_schema.triggers WHERE trigger_schema = database()"
            " AND trigger_name = concat('shop_fence_delete_', event_object_table)"  # the last of the three
        )
    return set(connection.execute(text(query)).scalars())


def _postgres_trigger(table: str) -> str:
    return (
        f'CREATE CONSTRAINT TRIGGER shop_fence AFTER INSERT OR UPDATE OR DELETE ON "{table}"'
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop_fence()"
    )


def _mysql_triggers(table: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER shop_fence_{event}_{table} BEFORE {event.upper()} ON `{table}` FOR EACH ROW CALL shop_fence()"
        for event in MYSQL_EVENTS
    )
