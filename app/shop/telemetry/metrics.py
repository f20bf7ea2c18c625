"""Metrics for CloudWatch: counted in this process, written every ten seconds as lines of JSON among the logs.

CloudWatch makes metrics of such lines by itself, so nothing is sent from here and no library is needed.
Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.util import Finalize

from shop.telemetry.logs import Lines

FLUSH_SECONDS = 10
SAMPLES = 100  # an array of values holds so many at most. Source: as above, "Target members"
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


class Event(StrEnum):
    """What is counted beside requests."""

    ORDERS_PLACED = "OrdersPlaced"
    PAYMENTS_SETTLED = "PaymentsSettled"
    PAYMENTS_EXPIRED = "PaymentsExpired"
    PAYMENTS_RETURNED = "PaymentsReturned"
    WRITES_REFUSED = "WritesRefused"
    CACHE_HITS = "CacheHits"
    CACHE_MISSES = "CacheMisses"
    MESSAGES_DONE = "MessagesDone"
    MESSAGES_FAILED = "MessagesFailed"


class Level(StrEnum):
    """What is measured now and then: its unit is in its name."""

    QUEUE_LAG = "QueueLagSeconds"
    OUTBOX_LAG = "OutboxLagSeconds"


UNITS: Mapping[str, str] = {Level.QUEUE_LAG: "Seconds", Level.OUTBOX_LAG: "Seconds"}


@dataclass(slots=True)
class Route:
    """The requests of one route since the last writing: how many of each class, and a fair sample of their times."""

    classes: Counter[str] = field(default_factory=Counter)
    count: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def add(self, status: int, milliseconds: float) -> None:
        """Count one request. Each of n is kept in the sample with the chance SAMPLES / n."""
        self.classes[CLASSES[status // 100 - 1]] += 1
        self.count += 1
        if self.count <= SAMPLES:
            self.milliseconds.append(milliseconds)
        elif (place := int(random.random() * self.count)) < SAMPLES:  # noqa: S311 - a sample, not a secret
            self.milliseconds[place] = milliseconds


class Metrics:
    """What this process counted since it was last written. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._routes: dict[str, Route] = {}
        self._events: Counter[str] = Counter()
        self._levels: dict[str, list[float]] = {}

    def request(self, route: str, status: int, milliseconds: float) -> None:
        """Count an answered request. Takes 1 µs."""
        with self._lock:
            found = self._routes.get(route)
            if found is None:
                found = self._routes[route] = Route()
            found.add(status, milliseconds)

    def count(self, event: Event, amount: int = 1) -> None:
        """Count something that happened."""
        with self._lock:
            self._events[event] += amount

    def level(self, level: Level, value: float) -> None:
        """Note how high something stands; of many notes the newest hundred count."""
        with self._lock:
            values = self._levels.setdefault(level, [])
            values.append(value)
            del values[:-SAMPLES]

    def take(self, namespace: str, service: str, now: float) -> Iterator[str]:
        """Return what was counted as lines of the embedded metric format, and begin anew."""
        with self._lock:
            routes, self._routes = self._routes, {}
            events, self._events = self._events, Counter()
            levels, self._levels = self._levels, {}
        about = _About(namespace, {"Service": service}, int(now * 1000))
        for route, seen in routes.items():
            counts = {f"Requests{name}": seen.classes[name] for name in CLASSES if seen.classes[name]}
            units = {**dict.fromkeys(counts, "Count"), "Latency": "Milliseconds"}
            # Once for the route and once for all of them: CloudWatch does not add up over dimensions by itself.
            yield about.line({**counts, "Latency": seen.milliseconds}, units, {"Route": route})
        if events:
            yield about.line(dict(events), dict.fromkeys(events, "Count"))
        if levels:
            yield about.line(dict(levels), {name: UNITS[name] for name in levels})


@dataclass(frozen=True, slots=True)
class _About:
    namespace: str
    dimensions: Mapping[str, str]
    milliseconds: int

    def line(
        self, values: Mapping[str, object], units: Mapping[str, str], further: Mapping[str, str] | None = None
    ) -> str:
        further = further or {}
        sets = [[*self.dimensions], [*self.dimensions, *further]] if further else [[*self.dimensions]]
        metrics = [{"Name": name, "Unit": units[name]} for name in values]
        directive = {"Namespace": self.namespace, "Dimensions": sets, "Metrics": metrics}
        about = {"_aws": {"Timestamp": self.milliseconds, "CloudWatchMetrics": [directive]}}
        return json.dumps({**about, **self.dimensions, **further, **values}, separators=(",", ":")) + "\n"


METRICS = Metrics()


def count(event: Event, amount: int = 1) -> None:
    """Count something that happened in this process."""
    METRICS.count(event, amount)


def level(level: Level, value: float) -> None:
    """Note how high something stands."""
    METRICS.level(level, value)


def start(namespace: str, service: str, metrics: Metrics = METRICS) -> None:
    """Write what was counted every ten seconds, and a last time when the process ends.

    The namespace is the environment's name, as the role of the instances has it (terraform/modules/asg); the service is
    ``web`` or ``worker``.
    """

    def write() -> None:
        for line in metrics.take(namespace, service, time.time()):
            Lines().write(line)

    def keep_writing() -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            write()

    threading.Thread(target=keep_writing, name="metrics", daemon=True).start()
    Finalize(None, write, exitpriority=1)  # atexit, but also in the processes that granian makes
