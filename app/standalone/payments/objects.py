"""Stripe's objects as this provider makes them: every field that Stripe sends, null where it has nothing to say.

Source: docs.stripe.com/api, and the types of Stripe's library for Python, 16.1.
"""

from __future__ import annotations

from collections.abc import Iterable

from standalone.payments.books import new_id
from standalone.payments.parameters import LineItem, RefundCreate, SessionCreate
from standalone.payments.wire import Document

API_VERSION = "2026-10-28.endive"

SESSION_NULLS = (
    "adaptive_pricing", "after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret",
    "collected_information", "consent", "consent_collection", "currency_conversion", "customer", "customer_details",
    "customer_creation", "discounts", "invoice", "invoice_creation", "locale", "origin_context", "payment_intent",
    "payment_link", "payment_method_configuration_details", "payment_method_options", "permissions", "recovered_from",
    "saved_payment_method_options", "setup_intent", "shipping_address_collection", "shipping_cost", "submit_type",
    "subscription", "wallet_options",
)  # fmt: skip
INTENT_NULLS = (
    "application", "application_fee_amount", "canceled_at", "cancellation_reason", "client_secret", "customer",
    "last_payment_error", "latest_charge", "next_action", "on_behalf_of", "payment_method", "processing",
    "receipt_email", "review", "setup_future_usage", "shipping", "source", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_data", "transfer_group",
)  # fmt: skip
CHARGE_NULLS = (
    "application", "application_fee", "application_fee_amount", "balance_transaction", "customer",
    "failure_balance_transaction", "failure_code", "failure_message", "on_behalf_of", "outcome", "payment_method",
    "payment_method_details", "receipt_email", "receipt_number", "receipt_url", "review", "shipping", "source",
    "source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
)  # fmt: skip
REFUND_NULLS = (
    "balance_transaction", "destination_details", "receipt_number", "source_transfer_reversal", "transfer_reversal",
)  # fmt: skip
PRICE_NULLS = ("custom_unit_amount", "lookup_key", "nickname", "recurring", "tiers_mode", "transform_quantity")


def session(asked: SessionCreate, amount: int, created: int, expires_at: int, pay_url: str) -> Document:
    """Return a new page, open and unpaid. ``pay_url`` is where pages are; the id of the page is added to it."""
    id_ = new_id("cs_test_", 58)
    return dict.fromkeys(SESSION_NULLS) | {
        "id": id_,
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": asked.cancel_url,
        "client_reference_id": asked.client_reference_id,
        "created": created,
        "currency": asked.line_items[0].price_data.currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer_email": asked.customer_email,
        "expires_at": expires_at,
        "livemode": False,
        "metadata": asked.metadata,
        "mode": asked.mode,
        "payment_method_collection": "if_required",
        "payment_method_types": ["card", "sepa_debit"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "success_url": asked.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": asked.ui_mode,
        "url": f"{pay_url}/{id_}",
    }


def line_item(line: LineItem, created: int) -> Document:
    """Return a line of a page."""
    total = line.quantity * line.price_data.unit_amount
    return {
        "id": new_id("li_"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": line.price_data.currency,
        "description": line.price_data.product_data.name,
        "price": _price(line, created),
        "quantity": line.quantity,
    }


def payment_intent(page: Document, data: Document, created: int) -> Document:
    """Return a new payment for a page. ``data`` is what the page was told to give it."""
    return dict.fromkeys(INTENT_NULLS) | {
        "id": new_id("pi_"),
        "object": "payment_intent",
        "amount": page["amount_total"],
        "amount_capturable": 0,
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": created,
        "currency": page["currency"],
        "description": data["description"],
        "livemode": False,
        "metadata": data["metadata"],
        "payment_method_types": page["payment_method_types"],
        "status": "requires_payment_method",
    }


def charge(intent: Document, email: str | None, name: str, created: int) -> Document:
    """Return a new attempt to take the money of a payment, which has not succeeded yet."""
    return dict.fromkeys(CHARGE_NULLS) | {
        "id": new_id("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": email, "name": name, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "LOCAL STAND-IN",
        "captured": False,
        "created": created,
        "currency": intent["currency"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": False,
        "payment_intent": intent["id"],
        "radar_options": {},
        "refunded": False,
        "status": "pending",
    }


def refund(asked: RefundCreate, taken: Document, amount: int, created: int) -> Document:
    """Return money given back of a charge."""
    return dict.fromkeys(REFUND_NULLS) | {
        "id": new_id("re_"),
        "object": "refund",
        "amount": amount,
        "charge": taken["id"],
        "created": created,
        "currency": taken["currency"],
        "metadata": asked.metadata,
        "payment_intent": taken["payment_intent"],
        "reason": asked.reason,
        "status": "succeeded",
    }


def event(kind: str, about: Document, created: int) -> Document:
    """Return the news that something happened to an object, which is told as it was then."""
    return {
        "id": new_id("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def listing(url: str, found: Iterable[Document], *, has_more: bool) -> Document:
    """Return a part of a list. Source: docs.stripe.com/api/pagination"""
    return {"object": "list", "url": url, "has_more": has_more, "data": list(found)}


def _price(line: LineItem, created: int) -> Document:
    return dict.fromkeys(PRICE_NULLS) | {
        "id": new_id("price_"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": line.price_data.currency,
        "livemode": False,
        "metadata": {},
        "product": new_id("prod_", 14),
        "tax_behavior": "unspecified",
        "type": "one_time",
        "unit_amount": line.price_data.unit_amount,
        "unit_amount_decimal": str(line.price_data.unit_amount),
    }
