"""What the tests of the local cloud start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.client import LocalCloud
from support.cloud_process import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A local cloud's process that isn't started yet."""
    server = Server(tmp_path / "home")
    yield server
    server.kill()


@pytest.fixture
def cloud(server: Server) -> LocalCloud:
    """An empty local cloud."""
    return server.start()


@pytest.fixture(scope="module")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud for tests that keep out of each other's way."""
    server = Server(tmp_path_factory.mktemp("shared") / "home")
    yield server.start()
    server.kill()
