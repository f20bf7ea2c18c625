"""The doors to the database: ``read`` for a replica or the writer, ``write`` for one transaction of one use case.

Every change of the shop goes through ``write``, or ``transaction`` and ``change`` below it, so that the authority to
write is asked in one place.
"""

from __future__ import annotations

import itertools
import random
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from shop.authority import fence
from shop.authority.grant import NOTHING_CHANGED, RETRY_AFTER_SECONDS, Authority
from shop.config import Config
from shop.direct import Change, execute_together
from shop.problems import Unavailable, WritesRefused
from shop.sqlcodes import FENCED, GAVE_WAY, READ_ONLY, code_of

if TYPE_CHECKING:
    import psycopg

POOL_WAIT_SECONDS = 3  # a request that gets no connection is better told so than kept waiting
CONNECT_SECONDS = 3
STATEMENT_SECONDS = 10  # the longest statement
IDLE_SECONDS = 10  # the longest pause within a transaction, so that a stopped process holds no locks for long
SILENCE_SECONDS = 10  # a server that acknowledges nothing for so long is gone, and the next one is asked
REST_SECONDS = 5  # so long a server that failed is asked last
TURNS = 8  # so often a change is tried that has to give way to others
PAUSE_SECONDS = 0.02  # the longest pause before the second turn; it grows with each
AWAY = (InterfaceError, OperationalError, PoolTimeout)
T = TypeVar("T")
_FROM_WRITER: ContextVar[bool] = ContextVar("from_writer", default=False)
_HAS_WRITTEN: ContextVar[bool] = ContextVar("has_written", default=False)


class Base(DeclarativeBase):
    """The parent of all tables. Constraints get names, so that a later migration can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class GaveWay(Unavailable):
    """The database broke a transaction off in favour of another one; nothing of it was done."""


class Place:
    """One server that reads may go to. After a failure it rests: others are asked first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rests_until = 0.0

    def rests(self) -> bool:
        """Return whether it failed lately."""
        return time.monotonic() < self._rests_until

    def connect(self) -> Connection:
        """Return a connection. Raises: what the driver raises, after noting the failure."""
        try:
            return self._engine.connect()
        except AWAY:
            self.has_failed()
            raise

    def has_failed(self) -> None:
        """Let it rest for a while."""
        self._rests_until = time.monotonic() + REST_SECONDS


class Database:
    """The writable database, for changes and by connections of their own for reads, and its replicas.

    Safe to share between threads.
    """

    def __init__(self, writer: Engine, read_writer: Engine, readers: tuple[Engine, ...], authority: Authority) -> None:
        self.writer = writer
        self.readers = readers
        self.engines = (writer, read_writer, *readers)
        self.authority = authority
        self._writing_place = Place(read_writer)
        self._reading_places = tuple(Place(reader) for reader in readers)
        self._turn = itertools.count()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading: a replica's, or the writer's for a visitor who has just written.

        Where the one does not answer, the others are asked.
        Raises: Unavailable if no database answers, or the one that was asked goes away before the block ends.
        """
        with _answering():
            place, connection = self._connected()
            with connection:
                try:
                    yield connection
                except DBAPIError as error:
                    if error.connection_invalidated:
                        place.has_failed()
                    raise

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session for the changes of one use case. Otherwise as ``transaction``."""
        with self.transaction() as connection, Session(connection, expire_on_commit=False) as session:
            yield session
            session.flush()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection for the changes of one use case; they are committed together when the block ends.

        What the same visitor reads from then on comes from the writer, see ``begin_reads``.
        Raises: WritesRefused if this region may not write; Unavailable if the database does not answer.
        """
        grant = self.authority.require()
        with _answering(), self.writer.begin() as connection:
            if grant.epoch is not None:
                fence.carry_epoch(connection, grant.epoch)
            yield connection
            if grant.epoch is not None:
                fence.ask_once_more(connection)
        _note_write()

    def change(self, *changes: Change) -> None:
        """Make the changes of one use case, all of them or none, in one trip to PostgreSQL.

        Raises: what a change has as ``otherwise``; and as ``transaction``.
        """
        if self.writer.dialect.name != "postgresql":
            with self.transaction() as connection:
                execute_together(connection, *changes)
            return
        grant = self.authority.require()
        carried = () if grant.epoch is None else (fence.carrying(grant.epoch),)
        with _answering(), self._writing_place.connect() as connection:
            execute_together(connection, *carried, *changes)
        _note_write()

    def until_done(self, work: Callable[[], T]) -> T:
        """Do the work of one use case; do it again if it had to give way to others.

        Two transactions that wait for each other can't both go on: the database breaks one off, as if it had never
        begun. Raises: what the work raises; GaveWay if it had to give way each time.
        """
        for turn in range(1, TURNS):
            try:
                return work()
            except GaveWay:
                time.sleep(random.uniform(0, turn * PAUSE_SECONDS))  # noqa: S311 - not both again at the same moment
        return work()

    def close(self) -> None:
        """Close the connections that are not in use."""
        for engine in self.engines:
            engine.dispose()

    def _connected(self) -> tuple[Place, Connection]:
        """Return a connection of the first place that gives one."""
        *places, last = self._places()
        for place in places:
            try:
                return place, place.connect()
            except AWAY:
                continue
        return last, last.connect()

    def _places(self) -> tuple[Place, ...]:
        """Return where a read may go, the best place first."""
        if not self._reading_places:
            return (self._writing_place,)
        turn = next(self._turn) % len(self._reading_places)
        readers = (*self._reading_places[turn:], *self._reading_places[:turn])
        places = (self._writing_place, *readers) if _FROM_WRITER.get() else (*readers, self._writing_place)
        return tuple(sorted(places, key=Place.rests))


def _note_write() -> None:
    _FROM_WRITER.set(True)
    _HAS_WRITTEN.set(True)


def begin_reads(*, from_writer: bool) -> None:
    """Begin with another visitor: say where the reads come from until the first write, which moves them to the writer.

    A thread that serves one purpose only, such as the worker's, need not call it.
    """
    _FROM_WRITER.set(from_writer)
    _HAS_WRITTEN.set(False)


def has_written() -> bool:
    """Return whether something was written since ``begin_reads``."""
    return _HAS_WRITTEN.get()


@contextmanager
def reading_own_writes() -> Iterator[None]:
    """Within the block reads come from the writer: for a visitor who wrote a moment ago and expects to see it."""
    token = _FROM_WRITER.set(True)
    try:
        yield
    finally:
        _FROM_WRITER.reset(token)
        if _HAS_WRITTEN.get():
            _FROM_WRITER.set(True)


def connect(config: Config, authority: Authority) -> Database:
    """Return the databases that the configuration names. Connects when they are first asked."""
    is_postgres = config.db_engine == "postgres"
    # The same in both engines; MySQL's own would hide from a long transaction that the fence has closed.
    writer = _engine(config, config.db_host, isolation_level=None if is_postgres else "READ COMMITTED")
    read_writer, *readers = (_reading_engine(config, host) for host in (config.db_host, *config.db_reader_hosts))
    return Database(writer, read_writer, tuple(readers), authority)


def _reading_engine(config: Config, host: str) -> Engine:
    """Return an engine for reads of single statements. They need no BEGIN and no ROLLBACK: two round trips less."""
    return _engine(config, host, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)


def _engine(config: Config, host: str, **more: Any) -> Engine:
    tls: dict[str, object] = {}
    if config.db_tls_ca is not None:
        ca = config.db_tls_ca
        tls = {"sslmode": "verify-full", "sslrootcert": ca} if config.db_engine == "postgres" else {"ssl": {"ca": ca}}
    is_postgres = config.db_engine == "postgres"
    settings = POSTGRES_SETTINGS if is_postgres else MYSQL_SETTINGS
    engine = create_engine(
        config.database_url(host),
        pool_size=config.db_pool_size,
        max_overflow=config.db_pool_size,
        pool_timeout=POOL_WAIT_SECONDS,
        hide_parameters=True,  # or the error of a failed statement would bring addresses of people into the log
        pool_recycle=300,  # a connection outlives neither a failover nor a proxy's idle limit for long
        pool_pre_ping=not is_postgres,
        connect_args={"connect_timeout": CONNECT_SECONDS, **settings, **tls},
        **more,
    )
    if is_postgres:
        event.listen(engine, "checkout", _ensure_alive)
    return engine


def _ensure_alive(connection: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
    """Notice without a question that the server has closed a connection that lay idle: there is something to read.

    The pool then drops all its connections and makes new ones, so that a restart of the database costs no request.
    """
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    if waiting.poll(0):
        raise InvalidatePoolError


# A statement that is asked again and again is planned once: to plan a page of the catalogue takes longer than to find
# it. By itself PostgreSQL plans it each time, for it overestimates how many rows an unknown LIMIT lets through.
# Source: PostgreSQL documentation, "Client Connection Defaults" (ms), "Database Connection Control Functions" (ms, s),
# "Query Planning" (plan_cache_mode).
POSTGRES_SETTINGS: dict[str, object] = {
    "options": f"-c plan_cache_mode=force_generic_plan -c statement_timeout={STATEMENT_SECONDS * 1000}"
    f" -c idle_in_transaction_session_timeout={IDLE_SECONDS * 1000}",
    "tcp_user_timeout": SILENCE_SECONDS * 1000,
    "keepalives_idle": SILENCE_SECONDS,
}
# MariaDB reads what is in /*M! */, MySQL from 8.0 what is in /*!80000 */. Both: waiting for a lock, in seconds.
# Source: MariaDB documentation, "Comment Syntax", max_statement_time and idle_transaction_timeout (s);
# MySQL reference manual, max_execution_time (ms, of SELECT only).
MYSQL_SETTINGS: dict[str, object] = {
    "init_command": f"SET SESSION innodb_lock_wait_timeout = {STATEMENT_SECONDS}"
    f" /*M! , max_statement_time = {STATEMENT_SECONDS}, idle_transaction_timeout = {IDLE_SECONDS} */"
    f" /*!80000 , max_execution_time = {STATEMENT_SECONDS * 1000} */",
    "read_timeout": STATEMENT_SECONDS + SILENCE_SECONDS,
    "write_timeout": SILENCE_SECONDS,
}


@contextmanager
def _answering() -> Iterator[None]:
    """Say of a database that is away, or refuses to write, what it is; every other error stays what it is."""
    try:
        yield
    except PoolTimeout as error:
        raise _unavailable("can’t reach") from error
    except DBAPIError as error:
        code = code_of(error)
        if code in FENCED | READ_ONLY:
            raise WritesRefused(NOTHING_CHANGED, retry_after_seconds=RETRY_AFTER_SECONDS) from error
        if code in GAVE_WAY:
            raise GaveWay("Many want the same at this moment. Try again.", retry_after_seconds=1) from error
        if isinstance(error, AWAY):
            raise _unavailable("can’t reach") from error
        if error.connection_invalidated:
            raise _unavailable("lost") from error
        raise


def _unavailable(what_happened: str) -> Unavailable:
    return Unavailable(f"The shop {what_happened} its database. Try again in a moment.", retry_after_seconds=5)
