"""What came of a load. Plain data, without locust: it rewires threads and sockets of whoever imports it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

TESTS = Path(__file__).parent.parent
GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One kind of request: how many, how many failed, and within how many milliseconds half and 95 % were answered."""

    name: str
    requests: int
    failures: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole load. ``errors`` say what failed and how often."""

    seconds: float
    users: int
    total: Line
    lines: tuple[Line, ...]
    errors: tuple[str, ...]

    def line(self, name: str) -> Line:
        """Return the line of a name. Raises: StopIteration if nothing was asked under it."""
        return next(line for line in self.lines if line.name == name)

    def written(self) -> str:
        """Return the report as JSON. Pure."""
        return json.dumps(asdict(self))


def read(text: str) -> Report:
    """Return the report that was written. Pure."""
    values = json.loads(text)
    return Report(
        seconds=values["seconds"],
        users=values["users"],
        total=Line(**values["total"]),
        lines=tuple(Line(**line) for line in values["lines"]),
        errors=tuple(values["errors"]),
    )


def run(url: str, seconds: float, users: int = 10, pause_seconds: float = 1.0) -> Report:
    """Let so many shoppers shop at the address for so long, in a process of their own, and return what came of it.

    The shop limits changes by visitor and by address; one that all load comes to from here needs RATE_LIMIT_FACTOR.
    Raises: subprocess.CalledProcessError if the load itself fails; what the shop fails at is in the report.
    """
    told = ("--url", url, "--seconds", str(seconds), "--users", str(users), "--pause", str(pause_seconds), "--json")
    done = subprocess.run(
        (sys.executable, "-m", "load", *told),
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=seconds + GRACE_SECONDS,
        check=True,
    )
    return read(done.stdout.strip().splitlines()[-1])
