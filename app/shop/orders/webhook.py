"""Where the payment provider sends its notices."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, request

from shop.payments.provider import NoticeForged
from shop.problems import Problem
from shop.shop import current_shop

hooks = APIBlueprint("webhooks", __name__, url_prefix="/webhooks", enable_openapi=False)
SIGNATURE = "Stripe-Signature"  # Source: docs.stripe.com/webhooks#verify-official-libraries


@hooks.post("/payments")
def payment_notice() -> Response:
    """Take a notice. A forged or old one is refused with 400; the same one again changes nothing.

    Any answer but 2xx makes the provider send it again later: where this region may not write, that is what is wanted.
    """
    shop = current_shop()
    try:
        notice = shop.payments.read_notice(request.get_data(), request.headers.get(SIGNATURE, ""))
    except NoticeForged as error:
        raise Problem("The signature is not the payment provider’s, or the notice is too old.") from error
    shop.orders.hear(notice)
    return Response(status=204)
