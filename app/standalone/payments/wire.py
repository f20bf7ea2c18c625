"""Stripe's wire format: questions as forms, answers as JSON, and every no in one shape.

Source: docs.stripe.com/api, docs.stripe.com/api/errors, docs.stripe.com/error-codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Document = dict[str, Any]
Asked = TypeVar("Asked", bound=BaseModel)
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
MAX_DEPTH = 6
# What Stripe says of what pydantic found. Source: docs.stripe.com/error-codes
COMPLAINTS = {
    "extra_forbidden": ("Received unknown parameter: {param}", "parameter_unknown"),
    "missing": ("Missing required param: {param}.", "parameter_missing"),
    "int_parsing": ("Invalid integer: {input}", "parameter_invalid_integer"),
    "int_type": ("Invalid integer: {input}", "parameter_invalid_integer"),
    "greater_than_equal": ("Invalid {param}: {msg}", "parameter_invalid_integer"),
    "url": ("Not a valid URL", "url_invalid"),
    "email": ("Invalid email address: {input}", "email_invalid"),
}


class Refusal(Exception):
    """An answer that says no."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param

    def document(self) -> Document:
        """Return the answer. Pure. Source: docs.stripe.com/api/errors"""
        error: Document = {"message": self.message, "type": self.kind}
        if self.code is not None:
            error |= {"code": self.code, "doc_url": f"https://docs.stripe.com/error-codes/{self.code}"}
        if self.param is not None:
            error["param"] = self.param
        return {"error": error}


class Malformed(Refusal):
    """A no to a question that is none: nothing began, so the no is not kept for its key."""


def missing(kind: str, id_: str, param: str = "id") -> Refusal:
    """Return the answer to a question about what does not exist."""
    return Refusal(f"No such {kind}: '{id_}'", status=404, code="resource_missing", param=param)


def parsed(model: type[Asked], pairs: Iterable[tuple[str, str]]) -> Asked:
    """Return what a form asks for. Pure. Raises: Malformed that names the first parameter that is wrong."""
    try:
        return model.model_validate(decoded(pairs))
    except ValidationError as error:
        raise _malformed(error.errors()[0]) from None


def decoded(pairs: Iterable[tuple[str, str]]) -> Document:
    """Return the parameters as a tree: ``a[b][0]=c`` is a, with b, with 0, which is c. Pure. Raises: Malformed."""
    tree: Document = {}
    for name, value in pairs:
        if (parts := NAME.fullmatch(name)) is None:
            raise Malformed(f"Invalid parameter name: {name}", code="parameter_unknown", param=name)
        path = [parts[1], *re.findall(r"\[([^\[\]]*)\]", parts[2])]
        if not value and path[0] != "metadata":
            raise Malformed(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
                f"however '{name}' cannot be unset.",
                code="parameter_invalid_empty",
                param=name,
            )
        _plant(tree, path, value, name)
    return tree


def _plant(tree: Document, path: list[str], value: str, name: str) -> None:
    if len(path) > MAX_DEPTH:
        raise Malformed(f"Invalid parameter name: {name}", param=name)
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise Malformed(f"Invalid object: {name}", param=name)
    leaf = path[-1] or str(len(tree))
    if isinstance(tree.get(leaf), dict):
        raise Malformed(f"Invalid string: {name}", param=name)
    tree[leaf] = value


def _malformed(detail: ErrorDetails) -> Malformed:
    first, *rest = (str(step) for step in detail["loc"] if step != "[key]")
    param = first + "".join(f"[{step}]" for step in rest)
    message, code = COMPLAINTS.get(detail["type"], ("Invalid {param}: {msg}", None))
    return Malformed(message.format(param=param, input=detail["input"], msg=detail["msg"]), code=code, param=param)
