"""The limits that AWS's models set: lengths, ranges, patterns and enumerations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from localcloud.message import Request
from localcloud.models import service_model

_MOST_TOLD = 10


def limit_fault(request: Request, members: Mapping[str, Any]) -> str | None:
    """What AWS says of a request whose members break their model's limits, or None. Pure.

    Source: the limits are those of the models that botocore ships (github.com/boto/botocore, botocore/data); the
    wording is that of AWS's own services, as github.com/ministackorg/ministack recorded it for CloudWatch.
    """
    model = service_model(request.service)
    shape = model.operation_model(request.operation).input_shape if model else None
    faults = list(_faults(shape, members, ""))[:_MOST_TOLD] if shape else []
    if not faults:
        return None
    plural = "" if len(faults) == 1 else "s"
    return f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}"


def _faults(shape: Shape, value: Any, where: str) -> Iterator[str]:
    yield from (f"Value {_told(shape, value)}at '{where}' failed to satisfy constraint: {constraint}"
                for constraint in _broken(shape, value))  # fmt: skip
    match shape:
        case StructureShape():
            prefix = f"{where}." if where else ""
            for name in shape.required_members:
                if value.get(name) is None:
                    place = f"{prefix}{_camel(name)}"
                    yield f"Value null at '{place}' failed to satisfy constraint: Member must not be null"
            for name, member in shape.members.items():
                if value.get(name) is not None:
                    yield from _faults(member, value[name], f"{prefix}{_camel(name)}")
        case ListShape():
            for number, item in enumerate(value, 1):
                yield from _faults(shape.member, item, f"{where}.{number}.member")


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    limits = shape.metadata
    if shape.type_name in ("string", "list"):
        measure, size = "length", len(value)
    elif shape.type_name in ("integer", "long", "float", "double"):
        measure, size = "value", value
    else:
        return
    if "min" in limits and size < limits["min"]:
        yield f"Member must have {measure} greater than or equal to {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"Member must have {measure} less than or equal to {limits['max']}"
    if shape.type_name == "string" and not _matches(limits.get("pattern"), value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"


def _matches(pattern: str | None, value: str) -> bool:
    """Whether a text matches; a pattern in a dialect that Python doesn't have is passed over."""
    try:
        return pattern is None or re.fullmatch(pattern, value) is not None
    except re.error:
        return True


def _told(shape: Shape, value: Any) -> str:
    return "" if shape.metadata.get("sensitive") else f"'{value}' "


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
