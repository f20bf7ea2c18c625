"""What is done for each topic of the outbox that orders announce. All of it may be done twice to the same end."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shop.mail import Mailer, MailRefused
from shop.orders import mails
from shop.orders.links import OrderLinks
from shop.orders.order import Order
from shop.orders.service import Orders, TooLate
from shop.outbox.outbox import Delivery, Handler, Hopeless
from shop.problems import Conflict, NotFound
from shop.storage import Storage


def handlers(orders: Orders, links: OrderLinks, mailer: Mailer, storage: Storage) -> Mapping[str, Handler]:
    """Return what to do, by topic. Each raises Unavailable if it may work later, Hopeless if it never will."""

    def open_page(delivery: Delivery) -> None:
        try:
            orders.open_page(delivery.payload["order_id"])
        except TooLate:
            return  # it is about to be cancelled
        except (Conflict, NotFound) as error:
            raise Hopeless(error.detail) from error

    def acknowledge(delivery: Delivery) -> None:
        orders.acknowledge(delivery.payload["order_id"])

    def refund(delivery: Delivery) -> None:
        orders.make_refund(delivery.payload["refund_id"])

    def mail(delivery: Delivery) -> None:
        order = orders.order(delivery.payload["order_id"])
        try:
            mailer.send(mails.write(delivery.topic.partition(".")[2], order, links.order, delivery.key))
        except MailRefused as error:
            raise Hopeless(str(error)) from error

    def note_sale(delivery: Delivery) -> None:
        order = orders.order(delivery.payload["order_id"])
        key = f"uploads/analytics/orders/{order.placed_at:%Y/%m/%d}/{delivery.key}.json"
        storage.put(key, json.dumps(_sale(order)).encode(), "application/json")

    return {
        "payment.open_page": open_page,
        "order.acknowledge": acknowledge,
        "payment.refund": refund,
        "analytics.order_placed": note_sale,
        **{f"mail.{kind}": mail for kind in mails.SUBJECTS},
    }


def _sale(order: Order) -> dict[str, object]:
    """Return what analysts get of an order: nothing of the buyer but the country. Pure."""
    return {
        "order_id": order.id,
        "placed_at": order.placed_at.isoformat(),
        "country": order.address.country,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "discount_minor": order.discount_minor,
        "shipping_minor": order.shipping_minor,
        "voucher_code": order.voucher_code,
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "total_minor": line.total_minor} for line in order.lines
        ],
    }
