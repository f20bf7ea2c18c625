"""Figures: two sides measured in turns in one run, and what their ratio may be at most."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Measure = Callable[[], float]
"""Does the work once and returns what it cost: seconds, or another unit that a row names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: ``ours`` beside the ``base`` that it is compared with.

    ``bound`` is the highest ratio that is promised, None where nothing is.
    """

    what: str
    ours: float
    base: float
    bound: float | None
    unit: str = "s"
    note: str = ""
    rounds: int = field(default=1)

    @property
    def ratio(self) -> float:
        """How many times the base it takes."""
        return self.ours / self.base

    @property
    def is_broken(self) -> bool:
        """Whether a promise is broken."""
        return self.bound is not None and self.ratio > self.bound

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        bound = "-" if self.bound is None else f"{self.bound:.2f}"
        verdict = "" if self.bound is None else "BROKEN" if self.is_broken else "holds"
        ours, base = (f"{value:.{_places(value)}f} {self.unit}" for value in (self.ours, self.base))
        return self.what, ours, base, f"{self.ratio:.2f}", bound, verdict, str(self.rounds), self.note


HEADINGS = ("what", "shopctl", "base", "ratio", "bound", "", "rounds", "")


def in_turns(ours: Measure, base: Measure, rounds: int) -> tuple[float, float]:
    """Measure both sides in turns and return the median of each: what disturbs the machine disturbs both.

    Who begins alternates from round to round.
    """
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        sides = [(ours, mine), (base, theirs)]
        for measure, found in sides if number % 2 == 0 else reversed(sides):
            found.append(measure())
    return statistics.median(mine), statistics.median(theirs)


def timed(work: Callable[[], object]) -> float:
    """The seconds that some work takes on the wall clock."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def broken(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows that break their bound. Pure."""
    return tuple(row for row in rows if row.is_broken)


def _places(value: float) -> int:
    return 1 if value >= 10 else 3 if value < 1 else 2
