"""How a question is asked and answered: key, version, idempotency, expansion, and what goes wrong on demand."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable

from flask import Blueprint, Response, request

from standalone.payments.books import Books, Reply, new_id
from standalone.payments.desk import Desk, current_desk
from standalone.payments.faults import Fault, Kind
from standalone.payments.objects import API_VERSION, listing
from standalone.payments.parameters import Parameters
from standalone.payments.wire import Document, Malformed, Refusal, parsed

Answer = Callable[..., Document]  # of the books, of what is asked, and of the names in the address
Told = Callable[[Books, list[tuple[str, str]]], Document]
MAX_KEY_CHARACTERS = 255  # Source: docs.stripe.com/api/idempotent_requests
MAX_DEPTH = 4  # Source: docs.stripe.com/expand, "Limits"
# Fields that hold the id of another object. Source: docs.stripe.com/expand
EXPANDABLE = {"payment_intent": "payment_intent", "latest_charge": "charge", "charge": "charge"}


def question(api: Blueprint, method: str, rule: str, model: type[Parameters]) -> Callable[[Answer], Answer]:
    """Have a question answered by a function of the books, of what is asked, and of the names in its address."""

    def register(answer: Answer) -> Answer:
        def view(**names: str) -> Response:
            return _exchange(current_desk(), lambda books, pairs: _told(books, answer, parsed(model, pairs), names))

        api.add_url_rule(rule, answer.__name__, view, methods=[method])
        return answer

    return register


def refused(refusal: Refusal) -> Response:
    """Return a no as an answer."""
    return _response(Reply("", "", refusal.status, json.dumps(refusal.document()), new_id("req_", 14)))


def _exchange(desk: Desk, told: Told) -> Response:
    fault: Fault | None = None
    try:
        _admit(desk)
        fault = desk.faults.take(request.method, request.path)
        response = _refused_on_demand(fault) or (
            _looked_up(desk, told, fault) if request.method == "GET" else _changed_once(desk, told, fault)
        )
    except Refusal as refusal:
        response = refused(refusal)
    return _silence() if fault is not None and fault.kind in {Kind.CUT, Kind.LOSE} else response


def _admit(desk: Desk) -> None:
    """Refuse a stranger, and another version of the API. Source: docs.stripe.com/api/versioning. Raises: Refusal."""
    desk.authenticate(request)
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise Refusal(f"Invalid Stripe API version: {version}")


def _refused_on_demand(fault: Fault | None) -> Response | None:
    if fault is None or fault.kind not in {Kind.CUT, Kind.REFUSE}:
        return None
    return refused(Refusal("An error on demand.", status=fault.status, kind="api_error"))


def _looked_up(desk: Desk, told: Told, fault: Fault | None) -> Response:
    _wait(fault)
    with desk.books() as books:
        body = json.dumps(told(books, list(request.args.items(multi=True))))
    return _response(Reply(request.path, "", 200, body, new_id("req_", 14)))


def _changed_once(desk: Desk, told: Told, fault: Fault | None) -> Response:
    """Answer a question that changes something: with one key it does so once, and is answered as the first time.

    Source: docs.stripe.com/api/idempotent_requests, docs.stripe.com/error-low-level
    """
    pairs = list(request.form.items(multi=True))
    key = request.headers.get("Idempotency-Key") or new_id("none-")
    if len(key) > MAX_KEY_CHARACTERS:
        raise Refusal(f"Idempotency keys have at most {MAX_KEY_CHARACTERS} characters.", kind="idempotency_error")
    fingerprint = hashlib.sha256(json.dumps(sorted(pairs)).encode()).hexdigest()
    with desk.holding(key):
        _wait(fault)
        with desk.books() as books:
            if kept := books.reply(key):
                return _replayed(key, kept, fingerprint)
            try:
                with books.attempt():
                    status, document = 200, told(books, pairs)
            except Malformed:
                raise
            except Refusal as refusal:
                status, document = refusal.status, refusal.document()
            if fault is not None and fault.kind is Kind.BREAK:
                status, document = 500, Refusal("An error on demand.", kind="api_error").document()
            reply = Reply(request.path, fingerprint, status, json.dumps(document), new_id("req_", 14))
            books.keep_reply(key, reply)
    return _response(reply, {"Idempotency-Key": key, "Original-Request": reply.request_id})


def _replayed(key: str, kept: Reply, fingerprint: str) -> Response:
    if kept.place != request.path:
        raise Refusal(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{kept.place}' vs '{request.path}'). Try using a key other than '{key}' if you meant to execute a "
            "different request.",
            kind="idempotency_error",
        )
    if kept.fingerprint != fingerprint:
        raise Refusal(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    headers = {"Idempotency-Key": key, "Idempotent-Replayed": "true", "Original-Request": kept.request_id}
    return _response(kept, headers)


def _told(books: Books, answer: Answer, asked: Parameters, names: dict[str, str]) -> Document:
    document = answer(books, asked, **names)
    for path in asked.expand:
        steps = path.split(".")
        if len(steps) > MAX_DEPTH:
            raise Refusal(f"You cannot expand more than {MAX_DEPTH} levels of a property.", param="expand")
        document = _expanded(books, document, steps, path)
    return document


def _expanded(books: Books, document: Document, steps: list[str], path: str) -> Document:
    step, *deeper = steps
    if document["object"] == "list" and step == "data":
        return {**document, "data": [_expanded(books, item, deeper, path) for item in document["data"]]}
    if document["object"] == "checkout.session" and step == "line_items":
        lines = books.below("item", document["id"])
        return {**document, step: listing(f"/v1/checkout/sessions/{document['id']}/line_items", lines, has_more=False)}
    if step not in EXPANDABLE or step not in document:
        raise Refusal(f"This property cannot be expanded ({path}).", param="expand")
    held = document[step]
    if held is None:
        return document
    whole = held if isinstance(held, dict) else books.get(EXPANDABLE[step], held)
    return {**document, step: _expanded(books, whole, deeper, path) if deeper else whole}


def _response(reply: Reply, headers: dict[str, str] | None = None) -> Response:
    response = Response(reply.body, reply.status, content_type="application/json")
    response.headers["Request-Id"] = reply.request_id
    response.headers["Stripe-Version"] = API_VERSION
    response.headers["Cache-Control"] = "no-cache, no-store"
    response.headers.update(headers or {})
    return response


def _wait(fault: Fault | None) -> None:
    if fault is not None and fault.kind is Kind.DELAY:
        time.sleep(fault.seconds)


def _silence() -> Response:
    """Hang up without an answer."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
