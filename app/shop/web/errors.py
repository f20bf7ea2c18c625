"""How an error becomes an answer: a problem document for programs, a page for people, and never a stack trace."""

from __future__ import annotations

import logging
from http import HTTPStatus

from apiflask import HTTPError
from flask import Flask, Response, jsonify, make_response, render_template, request
from pydantic import ValidationError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from shop.admin.gate import is_inside, is_staffed
from shop.problems import Invalid, Problem, WritesRefused
from shop.telemetry.metrics import Event, count
from shop.web.request_ids import request_id

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Answer every error."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(HTTPError, _not_as_described)
    app.register_error_handler(DataError, _not_to_be_kept)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def answer(document: dict[str, object], retry_after_seconds: int | None) -> Response:
    """Return the problem in the form that the client reads."""
    status = int(str(document["status"]))
    document = {**document, "request_id": request_id()}
    if wants_json():
        response = jsonify(document)
        response.mimetype = "application/problem+json"
    else:
        response = make_response(render_template(_page(status), problem=document))
    response.status_code = status
    if retry_after_seconds is not None:
        response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def wants_json() -> bool:
    """Return whether the client is a program: it called the API, or prefers JSON to pages."""
    if request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _page(status: int) -> str:
    """Return the page that speaks to who is asking: baskets mean nothing to the staff at its desk.

    Shoppers are told nothing of the desk. Where something is away, it may be what knows the staff from shoppers.
    """
    is_away = status == HTTPStatus.SERVICE_UNAVAILABLE and is_inside(request.path)
    return "admin/problem.html" if is_away or is_staffed() else "problem.html"


def _problem(error: Problem) -> Response:
    if isinstance(error, WritesRefused):
        count(Event.WRITES_REFUSED)
    if error.__cause__ is not None:
        log.warning("%s: %s", error.code, error.__cause__)
    return answer(error.document(), error.retry_after_seconds)


def _invalid(error: ValidationError) -> Response:
    details = error.errors(include_url=False)
    errors = tuple(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in details)
    return answer(Invalid(errors=errors).document(), None)


def _not_as_described(error: HTTPError) -> Response:
    """What APIFlask found wrong: by part of the request (json, query, …) and in it by field."""
    parts = error.detail.values() if isinstance(error.detail, dict) else ()
    errors = tuple(f"{field}: {said}" for part in parts for field, all_said in part.items() for said in all_said)
    return answer(Invalid(errors=errors).document(), None)


def _not_to_be_kept(error: DataError) -> Response:
    """The database refuses a value, such as a text with a null character in it."""
    log.warning("the database takes no such value: %s", error.orig)
    return answer(Invalid("Something in the request is not text that the shop can keep.").document(), None)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = answer({"type": "about:blank", "title": error.name, "status": status, "code": f"http_{status}"}, None)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "Location"}:
            response.headers[name] = value
    return response


def _bug(error: Exception) -> Response:
    log.exception("a request failed by a bug", exc_info=error)
    title = "Something broke on our side"
    return answer({"type": "about:blank", "title": title, "status": 500, "code": "bug"}, None)
