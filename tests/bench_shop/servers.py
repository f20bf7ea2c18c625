"""The servers of a measurement: the shop in several settings and the bare route. All have as many threads."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from standalone.__main__ import end, free_port

TESTS = Path(__file__).parent.parent
START_SECONDS = 60
WORKERS = 2
THREADS = 4


@contextmanager
def shop_server(environ: Mapping[str, str]) -> Iterator[str]:
    """Serve the shop as the machine image does, and give its address."""
    port = free_port()
    command = (sys.executable, "-m", "shop.serve", "--host", "127.0.0.1", "--port", str(port), "--drain-seconds", "0",
               "--workers", str(WORKERS), "--threads", str(THREADS))  # fmt: skip
    with served(command, environ, port) as url:
        yield url


@contextmanager
def bare_server() -> Iterator[str]:
    """Serve the bare route in the same server with the same settings."""
    port = free_port()
    command = granian(Path(sys.executable), "bench_shop.bare:app", port)
    with served(command, {"PYTHONPATH": str(TESTS)}, port) as url:
        yield url


def granian(python: Path, application: str, port: int, *options: str) -> tuple[str, ...]:
    """Return the command that serves an application of an environment with the shop's settings. Pure."""
    return (str(python), "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--no-ws", "--log-level", "warning",
            *options, application)  # fmt: skip


@contextmanager
def collector() -> Iterator[str]:
    """Take in traces and forget them; gives the endpoint."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Forgetful)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


@contextmanager
def served(command: tuple[str, ...], environ: Mapping[str, str], port: int) -> Iterator[str]:
    """Run a server for the time of the block, and give its address when it listens."""
    with ExitStack() as stack:
        quiet = subprocess.DEVNULL  # one line of log per request, as in production, and nobody reads it
        process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=quiet, start_new_session=True)
        stack.callback(end, process)
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}")


class _Forgetful(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Read what is sent, and thank for it."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden parameter
        """Say nothing."""
