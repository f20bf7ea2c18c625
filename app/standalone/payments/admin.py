"""What tests and drills look at and turn: everything that was paid, what goes wrong next, and the clock."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from standalone.payments.books import Books
from standalone.payments.desk import current_desk
from standalone.payments.faults import Delivery, Fault
from standalone.payments.parameters import Page
from standalone.payments.wire import Document

admin = Blueprint("admin", __name__)
EVERYTHING = 1_000_000


class Hurry(BaseModel):
    """So many seconds to go ahead."""

    model_config = ConfigDict(extra="forbid")

    seconds: int = Field(ge=0, le=10 * 365 * 86400)


class Notices(BaseModel):
    """How notices are delivered from now on."""

    model_config = ConfigDict(extra="forbid")

    delivery: Delivery


@admin.before_request
def authenticate() -> None:
    """Let in whoever brings the key of the API."""
    current_desk().authenticate(request)


@admin.errorhandler(ValidationError)
def misunderstood(error: ValidationError) -> Response:
    """Say what is wrong with what was sent."""
    return Response(error.json(include_url=False, include_context=False), 400, content_type="application/json")


@admin.get("/_payments")
def payments() -> Response:
    """Show every page with its payment, the attempts to take money and the refunds, oldest first, and all news."""
    with current_desk().books() as books:
        found, _ = books.page("checkout.session", _everything())
        news, _ = books.page("event", _everything())
        deliveries = books.deliveries()
        return jsonify(
            now=books.now(),
            payments=[_whole(books, page) for page in reversed(found)],
            events=list(reversed(news)),
            deliveries=deliveries,
        )


@admin.get("/_faults")
def faults() -> Response:
    """Show what will still go wrong."""
    desk = current_desk()
    coming = [fault.model_dump(mode="json") for fault in desk.faults.coming()]
    return jsonify(faults=coming, delivery=desk.faults.delivery)


@admin.post("/_faults")
def add_fault() -> Response:
    """Have the next calls go wrong."""
    current_desk().faults.add(Fault.model_validate(request.get_json()))
    return faults()


@admin.delete("/_faults")
def clear_faults() -> Response:
    """Let nothing more go wrong, and deliver notices as they happen."""
    current_desk().faults.clear()
    return _hurried()


@admin.post("/_notices")
def deliver_notices() -> Response:
    """Have notices delivered in another way, and those that wait at once."""
    current_desk().faults.delivery = Notices.model_validate(request.get_json()).delivery
    return _hurried()


@admin.post("/_clock")
def go_ahead() -> Response:
    """Move the provider's clock ahead: pages end, banks answer, keys are forgotten."""
    seconds = Hurry.model_validate(request.get_json()).seconds
    with current_desk().books() as books:
        books.set("ahead_seconds", str(int(books.setting("ahead_seconds", "0")) + seconds))
    with current_desk().books() as books:
        return jsonify(now=books.now())


def _hurried() -> Response:
    with current_desk().books() as books:
        books.hurry()
    return faults()


def _everything() -> Page:
    return Page.model_construct(limit=EVERYTHING)


def _whole(books: Books, page: Document) -> Document:
    intent = books.find("payment_intent", page["payment_intent"])
    if intent is None:
        return {"page": page, "payment": None, "charges": [], "refunds": []}
    charges, refunds = books.below("charge", intent["id"]), books.below("refund", intent["id"])
    return {"page": page, "payment": intent, "charges": charges, "refunds": refunds}
