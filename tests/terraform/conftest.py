"""Terraform with the provider that shopctl would use, on a copy that a test may write to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from localcloud.client import LocalCloud
from shopctl.terraform import GO_MEMORY, child_environment, find_installation
from support.bench import Bench
from support.cloud_process import Server
from support.environments import PROJECT


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Terraform without any credentials."""
    place = tmp_path_factory.mktemp("bench")
    unwanted = shutil.ignore_patterns(".terraform", "*.tfstate*")
    shutil.copytree(PROJECT / "terraform", place / "terraform", ignore=unwanted)
    installation = find_installation(place / "home", os.environ)
    environment = child_environment(os.environ) | installation.environment | GO_MEMORY | {"CHECKPOINT_DISABLE": "1"}
    return Bench(place / "terraform", environment | {"AWS_EC2_METADATA_DISABLED": "true"})


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud for what can't be planned without one."""
    server = Server(tmp_path_factory.mktemp("cloud") / "home")
    yield server.start()
    server.kill()


@pytest.fixture(scope="session")
def bench_in_cloud(bench: Bench, cloud: LocalCloud) -> Bench:
    """Terraform with the local cloud behind it."""
    return bench.with_environment(
        {
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_ACCESS_KEY_ID": cloud.account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    )
