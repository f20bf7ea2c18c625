"""The members of a request in the shape that AWS's own model gives them, for operations that an overlay answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.parsers import create_parser

from localcloud.message import Request
from localcloud.models import protocol_of, service_model

Tree = dict[str, Any]  # a form's names, cut at their dots; what stands at a name itself is under ""


def asked(request: Request) -> Mapping[str, Any]:
    """What a request asks, by the names of the API reference: numbers, booleans, lists, structures.

    Pure. What the request leaves out, and what the model doesn't know, is left out.
    Raises: ValueError where a number isn't one, or for a REST protocol.
    Source: smithy.io/2.0/aws/protocols, section "Request serialization" of the EC2, Query, JSON and RPC v2 protocols.
    """
    model = service_model(request.service)
    shape = model.operation_model(request.operation).input_shape if model else None
    if shape is None:
        return {}
    match protocol_of(request):
        case "ec2":
            return _read(shape, _tree(request.form), _ec2_name) or {}
        case "query":
            return _read(shape, _tree(request.form), _query_name) or {}
        case "json" | "smithy-rpc-v2-cbor" as protocol:
            return _read_body(shape, request.body, protocol)
        case protocol:
            raise ValueError(f"{request.service} speaks {protocol}, which can't be read here")


def _read_body(shape: Shape, body: bytes, protocol: str) -> Mapping[str, Any]:
    """A request's body has the form of a reply's, so that botocore can read it. Times become datetimes."""
    if not body:
        return {}
    raw = {"status_code": 200, "headers": HeadersDict({}), "body": body, "context": {"operation_name": ""}}
    members: dict[str, Any] = create_parser(protocol).parse(raw, shape)
    members.pop("ResponseMetadata", None)
    return members


Naming = Callable[[str, Shape], str]


def _ec2_name(name: str, shape: Shape) -> str:
    own = shape.serialization.get("name", name)
    return str(shape.serialization.get("queryName") or own[:1].upper() + own[1:])


def _query_name(name: str, shape: Shape) -> str:
    return str(shape.serialization.get("name", name))


def _tree(form: Mapping[str, str]) -> Tree:
    root: Tree = {}
    for name, value in form.items():
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        node[""] = value
    return root


def _read(shape: Shape, node: Tree, naming: Naming) -> Any:
    """The value that stands at a node; None where there is none."""
    match shape:
        case StructureShape():
            return _read_structure(shape, node, naming)
        case ListShape():
            items = node if naming is _ec2_name else node.get(shape.member.serialization.get("name", "member"), {})
            return [_read(shape.member, items[number], naming) for number in _in_order(items)] if node else None
        case MapShape():
            entries = node.get("entry", {})
            pairs = [entries[number] for number in _in_order(entries)]
            return {pair["key"][""]: _read(shape.value, pair["value"], naming) for pair in pairs} or None
        case _:
            return _scalar(shape, node[""]) if "" in node else None


def _read_structure(shape: StructureShape, node: Tree, naming: Naming) -> Any:
    values = {
        name: _read(member, node[key], naming)
        for name, member in shape.members.items()
        if (key := naming(name, member)) in node
    }
    return {name: value for name, value in values.items() if value is not None} or None


def _in_order(items: Tree) -> list[str]:
    return sorted((number for number in items if number.isdigit()), key=int)


def _scalar(shape: Shape, text: str) -> Any:
    match shape.type_name:
        case "integer" | "long":
            return int(text) if text else None
        case "double" | "float":
            return float(text) if text else None
        case "boolean":
            return text.lower() == "true"
        case _:
            return text
