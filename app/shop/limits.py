"""How often something may be done, counted in Redis for all processes; while Redis is away, by each for itself.

Of what only keeps floods away each process lets the first few pass by itself: who does no more costs no trip to Redis.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TypeVar

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from shop.cache import REST_SECONDS, TIMEOUT_SECONDS
from shop.problems import TooMany

MOST_KEPT = 50_000  # visitors that a process counts by itself; then it begins anew rather than fill its memory
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Rule:
    """How often one and the same may do something. Several spans at once make waits that grow.

    ``alone`` is how many of a span each process lets pass before it asks how many there were elsewhere. So with ``n``
    other processes at most ``n * alone`` more get through.
    """

    name: str
    spans: str
    alone: int = 0


# Who guesses the password of one account waits a minute after 5 attempts, then up to a quarter, then up to an hour.
SIGN_INS_TO_ACCOUNT = Rule("sign-in-to", "5/minute; 15/15 minutes; 40/hour")
SIGN_INS_FROM_ADDRESS = Rule("sign-in-from", "30/minute; 200/hour")  # an office may share an address
SIGN_UPS = Rule("sign-up", "10/minute; 50/hour")
MAILS_TO = Rule("mail-to", "3/10 minutes; 10/day")  # of those that anybody can make the shop send
VOUCHER_CODES = Rule("voucher", "20/minute; 100/hour")
WRITES = Rule("write", "120/minute", alone=10)  # of one visitor
WRITES_FROM_ADDRESS = Rule("write-from", "1200/minute", alone=1200)


class Limits:
    """Counts who did what. ``factor`` raises every limit, for measuring. Safe to share between threads."""

    def __init__(self, redis_url: str | None, factor: int = 1) -> None:
        self._factor = factor
        self._memory = MemoryStorage()
        self._alone = MovingWindowRateLimiter(self._memory)
        self._shared = None if redis_url is None else MovingWindowRateLimiter(_redis(redis_url))
        self._rests_until = 0.0
        self._here = _Here()

    def spend(self, rule: Rule, who: str) -> None:
        """Count one more. Raises: TooMany, with the time after which it works again."""
        alone = rule.alone * self._factor
        waits = [self._wait(item, who, alone) for item in _items(rule, self._factor)]
        if any(waits):
            raise TooMany("Please wait a moment.", retry_after_seconds=max(waits))

    def forgive(self, rule: Rule, who: str) -> None:
        """Count from zero again."""
        for item in _items(rule, self._factor):
            self._clear(item, who)

    def _wait(self, item: RateLimitItem, who: str, alone: int) -> int:
        """Count one more in a span. Returns 0, or how many seconds are to be waited."""
        here, seconds_left = self._here.one_more(item, who)
        if here <= alone:
            return 0
        if alone >= item.amount:
            return seconds_left
        key = _key(who)
        cost = here if here == alone + 1 else 1  # what passed before is counted now

        def hit(limiter: MovingWindowRateLimiter) -> int:
            if limiter.hit(item, key, cost=cost):
                return 0
            return max(1, math.ceil(limiter.get_window_stats(item, key).reset_time - time.time()))

        return self._ask(hit)

    def _clear(self, item: RateLimitItem, who: str) -> None:
        self._ask(lambda limiter: limiter.clear(item, _key(who)))

    def _ask(self, question: Callable[[MovingWindowRateLimiter], Answer]) -> Answer:
        if self._shared is not None and time.monotonic() >= self._rests_until:
            try:
                return question(self._shared)
            except RedisError:
                self._rests_until = time.monotonic() + REST_SECONDS
        if len(self._memory.events) > MOST_KEPT:
            self._memory.reset()
        return question(self._alone)


class _Here:
    """Counts in windows that begin at the same moment for all, in this process alone: a microsecond each time."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[RateLimitItem, str, int]] = Counter()
        self._lock = Lock()

    def one_more(self, item: RateLimitItem, who: str) -> tuple[int, int]:
        """Count one more. Returns how many there were in the window, and in how many seconds it ends."""
        window, passed = divmod(time.monotonic(), item.get_expiry())
        key = (item, who, int(window))
        with self._lock:
            if len(self._counts) > MOST_KEPT:
                self._counts.clear()
            self._counts[key] += 1
            return self._counts[key], math.ceil(item.get_expiry() - passed)


@cache
def _items(rule: Rule, factor: int) -> tuple[RateLimitItem, ...]:
    return tuple(type(item)(item.amount * factor, item.multiples, rule.name) for item in parse_many(rule.spans))


def _key(who: str) -> str:
    """Return what stands for somebody in Redis, where addresses of people have no place."""
    return hashlib.sha256(who.encode()).hexdigest()[:32]


def _redis(url: str) -> RedisStorage:
    pool = ConnectionPool.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 0)
    )
    return RedisStorage("redis://", connection_pool=pool, key_prefix="limit")
