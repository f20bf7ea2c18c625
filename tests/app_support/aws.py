"""AWS as moto plays it, on a port of this machine: what asks it is the shop's own code with real clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One region of an empty account."""

    url: str

    def client(self, service: str) -> Any:
        """Return a client for preparing and looking, beside the shop."""
        return _client(service, self.url)


@cache
def _client(service: str, url: str) -> Any:
    session: Any = boto3.session.Session()  # its types know each service by a name that is written out
    return session.client(service, region_name=REGION, endpoint_url=url)


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Run an account for the time of the block, with credentials in the environment."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "opens nothing")
        patch.delenv("AWS_PROFILE", raising=False)
        try:
            yield Cloud(f"http://{host}:{port}")
        finally:
            server.stop()
