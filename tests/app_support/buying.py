"""What tests buy with: a payment provider in memory, and the words of a shopper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Barrier, Lock
from typing import TypeVar

from sqlalchemy import func, select, update
from ulid import ULID

from shop.accounts.people import Address
from shop.catalogue.models import Variant
from shop.orders.ledger import Ledger, NoLedger
from shop.orders.order import Placed, PlaceOrder
from shop.outbox.models import OutboxRow
from shop.payments.provider import (
    Notice,
    NoticeForged,
    Payment,
    PaymentPage,
    PaymentProvider,
    PaymentRequest,
    PaymentStatus,
    PaymentUnavailable,
    PaymentUnknown,
    RefundRefused,
)
from shop.pricing.models import StoredVoucher
from shop.problems import Problem
from shop.shop import Shop

T = TypeVar("T")
BERLIN = Address(name="Ada Example", street="Weg 1", extra="", postcode="10115", city="Berlin", country="DE")


@dataclass
class Till:
    """A payment provider in memory. It honours idempotency and fails closed: what it was not told of it refuses.

    ``is_away`` makes every question fail; ``loses_replies`` acts and then fails, as a network does.
    """

    is_away: bool = False
    loses_replies: bool = False
    pages: dict[str, Payment] = field(default_factory=dict)
    requests: dict[str, PaymentRequest] = field(default_factory=dict)
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def open_page(self, request: PaymentRequest) -> PaymentPage:
        """See PaymentProvider."""
        with self._answering(f"open_page {request.order_id}"):
            if sum(line.quantity * line.unit_minor for line in request.lines) != request.amount_minor:
                raise AssertionError("the lines do not add up to the amount")
            page_id = f"cs_{request.order_id}"
            if self.requests.setdefault(page_id, request) != request:
                raise AssertionError("the same order asked for another page")
            self.pages.setdefault(page_id, _begun(page_id, request))
            return PaymentPage(page_id, f"https://pay.test/{page_id}")

    def payment(self, page_id: str) -> Payment:
        """See PaymentProvider."""
        with self._answering(f"payment {page_id}"):
            return self._page(page_id)

    def close_page(self, page_id: str) -> Payment:
        """See PaymentProvider."""
        with self._answering(f"close_page {page_id}"):
            payment = self._page(page_id)
            if payment.status is PaymentStatus.OPEN:
                self.pages[page_id] = replace(payment, status=PaymentStatus.EXPIRED)
            return self.pages[page_id]

    def refund(self, payment_id: str, amount_minor: int, key: str) -> None:
        """See PaymentProvider."""
        with self._answering(f"refund {key}"):
            page_id = next((page for page, paid in self.pages.items() if paid.id == payment_id), None)
            if page_id is None:
                raise PaymentUnknown(payment_id)
            if self.refunds.setdefault(key, (payment_id, amount_minor)) != (payment_id, amount_minor):
                raise AssertionError("the same key asked for another refund")
            given_back = sum(amount for payment, amount in self.refunds.values() if payment == payment_id)
            if given_back > self.pages[page_id].amount_minor:
                del self.refunds[key]
                raise RefundRefused("more than was paid")
            self.pages[page_id] = replace(self.pages[page_id], refunded_minor=given_back)

    def read_notice(self, body: bytes, signature: str) -> Notice:
        """See PaymentProvider."""
        if signature != "signed":
            raise NoticeForged("not ours")
        id_, kind, page_id = body.decode().split()
        return Notice(id_, kind, page_id)

    def ledger(self, since: datetime) -> Iterator[Payment]:
        """See PaymentProvider."""
        with self._answering("ledger"):
            yield from [payment for payment in self.pages.values() if payment.created_at >= since]

    def pay(self, page_id: str, amount_minor: int | None = None) -> bool:
        """Do what a shopper does on the page; return whether it was still open."""
        with self._lock:
            page = self._page(page_id)
            if page.status is not PaymentStatus.OPEN:
                return False
            amount = page.amount_minor if amount_minor is None else amount_minor
            self.pages[page_id] = replace(page, status=PaymentStatus.PAID, id=f"pi_{ULID()}", amount_minor=amount)
            return True

    @property
    def kept_minor(self) -> int:
        """The money that came and did not go back."""
        paid = (payment for payment in self.pages.values() if payment.status is PaymentStatus.PAID)
        return sum(payment.amount_minor - payment.refunded_minor for payment in paid)

    def _page(self, page_id: str) -> Payment:
        if page_id not in self.pages:
            raise PaymentUnknown(page_id)
        return self.pages[page_id]

    def _answering(self, call: str) -> _Answering:
        return _Answering(self, call)


@dataclass
class _Answering:
    """One question to the till."""

    till: Till
    call: str

    def __enter__(self) -> None:
        if self.till.is_away:
            raise PaymentUnavailable(self.call)
        self.till._lock.acquire()  # noqa: SLF001 - a part of the till
        self.till.calls.append(self.call)

    def __exit__(self, *error: object) -> None:
        self.till._lock.release()  # noqa: SLF001 - a part of the till
        if self.till.loses_replies and error[0] is None:
            raise PaymentUnavailable(f"{self.call}: the reply was lost")


def _begun(page_id: str, request: PaymentRequest) -> Payment:
    return Payment(
        page_id=page_id,
        order_id=request.order_id,
        status=PaymentStatus.OPEN,
        amount_minor=request.amount_minor,
        currency=request.currency,
        lines=tuple((line.sku, line.quantity) for line in request.lines),
        created_at=datetime.now(UTC),
    )


@dataclass
class Clock:
    """A clock that tests put forward."""

    ahead_seconds: float = 0.0

    def __call__(self) -> datetime:
        """Return the time that it shows."""
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.ahead_seconds, UTC)


def selling(shop: Shop, payments: PaymentProvider, clock: Clock | None = None, ledger: Ledger | None = None) -> Shop:
    """Return the shop with another payment provider, clock and ledger."""
    orders = replace(shop.orders, payments=payments, ledger=ledger or NoLedger(), now=clock or Clock())
    return replace(shop, payments=payments, orders=orders)


def at_once(job: Callable[[], T], times: int) -> list[T | Exception]:
    """Do the same in so many threads at the same moment; return what came of each."""
    gate = Barrier(times)

    def one(_: int) -> T | Exception:
        gate.wait()
        try:
            return job()
        except Problem as error:
            return error

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def wish(owner: str, key: str | None = None, *, country: str = "DE", total: int | None = None) -> PlaceOrder:
    """What somebody wants who buys the cart."""
    return PlaceOrder(
        owner=owner,
        key=key or str(ULID()),
        email=f"{owner.partition(':')[2].lower()}@shopper.test",
        address=replace(BERLIN, country=country),
        expected_total_minor=total,
    )


def guest() -> str:
    """Return a guest who was not here before."""
    return f"session:{ULID()}"


def buy(shop: Shop, variant_id: int, quantity: int = 1, owner: str | None = None) -> Placed:
    """Place an order for one thing."""
    owner = owner or guest()
    shop.carts.put(owner, variant_id, quantity)
    return shop.orders.place(wish(owner))


def variant(shop: Shop, sku: str) -> int:
    """Return the id of a variant."""
    with shop.database.read() as connection:
        return connection.execute(select(Variant.id).where(Variant.sku == sku)).scalar_one()


def stock(shop: Shop, variant_id: int) -> int:
    """Return how many there are."""
    with shop.database.read() as connection:
        return connection.execute(select(Variant.stock).where(Variant.id == variant_id)).scalar_one()


def all_stock(shop: Shop) -> int:
    """Return how many things there are in all."""
    with shop.database.read() as connection:
        return connection.execute(select(func.sum(Variant.stock))).scalar_one()


def set_stock(shop: Shop, variant_id: int, pieces: int) -> None:
    """Let there be so many."""
    with shop.database.write() as session:
        session.execute(update(Variant).where(Variant.id == variant_id).values(stock=pieces))


def announced(shop: Shop, topic: str, value: str, name: str = "order_id") -> int:
    """Return how often something was announced."""
    with shop.database.read() as connection:
        payloads = connection.execute(select(OutboxRow.payload).where(OutboxRow.topic == topic)).scalars()
        return sum(payload[name] == value for payload in payloads)


def uses(shop: Shop, code: str) -> int:
    """Return how often a voucher counts as used."""
    with shop.database.read() as connection:
        return connection.execute(select(StoredVoucher.uses).where(StoredVoucher.code == code)).scalar_one()


def voucher(shop: Shop, **terms: object) -> str:
    """Issue a voucher and return its code."""
    code = f"V{str(ULID())[-10:]}"
    with shop.database.write() as session:
        session.add(StoredVoucher(code=code, **terms))
    return code
