"""ministack, imported with the environment it needs and with the overlays laid over its handlers.

Nothing here may be imported by a process that isn't the local cloud: ministack reads its environment once, when
it is imported.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from localcloud.message import Forward, Request, Response
from localcloud.models import operation_of
from localcloud.overlay import Overlay, load_overlays
from localcloud.refusal import refuse

logger = logging.getLogger("localcloud.upstream")

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
# What ministack calls a service handler with: method, path, headers, body and query, to status, headers and body.
RawHandler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[tuple[int, Any, Any]]]

ACCOUNT = "000000000000"


def set_environment(scratch: Path, port: int) -> None:
    """Tell ministack to keep to loopback, to start nothing beside itself and to write nothing outside ``scratch``.

    Changes this process's environment. Source: the ``os.environ`` reads of ministack 1.5.33.
    """
    if "ministack" in sys.modules:
        raise RuntimeError("ministack was imported before its environment was set")
    scratch.mkdir(parents=True, exist_ok=True)
    for name in ("SERVICES", "AUTH", "LOCALSTACK_PERSISTENCE", "DOCKER_NETWORK", "MINISTACK_REGION", "USE_SSL"):
        os.environ.pop(name, None)
    os.environ |= {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "STATE_DIR": str(scratch / "state"),
        "S3_DATA_DIR": str(scratch / "s3"),
        "TMPDIR": str(scratch),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
        "LOG_LEVEL": "WARNING",
    }


class Upstream:
    """ministack with the overlays: knows which service a request is for, and answers it."""

    def __init__(self) -> None:
        from ministack import app as ministack  # noqa: PLC0415 - its environment must be set first
        from ministack.core import responses, router  # noqa: PLC0415 - as above

        self._ministack = ministack
        self._responses = responses
        self._router = router
        self._overlays = load_overlays()
        self._signing_names = _signing_names(ministack, router)
        handlers: MutableMapping[str, RawHandler] = ministack.SERVICE_HANDLERS
        for service, original in tuple(handlers.items()):
            handlers[service] = self._wrap(self._overlays.get(service, Overlay(service)), original)

    @property
    def app(self) -> Asgi:
        """ministack's ASGI application, which calls the wrapped handlers."""
        app: Asgi = self._ministack.app
        return app

    def identify(self, request: Request) -> Request:
        """The request with its service, operation, region and account, as its signature and shape tell them."""
        headers, query = dict(request.headers), self._parse(request.query_string)
        service = _signing_name(request)
        if not service or service in self._signing_names:
            routing = self._ministack._routing_params(  # noqa: SLF001 - ministack has no public door to its routing
                request.method, request.path, headers, request.body, query
            )
            service = self._router.detect_service(request.method, request.path, headers, routing)
        self._responses.set_request_account_id(self._router.extract_access_key_id(headers, query))
        return replace(
            request,
            service=service,
            operation=operation_of(service, request),
            region=self._router.extract_region(headers, query),
            account=self._responses.get_account_id(),
        )

    def knows(self, service: str) -> bool:
        """Whether ministack itself answers for this service."""
        return service in self._ministack.SERVICE_HANDLERS

    async def answer_alone(self, request: Request) -> Response:
        """Answer for a service that ministack lacks: its overlay does, or the request is refused."""

        async def refuse_service(request: Request) -> Response:
            message = f"The local cloud has no {request.operation or 'such'} operation of {request.service}"
            code = "InvalidAction" if "Action" in request.form else "UnknownOperationException"
            return refuse(request, code, message, status=400)

        with self._responses.request_scope(request.account, request.region):
            overlay = self._overlays.get(request.service, Overlay(request.service))
            return await _answer(overlay, request, refuse_service)

    def _wrap(self, overlay: Overlay, original: RawHandler) -> RawHandler:
        async def forward(request: Request) -> Response:
            query = self._parse(request.query_string)
            reply = await original(request.method, request.path, dict(request.headers), request.body, query)
            return Response(*reply)

        async def handler(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
        ) -> tuple[int, Any, Any]:
            request = Request(method, path, quote(path), urlencode(query, doseq=True), headers, body)
            request = replace(
                request,
                service=overlay.service,
                operation=operation_of(overlay.service, request),
                region=self._responses.get_region(),
                account=self._responses.get_account_id(),
            )
            reply = await _answer(overlay, request, forward)
            return reply.status, dict(reply.headers), reply.body

        return handler

    @staticmethod
    def _parse(query_string: str) -> dict[str, list[str]]:
        return parse_qs(query_string, keep_blank_values=True)


async def _answer(overlay: Overlay, request: Request, forward: Forward) -> Response:
    """The overlay's answer; whatever goes wrong inside, AWS's tools read an error of the service's form."""
    try:
        return await overlay.handle(request, forward)
    except Exception as error:
        logger.exception("%s %s failed", request.service, request.operation)
        return refuse(request, "InternalFailure", f"{type(error).__name__}: {error}", status=500)


def _signing_names(ministack: Any, router: Any) -> frozenset[str]:
    """Every name in a signature that ministack has a service for; its router has some in its code only."""
    known = router.SERVICE_PATTERNS.keys() | ministack.SERVICE_HANDLERS.keys() | ministack.SERVICE_NAME_ALIASES.keys()
    other = {"bedrock", "execute-api", "iotdata", "iotdevicegateway", "geo", "kinesisanalytics", "email", "aoss", "es"}
    return frozenset(known | other)


def _signing_name(request: Request) -> str:
    """The service in the scope of a request's signature, or an empty text.

    Source: the credential scope KEY/date/region/service/aws4_request,
    docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    credential = request.headers.get("authorization", "").partition("Credential=")[2].partition(",")[0]
    scope = (credential or request.query.get("X-Amz-Credential", "")).split("/")
    return scope[3] if len(scope) == 5 else ""
