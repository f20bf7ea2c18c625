"""The doors to the database: ``read`` for a replica or the writer, ``write`` for one transaction of one use case.

Every change of the shop goes through ``write``, so that the authority to write is asked in one place.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, Engine, MetaData, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from shop.authority.grant import Authority
from shop.config import Config
from shop.problems import Unavailable

POOL_WAIT_SECONDS = 3  # a request that gets no connection is better told so than kept waiting
CONNECT_SECONDS = 3
_FROM_WRITER: ContextVar[bool] = ContextVar("from_writer", default=False)


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


class Database:
    """The writable database and its replicas. Safe to share between threads."""

    def __init__(self, writer: Engine, readers: tuple[Engine, ...], authority: Authority) -> None:
        self.writer = writer
        self.readers = readers
        self.authority = authority
        # Reads of single statements need no BEGIN and no ROLLBACK: two round trips less.
        self._reading = tuple(engine.execution_options(isolation_level="AUTOCOMMIT") for engine in readers or (writer,))
        self._reading_writer = writer.execution_options(isolation_level="AUTOCOMMIT")
        self._turn = itertools.count()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading: a replica's, or the writer's for a visitor who has just written.

        Raises: Unavailable if the database does not answer.
        """
        engine = self._reading_writer if _FROM_WRITER.get() else self._reading[next(self._turn) % len(self._reading)]
        with _answering(), engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session for the changes of one use case; they are committed together when the block ends.

        Raises: WritesRefused if this region may not write; Unavailable if the database does not answer.
        """
        grant = self.authority.require()
        with _answering(), Session(self.writer, expire_on_commit=False) as session, session.begin():
            if grant.epoch is not None and self.writer.dialect.name == "postgresql":
                # Read at commit by the fence in the database, which refuses any other epoch than its own.
                session.execute(text("SELECT set_config('shop.epoch', :epoch, true)"), {"epoch": str(grant.epoch)})
            yield session

    def close(self) -> None:
        """Close the connections that are not in use."""
        for engine in (self.writer, *self.readers):
            engine.dispose()


@contextmanager
def reading_own_writes() -> Iterator[None]:
    """Within the block reads come from the writer: for a visitor who wrote a moment ago and expects to see it."""
    token = _FROM_WRITER.set(True)
    try:
        yield
    finally:
        _FROM_WRITER.reset(token)


def connect(config: Config, authority: Authority) -> Database:
    """Return the databases that the configuration names. Connects when they are first asked."""
    writer = _engine(config, config.db_host)
    readers = tuple(_engine(config, host) for host in config.db_reader_hosts)
    return Database(writer, readers, authority)


def _engine(config: Config, host: str) -> Engine:
    tls: dict[str, object] = {}
    if config.db_tls_ca is not None:
        ca = config.db_tls_ca
        tls = {"sslmode": "verify-full", "sslrootcert": ca} if config.db_engine == "postgres" else {"ssl": {"ca": ca}}
    return create_engine(
        config.database_url(host),
        pool_size=config.db_pool_size,
        max_overflow=config.db_pool_size,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_recycle=300,  # a connection outlives neither a failover nor a proxy's idle limit for long
        connect_args={"connect_timeout": CONNECT_SECONDS, **tls},
    )


@contextmanager
def _answering() -> Iterator[None]:
    """Say of a database that is away that it is unavailable; every other error stays what it is."""
    try:
        yield
    except (InterfaceError, OperationalError, PoolTimeout) as error:
        raise Unavailable("The shop can’t reach its database. Try again in a moment.", retry_after_seconds=5) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("The shop lost its database. Try again in a moment.", retry_after_seconds=5) from error
        raise
