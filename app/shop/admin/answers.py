"""How the administration answers a form that can't be done: with the sentence that says why, at its field."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response

from shop.accounts.answers import Errors, again
from shop.problems import Problem


def once_more(problem: Problem, page: Callable[[Errors], str], *, field: str = "") -> Response:
    """Show the form once more; what names no field is the given field's, or stands above all of them."""
    said = {field: problem.detail or problem.title}
    return again(problem, lambda errors: page(errors if problem.errors else said))
