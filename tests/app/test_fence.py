"""The database itself refuses what the authority does not cover, when it is committed, whoever asks for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIBlueprint, APIFlask
from sqlalchemy import delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from app.conftest import TEMPLATE
from app_support.authority import Decided, writes_refused
from app_support.aws import REGION
from app_support.control_store import ENVIRONMENT, HERE, Control, Way, control_store
from app_support.schedules import Played, Schedule, broken_promises
from shop.application import create_app
from shop.authority.fence import OPEN_TABLES
from shop.authority.guardian import Guardian
from shop.authority.lease import LeasedAuthority
from shop.authority.models import WriteFence
from shop.catalogue.models import Category
from shop.config import Config
from shop.database import Database, connect
from shop.direct import Change
from shop.problems import WritesRefused
from shop.shop import Shop, current_shop
from standalone.postgres import Postgres

TTL = 30.0
STEPS = 60  # of a schedule


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    with control_store() as control:
        yield control


@pytest.fixture
def decided() -> Decided:
    return Decided(5)


@pytest.fixture
def database(config: Config, decided: Decided) -> Iterator[Database]:
    """A database without a fence, and an authority that grants epoch 5."""
    database = connect(config, decided)
    with database.writer.begin() as connection:
        connection.execute(delete(WriteFence))
    yield database
    with database.writer.begin() as connection:
        connection.execute(delete(WriteFence))
    database.close()


def arm(database: Database, epoch: int, seconds: float) -> None:
    """Set the fence as a guardian would."""
    with database.writer.begin() as connection:
        values = {"epoch": epoch, "valid_until": func.clock_timestamp() + timedelta(seconds=seconds)}
        if connection.execute(update(WriteFence).values(values)).rowcount == 0:
            connection.execute(insert(WriteFence).values(id=1, **values))


def shelve(database: Database, slug: str, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Make a change, with something happening between it and its commit."""
    with database.write() as session:
        session.add(Category(slug=slug, name=slug, position=0))
        session.flush()
        meanwhile()


def is_shelved(database: Database, slug: str) -> bool:
    with database.read() as connection:
        return connection.scalar(select(Category.id).where(Category.slug == slug)) is not None


# What it lets in, and what not ------------------------------------------------------------------------------------


def test_without_a_row_it_lets_everything_in(database: Database, decided: Decided) -> None:
    decided.grant(None)
    shelve(database, "unarmed")
    assert is_shelved(database, "unarmed")


def test_it_lets_in_what_is_under_its_epoch_and_in_time(database: Database) -> None:
    arm(database, 5, 10)
    shelve(database, "in-time")
    assert is_shelved(database, "in-time")


def test_a_transaction_that_began_with_a_grant_and_commits_after_the_epoch_rose_is_refused(database: Database) -> None:
    arm(database, 5, 10)
    with pytest.raises(WritesRefused):
        shelve(database, "late", meanwhile=lambda: arm(database, 6, 10))
    assert not is_shelved(database, "late")


def test_a_transaction_that_sleeps_past_valid_until_is_refused(database: Database) -> None:
    arm(database, 5, 0.3)
    with pytest.raises(WritesRefused):
        shelve(database, "sleepy", meanwhile=lambda: time.sleep(0.4))
    assert not is_shelved(database, "sleepy")


def shelve_in_one_trip(database: Database, slug: str) -> None:
    """Make the change as what is done in one trip."""
    database.change(Change(insert(Category).inline(), [{"slug": slug, "name": slug, "position": 0}]))


@pytest.mark.parametrize("write", [shelve, shelve_in_one_trip])
@pytest.mark.parametrize("epoch", [4, 6, None])
def test_another_epoch_or_none_is_refused(
    database: Database, decided: Decided, epoch: int | None, write: Callable[[Database, str], None]
) -> None:
    name = write.__name__.replace("_", "-")
    arm(database, 5, 10)
    decided.grant(epoch)
    with pytest.raises(WritesRefused):
        write(database, f"{name}-{epoch}")
    assert not is_shelved(database, f"{name}-{epoch}")
    decided.grant(5)
    write(database, f"{name}-5-after-{epoch}")
    assert is_shelved(database, f"{name}-5-after-{epoch}")


def test_a_session_that_knows_nothing_of_the_authority_is_refused(database: Database) -> None:
    arm(database, 5, 10)
    with pytest.raises(DBAPIError, match="authority to write is at epoch 5"), database.writer.begin() as connection:
        connection.execute(text("INSERT INTO category (slug, name, position) VALUES ('by-hand', '', 0)"))


def test_reading_goes_on_behind_a_closed_fence(database: Database) -> None:
    shelve(database, "readable")
    arm(database, 6, -1)
    assert is_shelved(database, "readable")


def test_every_table_stands_behind_the_fence(database: Database) -> None:
    with database.read() as connection:
        fenced = set(
            connection.scalars(
                text(
                    "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                    " WHERE tgname = 'shop_fence' AND tgdeferrable AND tginitdeferred"
                )
            )
        )
        tables = set(inspect(connection).get_table_names())
    assert fenced == tables - OPEN_TABLES
    assert {"orders", "variant", "voucher", "cart", "refund", "outbox", "alembic_version"} <= fenced


# The guardian -----------------------------------------------------------------------------------------------------


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fence_of(database: Database) -> tuple[int, float] | None:
    """The epoch of the fence, and the seconds for which it is still open."""
    with database.read() as connection:
        row = connection.execute(
            select(WriteFence.epoch, func.extract("epoch", WriteFence.valid_until - func.clock_timestamp()))
        ).one_or_none()
    return None if row is None else (row[0], float(row[1]))


def leased(control: Control, clock: Clock, environment: str) -> LeasedAuthority:
    return LeasedAuthority(control.stores, environment, HERE, TTL, clock)


def test_the_guardian_opens_the_fence_for_no_longer_than_the_grant_lasts(
    control: Control, clock: Clock, database: Database
) -> None:
    control.write(5, HERE, environment="opens")
    authority = leased(control, clock, "opens")
    guardian = Guardian(authority)
    guardian.round(database)
    assert fence_of(database) is None, "without a grant nothing is armed"
    authority.round()
    clock.now += 12
    guardian.round(database)
    epoch, seconds = fence_of(database) or (0, 0.0)
    assert epoch == 5
    assert 17 < seconds <= 18
    clock.now += 20
    guardian.round(database)
    assert (fence_of(database) or (0, 99.0))[1] <= 18, "a grant that ran out renews nothing"


def test_the_guardian_closes_the_fence_at_once_when_a_higher_epoch_is_seen(
    control: Control, clock: Clock, database: Database
) -> None:
    control.write(5, HERE, environment="closes")
    authority = leased(control, clock, "closes")
    authority.after_each_round(lambda: Guardian(authority).round(database))
    authority.round()
    shelve(database, "still-open")
    control.write(6, None, environment="closes", into=(1,))
    authority.round()
    epoch, seconds = fence_of(database) or (0, 99.0)
    assert (epoch, seconds < 0) == (6, True)
    with pytest.raises(WritesRefused):
        shelve(database, "closed")


def test_the_guardian_never_lowers_the_epoch_nor_takes_back_time(
    control: Control, clock: Clock, database: Database
) -> None:
    control.write(5, HERE, environment="lowers")
    authority = leased(control, clock, "lowers")
    authority.round()
    for epoch, seconds in ((9, 3.0), (5, 60.0)):
        arm(database, epoch, seconds)
        Guardian(authority).round(database)
        found, left = fence_of(database) or (0, 0.0)
        assert found == epoch
        assert seconds - 1 < left <= seconds


def test_two_guardians_at_once_leave_one_row_with_the_later_end(
    control: Control, clock: Clock, database: Database
) -> None:
    control.write(5, HERE, environment="two")
    slow, quick = Clock(), Clock()
    first, second = leased(control, slow, "two"), leased(control, quick, "two")
    first.round()
    second.round()
    slow.now += 10
    for authority in (second, first, second):
        Guardian(authority).round(database)
        assert 29 < (fence_of(database) or (0, 0.0))[1] <= 30


def test_a_database_that_is_away_does_not_disturb_the_guardian(control: Control, clock: Clock, config: Config) -> None:
    authority = leased(control, clock, "away")
    gone = connect(config.model_copy(update={"db_host": "/nowhere"}), authority)
    Guardian(authority).round(gone)


# A real process, stopped in the middle ------------------------------------------------------------------------------

PROGRAM = """
import os, sys
from shop.catalogue.models import Category
from shop.config import Config
from shop.problems import WritesRefused
from shop.shop import open_shop
shop = open_shop(Config.from_environment(os.environ))
for line in sys.stdin:
    try:
        with shop.database.write() as session:
            session.add(Category(slug=line.strip(), name="", position=0))
            session.flush()
            print("inserted", flush=True)
            sys.stdin.readline()
        print("committed", flush=True)
    except WritesRefused as refusal:
        print("refused", refusal.__cause__ is not None, flush=True)
"""


def test_a_process_that_was_stopped_in_a_transaction_can_not_commit_it_when_it_wakes(
    control: Control, config: Config, database: Database
) -> None:
    control.write(5, HERE, ttl_seconds=2)
    environ = {
        **os.environ,
        **{name.upper(): str(getattr(config, name)) for name in ("db_host", "db_name", "db_user", "public_url")},
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": control.doors[0].url,
        "SHOP_ENV": ENVIRONMENT,
        "SECRET_KEY": "a secret of these tests, which opens nothing",
        "DB_PASSWORD": "none",
        "MAIL_FROM": "shop@shop.test",
        "MAIL_FOLDER": "/nowhere",
        "MEDIA_FOLDER": "/nowhere",
        "CONTROL_BUCKETS": control.words,
    }
    with subprocess.Popen(
        (sys.executable, "-c", PROGRAM), env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None

            def says(line: str) -> str:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(line + "\n")
                process.stdin.flush()
                return process.stdout.readline().strip()

            until = time.monotonic() + 60
            while (answer := says("stopped")) != "inserted" and time.monotonic() < until:
                time.sleep(0.2)  # on a busy machine its first round may come late
            assert answer == "inserted"
            process.send_signal(signal.SIGSTOP)
            control.turn(Way.SHUT, 0)
            time.sleep(2.1)
            process.send_signal(signal.SIGCONT)
            assert says("commit") == "refused True"
            assert says("again") == "refused False"
        finally:
            process.kill()
    control.turn(Way.OPEN, 0)
    assert not is_shelved(database, "stopped")


# Two regions ------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_databases(postgres: Postgres, config: Config, decided: Decided) -> Iterator[tuple[Database, Database]]:
    names = ("region_here", "region_there")
    for name in names:
        postgres.create_database(name, template=TEMPLATE)
    first, second = (connect(config.model_copy(update={"db_name": name}), decided) for name in names)
    yield first, second
    for database, name in zip((first, second), names, strict=True):
        database.close()
        postgres.drop_database(name)


def forget_fence(databases: tuple[Database, Database]) -> None:
    for database in databases:
        with database.writer.begin() as connection:
            connection.execute(delete(WriteFence))


def test_in_200_schedules_no_two_regions_write_at_the_same_time(two_databases: tuple[Database, Database]) -> None:
    played: list[Played] = []
    for seed in range(200):
        forget_fence(two_databases)
        played.append(Schedule(seed, two_databases).play(STEPS))
        assert broken_promises(played[-1]) == [], f"seed {seed}"
    assert sum(len(each.commits) for each in played) > 250
    assert sum(each.refused_late for each in played) > 60, "the database had to refuse"
    assert sum(len({commit.region for commit in each.commits}) == 2 for each in played) > 4, "and the authority moved"


def test_the_same_schedules_without_lease_and_fence_break_the_promise(
    two_databases: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_support.schedules.LeasedAuthority.held", lambda authority: vars(authority)["_held"])
    monkeypatch.setattr("app_support.schedules.LeasedAuthority._note", lambda *_: None)
    monkeypatch.setattr("app_support.schedules.Guardian.round", lambda *_: None)
    broken = 0
    for seed in range(40):
        forget_fence(two_databases)
        broken += bool(broken_promises(Schedule(seed, two_databases).play(STEPS)))
    assert broken > 3


# What the visitor sees --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def writing_app(shop: Shop) -> APIFlask:
    """The application with two doors that write."""
    app = create_app(shop)
    door = APIBlueprint("door", __name__, enable_openapi=False)

    @door.post("/write")
    @door.post("/api/write")
    def write() -> str:
        with current_shop().database.write() as session:
            session.add(Category(slug=f"door-{datetime.now(UTC).timestamp()}", name="", position=0))
        return "written"

    app.register_blueprint(door)
    return app


def test_a_refused_write_is_a_clear_page_and_a_problem_document_and_reading_goes_on(
    writing_app: APIFlask, shop: Shop
) -> None:
    client = writing_app.test_client()
    with writes_refused(shop):
        page = client.post("/write")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
        assert "Ordering is paused for a moment" in page.text
        assert "Nothing was changed" in page.text
        document = client.post("/api/write")
        assert (document.status_code, document.mimetype) == (503, "application/problem+json")
        assert document.get_json()["code"] == "writes_refused"
        assert client.get("/api/products").status_code == 200
    assert client.post("/write").text == "written"


def test_a_write_that_the_database_refuses_looks_the_same(writing_app: APIFlask, shop: Shop) -> None:
    client = writing_app.test_client()
    arm(shop.database, 7, 10)
    assert client.post("/api/write").get_json()["code"] == "writes_refused"
    with shop.database.writer.begin() as connection:
        connection.execute(delete(WriteFence))
    assert client.post("/api/write").status_code == 200
