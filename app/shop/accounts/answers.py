"""How the pages of accounts answer a form: on to the next page, or the same page again with what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Response, make_response, redirect
from werkzeug.wrappers import Response as BaseResponse

from shop.problems import Problem

Answer = BaseResponse | str
Errors = Mapping[str, str]  # what is wrong, by field; under "" what no field is to blame for
NONE: Errors = {}


def to(path: str, **parameters: str) -> BaseResponse:
    """Send the browser on, by GET. Source: RFC 9110, section 15.4.4"""
    query = f"?{urlencode(parameters)}" if parameters else ""
    return redirect(path + query, HTTPStatus.SEE_OTHER)


def again(problem: Problem, page: Callable[[Errors], str], *, field: str = "") -> Response:
    """Show the form once more, with what is wrong; a problem that names no field is the given field's."""
    errors = {name: text for name, _, text in (error.partition(": ") for error in problem.errors)}
    response = make_response(page(errors or {field: problem.title}))
    response.status_code = problem.status
    return response
