"""Errors in the shape that each AWS protocol gives them."""

from __future__ import annotations

import json
from uuid import uuid4
from xml.sax.saxutils import escape

from localcloud.message import Request, Response
from localcloud.models import service_model


def refuse(request: Request, code: str, message: str, status: int = 400) -> Response:
    """An error reply that the service's SDKs parse into ``code`` and ``message``.

    Source: smithy.io/2.0/aws/protocols (error serialisation of each protocol); S3 alone has a bare <Error> root
    (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
    """
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        body = _cbor({"__type": code, "message": message})
        return Response(status, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, body)
    model = service_model(request.service)
    protocol = "json" if "x-amz-target" in request.headers else (model.protocol if model else "query")
    match protocol:
        case "json" | "rest-json":
            return _json(code, message, status, protocol)
        case _:
            return _xml(request.service, code, message, status, protocol)


def _json(code: str, message: str, status: int, protocol: str) -> Response:
    content_type = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
    headers = {"Content-Type": content_type, "x-amzn-errortype": code, "x-amzn-requestid": str(uuid4())}
    return Response(status, headers, json.dumps({"__type": code, "message": message}).encode())


def _xml(service: str, code: str, message: str, status: int, protocol: str) -> Response:
    detail = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    identity = str(uuid4())
    if service == "s3":
        text = f"<Error>{detail}<RequestId>{identity}</RequestId></Error>"
    elif protocol == "ec2":
        text = f"<Response><Errors><Error>{detail}</Error></Errors><RequestID>{identity}</RequestID></Response>"
    else:
        error = f"<Error><Type>{'Sender' if status < 500 else 'Receiver'}</Type>{detail}</Error>"
        text = f"<ErrorResponse>{error}<RequestId>{identity}</RequestId></ErrorResponse>"
    return Response(status, {"Content-Type": "text/xml", "x-amzn-requestid": identity}, text.encode())


def _cbor(document: dict[str, str]) -> bytes:
    """A CBOR map of texts. Source: RFC 8949, section 3.1 (major types 3 and 5)."""
    items = (_cbor_text(name) + _cbor_text(value) for name, value in document.items())
    return bytes([0xA0 | len(document)]) + b"".join(items)


def _cbor_text(text: str) -> bytes:
    raw = text.encode()
    return b"\x79" + len(raw).to_bytes(2, "big") + raw
