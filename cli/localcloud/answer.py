"""Answers in the shape that AWS's own model gives them, for operations that an overlay answers itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from botocore.model import ListShape, Shape, StructureShape

from localcloud.message import Request, Response
from localcloud.models import service_model


def answer(request: Request, members: Mapping[str, Any]) -> Response:
    """The reply to an EC2 request, from its members by their names in the API reference. Pure but for the request's id.

    Raises: KeyError if the operation's output has no such member.
    Source: smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html, section "Response serialization".
    """
    model = service_model(request.service)
    if model is None or model.protocol != "ec2":
        raise ValueError(f"{request.service} does not speak the EC2 protocol")
    root = Element(f"{request.operation}Response", xmlns=f"http://ec2.amazonaws.com/doc/{model.api_version}/")
    if output := model.operation_model(request.operation).output_shape:
        root.extend(_structure(output, members))
    SubElement(root, "requestId").text = str(uuid4())
    return Response(200, {"Content-Type": "text/xml;charset=UTF-8"}, tostring(root, encoding="utf-8"))


def without_unknown(request: Request, reply: Response) -> Response:
    """ministack's reply to an EC2 request without the elements that AWS's model doesn't have. Pure."""
    model = service_model(request.service)
    output = model.operation_model(request.operation).output_shape if model and reply.status == 200 else None
    if output is None:
        return reply
    root = fromstring(reply.body)  # noqa: S314 - written by this process
    _prune(root, output, keep=frozenset({"requestId"}))
    return reply.with_body(tostring(root, encoding="utf-8"))


def _prune(element: Element, shape: Shape, keep: frozenset[str] = frozenset()) -> None:
    match shape:
        case StructureShape():
            known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
            for child in list(element):
                name = child.tag.rpartition("}")[2]
                if name in known:
                    _prune(child, known[name])
                elif name not in keep:
                    element.remove(child)
        case ListShape():
            for item in element:
                _prune(item, shape.member)


def _structure(shape: Shape, members: Mapping[str, Any]) -> Iterator[Element]:
    for name, value in members.items():
        if value is not None:
            member = shape.members[name]  # type: ignore[attr-defined] # botocore: only structures have members
            yield _element(member.serialization.get("name", name), member, value)


def _element(name: str, shape: Shape, value: Any) -> Element:
    element = Element(name)
    match shape.type_name:
        case "structure":
            element.extend(_structure(shape, value))
        case "list":
            element.extend(_element("item", shape.member, item) for item in value)  # type: ignore[attr-defined] # botocore: a list has a member
        case "boolean":
            element.text = "true" if value else "false"
        case "timestamp" if isinstance(value, datetime):
            element.text = value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        case _:
            element.text = str(value)
    return element
