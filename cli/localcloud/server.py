"""The local cloud's process: one loopback port, one home directory."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config

from localcloud.checkpoint import Checkpoints
from localcloud.faults import Faults
from localcloud.gateway import Gateway, connection
from localcloud.place import Place, this_process
from localcloud.upstream import ACCOUNT, Upstream, set_environment

logger = logging.getLogger("localcloud.server")


class PlaceTaken(Exception):
    """Another local cloud runs on the same home directory."""


def run(home: Path, port: int, *, is_strict: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; writes only under ``home``.

    ``is_strict`` reports each reply that doesn't have the shape that AWS's models give it.
    Raises: OSError when the port is taken, PlaceTaken, ForeignState.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("localcloud").setLevel(logging.INFO)
    place = Place(home.resolve())
    place.make()
    with hold(place), open_port(port) as listener:
        set_environment(place.scratch, listener.getsockname()[1])
        asyncio.run(_serve(place, listener, is_strict=is_strict))


@contextmanager
def hold(place: Place) -> Iterator[None]:
    """Be the only local cloud on this place; the kernel lets go when the process ends. Raises PlaceTaken."""
    with place.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PlaceTaken(str(place.folder)) from error
        yield


def open_port(port: int) -> socket.socket:
    """A socket on loopback; port 0 takes a free one. Raises OSError when the port is taken."""
    # Named as TCP, asyncio sends small replies at once; else each waits 40 ms for the client's delayed ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


async def _serve(place: Place, listener: socket.socket, *, is_strict: bool) -> None:
    upstream, checkpoints = Upstream(), Checkpoints(place.state)
    logger.info("starting with %d saved entries", checkpoints.restore())
    app = ASGIWrapper(Gateway(upstream, checkpoints, Faults(), is_strict=is_strict))
    state: dict[str, Any] = {}
    loop, config, context = asyncio.get_running_loop(), _config(), WorkerContext(None)
    lifespan = Lifespan(app, config, loop, state)
    lifespan_task = loop.create_task(lifespan.handle_lifespan())
    await lifespan.wait_for_startup()
    writing = loop.create_task(checkpoints.run())

    async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection.set(writer.transport)  # so that a fault can cut this connection
        await TCPServer(app, loop, config, context, state, reader, writer)

    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    server = await asyncio.start_server(serve_connection, sock=listener, backlog=512)
    place.write_runtime(this_process(f"http://127.0.0.1:{listener.getsockname()[1]}", ACCOUNT, place.log))
    await asyncio.wait({loop.create_task(stopping.wait()), writing}, return_when=asyncio.FIRST_COMPLETED)
    await context.terminated.set()
    server.close()
    checkpoints.stop()
    await writing
    await lifespan.wait_for_shutdown()
    lifespan_task.cancel()
    place.runtime_file.unlink(missing_ok=True)


def _config() -> Config:
    config = Config()
    config.keep_alive_timeout = 120  # seconds; an SDK that takes up an idle connection again must find it open
    return config
