"""The worker: does what the outbox says, ends orders that nobody pays, and compares orders with the ledger.

Any number of workers may run; each thing is done by one of them. One that is killed leaves nothing half done that the
next one would not find. It stops after the job in hand.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event

from shop.accounts import letters
from shop.models3d import service as models3d
from shop.orders.handlers import handlers
from shop.orders.upkeep import Upkeep
from shop.outbox.outbox import MOST_ATTEMPTS, Delivery, Handler, Hopeless
from shop.problems import Problem, Unavailable, WritesRefused
from shop.queue import Queue
from shop.shop import Shop
from shop.telemetry import metrics
from shop.telemetry.logs import belonging_to

log = logging.getLogger(__name__)
BATCH = 10
ROUND_SECONDS = 15.0
CLEAN_UP_SECONDS = 3_600.0
IDLE_SECONDS = 0.5
QUEUE_WAIT_SECONDS = 1
CLAIM_MARGIN = timedelta(seconds=30)  # so much of a claim must be left to begin something under it


class Worker:
    """One worker over a shop. ``stop`` ends it from another thread, or from a signal; ``handlers`` are by topic."""

    def __init__(self, shop: Shop, stop: Event | None = None) -> None:
        self.stop = stop or Event()
        self.handlers: Mapping[str, Handler] = {
            **handlers(shop.orders, shop.order_links, shop.mailer, shop.storage),
            **letters.handlers(shop),
            models3d.TOPIC: lambda delivery: shop.models.process(delivery.payload["model_id"]),
        }
        self._shop = shop
        self._outbox = shop.outbox
        self._upkeep = Upkeep(shop.orders, shop.payments)

    def run(self) -> None:
        """Work until stopped."""
        next_round = next_clean_up = 0.0
        while not self.stop.is_set():
            if time.monotonic() >= next_round:
                self.look_after_orders()
                next_round = time.monotonic() + ROUND_SECONDS
            if time.monotonic() >= next_clean_up:
                self._try("cleaning up", self.clean_up)
                next_clean_up = time.monotonic() + CLEAN_UP_SECONDS
            if not self._try("the outbox", self.deliver):
                self.stop.wait(IDLE_SECONDS)

    def round(self) -> int:
        """Do once all that is due now; return how many things were delivered."""
        self.look_after_orders()
        delivered = 0
        while not self.stop.is_set() and (more := self._try("the outbox", self.deliver)):
            delivered += more
        return delivered

    def look_after_orders(self) -> None:
        """End orders that nobody pays, and bring orders in line with the ledger."""
        self._try("overdue orders", self._upkeep.give_up_overdue)
        self._try("the ledger", self._upkeep.reconcile)

    def deliver(self) -> int:
        """Do what is due, by way of the queue where there is one; return how many things were begun."""
        queue = self._shop.queue
        if queue is None:
            return self._work_off(self._outbox.claim(BATCH))
        self._outbox.send(queue.send, BATCH)
        return self._receive(queue)

    def clean_up(self) -> int:
        """Drop what nobody needs any more; return how much."""
        shop = self._shop
        return self._outbox.clean_up() + self._upkeep.clean_up() + shop.carts.clean_up() + shop.sessions.clean_up()

    def _receive(self, queue: Queue) -> int:
        messages = queue.receive(QUEUE_WAIT_SECONDS)
        for message in messages:
            metrics.level(metrics.Level.QUEUE_LAG, time.time() - message.sent_at)
            if self.stop.is_set():  # what was received and not begun comes back by itself
                break
            delivery = self._outbox.claim_one(int(message.body)) if message.body.isdecimal() else None
            if delivery is not None:
                self._work(delivery)
            queue.done(message)
        return len(messages)

    def _work_off(self, deliveries: tuple[Delivery, ...]) -> int:
        for place, delivery in enumerate(deliveries):
            if self.stop.is_set() or delivery.claimed_until - datetime.now(UTC) < CLAIM_MARGIN:
                self._outbox.release(deliveries[place:])
                return place
            self._work(delivery)
        return len(deliveries)

    def _work(self, delivery: Delivery) -> None:
        """Do one thing, and note how it went. Raises: WritesRefused, Unavailable if that can't be noted."""
        with belonging_to(delivery.key):
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        began = time.perf_counter()
        try:
            self._handle(delivery)
        except WritesRefused:
            self._outbox.release((delivery,))
            raise
        except Hopeless as error:
            self._note_failure(delivery, str(error), for_good=True)
        except Exception as error:  # noqa: BLE001 - whatever a handler does wrong must not stop the others
            self._note_failure(delivery, _said(error))
        else:
            self._outbox.done(delivery)
            metrics.count(metrics.Event.MESSAGES_DONE)
            milliseconds = round((time.perf_counter() - began) * 1000, 2)
            log.info("%s %d done", delivery.topic, delivery.id, extra={"attempt": delivery.attempt, "ms": milliseconds})

    def _handle(self, delivery: Delivery) -> None:
        if delivery.attempt > MOST_ATTEMPTS:
            raise Hopeless("whoever tried it died each time")
        handler = self.handlers.get(delivery.topic)
        if handler is None:
            raise LookupError(f"this release knows no topic {delivery.topic}")  # the next one may
        self._shop.authority.require()
        handler(delivery)

    def _note_failure(self, delivery: Delivery, error: str, *, for_good: bool = False) -> None:
        is_given_up = self._outbox.failed(delivery, error, for_good=for_good)
        metrics.count(metrics.Event.MESSAGES_FAILED)
        level = logging.ERROR if is_given_up else logging.WARNING
        what = "given up" if is_given_up else f"failed at attempt {delivery.attempt}"
        log.log(level, "%s %d %s: %s", delivery.topic, delivery.id, what, error)

    def _try(self, what: str, job: Callable[[], int]) -> int:
        """Do a part of a round; if it fails the next part goes on, and the next round tries again."""
        try:
            return job()
        except WritesRefused:
            log.info("%s: this region may not write now", what)
        except Unavailable as error:
            log.warning("%s: %s", what, error.__cause__ or error)
        except Exception:
            log.exception("%s failed", what)
        return 0


def _said(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, Problem) and error.__cause__ else error
    return f"{type(cause).__name__}: {cause}"
