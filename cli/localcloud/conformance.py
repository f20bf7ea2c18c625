"""Whether a reply has the shape that AWS's own models give it.

botocore reads replies leniently: what it doesn't find is left out, what it doesn't know is passed over. A reply
that is wrong in that way works until somebody needs the missing part, so here it's told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from botocore.awsrequest import HeadersDict
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.parsers import ResponseParserError, create_parser
from botocore.validate import ParamValidator

from localcloud.message import Request
from localcloud.models import service_model

# What wraps the output in the protocols' envelopes, and is in no shape.
_ENVELOPE = frozenset({"ResponseMetadata", "requestId", "RequestId"})

# What AWS answers although its model lists other values, by the name of the enumeration.
# Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGatewayAttachment.html (state) and
# API_DescribeVpcEndpoints.html (the example's state).
_BESIDE_THE_MODEL = {"AttachmentStatus": frozenset({"available"}), "State": frozenset({"available"})}

# Where AWS's own replies depart from the models (states in lower case, a <return>), and what ministack tells of a VPC
# beyond AWS, which every SDK passes over. Source: docs.aws.amazon.com/AWSEC2/latest/APIReference,
# InternetGatewayAttachment, VpcEndpoint, CreateSecurityGroup.
_ACCEPTED = re.compile(
    r"Attachments\[\d+\]\.State: 'available' is|VpcEndpoints?(\[\d+\])?\.State: 'available' is|^\w+\.return is unknown"
    r"|\.(defaultNetworkAclId|defaultSecurityGroupId|mainRouteTableId) is unknown"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the reply to an operation."""

    service: str
    operation: str
    text: str


def check(request: Request, status: int, headers: dict[str, str], body: bytes) -> tuple[Problem, ...]:
    """Compare a reply with its operation's output shape, or with the protocol's error shape. Pure."""
    model = service_model(request.service)
    if model is None or request.operation not in model.operation_names:
        return (Problem(request.service, request.operation, "no such operation in AWS's models"),)
    operation = model.operation_model(request.operation)
    texts = _check_error(model, status, headers, body) if status >= 400 else _check(operation, status, headers, body)
    return tuple(Problem(request.service, request.operation, text) for text in texts if not _ACCEPTED.search(text))


def _check_error(model: ServiceModel, status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    if not body:
        return  # HEAD and the like have no room for one
    try:
        error = _parse(model, status, headers, body, StructureShape("Error", {"type": "structure", "members": {}})).get(
            "Error", {}
        )
    except (ResponseParserError, ParseError, KeyError) as fault:
        yield f"the error can't be read: {fault}"
        return
    if error.get("Code", "").isdigit() or not error.get("Code"):  # botocore falls back to the status
        yield f"an error without a code, status {status}"


def _check(operation: OperationModel, status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    shape = operation.output_shape
    if shape is None:
        return
    try:
        parsed = _parse(
            operation.service_model, status, headers, b"" if operation.has_streaming_output else body, shape
        )
    except (ResponseParserError, ParseError, ValueError) as fault:
        yield f"can't be read: {fault}"
        return
    parsed.pop("ResponseMetadata", None)
    report = ParamValidator().validate(parsed, shape)
    if report.has_errors():
        yield report.generate_report()
    yield from _wrong_enums(parsed, shape, operation.name)
    yield from _unknown(operation, shape, body)


def _parse(model: ServiceModel, status: int, headers: dict[str, str], body: bytes, shape: Shape) -> Any:
    protocol = _protocol(model, headers.get("content-type", ""))
    raw = {"status_code": status, "headers": HeadersDict(headers), "body": body, "context": {"operation_name": ""}}
    return create_parser(protocol).parse(raw, shape)


def _protocol(model: ServiceModel, content_type: str) -> str:
    """A service with several protocols answers in the one that it was asked in, which the type of the content tells."""
    if content_type.startswith("application/cbor"):
        return "smithy-rpc-v2-cbor"
    if "xml" in content_type and "query" in model.metadata.get("protocols", ()):
        return "query"
    return str(model.resolved_protocol)


def _wrong_enums(value: Any, shape: Shape, where: str) -> Iterator[str]:
    """Every text that isn't one of its enumeration's."""
    match shape:
        case StructureShape() if isinstance(value, dict):
            for name in value.keys() & shape.members.keys():
                yield from _wrong_enums(value[name], shape.members[name], f"{where}.{name}")
        case ListShape() if isinstance(value, list):
            for number, item in enumerate(value):
                yield from _wrong_enums(item, shape.member, f"{where}[{number}]")
        case MapShape() if isinstance(value, dict):
            for name, item in value.items():
                yield from _wrong_enums(item, shape.value, f"{where}[{name}]")
        case _ if value in _BESIDE_THE_MODEL.get(shape.name, ()):
            return
        case _ if (known := getattr(shape, "enum", None)) and value not in known:
            yield f"{where}: {value!r} is not one of {', '.join(known)}"


def _unknown(operation: OperationModel, shape: StructureShape, body: bytes) -> Iterator[str]:
    """Every name in the body that the shape doesn't have."""
    payload = shape.serialization.get("payload")
    content: Shape = shape.members[payload] if payload else shape
    if operation.has_streaming_output or not isinstance(content, StructureShape) or body[:1] not in (b"<", b"{"):
        return
    if body[:1] == b"{":
        yield from _unknown_json(json.loads(body), content, operation.name)
        return
    root = fromstring(body)  # noqa: S314 - the local cloud's own reply
    wrapper = shape.serialization.get("resultWrapper")
    found = next((child for child in root if wrapper and _name(child) == wrapper), root)
    yield from _unknown_xml(found, content, operation.name)


def _unknown_json(value: Any, shape: Shape, where: str) -> Iterator[str]:
    match shape:
        case StructureShape() if isinstance(value, dict):
            names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
            yield from (f"{where}.{name} is unknown" for name in value.keys() - names.keys() - {"__type"})
            for name in value.keys() & names.keys():
                yield from _unknown_json(value[name], names[name], f"{where}.{name}")
        case ListShape() if isinstance(value, list):
            for item in value:
                yield from _unknown_json(item, shape.member, f"{where}[]")
        case MapShape() if isinstance(value, dict):
            for item in value.values():
                yield from _unknown_json(item, shape.value, f"{where}[]")


def _unknown_xml(element: Element, shape: Shape, where: str) -> Iterator[str]:
    match shape:
        case StructureShape():
            names = {_xml_name(name, member): member for name, member in shape.members.items()}
            for child in element:
                name = _name(child)
                if name in names:
                    yield from _unknown_xml_member(child, names[name], f"{where}.{name}")
                elif name not in _ENVELOPE:
                    yield f"{where}.{name} is unknown"
        case ListShape():
            for child in element:
                yield from _unknown_xml(child, shape.member, f"{where}[]")


def _unknown_xml_member(element: Element, shape: Shape, where: str) -> Iterator[str]:
    is_item = isinstance(shape, ListShape) and shape.serialization.get("flattened")
    yield from _unknown_xml(element, shape.member if is_item and isinstance(shape, ListShape) else shape, where)


def _xml_name(name: str, shape: Shape) -> str:
    """The element that holds a member: a flattened list has the name of its items."""
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        return str(shape.member.serialization.get("name") or shape.serialization.get("name", name))
    return str(shape.serialization.get("name", name))


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
