"""What the worker does for orders in each round, whatever was announced: the net below everything else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice

from shop.orders import settling
from shop.orders.paying import PAGE_LASTS
from shop.orders.service import Orders
from shop.payments.provider import Payment, PaymentProvider, PaymentUnavailable
from shop.problems import Problem, Unavailable, WritesRefused

log = logging.getLogger(__name__)
MOST_OVERDUE = 200  # of a round; the next one goes on
LEDGER_REACHES = PAGE_LASTS + timedelta(minutes=45)  # back beyond every page that may still be paid
LEDGER_PART = 100
NOTICES_KEPT_FOR = timedelta(
    days=30
)  # they come again for three days. Source: docs.stripe.com/webhooks, "Retry behavior"


def _now() -> datetime:
    return datetime.now(UTC)


class Upkeep:
    """Ends orders that nobody pays, and compares the shop's orders with the provider's ledger."""

    def __init__(self, orders: Orders, payments: PaymentProvider, now: Callable[[], datetime] = _now) -> None:
        self._orders = orders
        self._store = orders.store
        self._payments = payments
        self._now = now

    def give_up_overdue(self) -> int:
        """Cancel orders that have waited too long, after closing their pages; return how many were looked at.

        One that the provider has no answer for stays as it is. Raises: WritesRefused, Unavailable.
        """
        overdue = self._store.overdue(self._now(), MOST_OVERDUE)
        for order_id in overdue:
            with _alone(f"order {order_id} is overdue and stays"):
                self._orders.give_up(order_id)
        return len(overdue)

    def reconcile(self) -> int:
        """Bring orders in line with the provider's ledger of the last hours; return how many differed.

        What the ledger has and the shop has not is reported. Raises: WritesRefused, Unavailable.
        """
        differed = 0
        try:
            payments = self._payments.ledger(self._now() - LEDGER_REACHES)
            while part := tuple(islice(payments, LEDGER_PART)):
                differed += self._compare(part)
        except PaymentUnavailable as error:
            raise Unavailable("The payment provider’s ledger does not answer.") from error
        return differed

    def clean_up(self) -> int:
        """Forget notices that no provider sends again, and return how many. Raises: WritesRefused, Unavailable."""
        return self._store.forget_notices(self._now() - NOTICES_KEPT_FOR)

    def _compare(self, payments: tuple[Payment, ...]) -> int:
        known = self._store.standings({payment.order_id for payment in payments})
        differing = [
            payment
            for payment in payments
            if (order := known.get(payment.order_id)) is None
            or settling.next_step(order, payment) is not settling.Step.NOTHING
        ]
        for payment in differing:
            with _alone(f"order {payment.order_id} differs from its payment, and stays so"):
                self._orders.settle_payment(payment)
        return len(differing)


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """Let what goes wrong with one order keep nobody from the others. Raises: WritesRefused, which is about all."""
    try:
        yield
    except WritesRefused:
        raise
    except Problem as error:
        log.warning("%s: %s", what, error.__cause__ or error)
    except Exception:
        log.exception("%s", what)
