"""How an error becomes an answer: a problem document for programs, a page for people, and never a stack trace."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from shop.problems import Invalid, Problem

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Answer every error."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        if error.__cause__ is not None:
            log.warning("%s: %s", error.code, error.__cause__)
        return answer(error.document(), error.retry_after_seconds)

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> Response:
        errors = tuple(
            f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors(include_url=False)
        )
        return answer(Invalid(errors=errors).document(), None)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        response = answer(
            {"type": "about:blank", "title": error.name, "status": status, "code": f"http_{status}"}, None
        )
        for name, value in error.get_headers():
            if name in {"Allow", "Retry-After", "Location"}:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        log.exception("a request failed by a bug", exc_info=error)
        title = "Something broke on our side"
        return answer({"type": "about:blank", "title": title, "status": 500, "code": "bug"}, None)


def answer(document: dict[str, object], retry_after_seconds: int | None) -> Response:
    """Return the problem in the form that the client reads."""
    status = int(str(document["status"]))
    if wants_json():
        response = jsonify(document)
        response.mimetype = "application/problem+json"
    else:
        response = make_response(render_template("problem.html", problem=document))
    response.status_code = status
    if retry_after_seconds is not None:
        response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def wants_json() -> bool:
    """Return whether the client is a program: it called the API, or prefers JSON to pages."""
    if request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
