"""The authority as one process knows it: a grant that runs out by itself unless a majority of the stores renews it.

Every TTL/3 a thread asks all stores at once whether they hold a newer record than the one that is known. If a majority
holds none, and the known record names this region, the process may write until TTL after the *start* of that round.
Whoever takes the authority away writes a newer record to a majority and waits for TTL: one of the stores that agreed
here took that record after this round began, so the wait ends after the grant does. docs/authority.md has the rules.
"""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread

from shop.authority.grant import NOTHING_CHANGED, RETRY_AFTER_SECONDS, Authority, Grant, Unfenced
from shop.authority.record import Record, RecordUnreadable, folder, key, number_of, read
from shop.authority.stores import ControlStore, ControlStores, open_stores
from shop.config import Config
from shop.problems import WritesRefused

ROUNDS_IN_TTL = 3
ASK_SECONDS = 3.0  # so long a round waits for its stores, and a process that is new for its first round
SURVEY_ROUNDS = 6  # a round asks for the next number; each sixth lists them all, at twelve times the price
# Counts while the machine sleeps, which CLOCK_MONOTONIC does not. Source: clock_gettime(2).
SUSPEND_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)

log = logging.getLogger(__name__)
Clock = Callable[[], float]


def elapsed_seconds() -> float:
    """Return seconds since some moment; no clock setting moves them, and they pass while the process is stopped."""
    return time.clock_gettime(time.CLOCK_MONOTONIC if SUSPEND_CLOCK is None else SUSPEND_CLOCK)


@dataclass(frozen=True, slots=True)
class Held:
    """A grant with its end, by the clock of this process."""

    epoch: int
    until: float


@dataclass(frozen=True, slots=True)
class LeaseState:
    """The authority as this process knows it, for operators. ``epoch`` is the newest that a majority agreed on."""

    epoch: int | None
    holder: str | None
    highest_seen: int
    seconds_left: float
    stores_answering: int


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one store was found to hold above the known record: the highest number, with its bytes."""

    number: int
    body: bytes


class LeasedAuthority:
    """The authority of one region's process. Asks nobody until it is first required. Safe to share between threads."""

    def __init__(
        self,
        stores: ControlStores,
        environment: str,
        region: str,
        ttl_seconds: float,
        clock: Clock = elapsed_seconds,
    ) -> None:
        self._stores = stores
        self._environment = environment
        self._region = region
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._after_round: tuple[Callable[[], None], ...] = ()
        self._forget()
        _forget_in_children(self)

    def _forget(self) -> None:
        """Know nothing, and ask nobody yet: how a process begins, and a child after a fork."""
        self._lock = Lock()
        self._thread: Thread | None = None
        self._asked = Event()
        self._closed = Event()
        self._known: Record | None = None
        self._held: Held | None = None
        self._highest = 0
        self._rounds = 0
        self._answering = 0

    def require(self) -> Grant:
        """Return the grant in force. Touches no network; the first call in a process waits for the first round.

        Raises: WritesRefused.
        """
        held = self.held()
        if held is None and not self._asked.is_set():
            self.begin()
            held = self.held()
        if held is None:
            raise WritesRefused(NOTHING_CHANGED, retry_after_seconds=RETRY_AFTER_SECONDS)
        return Grant(held.epoch)

    def held(self) -> Held | None:
        """Return the grant with its end, or None when there is none in force. Touches no network."""
        held = self._held
        return held if held is not None and self._clock() < held.until else None

    def seconds_left(self, held: Held) -> float:
        """Return how long a grant still lasts; negative after its end."""
        return held.until - self._clock()

    @property
    def highest_seen(self) -> int:
        """Return the highest number that any store was ever found to hold, decided or not."""
        return self._highest

    def state(self) -> LeaseState:
        """Return what is known now. Touches no network."""
        known, held = self._known, self.held()
        return LeaseState(
            epoch=known.epoch if known else None,
            holder=known.holder if known else None,
            highest_seen=self._highest,
            seconds_left=max(0.0, self.seconds_left(held)) if held else 0.0,
            stores_answering=self._answering,
        )

    def after_each_round(self, call: Callable[[], None]) -> None:
        """Have something called in the thread of the rounds, after each of them."""
        self._after_round += (call,)

    def begin(self) -> None:
        """Begin the rounds unless they have begun, and wait for the first one, for so long as it may take."""
        self.start()
        self._asked.wait(ASK_SECONDS)

    def start(self) -> None:
        """Begin the rounds in a thread of their own, unless they have begun in this process."""
        with self._lock:
            if self._thread is not None:
                return
            if SUSPEND_CLOCK is None:
                log.warning("this system has no CLOCK_BOOTTIME: a grant may outlast a sleep of the machine")
            self._thread = Thread(target=self._rounds_until_closed, name="authority", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the rounds, and refuse from now on."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join(ASK_SECONDS)
        self._held = None

    def round(self) -> None:
        """Ask all stores once, and renew the grant if they agree that this region holds the authority."""
        started = self._clock()
        sights = self._stores.ask(self._look, ASK_SECONDS)
        with self._lock:
            self._answering = len(sights)
            self._decide(started, sights)
            self._rounds += 1
        for call in self._after_round:
            call()
        self._asked.set()

    def _look(self, store: ControlStore) -> _Sight | None:
        """Return the highest record above the known one that the store holds, or None if it holds none.

        What it sees counts at once, also when it comes too late for its round.
        """
        known = self._known.epoch if self._known else 0
        is_survey = known == 0 or self._rounds % SURVEY_ROUNDS == 0
        if not is_survey:
            if store.get(self._key(known + 1)) is None:
                return None
            self._note(known + 1)
        names = store.keys(folder(self._environment), after=self._key(known))
        numbers = [number for name in names if (number := number_of(self._environment, name)) is not None]
        if not numbers:
            return None
        highest = max(numbers)
        self._note(highest)
        return _Sight(highest, store.get(self._key(highest)) or b"")

    def _note(self, number: int) -> None:
        """Refuse at once when a number above the one in force exists anywhere, decided or not."""
        with self._lock:
            if number > self._highest:
                log.warning("epoch %d of the authority was seen; writes are refused until it is decided", number)
                self._highest = number
                self._held = None

    def _decide(self, started: float, sights: tuple[_Sight | None, ...]) -> None:
        if self._held is not None and self._held.until <= self._clock():
            log.warning("the grant of epoch %d ran out: no majority of the stores confirmed it", self._held.epoch)
            self._held = None
        record = self._agreed(sights)
        if record is None:
            return
        self._known = record
        if record.epoch < self._highest or record.holder != self._region or self._closed.is_set():
            return
        if self._held is None:
            log.info("this region may write, under epoch %d", record.epoch)
        self._held = Held(record.epoch, started + self._longest_seconds(record))

    def _agreed(self, sights: tuple[_Sight | None, ...]) -> Record | None:
        """Return the record that a majority confirmed: the known one where it saw none above, or a new one it holds."""
        above = [sight for sight in sights if sight is not None]
        if not above:
            return self._known if len(sights) >= self._stores.majority else None
        highest = max(above, key=lambda sight: sight.number)
        candidates = [sight for sight in above if sight.number == highest.number]
        chosen = next((sight for sight in candidates if candidates.count(sight) >= self._stores.majority), None)
        if chosen is None:
            return None
        try:
            return read(chosen.number, chosen.body)
        except RecordUnreadable:
            log.exception("nobody may write until there is a record that this release understands")
            return None

    def _rounds_until_closed(self) -> None:
        while not self._closed.is_set():
            started = self._clock()
            try:
                self.round()
            except Exception:  # a bug in one round must not end the rounds: the grant would end for good
                log.exception("a round of the authority failed by a bug")
            pause = self._longest_seconds(self._known) / ROUNDS_IN_TTL
            self._closed.wait(max(0.0, started + pause - self._clock()))

    def _longest_seconds(self, record: Record | None) -> float:
        return self._ttl_seconds if record is None else min(self._ttl_seconds, record.ttl_seconds)

    def _key(self, number: int) -> str:
        return key(self._environment, number)


def _forget_in_children(authority: LeasedAuthority) -> None:
    """Have a forked child begin anew: the threads of its parent are not there, and its locks may be taken for good."""
    reference = weakref.WeakMethod(authority._forget)  # noqa: SLF001 - its own part, outside the class for the weak hold

    def forget() -> None:
        method = reference()
        if method is not None:
            method()

    os.register_at_fork(after_in_child=forget)


def open_authority(config: Config) -> Authority:
    """Return the authority that the configuration asks for. Connects to nothing yet."""
    stores = open_stores(config)
    if stores is None:
        return Unfenced()
    return LeasedAuthority(stores, config.shop_env, config.aws_region, config.authority_ttl_seconds)
