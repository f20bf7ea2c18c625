"""The real server on a real socket: it keeps connections longer than the load balancer, and stops without loss."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
import pytest
from sqlalchemy import text

from app_support.collector import collector
from shop.config import Config
from shop.serve import KEEP_ALIVE_SECONDS, arguments
from shop.shop import Shop
from standalone.__main__ import free_port

START_SECONDS = 60
ROOT = "1-67891233-abcdef012345678912345678"
ALB = Path(__file__).parents[2] / "terraform/modules/alb/variables.tf"


@dataclass(frozen=True, slots=True)
class Server:
    """A running ``shop.serve``."""

    process: subprocess.Popen[bytes]
    port: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def status(self, path: str) -> int:
        """The answer on a connection of its own; 0 if there is none."""
        connection = self.connect()
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def workers(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children()]


@contextmanager
def serving(config: Config, *options: str, out: IO[bytes] | None = None, **environ: str) -> Iterator[Server]:
    """Run the server for the time of the block."""
    port = free_port()
    command = (
        sys.executable,
        "-m",
        "shop.serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
        *options,
    )
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment_of(config), **environ},
        stdout=subprocess.DEVNULL if out is None else out,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = Server(process, port)
    try:
        wait_until(lambda: server.status("/health") == 200)
        yield server
    finally:
        process.kill()
        process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def server(config: Config, shop: Shop) -> Iterator[Server]:
    """A server that keeps idle connections for two seconds."""
    with serving(config, "--keep-alive-seconds", "2", "--drain-seconds", "0") as running:
        yield running


def environment_of(config: Config) -> dict[str, str]:
    """The settings as variables, as the server reads them."""
    secret = {"SECRET_KEY": config.secret_key.get_secret_value(), "DB_PASSWORD": config.db_password.get_secret_value()}
    plain = {
        name.upper(): str(value)
        for name, value in config.model_dump(exclude_defaults=True, exclude={"secret_key", "db_password"}).items()
        if isinstance(value, str | int | Path)
    }
    return {**plain, **secret}


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while not holds():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.05)


@dataclass(slots=True)
class Load:
    """Shoppers behind a load balancer: each goes on over one connection until the health check says otherwise."""

    server: Server
    answered: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def shop(self, number: int) -> None:
        connection = self.server.connect()
        while not self.is_over.is_set():
            try:
                connection.request("GET", f"/api/products?size={number + 1}")
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200
                assert body.endswith(b"}")
                self.answered.append(time.monotonic())
            except Exception as error:  # noqa: BLE001 - whatever it was, the shopper has no answer
                self.lost.append(repr(error))
        connection.close()

    def balance(self) -> None:
        while self.server.status("/health") == 200:
            time.sleep(0.05)
        self.is_over.set()


def test_no_request_is_lost_when_the_server_is_stopped_under_load(config: Config, shop: Shop) -> None:
    with serving(config, "--drain-seconds", "1.5") as server:
        load = Load(server)
        threads = [threading.Thread(target=load.shop, args=(number,)) for number in range(8)]
        threads.append(threading.Thread(target=load.balance))
        for thread in threads:
            thread.start()
        time.sleep(1)
        stopped = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert server.process.wait(30) == 0
    assert load.lost == []
    assert len(load.answered) > 50
    assert any(moment > stopped for moment in load.answered)


def test_what_was_begun_is_finished_also_when_the_server_ends_at_once(config: Config, shop: Shop) -> None:
    answers: list[int] = []
    with serving(config, "--drain-seconds", "0") as server, shop.database.writer.begin() as connection:
        connection.execute(text("LOCK TABLE product IN ACCESS EXCLUSIVE MODE"))
        thread = threading.Thread(target=lambda: answers.append(server.status("/api/products/plain-mug")))
        thread.start()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.process.poll() is None
        connection.rollback()
        thread.join()
        assert server.process.wait(30) == 0
    assert answers == [200]


def test_what_was_counted_and_traced_is_told_before_the_end(config: Config, shop: Shop, tmp_path: Path) -> None:
    with (
        collector() as received,
        (tmp_path / "out").open("wb") as out,
        serving(config, "--drain-seconds", "0", out=out, OTEL_EXPORTER_OTLP_ENDPOINT=received.url) as server,
    ):
        connection = server.connect()
        connection.request("GET", "/api/products/plain-mug", headers={"X-Amzn-Trace-Id": f"Root={ROOT};Sampled=1"})
        assert connection.getresponse().status == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    lines = [json.loads(line) for line in (tmp_path / "out").read_text(encoding="utf-8").splitlines()]
    counted = [line for line in lines if "_aws" in line and line.get("Route") == "/api/products/<slug>"]
    assert [line["Requests2xx"] for line in counted] == [1]
    spans = [span for request in received.requests for resource in request.resource_spans
             for scope in resource.scope_spans for span in scope.spans]  # fmt: skip
    own = ROOT.removeprefix("1-").replace("-", "")  # by chance a question whether it is up is traced too
    assert {span.name for span in spans if span.trace_id.hex() == own} == {"GET /api/products/<slug>", "SELECT"}


def test_an_idle_connection_is_kept_as_long_as_was_said_and_not_for_ever(server: Server) -> None:
    connection = server.connect()
    for _ in range(2):
        connection.request("GET", "/health")
        assert connection.getresponse().read() == b"ok"
        time.sleep(1.2)
    time.sleep(1.5)
    assert connection.sock.recv(1) == b""


def test_a_worker_that_was_killed_is_replaced(server: Server) -> None:
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: server.status("/health") == 200)
    assert worker not in server.workers()


def test_workers_of_a_killed_server_end_too_and_leave_the_port_free(config: Config, shop: Shop) -> None:
    with serving(config) as server:
        workers = server.workers()
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(psutil.pid_exists(worker) for worker in workers))
        with socket.create_server(("127.0.0.1", server.port)):
            pass


def test_the_server_keeps_idle_connections_longer_than_the_load_balancer() -> None:
    declared = ALB.read_text(encoding="utf-8")
    idle = re.search(r'"idle_timeout_seconds" \{.*?default\s+= (\d+)', declared, re.DOTALL)
    keep_alive = re.search(r"keep_alive_seconds = optional\(number, (\d+)\)", declared)
    assert idle is not None
    assert keep_alive is not None
    assert int(idle[1]) < KEEP_ALIVE_SECONDS == int(keep_alive[1])
    assert arguments().parse_args([]).port == 8000


def test_a_server_that_lacks_a_setting_says_which_and_does_not_start() -> None:
    environ = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    done = subprocess.run(
        (sys.executable, "-m", "shop.serve"),
        env={**environ, "SECRET_KEY": "short-and-secret"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    said = (done.stdout + done.stderr).decode()
    assert "DB_HOST" in said
    assert "SECRET_KEY" in said
    assert "short-and-secret" not in said
    assert "Traceback" not in said
