"""What may be forgotten: a cache in Redis that the shop can lose at any moment, and a small one in each process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

TIMEOUT_SECONDS = 0.25  # a cache that answers later than a database is none
REST_SECONDS = 1.0  # so long a cache that failed is not asked again
Value = TypeVar("Value")


class Cache:
    """Bytes by key in Redis. When Redis is away every key is absent and nothing is kept: slower, and still right."""

    def __init__(self, url: str | None) -> None:
        retry = Retry(NoBackoff(), 0)
        self._redis = (
            None
            if url is None
            else Redis.from_url(
                url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=retry
            )
        )
        self._rests_until = 0.0

    def get(self, key: str) -> bytes | None:
        """Return what is kept under the key, or None."""
        found = self._ask(lambda redis: redis.get(key))
        return found if isinstance(found, bytes) else None

    def get_all(self, *keys: str) -> tuple[bytes | None, ...]:
        """Return what is kept under each of the keys, in one trip."""
        found = self._ask(lambda redis: redis.mget(keys))
        return tuple(found) if isinstance(found, list) else (None,) * len(keys)

    def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep the value for so many seconds."""
        self._ask(lambda redis: redis.set(key, value, ex=seconds))

    def forget(self, *keys: str) -> None:
        """Drop the keys."""
        self._ask(lambda redis: redis.delete(*keys))

    def count(self, key: str) -> int | None:
        """Add one to the number under the key and return it; None when Redis is away."""
        found = self._ask(lambda redis: redis.incr(key))
        return found if isinstance(found, int) else None

    def ping(self) -> bool:
        """Ask Redis now, also while it rests. Returns whether it answers."""
        self._rests_until = 0.0
        return bool(self._ask(lambda redis: redis.ping()))

    def _ask(self, question: Callable[[Redis], object]) -> object:
        if self._redis is None or time.monotonic() < self._rests_until:
            return None
        try:
            return question(self._redis)
        except RedisError:
            self._rests_until = time.monotonic() + REST_SECONDS
            return None


class Recent(Generic[Value]):
    """The newest few values of this process, each for a few seconds. Safe to share between threads."""

    def __init__(self, seconds: float, size: int = 512) -> None:
        self._seconds = seconds
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return what is kept under the key and still fresh, or None."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > time.monotonic() else None

    def put(self, key: Hashable, value: Value) -> None:
        """Keep the value; the oldest goes when there are too many."""
        with self._lock:
            self._kept[key] = (time.monotonic() + self._seconds, value)
            self._kept.move_to_end(key)
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
