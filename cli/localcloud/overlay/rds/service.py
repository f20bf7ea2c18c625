"""What every noun of the RDS overlay is written with: operations from their arguments to the members of their reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.models import service_model
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("rds")

Arguments = Mapping[str, Any]
Members = Mapping[str, Any]
Work = Callable[[Request, Arguments], Members]


class Refused(Exception):
    """What RDS says no with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def operation(name: str) -> Callable[[Work], Work]:
    """Register the function that answers an operation; it raises Refused."""

    def register(work: Work) -> Work:
        @overlay.on(name)
        async def handle(request: Request, _: Forward) -> Response:
            return perform(work, request)

        return work

    return register


def perform(work: Work, request: Request) -> Response:
    """The reply to a request, or its refusal."""
    try:
        return answer(request, work(request, arguments_of(request)))
    except Refused as refused:
        return refuse(request, refused.code, str(refused), refused.status)


def arguments_of(request: Request) -> Arguments:
    """The request's parameters by their names in the API reference, with the types that they have there. Pure.

    Source: smithy.io/2.0/aws/protocols/aws-query-protocol.html, section "Request serialization".
    """
    model = service_model("rds")
    shape = model.operation_model(request.operation).input_shape if model else None
    return _value(shape, request.form, "") if shape else {}


def page(arguments: Arguments, items: Sequence[Mapping[str, Any]], name: str) -> Members:
    """A part of a list, and the marker of the next where there is one.

    Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html (MaxRecords, Marker).
    """
    size = arguments.get("MaxRecords", 100)
    if not 20 <= size <= 100:
        raise Refused("InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between 20 and 100")
    start = int(arguments.get("Marker") or 0)
    more = {"Marker": str(start + size)} if start + size < len(items) else {}
    return {name: items[start : start + size], **more}


def _value(shape: Shape, form: Mapping[str, str], name: str) -> Any:
    match shape:
        case StructureShape():
            inside = f"{name}." if name else ""
            return {
                member: _value(inner, form, inside + inner.serialization.get("name", member))
                for member, inner in shape.members.items()
                if _is_given(form, inside + inner.serialization.get("name", member))
            }
        case ListShape():
            return _items(shape.member, form, f"{name}.{shape.member.serialization.get('name', 'member')}")
        case _ if shape.type_name == "boolean":
            return form[name] == "true"
        case _ if shape.type_name in ("integer", "long"):
            return int(form[name])
        case _:
            return form[name]


def _items(shape: Shape, form: Mapping[str, str], name: str) -> list[Any]:
    found, number = [], 1
    while _is_given(form, f"{name}.{number}"):
        found.append(_value(shape, form, f"{name}.{number}"))
        number += 1
    return found


def _is_given(form: Mapping[str, str], name: str) -> bool:
    return name in form or any(given.startswith(f"{name}.") for given in form)
