"""The mails that orders cause, each as text and as HTML from the templates in ``templates/mail``."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from shop.mail import Mail
from shop.money import price
from shop.orders.order import Order
from shop.pricing.countries import COUNTRIES

SUBJECTS = {
    "order_confirmation": "Thank you for your order {number}",
    "order_shipped": "Your order {number} is on its way",
    "order_cancelled": "Your order {number} was cancelled",
    "order_refunded": "A refund for your order {number}",
}
TEMPLATES = Environment(
    loader=PackageLoader("shop"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["price"] = price


def write(kind: str, order: Order, link: Callable[[str], str], key: str) -> Mail:
    """Return the mail to the buyer. ``link`` gives the address of an order's page. Pure but for the templates' files.

    Raises: MailRefused if no mail can go to the address.
    """
    said = {"order": order, "link": link(order.id), "countries": COUNTRIES}
    return Mail(
        to=order.email,
        subject=SUBJECTS[kind].format(number=order.number),
        text=TEMPLATES.get_template(f"mail/{kind}.txt").render(said),
        html=TEMPLATES.get_template(f"mail/{kind}.html").render(said),
        key=key,
    )
