"""What is promised, and what was found: shares of what something else answers in the same round."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from bench_shop.load import Answered

Rounds = Sequence[Mapping[str, Answered]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A promise: at least this share of what it is compared with. Without a bound it is shown and promises nothing."""

    what: str
    side: str
    base: str
    bound: float | None = None


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
# As shoppers meet both; and once more without what the shop keeps of its answers, to see how much of it that is.
BESIDE_THE_PEER = (
    Figure("list as a page, as shoppers meet it", "few, page", "oscar, page", 50),
    Figure("product pages in turn, as shoppers meet them", "few, products", "oscar, products", 20),
    Figure("list as a page, from the database", "few, page, database", "oscar, page"),
    Figure("product pages in turn, from the database", "few, products, database", "oscar, products"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a figure: medians over the rounds, and the lowest and highest share."""

    figure: Figure
    per_second: float
    base_per_second: float
    p99_ms: float
    share: float
    lowest: float
    highest: float

    @property
    def is_broken(self) -> bool:
        """Whether less was found than is promised. Pure."""
        return self.figure.bound is not None and self.share < self.figure.bound


def found(figure: Figure, rounds: Rounds) -> Found:
    """Return what the rounds say of a figure. Pure."""
    sides = [(answers[figure.side], answers[figure.base]) for answers in rounds]
    shares = [side.per_second / base.per_second for side, base in sides]
    return Found(
        figure=figure,
        per_second=statistics.median(side.per_second for side, _ in sides),
        base_per_second=statistics.median(base.per_second for _, base in sides),
        p99_ms=statistics.median(side.p99_ms for side, _ in sides),
        share=statistics.median(shares),
        lowest=min(shares),
        highest=max(shares),
    )


def table(rows: Sequence[Found]) -> Table:
    """Return the rows for people. Pure."""
    shown = Table("what", "per second", "p99", "of", "share", "range", "at least", "", box=None)
    for row in rows:
        bound = row.figure.bound
        verdict = "" if bound is None else "BROKEN" if row.is_broken else "holds"
        shown.add_row(
            row.figure.what,
            f"{row.per_second:.0f}",
            f"{row.p99_ms:.0f} ms",
            f"{row.figure.base} ({_short(row.base_per_second)})",
            _short(row.share),
            f"{_short(row.lowest)}-{_short(row.highest)}",
            "" if bound is None else f"{bound:g}",
            verdict,
        )
    return shown


def _short(number: float) -> str:
    """Return a number with three digits that matter, or all of it where it has more. Pure."""
    return f"{number:.3f}" if number < 1 else f"{number:.1f}" if number < 100 else f"{number:.0f}"
