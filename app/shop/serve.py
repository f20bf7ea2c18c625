"""The application server: ``python -m shop.serve``. It has what a load balancer needs of it, and stops without loss.

**Keep-alive.** The load balancer must be the one that closes an idle connection: a server that does so may close while
a request is on its way, and the customer reads 502. The ALB lets go after 60 s (terraform/modules/alb,
idle_timeout_seconds), this server after 75 (keep_alive_seconds there).

**Backpressure.** A worker has a few threads per processor; what comes beyond waits in the worker, and beyond
BACKPRESSURE connections in the kernel. Granian counts idle connections too, so the number is far above the threads'.

**Stopping.** After SIGTERM ``/health`` answers 503 and every answer closes its connection, while requests are still
taken: whoever balances the load sends new ones elsewhere. After that the workers take no more, finish what they have,
and end. A second signal skips the wait. An Auto Scaling group takes an instance out of the load balancer before it
stops it, so there the wait is only for what comes late. systemd must send the signal to this process alone:
KillMode=mixed.

**Killed.** A server that is killed can tell its workers nothing, so they look after it, finish what they have, and end.
Else they would hold the port, and go on with settings that nobody knows of any more.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer as Server

from shop.config import ConfigInvalid
from shop.parameters import configured
from shop.telemetry import logs

KEEP_ALIVE_SECONDS = 75
BACKPRESSURE = 512  # connections that a worker keeps; a load balancer holds many that are idle
FINISH_SECONDS = 30  # so long a worker may finish what it has; no request may take longer at the CDN
LOOK_SECONDS = 0.5  # so often a worker looks whether its server lives
LOGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "shop.telemetry.logs.formatter"}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "loggers": {"_granian": {"handlers": ["lines"], "level": "INFO", "propagate": False}},
}

log = logging.getLogger(__name__)


def main() -> int:
    """Answer requests until a signal. Returns the exit code: 0 done, 2 the environment lacks something."""
    wanted = arguments().parse_args()
    logs.configure()
    try:
        configured(os.environ)
    except ConfigInvalid as error:
        print(f"the shop can't start; its environment lacks:\n{error}", file=sys.stderr)  # noqa: T201 - to whoever starts it
        return 2
    with tempfile.TemporaryDirectory(prefix="shop-") as folder:
        drain_file = Path(folder) / "draining"
        os.environ["DRAIN_FILE"] = str(drain_file)  # the workers inherit it
        server = Server(
            "shop.wsgi:app",
            address=wanted.host,
            port=wanted.port,
            interface=Interfaces.WSGI,
            workers=wanted.workers,
            blocking_threads=wanted.threads,
            backpressure=BACKPRESSURE,
            http1_settings=HTTP1Settings(header_read_timeout=wanted.keep_alive_seconds * 1000),
            log_level=LogLevels.warning,
            log_dictconfig=LOGS,
            respawn_failed_workers=True,
            workers_kill_timeout=FINISH_SECONDS,
        )
        server.on_startup(Stop(server, drain_file, wanted.drain_seconds).listen)
        server.serve()
    return 0


def arguments() -> argparse.ArgumentParser:
    """Return what the command takes."""
    processors = os.cpu_count() or 1
    parser = argparse.ArgumentParser(prog="python -m shop.serve", description="Answer the shop's requests.")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (all)")  # noqa: S104 - security groups
    parser.add_argument("--port", type=int, default=8000, help="8000, as the load balancer asks")
    parser.add_argument("--workers", type=int, default=processors, help="processes (as many as processors)")
    parser.add_argument("--threads", type=int, default=4, help="requests that a process works on at a time (4)")
    parser.add_argument(
        "--drain-seconds", type=float, default=10, help="/health says 503 for so long before it ends (10)"
    )
    parser.add_argument("--keep-alive-seconds", type=int, default=KEEP_ALIVE_SECONDS, help="%(default)s")
    return parser


def end_with_server() -> None:
    """Let this worker end once the server that started it is gone. Does nothing in a process that no server started."""
    server = multiprocessing.parent_process()
    if server is not None:
        threading.Thread(target=_follow, args=(server.pid,), name="follow-server", daemon=True).start()


def _follow(server: int | None) -> None:
    while os.getppid() == server:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


class Stop:
    """The way to the end: first it is told to the load balancer, then the workers finish."""

    def __init__(self, server: Server, drain_file: Path, drain_seconds: float) -> None:
        self._server = server
        self._drain_file = drain_file
        self._drain_seconds = drain_seconds

    def listen(self) -> None:
        """Take SIGTERM and SIGINT in place of granian, which would end at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._begin)

    def _begin(self, _number: int, _frame: FrameType | None) -> None:
        is_second = self._drain_file.exists()
        self._drain_file.touch()
        if is_second or self._drain_seconds <= 0:
            self._end()
        else:
            timer = threading.Timer(self._drain_seconds, self._end)
            timer.daemon = True
            timer.start()

    def _end(self) -> None:
        end: Callable[[], None] = self._server.signal_handler_interrupt
        end()


if __name__ == "__main__":
    sys.exit(main())
