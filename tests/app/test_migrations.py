"""A database is brought up to date by whoever comes first, beside a release that goes on working."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, text

from app.conftest import config_for
from app_support.authority import Decided, writes_refused
from app_support.schema import Column, Table, contractions, differences, schema_of
from shop.__main__ import bring_up_to_date
from shop.authority.grant import Unfenced
from shop.authority.models import WriteFence
from shop.config import Config
from shop.database import Database, connect
from shop.migrate import FOLDER, migrate, newest
from shop.problems import WritesRefused
from shop.shop import open_shop
from standalone.postgres import Postgres

_names = itertools.count()
REVISIONS = [each.revision for each in reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions()))]

# Imports once and forks: what is proven is what they do at the same time, not how fast Python starts.
PROGRAM = """
import logging, os, sys
from shop.__main__ import bring_up_to_date
from shop.authority.grant import Unfenced
from shop.config import Config
from shop.database import connect
from shop.migrate import migrate
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
config = Config.from_environment(os.environ)
children = []
for _ in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        print("reached", migrate(connect(config, Unfenced())), flush=True)
        os._exit(0)
    children.append(child)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


@pytest.fixture
def config(postgres: Postgres) -> Iterator[Config]:
    """The settings of a shop with an empty database, without any table."""
    name = f"migrated_{next(_names)}"
    postgres.create_database(name)
    yield config_for(postgres, name, None)
    postgres.drop_database(name)


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    database = connect(config, Unfenced())
    yield database
    database.close()


def migrating(config: Config, instances: int) -> subprocess.Popen[str]:
    """Processes that migrate at the same time, in a group of their own."""
    words = {name: str(getattr(config, name)) for name in ("db_host", "db_name", "db_user", "public_url", "mail_from")}
    environ = {
        **os.environ,
        **{name.upper(): value for name, value in words.items()},
        "AWS_REGION": "local",
        "SECRET_KEY": "a secret of these tests, which opens nothing",
        "DB_PASSWORD": "none",
    }
    return subprocess.Popen(
        (sys.executable, "-c", PROGRAM, str(instances)),
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_of_eight_instances_that_start_at_once_one_migrates_and_all_go_on(config: Config, database: Database) -> None:
    process = migrating(config, 8)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert said.count(f"reached {newest()}") == 8
    for revision in REVISIONS:
        assert said.count(f"-> {revision}, ") == 1, f"{revision} was done once"
    with database.read() as connection:
        assert differences(connection) == []


def test_after_one_that_was_killed_in_the_middle_the_next_goes_on(config: Config, database: Database) -> None:
    migrate(database, "0003")
    with database.writer.connect() as holdup:
        holdup.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # it waits for a process that starts
        holdup.execute(text("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"))  # it comes so far, and waits
        process = migrating(config, 1)
        wait_until_somebody_waits_for_a_table(database)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert migrate(database) == newest()
    with database.read() as connection:
        assert differences(connection) == []
        assert connection.scalar(text("SELECT count(*) FROM pg_trigger WHERE tgname = 'shop_fence'")) > 10


def wait_until_somebody_waits_for_a_table(database: Database) -> None:
    until = time.monotonic() + 120
    with database.read() as connection:
        while not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'")):
            assert time.monotonic() < until
            time.sleep(0.02)


def test_a_table_that_is_in_use_is_waited_for_in_short_turns(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.migrate.TABLE_WAIT_SECONDS", 0.2)
    migrate(database, "0003")
    with database.writer.connect() as shopper:
        shopper.execute(text("LOCK TABLE orders IN ROW EXCLUSIVE MODE"))
        leaves = threading.Timer(1.0, shopper.rollback)
        leaves.start()
        assert migrate(database) == newest()
        leaves.join()


def test_a_region_without_the_authority_does_not_migrate(config: Config) -> None:
    decided = Decided()
    decided.refuse()
    database = connect(config, decided)
    with pytest.raises(WritesRefused):
        migrate(database)
    decided.grant(None)
    assert migrate(database) == newest()
    database.close()


def test_the_command_says_what_came_of_it(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    shop = open_shop(config)
    with writes_refused(shop):
        assert bring_up_to_date(shop) == 3
    assert "may not write" in capsys.readouterr().err
    assert bring_up_to_date(shop) == 0
    assert f"at revision {newest()}" in capsys.readouterr().out
    shop.database.close()


def test_a_fenced_database_is_migrated_under_its_own_epoch_only(config: Config, database: Database) -> None:
    migrate(database, "0004")
    with database.writer.begin() as connection:
        connection.execute(
            insert(WriteFence).values(id=1, epoch=7, valid_until=func.clock_timestamp() + text("interval '1 minute'"))
        )
    decided = Decided(6)
    late = connect(config, decided)
    with pytest.raises(WritesRefused):
        migrate(late)
    decided.grant(7)
    assert migrate(late) == newest()
    late.close()


def test_the_migrated_database_is_what_the_models_say(database: Database) -> None:
    migrate(database)
    with database.read() as connection:
        assert differences(connection) == []


def test_every_migration_leaves_the_release_before_it_working(database: Database) -> None:
    migrate(database, REVISIONS[0])
    before = schema_of(database.writer)
    for revision in REVISIONS[1:]:
        migrate(database, revision)
        after = schema_of(database.writer)
        assert contractions(before, after) == [], f"{revision} takes away what the release before it uses"
        before = after


def mug(*rules: str, **columns: Column) -> dict[str, Table]:
    """A database of one table, each rule of which is about its column ``name``."""
    return {"mug": Table(columns, {rule: frozenset({"name"}) for rule in rules})}


NAME = Column("VARCHAR(40)", 40, is_nullable=True, fills_itself=False)
NUMBER = Column("INTEGER", None, is_nullable=False, fills_itself=False)


@pytest.mark.parametrize(
    ("after", "complaint"),
    [
        ({}, "table mug is gone"),
        (mug(title=NAME), "mug: column name is gone"),
        (mug(name=replace(NUMBER, is_nullable=True)), "mug: column name was VARCHAR(40) and is INTEGER"),
        (mug(name=replace(NAME, type="VARCHAR(20)", length=20)), "mug: column name was VARCHAR(40) and is VARCHAR(20)"),
        (mug(name=replace(NAME, is_nullable=False)), "mug: column name was optional"),
        (mug(name=NAME, number=NUMBER), "mug: column number is new and must be filled"),
        (mug("unique name", name=NAME), "mug: rule unique name is new for what is written already"),
    ],
)
def test_a_migration_that_takes_something_away_is_found(after: dict[str, Table], complaint: str) -> None:
    assert complaint in contractions(mug(name=NAME), after)


@pytest.mark.parametrize(
    "after",
    [
        mug(name=NAME),
        {**mug(name=NAME), "cup": Table({"number": NUMBER}, {})},
        mug(name=replace(NAME, type="VARCHAR(80)", length=80)),
        mug(name=NAME, number=replace(NUMBER, fills_itself=True)),
        mug(name=NAME, number=replace(NUMBER, is_nullable=True)),
    ],
)
def test_a_migration_that_only_adds_is_not(after: dict[str, Table]) -> None:
    assert contractions(mug(name=NAME), after) == []
