"""The door of the local cloud: every request passes here on its way in, and every reply on its way out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote

from localcloud import faults
from localcloud.admin import ADMIN_PATH, Admin
from localcloud.checkpoint import CheckpointFailed, Checkpoints
from localcloud.conformance import Problem, check
from localcloud.message import Request, Response
from localcloud.models import changes_nothing, regions
from localcloud.refusal import refuse
from localcloud.upstream import Upstream

Scope = Mapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# The connection that a request came by, so that a fault can cut it.
connection: ContextVar[asyncio.WriteTransport] = ContextVar("connection")
# ministack's own doors: what stands in for AWS has none.
_HIDDEN = ("/_ministack", "/_localstack", "/health")


class Gateway:
    """The ASGI application: identify a request, strike it with a fault, refuse what AWS would refuse, have it
    answered, and hold the answer until its effect is on disk."""

    def __init__(
        self, upstream: Upstream, checkpoints: Checkpoints, rules: faults.Faults, *, is_strict: bool = False
    ) -> None:
        self._upstream = upstream
        self._checkpoints = checkpoints
        self._faults = rules
        self._problems: list[Problem] = []
        self._admin = Admin(rules, self._problems)
        self._is_strict = is_strict
        self._touched: set[tuple[str, str, str]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._upstream.app(scope, receive, send)
            return
        body = await read_body(receive)
        if body is None:
            return
        if scope["path"].startswith(ADMIN_PATH):
            await reply(send, self._admin.answer(scope["method"], scope["path"], body))
        elif scope["path"].startswith(_HIDDEN):
            await reply(send, Response(404, {}, b""))
        else:
            await self._serve(scope, self._upstream.identify(arrived(scope, body)), receive, send)

    async def _serve(self, scope: Scope, request: Request, receive: Receive, send: Send) -> None:
        faults.in_force.set(self._faults)
        effect = self._faults.strike(request)
        if await strike_before(request, effect, send):
            return
        held = self._hold(request, effect, self._check(request, send) if self._is_strict else send)
        if refusal := refuse_unknown_region(request):
            await reply(send, refusal)
        elif self._upstream.knows(request.service):
            await self._upstream.app(scope, replay(request.body, receive), held)
        else:
            await reply(held, await self._upstream.answer_alone(request))

    def _check(self, request: Request, send: Send) -> Send:
        """A ``send`` that notes what is wrong with the reply that passes through."""
        start: dict[str, Any] = {}
        chunks: list[bytes] = []

        async def send_checked(message: Message) -> None:
            await send(message)
            start.update(message)
            chunks.append(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
                self._problems.extend(check(request, start["status"], headers, b"".join(chunks)))

        return send_checked

    def _hold(self, request: Request, effect: faults.Effect | None, send: Send) -> Send:
        """A ``send`` whose first message waits until what the request did is on disk, and may then be lost."""
        released = False
        lost = False

        async def send_when_kept(message: Message) -> None:
            nonlocal released, lost
            if not released:
                released = True
                lost = await self._keep(request, send) or strike_after(effect)
            if not lost:
                await send(message)

        return send_when_kept

    async def _keep(self, request: Request, send: Send) -> bool:
        """Wait for the checkpoint; True when it failed, and the client was told so."""
        try:
            await self._checkpoints.settle(changed=self._may_change(request))
        except CheckpointFailed as error:
            await reply(send, refuse(request, "InternalFailure", f"The state can't be saved: {error}", status=500))
            return True
        return False

    def _may_change(self, request: Request) -> bool:
        """Reading changes nothing, except that ministack makes a region's defaults when it is first used."""
        place = (request.service, request.account, request.region)
        if place in self._touched and changes_nothing(request.service, request.operation):
            return False
        self._touched.add(place)
        return True


async def strike_before(request: Request, effect: faults.Effect | None, send: Send) -> bool:
    """Let a fault happen that comes before the request's effect; True when the request ends with it."""
    match effect:
        case faults.Throttle():
            await reply(send, faults.refuse_throttled(request))
        case faults.Unavailable():
            await reply(send, faults.refuse_unavailable(request))
        case faults.Error(code=code, message=message, status=status):
            await reply(send, refuse(request, code, message, status))
        case faults.BlackHole(hold_milliseconds=hold):
            await asyncio.sleep(hold / 1000)
            connection.get().abort()
        case faults.Kill(moment="before"):
            kill_this_process()
        case faults.Delay(milliseconds=milliseconds):
            await asyncio.sleep(milliseconds / 1000)
            return False
        case _:
            return False
    return True


def strike_after(effect: faults.Effect | None) -> bool:
    """Let a fault happen that comes after the effect is kept; True when the reply is lost with it."""
    match effect:
        case faults.LostReply():
            connection.get().abort()
            return True
        case faults.Kill(moment="after"):
            kill_this_process()
    return False


def kill_this_process() -> None:
    """End at once, without a chance to save or to say anything."""
    os.kill(os.getpid(), signal.SIGKILL)


def refuse_unknown_region(request: Request) -> Response | None:
    """A signature is good for AWS's regions only; elsewhere there is no endpoint to take it.

    Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html ("Credential should be
    scoped to a valid Region"); S3: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
    """
    if request.region in regions():
        return None
    message = f"Credential should be scoped to a valid region, not '{request.region}'."
    if request.service == "s3":
        return refuse(request, "AuthorizationHeaderMalformed", message)
    code = "InvalidSignatureException" if "x-amz-target" in request.headers else "SignatureDoesNotMatch"
    return refuse(request, code, message, status=403)


def arrived(scope: Scope, body: bytes) -> Request:
    """The request as it came in; a header that came on several lines is joined as RFC 9110, section 5.2, says."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    query_string = scope["query_string"].decode("latin-1")
    return Request(scope["method"], scope["path"], raw_path.decode("latin-1"), query_string, headers, body)


async def read_body(receive: Receive) -> bytes | None:
    """The whole body of a request; None when the client went away before its end, as it does when it is killed."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives a body already read, and then whatever the client does next."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again


async def reply(send: Send, response: Response) -> None:
    """Send a whole response."""
    headers = [(name.encode(), str(value).encode()) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": False})
