"""``make bench``: a table of ratios from one run, and exit code 1 where a promise is broken."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from bench.checkpoints import measure_checkpoints
from bench.deploys import measure_deploys
from bench.figures import HEADINGS, Row, broken
from bench.startup import measure_startup
from shopctl.output import console
from shopctl.views import table


def main() -> int:
    """Measure what was asked for and print the table."""
    asked = _parse()
    measures: Mapping[str, Callable[[], tuple[Row, ...]]] = {
        "startup": lambda: measure_startup(asked.starts),
        "checkpoints": lambda: measure_checkpoints(asked.writes),
        "deploys": lambda: measure_deploys(asked.deploys, asked.plans),
    }
    rows: list[Row] = []
    for name, measure in measures.items():
        if name in (asked.only or measures):
            console(stderr=True).print(f"measuring {name} …")
            rows += measure()
    console().print(table(HEADINGS, [row.cells for row in rows]))
    return 1 if broken(rows) else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=("startup", "checkpoints", "deploys"), help="repeatable")
    parser.add_argument("--deploys", type=int, default=1, help="rounds of deploys; one takes a quarter of an hour")
    parser.add_argument("--plans", type=int, default=3, help="rounds of plans")
    parser.add_argument("--starts", type=int, default=15, help="rounds of --help")
    parser.add_argument("--writes", type=int, default=200, help="rounds of writes to the local cloud")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
