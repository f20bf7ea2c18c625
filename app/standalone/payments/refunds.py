"""Money given back. Source: docs.stripe.com/refunds, docs.stripe.com/api/refunds/create"""

from __future__ import annotations

from standalone.payments import objects
from standalone.payments.books import Books
from standalone.payments.checkout import tell
from standalone.payments.parameters import RefundCreate
from standalone.payments.wire import Document, Refusal


def give_back(books: Books, asked: RefundCreate) -> Document:
    """Give back a part of a payment, or all that is left of it; never more than was paid. Raises: Refusal."""
    intent = books.get("payment_intent", asked.payment_intent, "payment_intent")
    if intent["status"] != "succeeded":
        raise Refusal(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    taken = books.get("charge", intent["latest_charge"])
    left = taken["amount"] - taken["amount_refunded"]
    if left == 0:
        raise Refusal(f"Charge {taken['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if asked.amount is None else asked.amount
    if amount > left:
        raise Refusal(
            f"Refund amount ({amount} {taken['currency']}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    back = books.add(objects.refund(asked, taken, amount, books.now()), parent=intent["id"])
    taken = books.change(taken, amount_refunded=taken["amount_refunded"] + amount, refunded=amount == left)
    tell(books, "refund.created", back)
    tell(books, "charge.refunded", taken)
    return back
