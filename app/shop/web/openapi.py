"""The description of the API for programs: ``/api/openapi.json``.

APIFlask describes paths and bodies from the views. What it can't see, views say with ``answers`` and ``asks``: they
write their JSON themselves, and read their queries themselves. Errors are alike everywhere and described once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal, TypeVar, cast

from apiflask import APIFlask
from pydantic import BaseModel, TypeAdapter
from werkzeug.routing import Map

from shop.web.ids import UlidConverter

View = TypeVar("View", bound=Callable[..., Any])
Json = dict[str, Any]
Described = tuple[str, Callable[..., Any], Json]

ANSWERS, QUERY = "_answers", "_query"  # what the decorators leave on a view
NOTHING_ASKED: tuple[None, None] = (None, None)
CONVERTED = re.compile(r"<([a-z]+)(?:\(([^)]*)\))?:([^<>]+)>")
CONVERTERS: Mapping[str, Json] = {
    "int": {"type": "integer", "minimum": 0},
    "ulid": {"type": "string", "pattern": f"^{UlidConverter.regex}$"},
    "string": {"type": "string", "minLength": 1},
}
LIMIT = re.compile(r"(min|max)=(\d+)")
LIMITS = {"min": "minimum", "max": "maximum"}
ARGUMENT = re.compile(r"<(?:[^<>]*:)?([^<>:]+)>")
SCHEMA = "#/components/schemas/{model}"
UNNEEDED = ("HTTPError", "ValidationError")  # APIFlask's own form of errors
PROBLEM: Json = {
    "type": "object",
    "description": "Why a request can't be fulfilled (RFC 9457). `code` is stable; `errors` begin with a field's name.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "string"}},
        "request_id": {"type": ["string", "null"]},
    },
}
ERRORS = {
    "4XX": "The request is refused, and nothing was changed.",
    "503": "A part of the shop is away, or this region may not write now; the same request may work soon.",
}


def answers(body: TypeAdapter[Any] | None = None, status: int = HTTPStatus.OK) -> Callable[[View], View]:
    """Say what a view answers with a status; without a body it answers nothing. A view may have several."""

    def say(view: View) -> View:
        setattr(view, ANSWERS, {**getattr(view, ANSWERS, {}), int(status): body})
        return view

    return say


def asks(query: type[BaseModel], further: str | None = None) -> Callable[[View], View]:
    """Say which parameters a view reads from its address; ``further`` says what any other one means, if it does."""

    def say(view: View) -> View:
        setattr(view, QUERY, (query, further))
        return view

    return say


def register(app: APIFlask, session_cookie: str) -> None:
    """Complete the description that APIFlask makes."""

    def complete(spec: Any) -> Json:
        spec["paths"] = {path: item for path, item in spec["paths"].items() if path.startswith("/api/")}
        described = tuple(_operations(app, spec["paths"]))
        forms, parts = _forms(described)
        own = {name: form for name, form in spec["components"]["schemas"].items() if name not in UNNEEDED}
        if taken := {name for name in own.keys() & parts.keys() if own[name] != parts[name]}:
            raise ValueError(f"bodies and answers of the API have parts of one name and different form: {taken}")
        for name, view, operation in described:
            _narrow(operation.get("parameters", []), app.url_map, name)
            tag, _, verb = name.partition(".")
            tag = tag.removesuffix("_api")
            operation |= {"tags": [tag], "operationId": f"{tag}_{verb}"}
            query = _whole(forms.get((name, QUERY)), parts)
            operation["parameters"] = [*operation.get("parameters", []), *_parameters(view, query)]
            operation["responses"] = {**_successes(name, view, forms), **_errors()}
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
        spec["tags"] = [{"name": tag} for tag in sorted({operation["tags"][0] for _, _, operation in described})]
        spec["components"] = {
            "schemas": {**own, **parts, "Problem": PROBLEM},
            "securitySchemes": _proofs(session_cookie),
        }
        spec["security"] = [{}, {"session": []}, {"token": []}]
        return cast("Json", spec)

    app.spec_processor(complete)


def _forms(described: Iterable[Described]) -> tuple[Mapping[tuple[str, str | int], Json], Json]:
    """Return the forms of all answers and queries, by view and by status or QUERY, and the parts that they name."""
    asked: list[tuple[tuple[str, str | int], Literal["validation", "serialization"], TypeAdapter[Any]]] = []
    for name, view, _ in described:
        query, _ = getattr(view, QUERY, NOTHING_ASKED)
        if query is not None:
            asked.append(((name, QUERY), "validation", TypeAdapter(query)))
        said = getattr(view, ANSWERS, {})
        asked.extend(((name, status), "serialization", body) for status, body in said.items() if body is not None)
    forms, parts = TypeAdapter.json_schemas(asked, ref_template=SCHEMA)
    found = {key: form for (key, _), form in forms.items()}
    return found, parts.get("$defs", {})


def _operations(app: APIFlask, paths: Json) -> Iterator[Described]:
    """The described operations, each with the name of its view and the view itself."""
    for rule in app.url_map.iter_rules():
        item = paths.get(ARGUMENT.sub(r"{\1}", rule.rule), {})
        for method in rule.methods or ():
            if method.lower() in item:
                yield rule.endpoint, app.view_functions[rule.endpoint], item[method.lower()]


def _successes(name: str, view: Callable[..., Any], forms: Mapping[tuple[str, str | int], Json]) -> Json:
    said = getattr(view, ANSWERS, {int(HTTPStatus.OK): None})
    return {str(status): _success(status, forms.get((name, status))) for status in sorted(said)}


def _success(status: int, form: Json | None) -> Json:
    description = {"description": HTTPStatus(status).phrase}
    return description if form is None else {**description, "content": {"application/json": {"schema": form}}}


def _errors() -> Json:
    content = {"application/problem+json": {"schema": {"$ref": SCHEMA.format(model="Problem")}}}
    return {status: {"description": meaning, "content": content} for status, meaning in ERRORS.items()}


def _parameters(view: Callable[..., Any], form: Json | None) -> list[Json]:
    if form is None:
        return []
    required = form.get("required", [])
    described = [
        {"in": "query", "name": name, "required": name in required, "schema": _without_null(about)}
        for name, about in form["properties"].items()
    ]
    _, further = getattr(view, QUERY, NOTHING_ASKED)
    if further is not None:
        free = {"type": "object", "additionalProperties": {"type": "string"}}
        described.append({"in": "query", "name": "further", "description": further, "schema": free,
                          "style": "form", "explode": True})  # fmt: skip
    return described


def _narrow(parameters: list[Json], rules: Map, endpoint: str) -> None:
    """Say of the parts of a path what the converters of its rule take."""
    for rule in rules.iter_rules(endpoint):
        for converter, details, name in CONVERTED.findall(rule.rule):
            form = CONVERTERS[converter] | {LIMITS[key]: int(value) for key, value in LIMIT.findall(details)}
            for parameter in parameters:
                if (parameter["in"], parameter["name"]) == ("path", name):
                    parameter["schema"] = form


def _whole(form: Json | None, parts: Json) -> Json | None:
    """Return the form itself where only its name is given."""
    return parts[form["$ref"].rpartition("/")[2]] if form is not None and "$ref" in form else form


def _without_null(schema: Json) -> Json:
    """Return what may be written into an address, where a parameter is left out instead of being null."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    return {**rest, **choices[0]}


def _proofs(session_cookie: str) -> Json:
    """How callers say who they are."""
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": session_cookie},
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }
