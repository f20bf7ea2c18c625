"""Answers in the shape that AWS's own model gives them, for operations that an overlay answers itself."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.serialize import RpcV2CBORSerializer

from localcloud.message import Request, Response
from localcloud.models import protocol_of, service_model


def answer(request: Request, members: Mapping[str, Any]) -> Response:
    """The reply to a request in its own protocol, from its members by their names in the API reference.

    A member that is None is left out; a time is a datetime, or seconds since the epoch. Pure but for the request's
    id. Raises: KeyError if the operation's output has no such member; ValueError for a protocol that isn't EC2's,
    Query, JSON or RPC v2 CBOR.
    Source: smithy.io/2.0/aws/protocols, section "Response serialization" of each protocol.
    """
    model = service_model(request.service)
    if model is None:
        raise ValueError(f"{request.service} is no service of AWS")
    output = model.operation_model(request.operation).output_shape
    match protocol_of(request):
        case "ec2":
            root = Element(f"{request.operation}Response", xmlns=f"http://ec2.amazonaws.com/doc/{model.api_version}/")
            root.extend(_structure(output, members, "item") if output else ())
            SubElement(root, "requestId").text = str(uuid4())
            return _xml(root)
        case "query":
            return _xml(_query(request.operation, model.metadata.get("xmlNamespace", ""), output, members))
        case "json":
            headers = {"Content-Type": f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}"}
            return Response(200, headers, json.dumps(_plain(output, members) if output else {}).encode())
        case "smithy-rpc-v2-cbor":
            body = bytearray()
            if output:
                serialize = RpcV2CBORSerializer()._serialize_data_item  # type: ignore[attr-defined]  # noqa: SLF001 - the only way in
                serialize(body, members, output)
            headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
            return Response(200, headers, bytes(body) or b"\xa0")
        case protocol:
            raise ValueError(f"no answer in the protocol {protocol} of {request.service}")


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


def _xml(root: Element) -> Response:
    return Response(200, {"Content-Type": "text/xml;charset=UTF-8"}, tostring(root, encoding="utf-8"))


def _query(operation: str, namespace: str, output: StructureShape | None, members: Mapping[str, Any]) -> Element:
    """Source: smithy.io/2.0/aws/protocols/aws-query-protocol.html, "Response serialization"."""
    root = Element(f"{operation}Response", xmlns=namespace)
    if output:
        wrapper = output.serialization.get("resultWrapper")
        (SubElement(root, wrapper) if wrapper else root).extend(_structure(output, members, "member"))
    SubElement(SubElement(root, "ResponseMetadata"), "RequestId").text = str(uuid4())
    return root


def _structure(shape: Shape, members: Mapping[str, Any], item: str) -> Iterator[Element]:
    """The elements of a structure; ``item`` is the name of a list's elements that have none of their own."""
    for name, value in members.items():
        if value is None:
            continue
        member = shape.members[name]  # type: ignore[attr-defined] # botocore: only structures have members
        if isinstance(member, ListShape) and member.serialization.get("flattened"):
            known_as = member.member.serialization.get("name") or member.serialization.get("name", name)
            yield from (_element(known_as, member.member, each, item) for each in value)
        else:
            yield _element(member.serialization.get("name", name), member, value, item)


def _element(name: str, shape: Shape, value: Any, item: str) -> Element:
    element = Element(name)
    match shape:
        case StructureShape():
            element.extend(_structure(shape, value, item))
        case ListShape():
            known_as = shape.member.serialization.get("name", item)
            element.extend(_element(known_as, shape.member, each, item) for each in value)
        case MapShape():
            element.extend(_entry(shape, key, each, item) for key, each in value.items())
        case _:
            element.text = _text(shape, value)
    return element


def _entry(shape: MapShape, key: str, value: Any, item: str) -> Element:
    entry = Element("entry")
    SubElement(entry, shape.key.serialization.get("name", "key")).text = key
    entry.append(_element(shape.value.serialization.get("name", "value"), shape.value, value, item))
    return entry


def _text(shape: Shape, value: Any) -> str:
    match shape.type_name:
        case "boolean":
            return "true" if value else "false"
        case "timestamp" if isinstance(value, datetime | int | float):
            return f"{_moment(value):%Y-%m-%dT%H:%M:%S}.{_moment(value).microsecond // 1000:03d}Z"
        case "blob":
            return b64encode(value).decode()
        case _:
            return str(value)


def _plain(shape: Shape, value: Any) -> Any:
    """A value as JSON has it. Source: smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html, "Shape serialization"."""
    match shape:
        case StructureShape():
            known = ((shape.members[name], name, each) for name, each in value.items() if each is not None)
            return {member.serialization.get("name", name): _plain(member, each) for member, name, each in known}
        case ListShape():
            return [_plain(shape.member, each) for each in value]
        case MapShape():
            return {key: _plain(shape.value, each) for key, each in value.items()}
        case _ if shape.type_name == "timestamp" and isinstance(value, datetime):
            return round(value.timestamp(), 3)
        case _:
            return b64encode(value).decode() if shape.type_name == "blob" else value


def _moment(value: datetime | float) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
