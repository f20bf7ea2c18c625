"""``make load-shop``: shoppers at a shop that is open, for a while, and a table of what came of it."""

from __future__ import annotations

import argparse
import signal
import sys
import time

import gevent
from gevent.event import Event
from locust import between
from locust.env import Environment
from locust.stats import StatsEntry
from rich.console import Console
from rich.table import Table

from load.report import Line, Report
from load.shoppers import Shopper


def main() -> int:
    """Run a load. Returns the exit code: 1 where a request failed and somebody is to see it."""
    parser = argparse.ArgumentParser(prog="make load-shop", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the shop (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--users", type=int, default=10, help="shoppers at a time (10)")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two pages of one shopper (1)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, in one line")
    wanted = parser.parse_args()
    report = shop(wanted.url, wanted.seconds, wanted.users, wanted.pause)
    if wanted.json:
        sys.stdout.write(f"{report.written()}\n")
        return 0
    Console().print(table(report), *report.errors, sep="\n")
    return 1 if report.total.failures else 0


def shop(url: str, seconds: float, users: int, pause_seconds: float) -> Report:
    """Let shoppers shop, all of whom come within the first second. Ctrl-C sends them home, and counts what they did."""
    Shopper.wait_time = between(pause_seconds / 2, pause_seconds * 3 / 2)
    environment = Environment(user_classes=[Shopper], host=url)
    runner = environment.create_local_runner()
    began = time.monotonic()
    runner.start(users, spawn_rate=users)
    is_over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, is_over.set)
    is_over.wait(seconds)
    runner.quit()
    errors = environment.stats.errors.values()
    return Report(
        seconds=time.monotonic() - began,
        users=users,
        total=line(environment.stats.total),
        lines=tuple(line(entry) for _, entry in sorted(environment.stats.entries.items())),
        errors=tuple(f"{error.occurrences} x {error.method} {error.name}: {error.error}" for error in errors),
    )


def line(entry: StatsEntry) -> Line:
    """Return what locust counted."""
    return Line(
        name=entry.name,
        requests=entry.num_requests,
        failures=entry.num_failures,
        median_ms=entry.median_response_time,
        p95_ms=entry.get_response_time_percentile(0.95),
    )


def table(report: Report) -> Table:
    """Show the report to people."""
    shown = Table("what", "requests", "failed", "median", "95 %", box=None)
    for each in (*report.lines, report.total):
        shown.add_row(
            each.name, str(each.requests), str(each.failures), f"{each.median_ms:.0f} ms", f"{each.p95_ms:.0f} ms"
        )
    shown.caption = f"{report.users} shoppers, {report.total.requests / report.seconds:.0f} requests per second"
    return shown


if __name__ == "__main__":
    sys.exit(main())
