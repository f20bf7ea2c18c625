"""Reads go to a replica, except those of a visitor who has just written; and they go on when a server is away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIBlueprint, APIFlask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text

from app.conftest import config_for
from app_support.catalogue import stock_the_shelves
from app_support.replica import Replica
from shop.application import create_app
from shop.catalogue.models import Category
from shop.database import begin_reads, reading_own_writes
from shop.migrate import migrate
from shop.problems import Unavailable, WritesRefused
from shop.shop import Shop, current_shop, open_shop
from standalone.postgres import Postgres

LAG_MS = 2000


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postgres, Replica]]:
    """A primary with a stocked shop, and a replica that has all of it."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        primary = Postgres(Path(folder) / "one")  # what it acknowledges is on its way to the replica
        replica = Replica(Path(folder) / "two", primary)
        try:
            primary.start()
            primary.create_database("shop")
            shop = open_shop(config_for(primary, "shop", None))
            migrate(shop.database)
            stock_the_shelves(shop.database)
            shop.database.close()
            replica.follow()
            yield primary, replica
        finally:
            replica.stop("immediate")
            primary.stop("immediate")


@pytest.fixture
def shop(servers: tuple[Postgres, Replica]) -> Iterator[Shop]:
    primary, replica = servers
    replica.catch_up()
    config = config_for(primary, "shop", None)
    shop = open_shop(config.model_copy(update={"db_reader_hosts": (str(replica.socket_folder),)}))
    begin_reads(from_writer=False)
    yield shop
    begin_reads(from_writer=False)
    shop.database.close()
    primary.start()
    replica.start()


@pytest.fixture
def app(shop: Shop) -> APIFlask:
    """The application with a page that counts the shelves, and a form that adds one."""
    app = create_app(shop)
    door = APIBlueprint("door", __name__, enable_openapi=False)

    @door.get("/shelves")
    def count() -> str:
        return str(count_shelves(current_shop()))

    @door.post("/shelves/<name>")
    def add(name: str) -> str:
        with current_shop().database.write() as session:
            session.add(Category(slug=name, name=name, position=0))
        return str(count_shelves(current_shop()))

    app.register_blueprint(door)
    return app


def count_shelves(shop: Shop) -> int:
    with shop.database.read() as connection:
        return int(connection.scalar(select(func.count(Category.id))) or 0)


def reads_from_replica(shop: Shop) -> bool:
    with shop.database.read() as connection:
        return bool(connection.scalar(text("SELECT pg_is_in_recovery()")))


def shelves(client: FlaskClient) -> int:
    answer = client.get("/shelves")
    assert answer.status_code == 200, answer.text
    return int(answer.text)


def test_reads_go_to_the_replica_and_writes_to_the_writer(shop: Shop) -> None:
    assert reads_from_replica(shop)
    with shop.database.write() as session:
        assert not session.scalar(text("SELECT pg_is_in_recovery()"))
    assert not reads_from_replica(shop), "the one who wrote reads where they wrote"
    with reading_own_writes():
        pass
    assert not reads_from_replica(shop)
    begin_reads(from_writer=False)
    assert reads_from_replica(shop), "the next one does not"


def test_with_a_lagging_replica_a_visitor_sees_the_own_change_at_once_and_others_a_little_later(
    app: APIFlask, servers: tuple[Postgres, Replica]
) -> None:
    _, replica = servers
    replica.delay(LAG_MS)
    try:
        writer, other = app.test_client(), app.test_client()
        before = shelves(other)
        answer = writer.post("/shelves/lag")
        assert int(answer.text) == before + 1, "in the same answer"
        assert shelves(writer) == before + 1, "and in the next one"
        assert shelves(other) == before, "who did not write may see the older state"
        replica.catch_up()
        assert shelves(other) == before + 1
    finally:
        replica.delay(0)


def test_a_request_that_may_change_something_reads_what_is_newest(app: APIFlask) -> None:
    door = APIBlueprint("decision", __name__, enable_openapi=False)

    @door.route("/decision", methods=["GET", "POST"])
    def decide() -> str:
        return "replica" if reads_from_replica(current_shop()) else "writer"

    app.register_blueprint(door)
    client = app.test_client()
    assert (client.get("/decision").text, client.post("/decision").text) == ("replica", "writer")
    assert client.get("/decision").text == "replica", "it changed nothing"


def test_the_cookie_lasts_for_the_window_and_is_sent_to_those_who_wrote_only(app: APIFlask, shop: Shop) -> None:
    client = app.test_client()
    assert "Set-Cookie" not in client.get("/shelves").headers
    cookie = client.post("/shelves/cookie").headers["Set-Cookie"]
    assert cookie.startswith("fresh_reads=1; ")
    assert f"Max-Age={shop.config.fresh_reads_seconds};" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Set-Cookie" not in client.get("/shelves").headers, "reading does not prolong it"


def test_a_replica_that_goes_away_costs_no_reader_an_error_and_is_used_again_when_it_is_back(
    app: APIFlask, shop: Shop, servers: tuple[Postgres, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.database.REST_SECONDS", 0.0)
    client, (_, replica) = app.test_client(), servers
    before = shelves(client)
    for mode in ("immediate", "fast"):
        replica.stop(mode)
        for _ in range(5):
            assert shelves(client) == before
        assert not reads_from_replica(shop)
        replica.start()
        assert reads_from_replica(shop)


def test_a_replica_that_is_away_is_not_asked_for_every_page(shop: Shop, servers: tuple[Postgres, Replica]) -> None:
    servers[1].stop()
    tries: list[object] = []
    event.listen(shop.database.readers[0], "do_connect", lambda *_: tries.append(1))
    for _ in range(5):
        assert not reads_from_replica(shop)
    assert len(tries) == 1


def test_without_the_writer_pages_are_read_from_the_replica_and_writes_are_refused(
    app: APIFlask, servers: tuple[Postgres, Replica]
) -> None:
    client, (primary, _) = app.test_client(), servers
    client.post("/shelves/last")
    count = shelves(client)
    primary.stop("immediate")
    assert client.get("/api/products/plain-mug").status_code == 200
    assert shelves(app.test_client()) <= count
    assert client.get("/shelves").status_code == 200, "who has just written reads the older state rather than nothing"
    assert client.post("/shelves/none").status_code == 503


def test_without_any_database_there_is_a_page_that_says_so(app: APIFlask, servers: tuple[Postgres, Replica]) -> None:
    for server in servers:
        server.stop("immediate")
    answer = app.test_client().get("/api/products/plain-mug")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")


def test_a_restart_of_the_database_costs_those_who_come_after_it_nothing(
    shop: Shop, servers: tuple[Postgres, Replica]
) -> None:
    primary, _ = servers
    with shop.database.write() as session:
        session.execute(text("SELECT 1"))
    primary.stop("immediate")
    primary.start()
    with shop.database.write() as session:
        session.execute(text("SELECT 1"))


def test_a_replica_in_the_place_of_the_writer_refuses_writes_until_it_is_promoted(
    servers: tuple[Postgres, Replica],
) -> None:
    primary, replica = servers
    config = config_for(primary, "shop", None)
    shop = open_shop(config.model_copy(update={"db_host": str(replica.socket_folder)}))
    with pytest.raises(WritesRefused), shop.database.write() as session:
        session.add(Category(slug="too-early", name="", position=0))
    shop.database.close()


def test_a_statement_is_ended_when_it_takes_too_long(shop: Shop) -> None:
    with shop.database.read() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "10s"
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "10s"
    slow = text("SET LOCAL statement_timeout = 50; SELECT pg_sleep(1)")
    with pytest.raises(Unavailable), shop.database.write() as session:
        session.execute(slow)
