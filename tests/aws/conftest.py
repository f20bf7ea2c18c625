"""What the tests of the door to AWS start from: a real local cloud, and an environment of each test's own on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from localcloud.client import LocalCloud
from shopctl.aws.cloud import Cloud, connect
from shopctl.bootstrap import Ground
from shopctl.control import real_world
from shopctl.spec import EnvSpec
from support.cloud_process import Server
from support.environments import committed

_names = count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("aws") / "home")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def faults(server: Server) -> Iterator[LocalCloud]:
    """The local cloud's own door, by which a test inflicts faults; they are lifted at the end."""
    local = LocalCloud(server.runtime.endpoint)
    yield local
    local.lift()


@pytest.fixture
def spec() -> EnvSpec:
    """The committed local environment under a name and a domain of its own."""
    name = f"t{next(_names)}"
    return committed("local").model_copy(update={"name": name, "domain": f"{name}.shop.test"})


@pytest.fixture
def cloud(server: Server, spec: EnvSpec) -> Cloud:
    return connect(spec, server.place.home, {})


@pytest.fixture
def ground(spec: EnvSpec, cloud: Cloud) -> Ground:
    return Ground(spec, cloud, real_world())
