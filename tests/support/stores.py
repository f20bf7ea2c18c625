"""Object stores in memory, with the faults that real ones have, and worlds to run in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal, TypeVar

from shopctl.runs.store import StoreUnavailable
from shopctl.runs.world import Actor, World
from support.schedule import Killed

Fault = Literal["away", "reply lost"] | None
Answer = TypeVar("Answer")
REGIONS = ("eu-central-1", "eu-west-1", "eu-north-1")
EPOCH = datetime(2026, 11, 21, 10, 45, 1, tzinfo=UTC)


class MemoryStore:
    """One region's bucket: consistent and conditional, as S3 is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects: dict[str, bytes] = {}
        self.is_away = False
        self.writes = 0
        self.fault: Callable[[str, str], Fault] = lambda _operation, _key: None
        self.pause: Callable[[], None] = lambda: None

    def create(self, key: str, body: bytes) -> bool:
        return self._act("create", key, lambda: self._write_new(key, body))

    def get(self, key: str) -> bytes | None:
        return self._act("get", key, lambda: self.objects.get(key))

    def put(self, key: str, body: bytes) -> None:
        self._act("put", key, lambda: self._write(key, body))

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        return self._act("keys", prefix, lambda: tuple(self._under(prefix, after)))

    def folders(self, prefix: str) -> tuple[str, ...]:
        return self._act(
            "folders", prefix, lambda: tuple(sorted({key[len(prefix) :].split("/")[0] for key in self._under(prefix)}))
        )

    def _under(self, prefix: str, after: str = "") -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix) and key > after)

    def _write_new(self, key: str, body: bytes) -> bool:
        return key not in self.objects and self._write(key, body)

    def _write(self, key: str, body: bytes) -> bool:
        self.objects[key] = body
        self.writes += 1
        return True

    def _act(self, operation: str, key: str, effect: Callable[[], Answer]) -> Answer:
        self.pause()
        fault = "away" if self.is_away else self.fault(operation, key)
        if fault == "away":
            raise StoreUnavailable(self.name, "no answer")
        answer = effect()
        if fault == "reply lost":
            raise StoreUnavailable(self.name, "no answer")
        return answer


Stores = tuple[MemoryStore, ...]


def three_stores() -> Stores:
    return tuple(MemoryStore(region) for region in REGIONS)


def only(operation: str, fault: Fault) -> Callable[[str, str], Fault]:
    """A fault of one kind of call."""
    return lambda asked, _key: fault if asked == operation else None


def view(
    store: MemoryStore, *, fault: Callable[[str, str], Fault] | None = None, pause: Callable[[], None] | None = None
) -> MemoryStore:
    """The same bucket as another client sees it: the objects are shared, the faults are its own."""
    seen = MemoryStore(store.name)
    seen.objects = store.objects
    seen.fault = fault or seen.fault
    seen.pause = pause or seen.pause
    return seen


def dying(stores: Stores, *, after: int) -> Stores:
    """The stores as a client sees them that is killed at the call behind that many."""
    left = iter(range(after))

    def die() -> None:
        if next(left, None) is None:
            raise Killed

    return tuple(view(store, pause=die) for store in stores)


def world(user: str = "anna", *, sleep: Callable[[float], None] | None = None, since: datetime = EPOCH) -> World:
    """A world in which each question for the time is answered a second later, and nonces count up."""
    seconds, nonces = count(), count()
    return World(
        now=lambda: since + timedelta(seconds=next(seconds)),
        sleep=sleep or (lambda _seconds: None),
        nonce=lambda: f"{next(nonces):04x}-{user}",
        actor=Actor(user=user, host="laptop", pid=4242),
    )
