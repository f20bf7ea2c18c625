"""Orders in DynamoDB: an order is one item with its lines, changed in the edition that was read.

Beside it in the same table, each put or dropped in the transaction that it belongs to: the idempotency key that it was
placed under, the time until which it waits for its money, its refunds, notices that were heard, what the ledger has and
the shop lacks, and the outbox. Their keys begin with a word and a colon, which no order's id has.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from ulid import ULID

from shop.carts.dynamodb import DynamoCarts, cart_of
from shop.dynamodb import EXPIRES, Count, Delete, Forget, Item, Put, Stale, Table, Tables, Write, expiring, stamp
from shop.orders.order import Order, OrderLine, OrderState, OrderSummary, Placed, PlaceOrder
from shop.orders.placing import HELD_FOR, AlreadyPlaced, CartChanged, agreed_quote, consequences
from shop.orders.refunds import ASKED, DONE, REFUSED, Money, RefundTooLarge, words_of_refusal
from shop.orders.settling import Change, Holds, Repayment, Standing
from shop.orders.stock import OutOfStock
from shop.orders.store import Decide
from shop.outbox.dynamodb import LISTED, announced
from shop.payments.provider import Notice, Payment, PaymentPage
from shop.pricing.quote import Quote
from shop.problems import NotFound

ORDER = TypeAdapter(Order)
MONEY = TypeAdapter(Money)
ID_LENGTH = 26
BLANK = dict.fromkeys(field.name for field in fields(Order))  # what is None has no attribute
WAITING, GAP = "waiting", "gap"  # under which user the index lists them
NOTICES_KEPT_FOR = timedelta(days=30)  # as long as Upkeep keeps them elsewhere
Pieces = Mapping[str, Mapping[int, int]]  # how many of which variant, by product


class DynamoOrders:
    """An OrderStore in DynamoDB."""

    def __init__(self, tables: Tables, carts: DynamoCarts) -> None:
        self._tables = tables
        self._carts = carts

    def place(self, wish: PlaceOrder, currency: str, now: datetime) -> Placed:
        """See OrderStore."""
        basket = self._carts.basket(wish.owner)
        cart = cart_of(wish.owner, basket)
        priced = agreed_quote(cart, wish)
        order = _new(wish, priced, currency, now)
        used = {"orderId": _key(wish.owner, wish.key), "of": order.id, "fingerprint": wish.fingerprint}
        taken = _counts(_pieces((line.slug, line.variant_id, line.quantity) for line in cart.lines), TAKE)
        writes: tuple[Write, ...] = (
            Put(Table.ORDERS, used),
            *taken,
            Put(Table.ORDERS, _item(order)),
            Put(Table.ORDERS, _deadline(order)),
            *announced(consequences(order.id, priced), now),
            *(Delete(Table.CART, item) for item in basket.items),
        )
        try:
            self._tables.change(*writes)
        except Stale as stale:
            if 0 in stale.failed:
                raise AlreadyPlaced from stale
            if any(number <= len(taken) for number in stale.failed):
                raise OutOfStock("Something in the cart is no longer there in that number.") from stale
            raise CartChanged("Please look at it again.") from stale
        return Placed(order_id=order.id, state=order.state, total_minor=order.total_minor)

    def under(self, owner: str, key: str) -> tuple[str, str] | None:
        """See OrderStore."""
        used = self._tables.get(Table.ORDERS, _key(owner, key))
        return None if used is None else (used["of"], used["fingerprint"])

    def order(self, order_id: str) -> Order | None:
        """See OrderStore. One question."""
        item = self._read(order_id)
        return None if item is None else _order_of(item)

    def of_account(self, account_id: str, limit: int) -> tuple[OrderSummary, ...]:
        """See OrderStore. The index is a moment behind."""
        listed = self._tables.listed(LISTED, account_id, limit=limit, newest_first=True)
        return tuple(_summary(_order_of(item)) for item in listed)

    def overdue(self, now: datetime, limit: int) -> tuple[str, ...]:
        """See OrderStore."""
        return tuple(item["of"] for item in self._tables.listed(LISTED, WAITING, until=now, limit=limit))

    def standings(self, order_ids: Iterable[str]) -> dict[str, Standing]:
        """See OrderStore."""
        found = self._tables.get_all(Table.ORDERS, filter(_is_order, order_ids))
        return {id_: Standing.of(_order_of(item)) for id_, item in found.items()}

    def keep_page(self, order_id: str, page: PaymentPage) -> bool:
        """See OrderStore."""

        def work() -> bool:
            item = self._read(order_id)
            if item is None or item["state"] != OrderState.AWAITING_PAYMENT:
                return False
            self._tables.change(Put(Table.ORDERS, {**item, "page_id": page.id, "page_url": page.url}))
            return True

        return self._tables.until_current(work)

    def change(self, order_id: str, decide: Decide, now: datetime) -> OrderState | None:
        """See OrderStore."""
        return self._tables.until_current(lambda: self._change(order_id, decide, now, ()))

    def hear(self, notice: Notice, page_id: str | None, order_id: str | None, decide: Decide, now: datetime) -> bool:
        """See OrderStore."""
        heard = {
            "orderId": _notice(notice.id),
            "kind": notice.kind[:80],
            "pageId": page_id,
            "heardAt": stamp(now),
            EXPIRES: expiring(now, NOTICES_KEPT_FOR),
        }

        def work() -> bool:
            if self.has_heard(notice.id):
                return True
            noted = Put(Table.ORDERS, heard)
            state = None if order_id is None else self._change(order_id, decide, now, (noted,))
            if state is None:
                self._tables.change(noted)
            return order_id is None or state is not None

        return self._tables.until_current(work)

    def has_heard(self, notice_id: str) -> bool:
        """See OrderStore."""
        return self._tables.get(Table.ORDERS, _notice(notice_id)) is not None

    def forget_notices(self, before: datetime) -> int:  # noqa: ARG002 - as in OrderStore
        """Do nothing: DynamoDB drops them by their time to live."""
        return 0

    def refund(self, refund_id: str) -> Money | None:
        """See OrderStore."""
        item = self._tables.get(Table.ORDERS, _refund(refund_id))
        if item is None:
            raise NotFound("There is no such refund.")
        return MONEY.validate_python(item) if item["state"] == ASKED else None

    def end_refund(self, money: Money, refusal: str | None, now: datetime) -> None:  # noqa: ARG002 - as in OrderStore
        """See OrderStore."""

        def work() -> None:
            item, order = self._tables.get(Table.ORDERS, _refund(money.id)), self._read(money.order_id)
            if item is None or order is None:
                raise NotFound("There is no such refund.")
            if item["state"] != ASKED:
                return
            if refusal is None:
                self._tables.change(Put(Table.ORDERS, {**item, "state": DONE}))
                return
            is_own = order.get("payment_id") == money.payment_id
            as_before = order["refunded_minor"] - (money.amount_minor if is_own else 0)
            words = words_of_refusal(money, order["currency"], refusal)
            self._tables.change(
                Put(Table.ORDERS, {**item, "state": REFUSED}),
                Put(Table.ORDERS, {**order, "refunded_minor": as_before, "attention": words}),
            )

        self._tables.until_current(work)

    def report_gap(self, payment: Payment, now: datetime) -> bool:
        """See OrderStore."""
        gap = {
            "orderId": f"gap:{payment.page_id}",
            "userId": GAP,
            "createdAt": stamp(now),
            "of": payment.order_id[:64],
            "status": payment.status.value,
            "amountMinor": payment.amount_minor,
            "currency": payment.currency,
            "begunAt": stamp(payment.created_at),
        }
        try:
            self._tables.change(Put(Table.ORDERS, gap))
        except Stale:
            return False
        return True

    def _read(self, order_id: str) -> Item | None:
        return self._tables.get(Table.ORDERS, order_id) if _is_order(order_id) else None

    def _change(self, order_id: str, decide: Decide, now: datetime, more: tuple[Write, ...]) -> OrderState | None:
        """Decide and change the order once, with more in the same transaction. Raises: Stale; as ``decide``."""
        item = self._read(order_id)
        if item is None:
            return None
        order = _order_of(item)
        change = decide(Standing.of(order))
        if change is not None:
            return self._apply(item, order, change, now, more)
        if more:
            self._tables.change(*more)
        return order.state

    def _apply(self, item: Item, order: Order, change: Change, now: datetime, more: tuple[Write, ...]) -> OrderState:
        """Let the change happen to an order as it was read, and return the state that it is in then."""
        repayment = change.repayment
        if repayment is not None and self._tables.get(Table.ORDERS, _refund(repayment.money.id)) is not None:
            repayment = None
            if not change.values and not more:
                return order.state
        after = _repaid(replace(order, **change.values), repayment)  # type: ignore[arg-type]  # values are of its fields
        counted = self._counts(order, change.holds)
        announcements = (*change.announcements, *(repayment.announcements if repayment else ()))
        is_over = order.state is OrderState.AWAITING_PAYMENT is not after.state
        try:
            self._tables.change(
                *counted,
                Put(Table.ORDERS, {**item, **_item(after)}),
                *((Forget(Table.ORDERS, {"orderId": _waiting(order.id)}),) if is_over else ()),
                *((Put(Table.ORDERS, _refund_item(repayment, now)),) if repayment else ()),
                *announced(announcements, datetime.now(UTC)),
                *more,
            )
        except Stale as stale:
            is_gone = change.holds is Holds.TAKEN and any(number < len(counted) for number in stale.failed)
            if is_gone and change.otherwise is not None:
                return self._apply(item, order, change.otherwise, now, more)
            raise
        if repayment is not None:
            repayment.log()
        return after.state

    def _counts(self, order: Order, holds: Holds) -> tuple[Count, ...]:
        """Return what becomes of the stock that an order holds. What has been removed from the catalogue has none."""
        if holds is Holds.KEPT:
            return ()
        pieces = _pieces((line.slug, line.variant_id or 0, line.quantity) for line in order.lines)
        if holds is Holds.TAKEN:
            return _counts(pieces, TAKE)
        products = self._tables.get_all(Table.PRODUCTS, pieces)
        there = {
            slug: {id_: count for id_, count in variants.items() if str(id_) in products[slug]["variants"]}
            for slug, variants in pieces.items()
            if slug in products
        }
        return _counts({slug: variants for slug, variants in there.items() if variants}, GIVE)


def _pieces(lines: Iterable[tuple[str, int, int]]) -> Pieces:
    """Return (slug, variant, quantity) lines by product: a transaction may change an item only once. Pure."""
    pieces: dict[str, dict[int, int]] = defaultdict(dict)
    for slug, variant, quantity in lines:
        pieces[slug][variant] = pieces[slug].get(variant, 0) + quantity
    return pieces


TAKE = ("variants.#{0}.stock - :{0}", "variants.#{0}.stock >= :{0} AND variants.#{0}.isActive = :yes")
GIVE = ("variants.#{0}.stock + :{0}", "attribute_exists(variants.#{0})")


def _counts(pieces: Pieces, form: tuple[str, str]) -> tuple[Count, ...]:
    """Return what counts pieces in the stock of products: taken only if there are so many of each on sale. Pure."""
    change, condition = form
    is_taking = form is TAKE
    return tuple(
        Count(
            table=Table.PRODUCTS,
            key={"productId": slug},
            expression="SET " + ", ".join(f"variants.#{id_}.stock = {change.format(id_)}" for id_ in variants),
            condition=" AND ".join(
                [*(["isActive = :yes"] if is_taking else []), *(condition.format(id_) for id_ in variants)]
            ),
            names={f"#{id_}": str(id_) for id_ in variants},
            values={f":{id_}": count for id_, count in variants.items()} | ({":yes": True} if is_taking else {}),
        )
        for slug, variants in sorted(pieces.items())
    )


def _repaid(order: Order, repayment: Repayment | None) -> Order:
    """Return the order after money went back. Pure. Raises: RefundTooLarge if more is asked than is left."""
    if repayment is None or not repayment.counts:
        return order
    refunded = order.refunded_minor + repayment.money.amount_minor
    if refunded <= order.paid_minor:
        return replace(order, refunded_minor=refunded)
    if repayment.is_ours:
        raise RefundTooLarge("Look at what was refunded already.")
    return order


def _new(wish: PlaceOrder, priced: Quote, currency: str, now: datetime) -> Order:
    return Order(
        id=str(ULID.from_datetime(now)),
        owner=wish.owner,
        account_id=wish.account_id,
        state=OrderState.AWAITING_PAYMENT,
        currency=currency,
        email=wish.email,
        address=wish.address,
        voucher_code=priced.voucher_code,
        subtotal_minor=priced.subtotal_minor,
        discount_minor=priced.discount_minor,
        shipping_minor=priced.shipping_minor,
        tax_minor=priced.tax_minor,
        tax_permille=priced.tax_permille,
        total_minor=priced.total_minor,
        paid_minor=0,
        refunded_minor=0,
        page_id=None,
        page_url=None,
        payment_id=None,
        attention=None,
        placed_at=now,
        expires_at=now + HELD_FOR,
        paid_at=None,
        shipped_at=None,
        cancelled_at=None,
        lines=tuple(
            OrderLine(
                variant_id=quoted.line.variant_id,
                sku=quoted.line.sku,
                slug=quoted.line.slug,
                name=quoted.line.name,
                variant_name=quoted.line.variant_name,
                quantity=quoted.line.quantity,
                unit_minor=quoted.line.unit_minor,
                discount_minor=quoted.discount_minor,
            )
            for quoted in priced.lines
        ),
    )


def _order_of(item: Item) -> Order:
    return ORDER.validate_python({**BLANK, **item})


def _item(order: Order) -> Item:
    """Return the order as its item: a guest's is listed under nobody."""
    fields: dict[str, Any] = ORDER.dump_python(order, mode="json")
    return {**fields, "orderId": order.id, "userId": order.account_id, "createdAt": stamp(order.placed_at)}


def _deadline(order: Order) -> Item:
    return {
        "orderId": _waiting(order.id),
        "of": order.id,
        "userId": WAITING,
        "createdAt": stamp(order.expires_at),
    }


def _refund_item(repayment: Repayment, now: datetime) -> Item:
    money = repayment.money
    return {
        **MONEY.dump_python(money, mode="json"),
        "orderId": _refund(money.id),
        "state": ASKED if repayment.is_ours else DONE,
        "askedAt": stamp(now),
    }


def _summary(order: Order) -> OrderSummary:
    return OrderSummary(
        id=order.id,
        state=order.state,
        currency=order.currency,
        total_minor=order.total_minor,
        refunded_minor=order.refunded_minor,
        pieces=sum(line.quantity for line in order.lines),
        placed_at=order.placed_at,
    )


def _is_order(order_id: str) -> bool:
    return len(order_id) == ID_LENGTH and order_id.isalnum()


def _key(owner: str, key: str) -> str:
    return f"key:{hashlib.sha256(f'{owner} {key}'.encode()).hexdigest()}"


def _waiting(order_id: str) -> str:
    return f"waiting:{order_id}"


def _refund(refund_id: str) -> str:
    return f"refund:{refund_id}"


def _notice(notice_id: str) -> str:
    return f"notice:{notice_id}"
